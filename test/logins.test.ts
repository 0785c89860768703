import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createHTTP2Server, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { Passport } from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import refresh from 'passport-oauth2-refresh';
import { undiciFetch } from '../examples/undici';
import {
  type FetchFunction,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type VerifyFunction,
} from '../lib';
import type { EmulatorEndpoint, EmulatorFault } from '../lib/emulator/index';
import { listen, loginApp, type RunningApp } from './support/app';
import { CookieJar, locationOf } from './support/browser';
import { useEmulator } from './support/emulator';
import { justProfile } from './support/mocked-login';
import { minimalOptions } from './support/options';

describe('a whole login over real sockets', () => {
  const emulator = useEmulator();
  const running: RunningApp[] = [];
  afterEach(() => {
    for (const app of running.splice(0)) app.close();
  });

  /** A strategy that talks to the emulator. */
  function strategyFor(
    options: Partial<FreedomIdStrategyOptions> = {},
    verify: VerifyFunction = justProfile,
  ) {
    const own = { callbackURL: '/callback', baseURL: emulator.url, passReqToCallback: false } as const;
    return new FreedomIdStrategy({ ...minimalOptions, ...own, ...options, passReqToCallback: false }, verify);
  }

  /** An app that listens, with such a strategy. */
  async function appWith(options: Partial<FreedomIdStrategyOptions> = {}) {
    const strategy = strategyFor(options);
    const app = await listen(loginApp(strategy));
    running.push(app);
    return { strategy, url: app.url };
  }

  it('signs the user in, with the profile that was shared', async () => {
    const { url } = await appWith({ scope: ['read.firstname', 'read.email'] });
    const browser = new CookieJar();
    const link = locationOf(await browser.get(`${url}/login`));
    expect(link).to.match(new RegExp(`^${emulator.url}/login\\?track_id=`));
    const callback = await emulator.approve(link, { as: 2 });
    const response = await browser.get(callback);
    expect(response.status).to.equal(200);
    const { user } = (await response.json()) as { user: Record<string, unknown> };
    expect(user).to.deep.include({ displayName: 'John', emails: [{ value: 'john.doe@example.com' }] });
    const me = (await (await browser.get(`${url}/me`)).json()) as { user: object };
    expect(me.user).to.deep.equal(user);
  });

  it('takes three requests to Freedom ID, each of which asks to keep the connection', async () => {
    const { url } = await appWith();
    const browser = new CookieJar();
    await browser.get(await emulator.approve(locationOf(await browser.get(`${url}/login`))));
    expect(emulator.requests.map(({ method, url }) => `${method} ${url}`)).to.deep.equal([
      'POST /api/v1/oauth/authorize',
      'POST /api/v1/oauth/token',
      'GET /api/v1/oauth/get-data',
    ]);
    for (const { headers } of emulator.requests) expect(headers.connection).to.equal('keep-alive');
  });

  it('signs nobody in when the user refuses', async () => {
    const { url } = await appWith();
    const browser = new CookieJar();
    const response = await browser.get(await emulator.refuse(locationOf(await browser.get(`${url}/login`))));
    expect(response.status).to.equal(401);
    expect(await (await browser.get(`${url}/me`)).json()).to.deep.equal({ user: null });
  });

  it('works in two tabs that come back in the other order, one of them refused', async () => {
    const { url } = await appWith();
    const browser = new CookieJar();
    const one = locationOf(await browser.get(`${url}/login`));
    const two = locationOf(await browser.get(`${url}/login`));
    expect((await browser.get(await emulator.refuse(two))).status).to.equal(401);
    expect((await browser.get(await emulator.approve(one))).status).to.equal(200);
  });

  it('works in tabs that were opened while the first request to Freedom ID was still running', async () => {
    const { url } = await appWith();
    const browser = new CookieJar();
    // The browser has a session already, like one that has been here before.
    await browser.get(`${url}/login`);
    for (let tab = 0; tab < 4; tab += 1) emulator.fault('authorize', 'delay');
    const links: string[] = [];
    const tabs = [];
    for (let tab = 0; tab < 4; tab += 1) {
      tabs.push(browser.get(`${url}/login`).then((response) => links.push(locationOf(response))));
      while (emulator.requests.length < tab + 2) await nextTurn();
    }
    await Promise.all(tabs);
    for (const link of links) expect((await browser.get(await emulator.refuse(link))).status).to.equal(401);
  });

  it('works in a tab that was opened while the code of another was exchanged', async () => {
    const { url } = await appWith();
    const browser = new CookieJar();
    const first = await emulator.approve(locationOf(await browser.get(`${url}/login`)));
    emulator.fault('token', 'delay');
    emulator.fault('get-data', 'status-500');
    const failing = browser.get(first);
    while (!emulator.requests.some(({ url }) => url.endsWith('/token'))) await nextTurn();
    const second = locationOf(await browser.get(`${url}/login`));
    expect((await failing).status).to.equal(502);
    expect((await browser.get(await emulator.approve(second))).status).to.equal(200);
  });

  it('sends nothing for the same callback again while the first one is under way', async () => {
    const { url } = await appWith();
    const browser = new CookieJar();
    const callback = await emulator.approve(locationOf(await browser.get(`${url}/login`)));
    emulator.fault('token', 'delay');
    const first = browser.get(callback);
    const tokenRequests = () => emulator.requests.filter(({ url }) => url.endsWith('/token'));
    while (tokenRequests().length === 0) await nextTurn();
    expect((await browser.get(callback)).status).to.equal(403);
    expect((await first).status).to.equal(200);
    expect(tokenRequests()).to.have.length(1);
  });

  it('works with a session store that refuses undefined, as document databases do', async () => {
    class Documents extends session.MemoryStore {
      override set(id: string, data: session.SessionData, done: (error?: unknown) => void) {
        if (Object.values(data).includes(undefined)) done(new Error(`undefined in ${Object.keys(data)}`));
        else super.set(id, data, done);
      }
    }
    for (const authenticate of [{ keepSessionInfo: true }, { session: false }, {}]) {
      const strategy = strategyFor();
      const app = await listen(loginApp(strategy, { authenticate, store: new Documents() }));
      running.push(app);
      const browser = new CookieJar();
      const link = async () => locationOf(await browser.get(`${app.url}/login`));
      expect((await browser.get(await emulator.refuse(await link()))).status).to.equal(401);
      expect((await browser.get(await emulator.approve(await link()))).status).to.equal(200);
    }
  });

  it('is an error, and no crash, where the app asks for a flash message that it cannot store', async () => {
    const app = await listen(loginApp(strategyFor(), { authenticate: { failureFlash: true } }));
    running.push(app);
    const browser = new CookieJar();
    const link = locationOf(await browser.get(`${app.url}/login`));
    const refused = await browser.get(await emulator.refuse(link));
    expect(refused.status).to.equal(500);
    expect(await refused.json())
      .to.have.property('error')
      .that.includes('flash');
  });

  it('is an error if no header can carry the info', async () => {
    const app = await listen(
      loginApp(strategyFor({}, (_a, _r, _p, done) => done(null, false, 'Доступ запрещён'))),
    );
    running.push(app);
    const browser = new CookieJar();
    const link = locationOf(await browser.get(`${app.url}/login`));
    const refused = await browser.get(await emulator.approve(link));
    expect(refused.status).to.equal(500);
    expect(await refused.json())
      .to.have.property('error')
      .that.includes('WWW-Authenticate');
    expect((await browser.get(`${app.url}/me`)).status).to.equal(200);
  });

  it('calls a custom callback that throws once more, with the error', async () => {
    const calls: unknown[][] = [];
    const passport = new Passport();
    passport.use(strategyFor({ callbackURL: '/callback' }));
    const app = express();
    app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
    app.get(['/login', '/callback'], (req, res, next) => {
      passport.authenticate('freedom-id', (...args: unknown[]) => {
        calls.push(args);
        if (!args[0]) throw new Error('from the callback');
        res.status(500).end();
      })(req, res, next);
    });
    const server = await listen(app);
    running.push(server);
    const browser = new CookieJar();
    const link = locationOf(await browser.get(`${server.url}/login`));
    expect((await browser.get(await emulator.refuse(link))).status).to.equal(500);
    expect(calls).to.have.length(2);
    expect(calls[1]?.[0]).to.have.property('message', 'from the callback');
  });

  it('does not crash an app that has already ended the response', async () => {
    const { strategy } = await appWith();
    const app = loginApp(strategy);
    const impatient = await listen((req, res) => {
      app(req, res);
      // Like middleware whose deadline expires while the strategy still waits for the login link.
      if (req.url === '/login') setImmediate(() => res.writeHead(503).end('too slow'));
    });
    running.push(impatient);
    emulator.fault('authorize', 'delay');
    // Express closes the connection of a response that it can no longer change, so it must not be used again.
    const once = await fetch(`${impatient.url}/login`, { headers: { connection: 'close' } });
    expect(once.status).to.equal(503);
    // Another request with the same delay ends after the first one: by then, the strategy has tried to redirect.
    emulator.fault('authorize', 'delay');
    await strategy.client.createAuthorizationLink({ redirectURI: 'https://app.example', grants: [] });
    expect((await fetch(`${impatient.url}/me`)).status).to.equal(200);
  });

  it('works over HTTP/2, where the host has a field of its own', async () => {
    const passport = new Passport();
    passport.use(strategyFor({ callbackURL: '/callback' }));
    const guard = passport.authenticate('freedom-id', { session: false });
    const session = {};
    const server = createHTTP2Server((req, res) => {
      guard(Object.assign(req, { session }) as never, res as never, () => {
        res.end(JSON.stringify((req as { user?: unknown }).user));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const get = async (path: string) => {
      const stream = client.request({ ':path': path });
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      return { headers, text: await text(stream) };
    };
    const { headers } = await get('/login');
    const { origin, pathname, search } = new URL(await emulator.approve(String(headers.location)));
    expect(origin).to.equal(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(JSON.parse((await get(pathname + search)).text)).to.have.property('displayName');
    client.close();
    server.close();
  });

  it('cannot be finished in another browser, or twice', async () => {
    const { url } = await appWith();
    const [victim, attacker] = [new CookieJar(), new CookieJar()];
    await victim.get(`${url}/login`);
    const callback = await emulator.approve(locationOf(await attacker.get(`${url}/login`)));
    emulator.requests.length = 0;
    expect((await victim.get(callback)).status).to.equal(403);
    expect(emulator.requests).to.deep.equal([]);
    expect((await attacker.get(callback)).status).to.equal(200);
    expect((await attacker.get(callback)).status).to.equal(403);
  });

  it('fails when the code was used by somebody else first', async () => {
    const { url, strategy } = await appWith();
    const browser = new CookieJar();
    const callback = await emulator.approve(locationOf(await browser.get(`${url}/login`)));
    await strategy.client.exchangeCode(new URL(callback).searchParams.get('authorization_code') ?? '');
    expect((await browser.get(callback)).status).to.equal(401);
  });

  const transports: Record<string, FetchFunction> = {
    "the platform's own fetch": globalThis.fetch,
    "undici's request": undiciFetch(),
  };
  for (const [name, fetch] of Object.entries(transports)) {
    it(`works over ${name} as well`, async () => {
      const { url } = await appWith({ fetch });
      const browser = new CookieJar();
      const callback = await emulator.approve(locationOf(await browser.get(`${url}/login`)));
      expect((await browser.get(callback)).status).to.equal(200);
    });
  }

  it('works through an outbound proxy, given as an agent', async () => {
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', ({ url: target = '' }, socket: Socket) => {
      tunnels.push(target);
      const { hostname, port } = new URL(`http://${target}`);
      const upstream = createConnection({ host: hostname, port: Number(port) }, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) end.on('error', () => {});
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const agent = new HttpsProxyAgent(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, {
      keepAlive: true,
    });
    const { url } = await appWith({ agent });
    const browser = new CookieJar();
    const callback = await emulator.approve(locationOf(await browser.get(`${url}/login`)));
    expect((await browser.get(callback)).status).to.equal(200);
    expect(tunnels).to.not.be.empty;
    expect(new Set(tunnels)).to.deep.equal(new Set([new URL(emulator.url).host]));
    agent.destroy();
    proxy.close();
  });

  describe('with the fault', () => {
    /** What the app answers. A delay is no failure. */
    const outcomes: Record<EmulatorFault, { status: number; error: RegExp }> = {
      delay: { status: 200, error: /^$/ },
      hang: { status: 504, error: /no complete response within 300 ms/ },
      reset: { status: 502, error: /the connection failed \(ECONNRESET\)/ },
      truncated: { status: 502, error: /the connection failed \(ECONNRESET\)/ },
      'status-500': { status: 502, error: /HTTP 500, "Server Error"/ },
      html: { status: 502, error: /HTTP 200 with a body that is not a JSON object/ },
      oversized: { status: 502, error: /larger than 262144 bytes/ },
      'invalid-json': { status: 502, error: /not a JSON object/ },
      'error-200': {
        status: 502,
        error: /rejected with HTTP 200, "Service is unavailable\." \(code 100500\)/,
      },
    };
    const endpoints: EmulatorEndpoint[] = ['authorize', 'token', 'get-data'];

    for (const endpoint of endpoints) {
      for (const [fault, { status, error }] of Object.entries(outcomes)) {
        it(`${fault} at ${endpoint} ends with HTTP ${status} from the app, and the next login works`, async () => {
          const { url } = await appWith({ timeout: 300 });
          const browser = new CookieJar();
          emulator.fault(endpoint, fault as EmulatorFault);
          let response = await browser.get(`${url}/login`);
          if (response.status === 302)
            response = await browser.get(await emulator.approve(locationOf(response)));
          expect(response.status).to.equal(status);
          const { error: message = '' } = (await response.json()) as { error?: string };
          expect(message).to.match(error);
          if (status !== 200) expect(message).to.match(new RegExp(`^Freedom ID ${endpoint}: `));

          const callback = await emulator.approve(locationOf(await browser.get(`${url}/login`)));
          expect((await browser.get(callback)).status).to.equal(200);
        });
      }
    }
  });

  it('yields tokens that passport-oauth2-refresh renews', async () => {
    let refreshToken = '';
    const strategy = new FreedomIdStrategy(
      { ...minimalOptions, callbackURL: '/callback', baseURL: emulator.url },
      async (_accessToken, token, profile) => {
        refreshToken = token ?? '';
        return profile;
      },
    );
    const app = await listen(loginApp(strategy));
    running.push(app);
    const browser = new CookieJar();
    await browser.get(await emulator.approve(locationOf(await browser.get(`${app.url}/login`))));
    refresh.use(strategy);
    const renew = (token: string) =>
      new Promise<{
        error: unknown;
        accessToken: string | undefined;
        newToken: string | undefined;
        params: object;
      }>((resolve) => {
        refresh.requestNewAccessToken('freedom-id', token, (error, accessToken, newToken, params) =>
          resolve({ error, accessToken, newToken, params }),
        );
      });
    const renewed = await renew(refreshToken);
    expect(renewed.error).to.equal(null);
    expect(renewed.newToken).to.be.a('string').that.is.not.equal(refreshToken);
    expect(renewed.params)
      .to.have.property('expires_in')
      .that.is.closeTo(7 * 24 * 3600, 60);
    expect((await strategy.client.getUserInfo(renewed.accessToken ?? '')).json).to.have.property(
      'freedom_id',
    );
    expect((await renew(refreshToken)).error).to.include({
      code: 'ERR_FREEDOM_ID_REJECTED',
      httpStatus: 401,
    });
  });

  it('lets tools for passport-oauth2 exchange its code through _oauth2', async () => {
    const { strategy, url } = await appWith();
    const callback = await emulator.approve(locationOf(await new CookieJar().get(`${url}/login`)));
    const code = new URL(callback).searchParams.get('authorization_code') ?? '';
    const { _oauth2 } = strategy as unknown as {
      _oauth2: {
        getOAuthAccessToken(code: string, params: null, done: (error: unknown, token: string) => void): void;
      };
    };
    const token = await new Promise<string>((resolve) =>
      _oauth2.getOAuthAccessToken(code, null, (_error, found) => resolve(found)),
    );
    expect(token).to.match(/^\w{128}$/);
  });

  it('lets a subclass use get() of _oauth2, with the token in a header and not in the URL', async () => {
    const { strategy } = await appWith();
    const { _oauth2 } = strategy as unknown as {
      _oauth2: { get(url: string, token: string, done: () => void): void };
    };
    await new Promise<void>((resolve) => _oauth2.get(strategy.client.userProfileURL, 's3cret', resolve));
    expect(emulator.requests[0]).to.have.nested.property('headers.authorization', 'Bearer s3cret');
    expect(emulator.requests[0]?.url).to.equal('/api/v1/oauth/get-data');
  });

  describe('with only passport-oauth2 and an overridden userProfile', () => {
    class StockStrategy extends OAuth2Strategy {
      override userProfile(accessToken: string, done: (error?: unknown, profile?: object) => void) {
        fetch(`${emulator.url}/api/v1/oauth/get-data`, {
          headers: { authorization: `Bearer ${accessToken}` },
        })
          .then((response) => response.json() as Promise<object>)
          .then((profile) => done(null, profile), done);
      }
    }

    it('signs nobody in: there is no page to send the browser to, and no `code` in the callback', async () => {
      const strategy = new StockStrategy(
        {
          clientID: minimalOptions.clientID,
          clientSecret: minimalOptions.clientSecret,
          callbackURL: 'http://127.0.0.1/callback',
          authorizationURL: `${emulator.url}/api/v1/oauth/authorize`,
          tokenURL: `${emulator.url}/api/v1/oauth/token`,
          state: false,
        },
        (
          _accessToken: string,
          _refreshToken: string,
          profile: Express.User,
          done: OAuth2Strategy.VerifyCallback,
        ) => done(null, profile),
      );
      const app = await listen(loginApp(strategy as never));
      running.push(app);
      const browser = new CookieJar();
      const page = await browser.get(locationOf(await browser.get(`${app.url}/login`)));
      expect(page.status).to.equal(405);

      // Even with a link and a code from another app, it starts a new login instead of finishing this one...
      const { url } = await appWith({ state: false });
      const callback = new URL(await emulator.approve(locationOf(await browser.get(`${url}/login`))));
      expect(locationOf(await browser.get(`${app.url}/callback${callback.search}`))).to.match(
        /oauth\/authorize\?response_type=code/,
      );

      // ... and with the code under its standard name, it sends a token request that Freedom ID does not understand.
      const code = callback.searchParams.get('authorization_code');
      expect((await browser.get(`${app.url}/callback?code=${code}`)).status).to.equal(500);
      expect(await (await browser.get(`${app.url}/me`)).json()).to.deep.equal({ user: null });

      // FreedomIdStrategy accepts the same code.
      expect((await browser.get(callback.href)).status).to.equal(200);
    });
  });
});
