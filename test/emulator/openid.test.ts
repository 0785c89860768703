import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { useEmulator } from '../support/emulator';
import { OPENID_REDIRECT_URI, openidLink, openidTokens, parametersOf } from '../support/openid-login';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

const get = (url: string) => fetch(url, { redirect: 'manual' });

/** Where a response sends the browser. */
async function locationFrom(url: string): Promise<string> {
  const response = await get(url);
  expect(response.status).to.equal(303);
  return response.headers.get('location') ?? '';
}

describe('/openid', () => {
  const emulator = useEmulator({
    clients: [
      { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET },
      {
        clientID: 'strict',
        clientSecret: 's3cret',
        redirectURIs: ['https://app.example/cb', 'https://t.example/?t=1'],
        grants: ['read.vip'],
      },
    ],
  });

  describe('leads to the login page', () => {
    it('of its own for each visit, with the app that asks and what it asks for', async () => {
      const link = openidLink(emulator);
      const [first, second] = [await locationFrom(link), await locationFrom(link)];
      expect(first).to.match(/^http:\/\/127\.0\.0\.1:\d+\/login\?track_id=[\da-f-]{36}&expire_at=\d+$/);
      expect(second).to.not.equal(first);
      expect(first).to.include(`${emulator.url}/login`);
      const page = await (await get(first)).text();
      for (const part of [
        'demo',
        'https://app.example',
        'E-mail address',
        'read.email',
        'Confirm who I am',
      ]) {
        expect(page).to.include(part);
      }
    });

    it('that can be loaded again, and says that it is gone once it was used', async () => {
      const page = await locationFrom(openidLink(emulator));
      expect((await get(page)).status).to.equal(200);
      expect((await get(page)).status).to.equal(200);
      await emulator.approve(page);
      const gone = await get(page);
      expect(gone.status).to.equal(410);
      expect(await gone.text())
        .to.include('used already')
        .and.include('href="https://app.example/"');
    });

    it('for any redirect URI where none is registered, and a scope with a part twice', async () => {
      const changes = { redirect_uri: 'http://localhost:3000/вход?x', scope: 'openid  read.email openid' };
      const page = await (await get(await locationFrom(openidLink(emulator, changes)))).text();
      expect(page.match(/name="grants"/g)).to.have.length(2);
    });

    it('for what a client has registered: its exact redirect URIs, its grants, and always openid', async () => {
      for (const redirect_uri of ['https://app.example/cb', 'https://t.example/?t=1']) {
        const link = openidLink(emulator, { client_id: 'strict', redirect_uri, scope: 'read.vip openid' });
        expect(await locationFrom(link)).to.include('/login?track_id=');
      }
    });

    it('whatever else is in the query', async () => {
      const link = `${openidLink(emulator)}&prompt=login&ui_locales=kk&prompt=login&code_challenge=x`;
      expect(await locationFrom(link)).to.include('/login?track_id=');
    });
  });

  describe('shows an error, and sends the browser nowhere,', () => {
    const shownFor = async (changes: Record<string, string | string[] | undefined>) => {
      const response = await get(openidLink(emulator, changes));
      expect(response.status).to.equal(400);
      expect(response.headers.get('location')).to.equal(null);
      expect(response.headers.get('content-type')).to.equal('text/html; charset=utf-8');
      return response.text();
    };

    it('where the client is missing, comes twice, or is unknown', async () => {
      expect(await shownFor({ client_id: undefined })).to.include('client_id is missing');
      expect(await shownFor({ client_id: '' })).to.include('client_id is missing');
      expect(await shownFor({ client_id: [CLIENT_ID, CLIENT_ID] })).to.include(
        'client_id comes more than once',
      );
      expect(await shownFor({ client_id: 'nobody' })).to.include('there is no client');
    });

    it('where the redirect URI is missing, comes twice, or is no absolute URL', async () => {
      expect(await shownFor({ redirect_uri: undefined })).to.include('redirect_uri is missing');
      const twice = [OPENID_REDIRECT_URI, 'https://evil.example/'];
      expect(await shownFor({ redirect_uri: twice })).to.include('redirect_uri comes more than once');
      for (const redirect_uri of ['/cb', 'javascript:alert(1)', 'https://app.example/#x', 'myapp://cb']) {
        expect(await shownFor({ redirect_uri })).to.include('is no absolute http(s) URL');
      }
    });

    it('where the redirect URI differs by a letter from those that the client has registered', async () => {
      for (const redirect_uri of [
        'https://app.example/cb/',
        'https://app.example/cb?state=S',
        'https://app.example/CB',
        'https://app.example:443/cb',
        'https://t.example/?t=1&state=S',
        'https://evil.example/cb',
      ]) {
        const page = await shownFor({ client_id: 'strict', redirect_uri });
        expect(page, redirect_uri).to.include('strict has not registered redirect_uri');
      }
    });

    it('without markup or a secret that came along', async () => {
      expect(await shownFor({ client_id: '<script>' })).to.not.include('<script>');
      const page = await shownFor({ client_id: CLIENT_SECRET });
      expect(page).to.include('the clientSecret stands where the clientID belongs');
      expect(page).to.not.include(CLIENT_SECRET);
    });
  });

  describe('sends the browser back with an error', () => {
    /** The parameters of the callback. */
    const backFor = async (changes: Record<string, string | string[] | undefined>) => {
      const location = await locationFrom(openidLink(emulator, changes));
      expect(location).to.match(/^https:\/\/app\.example\/cb\?/);
      return parametersOf(location);
    };

    it('where a parameter is missing, empty, or comes twice', async () => {
      for (const name of ['response_type', 'scope', 'state', 'nonce']) {
        const state = name === 'state' ? {} : { state: 'St4te' };
        for (const [value, why] of [
          [undefined, `${name} is missing`],
          ['', `${name} is missing`],
          [['code', 'code'], `${name} comes more than once`],
        ] as [string | string[] | undefined, string][]) {
          expect(await backFor({ [name]: value })).to.deep.equal({
            error: 'invalid_request',
            error_description: why,
            ...state,
            iss: emulator.url,
          });
        }
      }
    });

    it('where the response type is not code', async () => {
      for (const response_type of ['token', 'code id_token', 'Code']) {
        expect(await backFor({ response_type })).to.deep.equal({
          error: 'unsupported_response_type',
          error_description: 'response_type must be code',
          state: 'St4te',
          iss: emulator.url,
        });
      }
    });

    it('where the scope has no openid, or a part that the client cannot have', async () => {
      for (const [changes, why] of [
        [{ scope: 'read.email' }, 'scope must contain openid'],
        [{ scope: ' ' }, 'scope must contain openid'],
        [{ scope: 'openid read.all' }, 'scope asks for what this client cannot have'],
        [{ scope: 'openid read.email,read.phone' }, 'scope asks for what this client cannot have'],
        [{ scope: 'openid read.email', client_id: 'strict' }, 'scope asks for what this client cannot have'],
      ] as const) {
        expect(await backFor(changes)).to.deep.equal({
          error: 'invalid_scope',
          error_description: why,
          state: 'St4te',
          iss: emulator.url,
        });
      }
    });

    it('to a redirect URI with a query, by &', async () => {
      const link = openidLink(emulator, { redirect_uri: 'https://app.example/cb?x=1', nonce: '' });
      expect(await locationFrom(link)).to.match(/^https:\/\/app\.example\/cb\?x=1&error=invalid_request&/);
    });
  });

  describe('once the person has decided, leads', () => {
    const decide = async (link: string, fields: [string, string][]) => {
      const page = await locationFrom(link);
      const trackID = new URL(page).searchParams.get('track_id') ?? '';
      const body = new URLSearchParams([['track_id', trackID], ...fields]);
      const response = await fetch(`${emulator.url}/login`, { method: 'POST', body, redirect: 'manual' });
      expect(response.status).to.equal(303);
      return response.headers.get('location') ?? '';
    };
    const user = (): [string, string] => ['user', emulator.users[1]?.freedom_id ?? ''];

    it('back with a code, the state, and the issuer', async () => {
      const callback = await decide(openidLink(emulator, { state: 'a b&c=Ә' }), [
        user(),
        ['action', 'continue'],
      ]);
      const { code, ...others } = parametersOf(callback);
      expect(code).to.match(/^\w{40}$/);
      expect(others).to.deep.equal({ state: 'a b&c=Ә', iss: emulator.url });
    });

    it('back with a refusal, the state, and the issuer', async () => {
      expect(parametersOf(await decide(openidLink(emulator), [['action', 'refuse']]))).to.deep.equal({
        error: 'access_denied',
        error_description: 'The user refused',
        state: 'St4te',
        iss: emulator.url,
      });
    });
  });

  it('joins what it sends back to a redirect URI with a query by &, or by a second ? where it is told to', async () => {
    const redirect_uri = 'https://app.example/cb?x=1';
    expect(await emulator.approve(openidLink(emulator, { redirect_uri }))).to.match(
      /^https:\/\/app\.example\/cb\?x=1&code=\w{40}&state=St4te&iss=/,
    );
    const naive = await startEmulator({ behaviour: { callbackJoin: '?' } });
    expect(await naive.approve(openidLink(naive, { redirect_uri }))).to.match(/\?x=1\?code=\w{40}&state=/);
    expect(await naive.refuse(openidLink(naive, { redirect_uri }))).to.match(/\?x=1\?error=access_denied&/);
    expect(await locationFrom(openidLink(naive, { redirect_uri, nonce: '' }))).to.match(/\?x=1\?error=inv/);
    await naive.close();
  });

  it('grants openid even if the person has unticked it', async () => {
    const scope = 'openid read.firstname read.email';
    for (const [grants, granted] of [
      [[], 'openid'],
      [['read.email'], 'openid read.email'],
      [['read.email', 'openid'], 'openid read.email'],
    ] as const) {
      const tokens = await openidTokens(emulator, { scope }, { grants });
      expect(tokens.scope).to.equal(granted);
    }
  });
});
