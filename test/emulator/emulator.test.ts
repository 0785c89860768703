import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { type EmulatorUser, startEmulator } from '../../lib/emulator/index';
import { api, basic, codeIn, linkFor, REDIRECT_URI } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

const DAY = 24 * 60 * 60 * 1000;

describe('the emulator', () => {
  let now = Date.now();
  const emulator = useEmulator({
    clock: () => now,
    clients: [
      { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET },
      {
        clientID: 'strict',
        clientSecret: 'a:b',
        redirectURIs: ['https://app.example/cb', 'https://t.example/?t=1'],
        grants: ['openid', 'read.vip'],
      },
    ],
  });
  const call = () => api(emulator);
  const strict = basic('strict', 'a:b');

  /** A whole login, as documented. */
  async function tokensFor(grants: string[], as: string | number = 0, ticked?: string[]) {
    const link = await linkFor(emulator, grants);
    const callback = await emulator.approve(link, { as, ...(ticked && { grants: ticked }) });
    return (await call().token({ authorization_code: codeIn(callback) })).json as Record<string, string>;
  }

  describe('gives a login link', () => {
    it('to its login page, with the date on which it expires', async () => {
      const link = new URL(await linkFor(emulator));
      expect(link.origin + link.pathname).to.equal(`${emulator.url}/login`);
      expect(link.searchParams.get('track_id')).to.match(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
      expect(Number(link.searchParams.get('expire_at')) * 1000).to.be.closeTo(now + 600_000, 1000);
    });

    it('only to a client that it knows', async () => {
      const bad = [
        basic('nobody'),
        basic(CLIENT_ID, 'wrong'),
        'Basic',
        'Basic ???',
        'Bearer x',
        basic('', ''),
        '',
      ];
      for (const authorization of bad) {
        const { status, json } = await call().authorize(
          { redirect_uri: REDIRECT_URI, grants: [] },
          authorization,
        );
        expect({ status, json }, authorization).to.deep.equal({
          status: 401,
          json: { error: { message: 'Client authentication failed.' } },
        });
      }
    });

    it('only for grants that it knows, and names the unknown ones', async () => {
      const { status, json } = await call().authorize({
        redirect_uri: REDIRECT_URI,
        grants: ['openid', 'read.all', 7],
      });
      expect(status).to.equal(422);
      expect(json).to.deep.equal({
        error: {
          message: 'Error validating transmitted data.',
          errors: {
            'grants.1': ['The selected grants.1 is invalid.'],
            'grants.2': ['The selected grants.2 is invalid.'],
          },
        },
      });
    });

    it('only for the grants and redirect URIs that a client has registered', async () => {
      const ask = async (uri: string, grants: string[]) =>
        (await call().authorize({ redirect_uri: uri, grants }, strict)).json;
      for (const uri of ['https://app.example/cb', REDIRECT_URI, 'https://t.example/?t=1&state=S']) {
        expect(await ask(uri, ['openid', 'read.vip']), uri).to.have.property('redirect_uri');
      }
      for (const uri of [
        'https://evil.example/cb',
        'https://app.example/cb/x/y',
        'https://app.example/cbx?y',
        'https://t.example/?t=12',
      ]) {
        expect(await ask(uri, []), uri).to.have.nested.property('error.errors.redirect_uri');
      }
      expect(await ask(REDIRECT_URI, ['read.email'])).to.have.nested.property('error.errors.grants\\.0');
    });

    it('only for a request that is complete and valid', async () => {
      const wrong: [unknown, RegExp][] = [
        [{ grants: [] }, /redirect uri field is required/],
        [{ redirect_uri: '', grants: [] }, /redirect uri field is required/],
        [{ redirect_uri: 7, grants: [] }, /redirect uri format is invalid/],
        [{ redirect_uri: 'javascript:alert(1)', grants: [] }, /redirect uri format is invalid/],
        [{ redirect_uri: 'https://a.example/\n', grants: [] }, /redirect uri format is invalid/],
        [{ redirect_uri: 'https://a.example/#x', grants: [] }, /redirect uri format is invalid/],
        [{ redirect_uri: REDIRECT_URI }, /grants field is required/],
        [{ redirect_uri: REDIRECT_URI, grants: 'openid' }, /grants must be an array/],
        ['text', /field is required/],
        [null, /field is required/],
      ];
      for (const [body, message] of wrong) {
        const { status, json } = await call().authorize(body);
        expect(status).to.equal(422);
        expect(JSON.stringify(json)).to.match(message);
      }
    });

    it('only for a JSON body', async () => {
      for (const [type, body] of [
        ['text/plain', '{"grants":[]}'],
        ['application/json', '{"grants":'],
      ] as const) {
        const response = await fetch(`${emulator.url}/api/v1/oauth/authorize`, {
          method: 'POST',
          headers: { authorization: basic(), 'content-type': type },
          body,
        });
        expect(response.status).to.equal(422);
      }
    });
  });

  describe('lets a person', () => {
    it('approve, and appends the code to the query of the redirect URI', async () => {
      const callback = await emulator.approve(await linkFor(emulator));
      expect(callback).to.match(/^https:\/\/app\.example\/cb\?state=S&authorization_code=\w{40}$/);
      const bare = await emulator.approve(await linkFor(emulator, [], 'https://app.example/cb'));
      expect(bare).to.match(/^https:\/\/app\.example\/cb\?authorization_code=\w{40}$/);
    });

    it('refuse', async () => {
      const callback = await emulator.refuse(await linkFor(emulator));
      expect(callback).to.equal('https://app.example/cb?state=S&error_code=100102');
    });

    it('approve or refuse only once, and only before the link expires', async () => {
      const used = await linkFor(emulator);
      await emulator.approve(used);
      const late = await linkFor(emulator);
      now += 600_000;
      for (const link of [used, late, 'https://elsewhere.example/', 'nonsense']) {
        for (const act of [emulator.approve(link), emulator.refuse(link)]) {
          expect(await act.catch((error) => error))
            .to.be.instanceOf(Error)
            .with.property('message')
            .that.includes(link);
        }
      }
    });

    it('sign in only as an existing user, and share only grants that the app asks for', async () => {
      const link = await linkFor(emulator);
      const wrong = [
        emulator.approve(link, { as: 'nobody' }),
        emulator.approve(link, { as: 9 }),
        emulator.approve(link, { grants: ['openid'] }),
      ];
      for (const act of wrong) expect(await act.catch((error) => error)).to.be.instanceOf(Error);
    });
  });

  describe('exchanges a code', () => {
    it('for tokens as documented', async () => {
      const tokens = await tokensFor([]);
      expect(tokens).to.have.all.keys(
        'id',
        'access_token',
        'refresh_token',
        'access_expire_at',
        'refresh_expire_at',
      );
      expect(tokens.access_token).to.match(/^[a-zA-Z0-9]{128}$/);
      expect(tokens.refresh_token).to.match(/^[a-zA-Z0-9]{128}$/);
      expect(tokens.access_expire_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(Date.parse(tokens.access_expire_at ?? '')).to.equal(now + 7 * DAY);
      expect(Date.parse(tokens.refresh_expire_at ?? '')).to.equal(now + 28 * DAY);
    });

    it('only once, before it expires, and for the client that it was issued to', async () => {
      const invalid = {
        status: 400,
        json: { error: { message: 'Invalid authorization_code.', code: 100101 } },
      };
      const fresh = async () => ({
        authorization_code: codeIn(await emulator.approve(await linkFor(emulator))),
      });
      const used = await fresh();
      expect((await call().token(used)).status).to.equal(200);
      expect(await call().token(used)).to.deep.equal(invalid);
      const foreign = await fresh();
      expect(await call().token(foreign, strict)).to.deep.equal(invalid);
      expect((await call().token(foreign)).status).to.equal(200);
      const late = await fresh();
      now += 300_000;
      expect(await call().token(late)).to.deep.equal(invalid);
      expect(await call().token({ authorization_code: 'x' })).to.deep.equal(invalid);
    });

    it('only if the code is a non-empty string, and the client is known', async () => {
      for (const code of [undefined, null, '', 7, ['x'], {}]) {
        const { status, json } = await call().token({ authorization_code: code });
        expect(status).to.equal(422);
        expect(json).to.have.nested.property('error.errors.authorization_code');
      }
      expect((await call().token({}, basic('nobody'))).status).to.equal(401);
    });
  });

  describe('gives the data of the user', () => {
    const everything =
      'firstname lastname patronymic date_of_birth email emails phone phones gender country nationality identifier cards';

    it('for the requested grants only', async () => {
      const { access_token = '' } = await tokensFor(['read.firstname', 'read.email', 'openid'], 2);
      expect((await call().data(access_token)).json).to.deep.equal({
        freedom_id: emulator.users[2]?.freedom_id,
        firstname: 'John',
        email: 'john.doe@example.com',
      });
    });

    it('for the ticked grants only', async () => {
      const { freedom_id = '' } = emulator.users[1] ?? {};
      const { access_token = '' } = await tokensFor(['read.firstname', 'read.email'], freedom_id, [
        'read.email',
      ]);
      expect((await call().data(access_token)).json).to.deep.equal({
        freedom_id,
        email: 'madonna@example.com',
      });
    });

    it('with every field, for a sample user that has them all', async () => {
      const { access_token = '' } = await tokensFor(
        everything.split(' ').map((field) => `read.${field}`),
        2,
      );
      const { json } = await call().data(access_token);
      expect(Object.keys(json).sort()).to.deep.equal(['freedom_id', ...everything.split(' ')].sort());
    });

    it('only for a valid access token', async () => {
      const { access_token = '', refresh_token = '' } = await tokensFor([]);
      for (const token of ['x', '', refresh_token]) {
        expect(await call().data(token)).to.deep.equal({
          status: 401,
          json: { error: { message: 'Unauthenticated.' } },
        });
      }
      now += 7 * DAY - 1;
      expect((await call().data(access_token)).status).to.equal(200);
      now += 1;
      expect((await call().data(access_token)).status).to.equal(401);
    });
  });

  it('refreshes tokens: it issues a new set, and the old refresh token stops working', async () => {
    const old = (await tokensFor(['read.firstname'])) as {
      id: string;
      refresh_token: string;
      access_token: string;
    };
    const { status, json } = await call().refresh(old.refresh_token);
    expect(status).to.equal(200);
    expect(json).to.have.all.keys(Object.keys(old));
    for (const [name, value] of Object.entries(json)) {
      if (!name.endsWith('_at')) expect(value, name).to.not.equal((old as Record<string, unknown>)[name]);
    }
    expect((await call().data(json.access_token ?? '')).json).to.include({ firstname: 'Әсел' });
    for (const token of [old.refresh_token, old.access_token, 'x']) {
      expect(await call().refresh(token)).to.deep.equal({
        status: 401,
        json: { error: { message: 'Unauthenticated.' } },
      });
    }
    now += 28 * DAY;
    expect((await call().refresh(json.refresh_token ?? '')).status).to.equal(401);
  });

  describe('shows a login page', () => {
    const post = (fields: [string, string][]) =>
      fetch(`${emulator.url}/login`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        redirect: 'manual',
      });
    const trackID = (link: string) => new URL(link).searchParams.get('track_id') ?? '';

    it('with the app that asks, the grants that it asks for, and the users', async () => {
      const response = await fetch(await linkFor(emulator, ['read.email', 'openid']));
      expect(response.status).to.equal(200);
      expect(response.headers.get('content-type')).to.equal('text/html; charset=utf-8');
      expect(response.headers.get('content-security-policy')).to.include("default-src 'none'");
      const page = await response.text();
      for (const part of [
        'demo',
        'https://app.example',
        'Әсел Құнанбаева',
        'Madonna',
        'John Doe',
        'read.email',
        'openid',
        'Continue',
        'Refuse',
      ]) {
        expect(page).to.include(part);
      }
      expect(await (await fetch(await linkFor(emulator, []))).text()).to.include(
        'Nothing besides your Freedom ID',
      );
    });

    it('that sends the browser back with a code for the ticked grants', async () => {
      const link = await linkFor(emulator, ['read.firstname', 'read.email']);
      const user = emulator.users[1]?.freedom_id ?? '';
      const fields: [string, string][] = [
        ['track_id', trackID(link)],
        ['user', user],
        ['action', 'continue'],
      ];
      const response = await post([...fields, ['grants', 'read.email'], ['grants', 'read.phone']]);
      expect(response.status).to.equal(303);
      const code = codeIn(response.headers.get('location') ?? '');
      const { json } = await call().token({ authorization_code: code });
      expect((await call().data(json.access_token ?? '')).json).to.deep.equal({
        freedom_id: user,
        email: 'madonna@example.com',
      });
      expect((await post(fields)).status).to.equal(410);
    });

    it('that sends the browser back with a refusal', async () => {
      const response = await post([
        ['track_id', trackID(await linkFor(emulator))],
        ['action', 'refuse'],
      ]);
      expect(response.headers.get('location')).to.equal('https://app.example/cb?state=S&error_code=100102');
    });

    it('that sends the browser to a redirect URI with non-ASCII letters', async () => {
      const link = await linkFor(emulator, [], 'https://app.example/вход');
      const response = await post([
        ['track_id', trackID(link)],
        ['action', 'refuse'],
      ]);
      expect(response.headers.get('location')).to.equal(
        'https://app.example/%D0%B2%D1%85%D0%BE%D0%B4?error_code=100102',
      );
    });

    it('that says what is wrong with a form or a link', async () => {
      const link = await linkFor(emulator);
      const nobody = await post([
        ['track_id', trackID(link)],
        ['user', 'nobody'],
      ]);
      expect(nobody.status).to.equal(422);
      expect(await nobody.text()).to.include('choose a user');
      expect(await (await fetch(emulator.url)).text()).to.include('It runs');
    });

    it('that says why a link is no longer good, and leads back to the app where that is known', async () => {
      const used = await linkFor(emulator, [], 'http://localhost:3000/shop/cb?state=S');
      await emulator.refuse(used);
      const late = await linkFor(emulator, [], 'http://localhost:3000/shop/cb?state=S');
      now += 600_000;
      const way = '<a class="button" href="http://localhost:3000/">Back to demo at http://localhost:3000</a>';
      for (const [link, why, back] of [
        [used, 'used already', way],
        [late, 'has expired', way],
        [`${emulator.url}/login?track_id=x`, 'does not know it', ''],
        [`${emulator.url}/login`, 'does not know it', ''],
      ] as const) {
        const form = new URLSearchParams({ track_id: trackID(link), action: 'refuse' });
        for (const init of [{}, { method: 'POST', body: form }]) {
          const gone = await fetch(link, init);
          expect(gone.status).to.equal(410);
          const page = await gone.text();
          expect(page).to.include(why).and.include('Go back to the app and start again.');
          expect(/<a .*?<\/a>/.exec(page)?.[0] ?? '').to.equal(back);
        }
      }
    });
  });

  it('records the requests that it receives', async () => {
    await call().token({ authorization_code: 'x' });
    await fetch(`${emulator.url}/login?track_id=x`);
    expect(emulator.requests.map(({ method, url, body }) => [method, url, body])).to.deep.equal([
      ['POST', '/api/v1/oauth/token', '{"authorization_code":"x"}'],
      ['GET', '/login?track_id=x', ''],
    ]);
    expect(emulator.requests[0]?.headers).to.include({
      authorization: basic(),
      'content-type': 'application/json',
    });
  });

  it('answers 404 to an unknown path, and 413 to a huge body', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/oauth'],
      ['DELETE', '/login/'],
      ['GET', '/constructor'],
      ['GET', '//'],
    ]) {
      const response = await fetch(`${emulator.url}${path}`, { method: method ?? '' });
      expect(response.status, path).to.equal(404);
      expect(await response.json()).to.deep.equal({ error: { message: 'Not found.' } });
    }
    const huge = await fetch(`${emulator.url}/login`, { method: 'POST', body: 'x'.repeat(70_000) });
    expect(huge.status).to.equal(413);
  });

  it('stays alive when a client disconnects in the middle of its request body', async () => {
    const { port } = new URL(emulator.url);
    const socket = createConnection({ port: Number(port), host: '127.0.0.1' });
    socket.write('POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab', () =>
      socket.resetAndDestroy(),
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await fetch(emulator.url)).status).to.equal(200);
  });

  it('accepts a request without a Host header, as HTTP/1.0 allows', async () => {
    const socket = createConnection({ port: Number(new URL(emulator.url).port), host: '127.0.0.1' });
    const body = JSON.stringify({ redirect_uri: REDIRECT_URI, grants: [] });
    const headers = `Authorization: ${basic()}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    socket.end(`POST /api/v1/oauth/authorize HTTP/1.0\r\n${headers}\r\n\r\n${body}`);
    expect(await text(socket))
      .to.match(/^HTTP\/1\.1 200 /)
      .and.include(`{"redirect_uri":"${emulator.url}/login`);
  });

  it('survives 10,000 random requests', async function () {
    this.timeout(60_000);
    const method = fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS');
    const known = fc.constantFrom(
      '/',
      '/login',
      '/account',
      '/api/v1/oauth/authorize',
      '/api/v1/oauth/token',
      '/api/v1/oauth/get-data',
      '/api/v1/oauth/get-profile',
      '/api/v1/oauth/get-profile/status',
      '/api/v1/oauth/user',
      '/openid',
      '/api/v1/oidc/token',
      '/api/v1/oidc/userinfo',
      '/api/v1/oidc/jwks',
      '/.well-known/openid-configuration',
    );
    const path = fc.oneof(known, fc.webPath());
    const parameter = fc.constantFrom(
      ...['response_type=code', 'scope=openid', 'scope=openid+x', 'client_id=strict', 'client_id=demo'],
      ...['redirect_uri=https://app.example/cb', 'redirect_uri=x', 'state=S', 'nonce=N', 'nonce='],
    );
    const openid = fc.array(parameter).map((some) => some.join('&'));
    const query = fc.oneof(
      fc.constant(''),
      fc.webQueryParameters(),
      fc.constant('track_id=x&track_id=y'),
      openid,
    );
    const authorization = fc.oneof(
      fc.constantFrom(basic(), strict, 'Bearer x', 'Basic', 'Basic Og=='),
      fc.base64String().map((text) => `Basic ${text}`),
      fc.stringMatching(/^[ -~]*$/),
    );
    const type = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain');
    const fields = fc.constantFrom(
      'redirect_uri',
      'grants',
      'authorization_code',
      'grant_type',
      'code',
      '__proto__',
      'constructor',
    );
    const body = fc.oneof(
      fc.dictionary(fields, fc.jsonValue()).map((json) => JSON.stringify(json)),
      fc.json(),
      fc.string(),
      fc.constant('track_id=x&user=y&action=continue'),
      fc.constant('grant_type=authorization_code&code=x&redirect_uri=https://app.example/cb'),
      fc.constant('grant_type=refresh_token&refresh_token=x&client_id=demo&client_secret=x'),
    );
    const request = fc.record({ method, path, query, authorization, type, body });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 20, maxLength: 20 }), async (requests) => {
        const statuses = await Promise.all(
          requests.map(async (one) => {
            const response = await fetch(`${emulator.url}${one.path}?${one.query}`, {
              method: one.method,
              headers: { authorization: one.authorization.trim(), 'content-type': one.type },
              redirect: 'manual',
              ...(one.method !== 'GET' && { body: one.body }),
            });
            await response.arrayBuffer();
            return response.status;
          }),
        );
        expect(statuses.every((status) => status < 500)).to.equal(true);
      }),
      { numRuns: 500 },
    );
    expect(emulator.requests).to.have.length(10_000);
    await fetch(emulator.url);
    expect(emulator.requests).to.have.length(10_000);
  });
});

describe('startEmulator', () => {
  it('uses a demo client and sample users by default', async () => {
    const emulator = await startEmulator();
    expect(emulator.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(emulator.clients).to.deep.equal([{ clientID: 'demo', clientSecret: 'demo-secret' }]);
    expect(emulator.users).to.have.length.of.at.least(3);
    expect(emulator.users[0]?.date_of_birth).to.match(/^\d{4}-\d\d-\d\d$/);
    expect(emulator.users.some(({ lastname }) => !lastname)).to.equal(true);
    expect(emulator.users.some(({ firstname }) => /[Әәіңғүұқөһ]/i.test(String(firstname)))).to.equal(true);
    await emulator.close();
    await emulator.close();
    const refused = await fetch(emulator.url).catch((error) => error);
    expect(refused).to.be.instanceOf(Error);
  });

  it('accepts users and clients, and escapes their text on the page', async () => {
    const evil = '<script>alert("&\'")</script>';
    const users: EmulatorUser[] = [
      { freedom_id: evil, firstname: evil, email: evil },
      { freedom_id: 'x', firstname: null },
    ];
    const emulator = await startEmulator({
      users,
      clients: [{ clientID: evil, clientSecret: 's', grants: [evil] }],
    });
    const { json } = await api(emulator).authorize(
      { redirect_uri: REDIRECT_URI, grants: [evil] },
      basic(evil, 's'),
    );
    const page = await (await fetch(json.redirect_uri ?? '')).text();
    expect(page).to.not.include('<script');
    expect(page).to.include('&#60;script&#62;alert(&#34;&#38;&#39;&#34;)&#60;/script&#62;');
    expect(page).to.include('No name');
    await emulator.close();
  });

  it('names the option that is wrong', async () => {
    const wrong: [object, RegExp][] = [
      [{ port: '4400' }, /port must be a whole number/],
      [{ port: 70_000 }, /port must be/],
      [{ clock: 7 }, /clock must be a function/],
      [{ clients: [] }, /clients must be a list/],
      [{ clients: [{ clientID: 'a' }] }, /clients must be a list/],
      [{ clients: [null] }, /clients must be a list/],
      [{ clients: [{ clientID: 'a:b', clientSecret: 'c' }] }, /without a colon/],
      [{ clients: [{ clientID: 'a', clientSecret: 'b', grants: 'openid' }] }, /redirectURIs and grants/],
      [{ clients: [{ clientID: 'a', clientSecret: 'b', redirectURIs: [] }] }, /at least one string/],
      [{ users: {} }, /users must be a list/],
      [{ users: [{ firstname: 'x' }] }, /users must be .* freedom_id/],
      [{ users: [{ freedom_id: 'x' }, { freedom_id: 'x' }] }, /twice/],
    ];
    for (const [options, message] of wrong) {
      const error = await startEmulator(options).catch((reason) => reason);
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.matches(message);
    }
  });

  it('names a port that is in use', async () => {
    const emulator = await startEmulator();
    const port = Number(new URL(emulator.url).port);
    expect(await startEmulator({ port }).catch((error) => error.message)).to.equal(
      `Port ${port} cannot be used (EADDRINUSE). Set port, or --port of the command, to another one.`,
    );
    await emulator.close();
  });

  it('does not start under NODE_ENV=production', async () => {
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    try {
      expect(await startEmulator().catch((error) => error.message)).to.match(
        /does not start under NODE_ENV=production/,
      );
    } finally {
      if (NODE_ENV === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = NODE_ENV;
    }
  });

  it('holds 10,000 pending logins, and forgets the oldest when there are more', async function () {
    this.timeout(30_000);
    const emulator = await startEmulator({});
    const first = await linkFor(emulator);
    for (let batch = 0; batch < 100; batch += 1)
      await Promise.all(Array.from({ length: 100 }, () => linkFor(emulator)));
    expect(await emulator.approve(first).catch((error) => error)).to.be.instanceOf(Error);
    await emulator.close();
  });
});

describe('a fault of the emulator', () => {
  const emulator = useEmulator();
  const token = () => fetch(`${emulator.url}/api/v1/oauth/token`, { method: 'POST' });

  it('breaks only the next exchange on its endpoint', async () => {
    emulator.fault('token', 'status-500');
    expect((await fetch(`${emulator.url}/api/v1/oauth/get-data`)).status).to.equal(401);
    expect((await token()).status).to.equal(500);
    expect((await token()).status).to.equal(401);
  });

  it('comes after the faults that were added before it, unless all are cleared', async () => {
    emulator.fault('token', 'status-500');
    emulator.fault('token', 'html');
    emulator.fault('token', 'status-500');
    expect((await token()).status).to.equal(500);
    expect((await token()).headers.get('content-type')).to.equal('text/html');
    emulator.clearFaults();
    expect((await token()).status).to.equal(401);
  });

  it('must be of a known kind, on a known endpoint', () => {
    expect(() => emulator.fault('login' as never, 'reset')).to.throw(TypeError, 'authorize, token, get-data');
    expect(() => emulator.fault('token', 'fire' as never)).to.throw(TypeError, 'delay, hang, reset');
    expect(() => emulator.fault('token', 'toString' as never)).to.throw(TypeError);
  });

  it('that hangs ends when the emulator closes', async () => {
    const other = await startEmulator();
    other.fault('token', 'hang');
    const hanging = fetch(`${other.url}/api/v1/oauth/token`, { method: 'POST' }).catch((error) => error);
    while (other.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await other.close();
    expect(await hanging).to.be.instanceOf(Error);
  });
});
