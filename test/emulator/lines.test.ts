import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type Emulator, openEmulator } from '../../lib/emulator/emulator';
import type { EmulatorOptions } from '../../lib/emulator/index';
import { printedErrors } from '../support/console';
import { api, basic, codeIn, linkFor, signInAt } from '../support/emulated-login';
import {
  OPENID_REDIRECT_URI,
  openidLink,
  parametersOf,
  tokenRequest,
  userInfoRequest,
} from '../support/openid-login';
import { NO_APP, startWebhook } from '../support/webhook';

type Tail<List> = List extends [unknown, ...infer Others] ? Others : never;

const CALLBACK = 'https://app.example/cb?state=St4te';

describe('the lines that tell what the emulator does', () => {
  let now = Date.now();
  let lines: string[];
  let emulator: Emulator;
  const start = async (options: EmulatorOptions = {}) => {
    lines = [];
    emulator = await openEmulator({ clock: () => now, ...options }, (line) => lines.push(line));
  };
  /** The lines that were told meanwhile. */
  const told = async (act: () => unknown): Promise<string[]> => {
    lines.length = 0;
    await act();
    return [...lines];
  };
  const post = (link: string, fields: Record<string, string>) => {
    const form = { track_id: new URL(link).searchParams.get('track_id') ?? '', ...fields };
    return fetch(`${emulator.url}/login`, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'manual',
    });
  };
  afterEach(() => emulator.close());

  it('follow a login from the link to the data, without a secret, token, code or state', async () => {
    await start();
    const secrets: string[] = ['demo-secret', 'St4te', basic().slice(6)];
    const all = await told(async () => {
      const link = await linkFor(emulator, ['read.firstname', 'read.email'], CALLBACK);
      await fetch(link);
      const user = emulator.users[1]?.freedom_id ?? '';
      const back = await post(link, { user, grants: 'read.email', action: 'continue' });
      const code = codeIn(back.headers.get('location') ?? '');
      const { json } = await api(emulator).token({ authorization_code: code });
      const { access_token: access, refresh_token: refresh } = json as Record<string, string>;
      await api(emulator).data(access ?? '');
      await api(emulator).refresh(refresh ?? '');
      secrets.push(new URL(link).searchParams.get('track_id') ?? '', code, access ?? '', refresh ?? '');
    });
    expect(all).to.deep.equal([
      'POST /api/v1/oauth/authorize 200: a login link for demo, which asks for read.firstname read.email and wants the person back at https://app.example/cb?…',
      'GET /login 200: the login page for demo',
      'POST /login 303: Madonna agrees to share read.email; back to https://app.example/cb?… with a code',
      'POST /api/v1/oauth/token 200: tokens of Madonna for demo',
      'GET /api/v1/oauth/get-data 200: freedom_id email of Madonna for demo',
      'PATCH /api/v1/oauth/token 200: new tokens of Madonna for demo',
    ]);
    for (const secret of secrets) expect(all.join('\n')).to.not.include(secret);
  });

  it('show no state that travels in the path, and every shorter name', async () => {
    await start();
    const state = 'aZ-_'.repeat(10);
    const host = 'h'.repeat(40);
    const uris: [sent: string, shown: string][] = [
      [`https://app.example/cb/${state}`, 'https://app.example/cb/…'],
      [`https://app.example/cb/${state}/${state}/?a=${state}`, 'https://app.example/cb/…/…/?…'],
      [`https://app.example/${state}?a=b`, 'https://app.example/…?…'],
      [`http://user:pw@${host}/cb/${state.slice(1)}`, `http://${host}/cb/${state.slice(1)}`],
      [`https://${host}`, `https://${host}`],
      [`https://app.example/cb/${state}.html`, `https://app.example/cb/${state}.html`],
    ];
    for (const [sent, shown] of uris) {
      const [line] = await told(() => linkFor(emulator, [], sent));
      expect(line)
        .to.match(/ back at \S+$/)
        .and.satisfy((text: string) => text.endsWith(` back at ${shown}`));
    }
    const [refused] = await told(() => api(emulator).authorize({ redirect_uri: `/cb/${state}`, grants: [] }));
    expect(refused).to.include('redirect_uri "/cb/…" is no absolute');
  });

  it('follow a login by OpenID Connect, without a secret, token, code, state or nonce', async () => {
    await start();
    const secrets: string[] = ['demo-secret', 'St4te', 'N0nce', basic().slice(6)];
    const all = await told(async () => {
      const link = openidLink(emulator, { redirect_uri: CALLBACK });
      const { headers } = await fetch(link, { redirect: 'manual' });
      const page = headers.get('location') ?? '';
      await fetch(page);
      const user = emulator.users[1]?.freedom_id ?? '';
      const back = await post(page, { user, grants: 'read.email', action: 'continue' });
      const { code = '' } = parametersOf(back.headers.get('location') ?? '');
      const fields = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
      const { json: tokens } = await tokenRequest(emulator, fields);
      const { refresh_token } = tokens;
      await userInfoRequest(emulator, tokens.access_token);
      await fetch(`${emulator.url}/api/v1/oidc/jwks`);
      await fetch(`${emulator.url}/.well-known/openid-configuration`);
      const { json: more } = await tokenRequest(emulator, { grant_type: 'refresh_token', refresh_token });
      secrets.push(new URL(page).searchParams.get('track_id') ?? '', code);
      for (const { access_token, refresh_token, id_token } of [tokens, more]) {
        secrets.push(String(access_token), String(refresh_token), String(id_token));
      }
    });
    expect(all).to.deep.equal([
      'GET /openid 303: a login for demo, which asks for openid read.firstname read.email and wants the person back at https://app.example/cb?…',
      'GET /login 200: the login page for demo',
      'POST /login 303: Madonna agrees to share read.email; back to https://app.example/cb?… with a code',
      'POST /api/v1/oidc/token 200: tokens of Madonna for demo',
      'GET /api/v1/oidc/userinfo 200: email sub of Madonna for demo',
      'GET /api/v1/oidc/jwks 200: public keys: 1',
      'GET /.well-known/openid-configuration 200: the configuration for standard clients',
      'POST /api/v1/oidc/token 200: new tokens of Madonna for demo',
    ]);
    for (const secret of secrets) expect(all.join('\n')).to.not.include(secret);
    const { headers } = await fetch(openidLink(emulator), { redirect: 'manual' });
    const page = headers.get('location') ?? '';
    expect(await told(() => post(page, { action: 'refuse' }))).to.deep.equal([
      'POST /login 303: the person refuses; back to https://app.example/cb with an error',
    ]);
  });

  it('follow a full profile and the records of users, without an id or what is in a record', async () => {
    await start();
    const { access_token = '' } = await signInAt(emulator, await linkFor(emulator, ['read.profile']));
    const request = { request_id: randomUUID(), created_at: new Date().toISOString() };
    const call = api(emulator);
    const all = await told(async () => {
      await call.requestProfile(access_token, request);
      await call.profileStatus(access_token, request);
      now += 2000;
      await call.profileStatus(access_token, request);
      const created = await call.createUser(access_token, { phone: '+77010000099', firstname: 'Абай' });
      await call.updateUser(access_token, { ...created.json, email: 'new@example.kz' });
    });
    expect(all).to.deep.equal([
      'POST /api/v1/oauth/get-profile 200: the request of demo for the profile of Әсел Құнанбаева is accepted',
      'GET /api/v1/oauth/get-profile/status 200: the profile of Әсел Құнанбаева for demo is pending',
      'GET /api/v1/oauth/get-profile/status 200: the profile of Әсел Құнанбаева for demo is completed',
      'POST /api/v1/oauth/user 200: demo has created Абай',
      'PUT /api/v1/oauth/user 200: demo has updated Абай',
    ]);
  });

  it('say what is wrong with a request for a full profile, or with a record', async () => {
    await start();
    const { access_token = '' } = await signInAt(emulator, await linkFor(emulator, ['read.firstname']));
    const { access_token: full = '' } = await signInAt(emulator, await linkFor(emulator, ['read.profile']));
    const call = api(emulator);
    const freedom_id = randomUUID();
    const taken = emulator.users[0]?.phone;
    for (const [act, line] of [
      [
        () => call.requestProfile(access_token, {}),
        'POST /api/v1/oauth/get-profile 403: the login shares read.firstname, but read.profile is needed',
      ],
      [
        () => call.requestProfile(full, { request_id: 's3cret' }),
        'POST /api/v1/oauth/get-profile 422: request_id must be a UUID; no created_at is in the JSON body',
      ],
      [
        () => call.requestProfile(full, { request_id: freedom_id, created_at: 's3cret' }),
        'POST /api/v1/oauth/get-profile 422: created_at must be an ISO 8601 date with time and time zone',
      ],
      [
        () => call.profileStatus(full),
        'GET /api/v1/oauth/get-profile/status 422: no request_id is in the JSON body',
      ],
      [
        () => call.createUser(full, { email: 's3cret', firstname: 7, country: 's3cret', gender: 's3cret' }),
        'POST /api/v1/oauth/user 422: no phone is in the JSON body; email must be an e-mail address; firstname must be a string; country must be three capitals; gender must be M or F',
      ],
      [
        () => call.createUser(full, { phone: 's3cret', date_of_birth: 's3cret' }),
        'POST /api/v1/oauth/user 422: phone must be a + and 10 to 15 digits; date_of_birth must be a date, YYYY-MM-DD',
      ],
      [() => call.createUser(full, { phone: taken }), "POST /api/v1/oauth/user 422: phone is another user's"],
      [
        () => call.updateUser(full, { freedom_id }),
        'PUT /api/v1/oauth/user 422: there is no user with this freedom_id',
      ],
    ] as const) {
      expect(await told(act)).to.deep.equal([line]);
    }
  });

  it('follow a sign-out, without the id of a token', async () => {
    const app = await startWebhook();
    await start({
      clients: [
        { clientID: 'demo', clientSecret: 'demo-secret', revokeURI: `${app.url}?key=s3cret` },
        { clientID: 'deaf', clientSecret: 's' },
      ],
    });
    const { id = '', access_token, refresh_token } = await signInAt(emulator, await linkFor(emulator));
    const request = { redirect_uri: CALLBACK, grants: [] };
    const { json } = await api(emulator).authorize(request, basic('deaf', 's'));
    const code = codeIn(await emulator.approve(json.redirect_uri ?? ''));
    await api(emulator).token({ authorization_code: code }, basic('deaf', 's'));
    const lost = codeIn(await emulator.approve(await linkFor(emulator)));
    const all = await told(async () => {
      await fetch(`${emulator.url}/account`);
      const user = emulator.users[0]?.freedom_id ?? '';
      const body = new URLSearchParams({ user });
      await fetch(`${emulator.url}/account`, { method: 'POST', body, redirect: 'manual' });
      await fetch(`${emulator.url}/account`, { method: 'POST' });
      await api(emulator).data(access_token ?? '');
      await api(emulator).refresh(refresh_token ?? '');
      await api(emulator).token({ authorization_code: lost });
    });
    const ended = 'has ended: its user has signed out of Freedom ID';
    expect(all).to.deep.equal([
      'GET /account 200: the page to sign out; people who are signed in: 1',
      'deaf has registered no revokeURI, so it is not told that Әсел Құнанбаева signs out',
      `demo is told at ${app.url}?… that Әсел Құнанбаева signs out; it answers 204`,
      'POST /account 303: Әсел Құнанбаева has signed out',
      'POST /account 422: no user is chosen',
      `GET /api/v1/oauth/get-data 401: the access token ${ended}`,
      `PATCH /api/v1/oauth/token 401: the refresh token ${ended}`,
      `POST /api/v1/oauth/token 400: the code ${ended}`,
    ]);
    expect(all.join('\n')).to.not.include(id);
    await app.close();
  });

  it('tell of a sign-out that an app does not hear of', async () => {
    await start({ clients: [{ clientID: 'demo', clientSecret: 'demo-secret', revokeURI: NO_APP }] });
    await signInAt(emulator, await linkFor(emulator));
    expect(await told(() => emulator.signOut())).to.deep.equal([
      `demo is told at ${NO_APP} that Әсел Құнанбаева signs out; there is no answer: ECONNREFUSED`,
    ]);
  });

  it('say what is wrong with a request to /openid', async () => {
    const registered = { redirectURIs: ['http://localhost:3000/cb'], grants: ['read.firstname'] };
    await start({ clients: [{ clientID: 'demo', clientSecret: 'demo-secret', ...registered }] });
    const redirect_uri = 'http://localhost:3000/cb';
    const back = 'back to http://localhost:3000/cb with an error';
    for (const [changes, told303or400] of [
      [{ client_id: undefined }, '400: client_id is missing'],
      [{ client_id: 'demo-secret' }, '400: the clientSecret stands where the clientID belongs'],
      [{ client_id: 'x\n' }, '400: there is no client "x\\n", only demo'],
      [
        { redirect_uri: '/cb?s3cret' },
        '400: redirect_uri "/cb?…" is no absolute http(s) URL without a fragment',
      ],
      [
        { redirect_uri: `${redirect_uri}?state=s3cret` },
        '400: demo has not registered redirect_uri http://localhost:3000/cb?…, only http://localhost:3000/cb; OpenID Connect compares to the letter, query included',
      ],
      [{ redirect_uri, scope: 'openid', nonce: ['a', 'b'] }, `303: nonce comes more than once; ${back}`],
      [{ redirect_uri, scope: 'read.firstname' }, `303: scope must contain openid; ${back}`],
      [
        { redirect_uri, scope: 'openid read.email' },
        `303: scope is "read.email", which demo has not registered; it has read.firstname; ${back}`,
      ],
    ] as [Record<string, string | string[] | undefined>, string][]) {
      const link = openidLink(emulator, changes);
      expect(await told(() => fetch(link, { redirect: 'manual' }))).to.deep.equal([
        `GET /openid ${told303or400}`,
      ]);
    }
  });

  it('say what is wrong with a request for tokens or user info of OpenID Connect', async () => {
    const clients = [
      { clientID: 'demo', clientSecret: 'demo-secret' },
      { clientID: 'other', clientSecret: 's3cret/2' },
    ];
    await start({ clients });
    const good = async () => {
      const { code = '' } = parametersOf(await emulator.approve(openidLink(emulator)));
      return { grant_type: 'authorization_code', code, redirect_uri: OPENID_REDIRECT_URI };
    };
    const used = await good();
    const { json: tokens } = await tokenRequest(emulator, used);
    const { access_token, refresh_token } = tokens;
    const unknown = 'is unknown to this emulator (was it restarted since?)';
    const form = (fields: Record<string, string>) => new URLSearchParams(fields);
    const token = (...request: Tail<Parameters<typeof tokenRequest>>) => tokenRequest(emulator, ...request);
    for (const [act, why] of [
      [() => token({}, ''), '401: no client authentication is in the request'],
      [() => token({}, basic('demo', 's3cret')), '401: the clientSecret of demo is wrong'],
      [() => token({}, basic('nobody', 's3cret')), '401: there is no client "nobody", only demo, other'],
      [
        () => token({}, basic('s3cret%2F2', 's3cret')),
        '401: the clientSecret stands where the clientID belongs',
      ],
      [
        () => token(form({ client_id: 'demo', client_secret: 's3cret' }), ''),
        '401: the clientSecret of demo is wrong',
      ],
      [
        () => token(form({ client_secret: 'demo-secret' })),
        '400: the client authenticates twice: with Basic and in the form',
      ],
      [() => token(form({ client_id: 'other' })), '400: client_id is not the one in Basic'],
      [() => token(new URLSearchParams('code=s3cret&code=s3cret')), '400: "code" comes more than once'],
      [() => token(null as never), '400: the body is neither a JSON object nor a form'],
      [() => token({}), '400: grant_type is missing'],
      [() => token({ grant_type: 7 }), '400: grant_type is not a string'],
      [
        () => token({ grant_type: 'password' }),
        '400: grant_type is "password", but must be authorization_code or refresh_token',
      ],
      [() => token({ grant_type: 'authorization_code' }), '400: code is missing'],
      [() => token(used), '400: the code was used already'],
      [() => token({ ...used, code: 's3cret' }), `400: the code ${unknown}`],
      [
        async () => token({ ...(await good()), redirect_uri: 'https://app.example/cb?s3cret' }),
        "400: redirect_uri is https://app.example/cb?…, and the login's was https://app.example/cb; they must be the same, query included",
      ],
      [
        async () => token(await good(), basic('other', 's3cret/2')),
        '400: the code is for demo, not for other',
      ],
      [
        () => token({ grant_type: 'refresh_token', refresh_token: 's3cret' }),
        `400: the refresh token ${unknown}`,
      ],
      [
        () => token({ grant_type: 'refresh_token', refresh_token }, basic('other', 's3cret/2')),
        '400: the refresh token is for demo, not for other',
      ],
    ] as const) {
      expect(await told(act)).to.deep.equal([`POST /api/v1/oidc/token ${why}`]);
    }
    const path = 'GET /api/v1/oidc/userinfo';
    expect(await told(() => userInfoRequest(emulator, 's3cret'))).to.deep.equal([
      `${path} 401: the access token ${unknown}`,
    ]);
    expect(await told(() => fetch(`${emulator.url}/api/v1/oidc/userinfo`))).to.deep.equal([
      `${path} 401: no Bearer token is in the request`,
    ]);
    now += 7 * 24 * 60 * 60 * 1000;
    expect(await told(() => userInfoRequest(emulator, access_token))).to.deep.equal([
      `${path} 401: the access token has expired`,
    ]);
  });

  it('tell a refusal, a login that shares nothing, and a form without a user', async () => {
    await start();
    const user = emulator.users[2]?.freedom_id ?? '';
    const link = await linkFor(emulator, [], CALLBACK);
    expect(await told(() => post(link, {}))).to.deep.equal(['POST /login 422: no user is chosen']);
    expect(await told(() => post(link, { user }))).to.deep.equal([
      'POST /login 303: John Doe agrees to share nothing; back to https://app.example/cb?… with a code',
    ]);
    const other = await linkFor(emulator, [], 'http://localhost:3000/cb');
    expect(await told(() => post(other, { action: 'refuse' }))).to.deep.equal([
      'POST /login 303: the person refuses; back to http://localhost:3000/cb with an error_code',
    ]);
  });

  it('say what is wrong with a client', async () => {
    await start({
      clients: [
        { clientID: 'shop', clientSecret: 's3cret-1' },
        { clientID: 'bank', clientSecret: 's3cret-2' },
      ],
    });
    for (const [authorization, why] of [
      [basic('shop', 's3cret-2'), 'the clientSecret of shop is wrong'],
      [basic('shop\n', 's3cret-1'), 'there is no client "shop\\n", only shop, bank'],
      [basic('s3cret-1', 'shop'), 'the clientSecret stands where the clientID belongs'],
      ['Bearer s3cret-1', 'no Basic authentication is in the request'],
    ] as const) {
      for (const path of ['authorize', 'token'] as const) {
        expect(await told(() => api(emulator)[path]({}, authorization))).to.deep.equal([
          `POST /api/v1/oauth/${path} 401: ${why}`,
        ]);
      }
    }
  });

  it('say what is wrong with a redirect URI or a grant', async () => {
    const registered = { redirectURIs: ['http://localhost:3000/cb'], grants: ['read.firstname', 'openid'] };
    await start({ clients: [{ clientID: 'demo', clientSecret: 'demo-secret', ...registered }] });
    const uri = 'http://localhost:3000/cb';
    for (const [body, why] of [
      [
        { redirect_uri: 'http://localhost:3001/cb?state=S', grants: [] },
        'demo has not registered redirect_uri http://localhost:3001/cb?…, only http://localhost:3000/cb',
      ],
      [
        { redirect_uri: '/cb?state=S', grants: [] },
        'redirect_uri "/cb?…" is no absolute http(s) URL without a fragment',
      ],
      [{ redirect_uri: 7, grants: [] }, 'redirect_uri 7 is no absolute http(s) URL without a fragment'],
      [
        { redirect_uri: uri, grants: ['openid', 'read.email'] },
        'grants.1 is "read.email", which demo has not registered; it has read.firstname openid',
      ],
      [{ redirect_uri: uri, grants: 'openid' }, 'grants is not an array'],
      [{}, 'no redirect_uri is in the JSON body; no grants are in the JSON body'],
    ] as const) {
      expect(await told(() => api(emulator).authorize(body))).to.deep.equal([
        `POST /api/v1/oauth/authorize 422: ${why}`,
      ]);
    }
    await emulator.close();
    await start();
    expect(
      await told(() => api(emulator).authorize({ redirect_uri: uri, grants: ['read.all', {}] })),
    ).to.deep.equal([
      'POST /api/v1/oauth/authorize 422: grants.0 is "read.all", which demo cannot have: no such grant is documented; grants.1 is of type object, which demo cannot have: no such grant is documented',
    ]);
  });

  it('say what is wrong with a link, a code or a token', async () => {
    const clients = ['demo', 'other'].map((clientID) => ({ clientID, clientSecret: 'demo-secret' }));
    await start({ clients });
    const freshCode = async () => codeIn(await emulator.approve(await linkFor(emulator)));
    const exchange = (code: unknown, id = 'demo') =>
      api(emulator).token({ authorization_code: code }, basic(id));
    const unknown = 'is unknown to this emulator (was it restarted since?)';

    const code = await freshCode();
    expect(await told(() => exchange(code, 'other'))).to.deep.equal([
      'POST /api/v1/oauth/token 400: the code is for demo, not for other',
    ]);
    const { json: tokens } = await exchange(code);
    const late = await freshCode();
    const lateLink = await linkFor(emulator);
    const usedLink = await linkFor(emulator);
    await emulator.refuse(usedLink);
    await api(emulator).refresh(tokens.refresh_token ?? '');
    now += 28 * 24 * 60 * 60 * 1000;

    for (const [act, line] of [
      [() => exchange(code), 'POST /api/v1/oauth/token 400: the code was used already'],
      [() => exchange(late), 'POST /api/v1/oauth/token 400: the code has expired'],
      [() => exchange('s3cret'), `POST /api/v1/oauth/token 400: the code ${unknown}`],
      [() => exchange(''), 'POST /api/v1/oauth/token 422: no authorization_code is in the JSON body'],
      [() => exchange(7), 'POST /api/v1/oauth/token 422: authorization_code is not a string'],
      [
        () => api(emulator).refresh(tokens.refresh_token ?? ''),
        'PATCH /api/v1/oauth/token 401: the refresh token was used already',
      ],
      [
        () => api(emulator).data(tokens.access_token ?? ''),
        'GET /api/v1/oauth/get-data 401: the access token has expired',
      ],
      [() => api(emulator).data('s3cret'), `GET /api/v1/oauth/get-data 401: the access token ${unknown}`],
      [
        () => fetch(`${emulator.url}/api/v1/oauth/get-data`),
        'GET /api/v1/oauth/get-data 401: no Bearer token is in the request',
      ],
      [() => fetch(usedLink), 'GET /login 410: the login link was used already'],
      [() => post(lateLink, {}), 'POST /login 410: the login link has expired'],
      [() => fetch(`${emulator.url}/login?track_id=x`), `GET /login 410: the login link ${unknown}`],
    ] as const) {
      expect(await told(act)).to.deep.equal([line]);
    }
  });

  it('tell of a request that leads nowhere, without its query', async () => {
    await start();
    const get = (path: string, init: RequestInit = {}) => told(() => fetch(emulator.url + path, init));
    expect(await get('/')).to.deep.equal(['GET / 200: it runs']);
    expect(await get('/', { method: 'HEAD' })).to.deep.equal(['HEAD / 200: it runs']);
    expect(await get('/oauth?code=s3cret')).to.deep.equal([
      `GET /oauth 404: nothing is here; the strategy's baseURL must be ${emulator.url}`,
    ]);
    expect(await get('/login?x', { method: 'PUT' })).to.deep.equal([
      'PUT /login 405: only GET, HEAD, POST may be used here',
    ]);
    const body = 'x'.repeat(65_537);
    expect(await get('/login', { method: 'POST', body })).to.deep.equal([
      'POST /login 413: the body has more than 65536 bytes',
    ]);
    expect(await get('/login', { method: 'POST', body: body.slice(1) })).to.match(/ 410: /);
  });

  it('tell the status that was sent, where errors come with HTTP 200', async () => {
    await start({ behaviour: { errorStatus: 200 } });
    expect(await told(() => api(emulator).data('x'))).to.match(
      /^GET \/api\/v1\/oauth\/get-data 200: the access/,
    );
  });

  it('tell of an error in the emulator itself', async () => {
    await start({ users: [{ freedom_id: 'u-1', cards: 1n }] });
    const callback = await emulator.approve(await linkFor(emulator, ['read.cards']));
    const { json } = await api(emulator).token({ authorization_code: codeIn(callback) });
    await printedErrors(async () => {
      expect(await told(() => api(emulator).data(json.access_token ?? ''))).to.deep.equal([
        'GET /api/v1/oauth/get-data 500: the emulator failed: TypeError: Do not know how to serialize a BigInt',
      ]);
    });
  });

  it('warn of a link that the strategy will not accept, because the app calls another host', async () => {
    const first = await openEmulator({});
    await first.close();
    const port = Number(new URL(first.url).port);
    const why =
      'a login link for demo, which asks for openid and wants the person back at https://app.example/cb?…';
    for (const [url, hint] of [
      [
        'http://localhost:4400',
        ` (asked at http://127.0.0.1:${port}: the strategy takes this link only with the baseURL http://localhost:4400)`,
      ],
      ['https://id.example', ''],
      [`http://127.0.0.1:${port}/path`, ''],
    ] as const) {
      await start({ port, url });
      const inside = { url: `http://127.0.0.1:${port}` };
      expect(await told(() => linkFor(inside, ['openid'], CALLBACK))).to.deep.equal([
        `POST /api/v1/oauth/authorize 200: ${why}${hint}`,
      ]);
      await emulator.close();
    }
  });

  it('are one line each, short, and fit for a terminal, whatever comes', async () => {
    await start();
    const evil = '\u001b[2J\u0007\r\nGET / 200: forged\u2028\u202e\u200b\ud800';
    const lying = await told(async () => {
      await api(emulator).authorize({}, basic(evil));
      await api(emulator).authorize({ redirect_uri: `${evil}/cb`, grants: [evil, evil] });
      await api(emulator).authorize({ redirect_uri: 'https://app.example/'.padEnd(9000, '😀'), grants: [] });
      await api(emulator).authorize({ redirect_uri: 'https://a:s3cret@app.example/cb', grants: [] });
      await api(emulator).authorize({ redirect_uri: 'https://a.example', grants: Array(5000).fill(evil) });
      await fetch(`${emulator.url}/${'x'.repeat(9000)}`);
    });
    expect(lying).to.have.length(6);
    for (const line of lying) {
      expect(line).to.not.match(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(line).to.have.length.below(800).and.not.include('s3cret');
      expect(line.isWellFormed()).to.equal(true);
    }
    expect(lying[0]).to.include('there is no client "');
    expect(lying[2]).to.match(/(😀)+�?…$/u);
    expect(lying[3]).to.include('back at https://app.example/cb');
    expect(lying[5]).to.match(/^GET \/x+… 404: /);
  });
});
