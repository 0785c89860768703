import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { expect } from 'chai';
import cookieSession from 'cookie-session';
import express from 'express';
import session from 'express-session';
import { type AuthenticateOptions, Passport, type Strategy } from 'passport';
import { FreedomIdClient, FreedomIdStrategy, type FreedomIdStrategyOptions } from 'passport-freedom-id';
import { FreedomIdOidcStrategy } from 'passport-freedom-id/oidc';
import OAuth2Strategy from 'passport-oauth2';
import { build } from 'rolldown';
import type { Approval } from '../../lib/emulator/index';
import { describeOutcome } from '../../lib/login/diagnostics';
import { listen } from '../support/app';
import { createAuthority } from '../support/authority';
import { CookieJar, locationOf } from '../support/browser';
import { runNode } from '../support/child';
import { useClosing } from '../support/closing';
import { readPage, root, snippets } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const PAGE = 'docs/troubleshooting.md';

/** What the page says under the heading that begins so. */
function partOf(heading: string): string {
  const parts = readPage(PAGE).split(/^## /m);
  return parts.find((part) => part.startsWith(heading)) ?? expect.fail(`no heading begins with ${heading}`);
}

function codeIn(heading: string, language = 'js'): string {
  const code = snippets(PAGE, language).find((snippet) => partOf(heading).includes(snippet));
  return code ?? expect.fail(`no snippet under ${heading}`);
}

/** Ports, times and process ids are others each time. */
function inGeneral(output: string): string {
  return output
    .replaceAll(/^(PASSPORT-FREEDOM-ID) \d+/gm, '$1 PID')
    .replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):\d+/g, 'URL')
    .replaceAll(/ in \d+ ms/g, ' in N ms');
}

const sessionWith = (options: Partial<session.SessionOptions> = {}) =>
  session({ secret: 'test', resave: false, saveUninitialized: false, ...options });

type App = express.Express;
type OwnPassport = InstanceType<typeof Passport>;

/** What is wrong with an app: each part stands in the place of what is right. */
interface Parts {
  options?: Partial<FreedomIdStrategyOptions>;
  verify?: (...args: never[]) => unknown;
  strategy?: (callbackURL: string) => Strategy | undefined;
  serialize?: (passport: OwnPassport) => unknown;
  use?: (app: App, passport: OwnPassport) => unknown;
  authenticate?: AuthenticateOptions;
}

function serializeAll(passport: OwnPassport) {
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
}

describe('docs/troubleshooting.md', () => {
  const emulator = useEmulator({
    clients: [
      { clientID: minimalOptions.clientID, clientSecret: minimalOptions.clientSecret },
      { clientID: 'strict', clientSecret: 'secret', redirectURIs: ['http://localhost:3000/callback'] },
    ],
  });
  const closing = useClosing();

  async function serve(listener: RequestListener) {
    const { url, close } = await listen(listener);
    closing.push(close);
    return url;
  }

  async function start(parts: Parts = {}) {
    const app = express();
    app.set('env', 'test');
    const url = await serve(app);
    const passport = new Passport();
    const callbackURL = `${url}/callback`;
    const options = { ...minimalOptions, callbackURL, baseURL: emulator.url, ...parts.options };
    const verify = async (_accessToken: string, _refreshToken: unknown, { id }: { id: string }) => ({ id });
    const strategy = parts.strategy
      ? parts.strategy(callbackURL)
      : new FreedomIdStrategy({ ...options, passReqToCallback: false }, (parts.verify ?? verify) as never);
    if (strategy) passport.use('freedom-id', strategy);
    (parts.serialize ?? serializeAll)(passport);
    await (parts.use ?? ((app) => void app.use(sessionWith(), passport.session())))(app, passport);
    app.get('/login', passport.authenticate('freedom-id', parts.authenticate ?? {}));
    app.get('/callback', passport.authenticate('freedom-id', parts.authenticate ?? {}), (req, res) => {
      res.json(req.user);
    });
    app.get('/me', (req, res) => void res.json(req.user ?? null));
    app.use(((error, _req, res, _next) => {
      res.status(error.status ?? 500).send(`${error.name}: ${error.message}`);
    }) as express.ErrorRequestHandler);
    return url;
  }

  /** The emulator as a command, with its URL. */
  async function runEmulator(...flags: string[]) {
    const command = runNode(['dist/cli/index.js', 'emulator', '--port', '0', ...flags]);
    closing.push(async () => {
      command.process.kill();
      await command.ended;
    });
    const [, baseURL = ''] = await command.printed(/URL +(http:\S+)/);
    return Object.assign(command, { baseURL });
  }

  /** Asks for a login link as an app does that has this callback URL, whatever the response is. */
  async function askForLink(baseURL: string, clientSecret: string, callbackURL: string): Promise<void> {
    const client = new FreedomIdClient({ clientID: 'demo', clientSecret, baseURL });
    const redirectURI = `${callbackURL}?state=x`;
    await client.createAuthorizationLink({ redirectURI, grants: [] }).catch(() => {});
  }

  /** A Nest app whose guards are as @nestjs/passport has them. */
  async function startNest() {
    class FreedomId extends PassportStrategy(FreedomIdStrategy, 'nest') {
      constructor() {
        super({ ...minimalOptions, callbackURL: 'callback', baseURL: emulator.url });
      }
      async validate(_accessToken: string, _refreshToken: string, { id }: { id: string }) {
        return { id };
      }
    }
    @Controller()
    class Login {
      @Get(['login', 'callback'])
      @UseGuards(AuthGuard('nest'))
      login() {}
    }
    @Module({ controllers: [Login], providers: [FreedomId] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
    app.use(sessionWith());
    await app.listen(0, '127.0.0.1');
    closing.push(() => app.close());
    return app.getUrl();
  }

  /** Goes as far as it comes. @returns the last answer, and who is signed in on the next page */
  async function logIn(url: string, approval: Approval | 'refuse' = {}, browser = new CookieJar()) {
    let answer = await browser.get(`${url}/login`);
    if (answer.status === 302) {
      const link = locationOf(answer);
      answer = await browser.get(
        await (approval === 'refuse' ? emulator.refuse(link) : emulator.approve(link, approval)),
      );
    }
    const location = answer.headers.get('location');
    const next = await (await browser.get(`${url}/me`)).text();
    return { status: answer.status, text: await answer.text(), location, next };
  }

  const succeeds = async (url: string) => expect(await logIn(url)).to.include({ status: 200 });

  it('has a heading for what people search for', () => {
    const headings = [...readPage(PAGE).matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    const searches = [
      '403 after coming back',
      'always the login page again',
      'redirect loop',
      'signed in and forgotten on the next page',
      'works on localhost not behind nginx',
      'works for me not for a colleague',
      'redirect_uri invalid',
      'InternalOAuthError',
      'process does not exit after tests',
    ];
    for (const search of searches) {
      const words = search.split(' ').map((word) => new RegExp(`\\b${word}\\b`, 'i'));
      expect(
        headings.filter((heading) => words.every((word) => word.test(heading))),
        search,
      ).to.have.length(1);
    }
  });

  describe('begins with what to look at', () => {
    it('which is printed when the session is lost, and when the client is unknown', async function () {
      this.timeout(20_000);
      const script = `
        const { FreedomIdStrategy } = require('./lib');
        const { startEmulator } = require('./lib/emulator');
        process.on('warning', ({ code }) => console.log(code));
        (async () => {
          const emulator = await startEmulator();
          const ask = (secret, url) => new Promise((resolve) => {
            const options = { clientID: 'demo', clientSecret: secret, callbackURL: 'https://app.example/cb', baseURL: emulator.url };
            const strategy = new FreedomIdStrategy(options, async (accessToken, refreshToken, profile) => profile);
            const host = Object.assign(Object.create(strategy), { redirect: resolve, success: resolve, fail: resolve, error: resolve });
            host.authenticate({ url, session: {}, headers: { host: 'app.example' } });
          });
          await ask('demo-secret', await emulator.approve(await ask('demo-secret', '/login')));
          await ask('another', '/login');
          await emulator.close();
        })();`;
      const command = runNode(['-e', script], {
        NODE_DEBUG: 'passport-freedom-id',
        NODE_NO_WARNINGS: '1',
      });
      expect(await command.ended).to.equal(0);
      const [lost = '', unknown = ''] = snippets(PAGE, 'text');
      expect(partOf('403 Forbidden')).to.include(`\`${command.stdout.trim()}\``);
      // The page leaves out that the login link was asked for.
      const printed = inGeneral(command.stderr).replace(/^.*\n/, '');
      expect(printed).to.equal(inGeneral(lost + unknown));
    });

    it('and by the emulator', async () => {
      const [, , lines = ''] = snippets(PAGE, 'text');
      const command = await runEmulator('--redirect-uri', 'http://localhost:3000/callback');
      await askForLink(command.baseURL, 'another', 'http://localhost:3000/cb');
      await askForLink(command.baseURL, 'demo-secret', 'http://localhost:3000/cb');
      await command.printed(/ 422: .*\n/);
      expect(command.stdout).to.include(lines);
    });
  });

  describe('tells why the answer is 403 Forbidden', () => {
    const FORBIDDEN = { status: 403, text: 'Forbidden' };
    before(() => expect(partOf('403 Forbidden')).to.include('403 Forbidden'));

    const sessionAnd = (options: Partial<session.SessionOptions>) => ({
      use: (app: App, passport: OwnPassport) => app.use(sessionWith(options), passport.session()),
    });

    it('where the session is secure and the app is not', async () => {
      expect(await logIn(await start(sessionAnd({ cookie: { secure: true } })))).to.include(FORBIDDEN);
      const [, mended] = /Use `secure: ('auto')`/.exec(partOf('403 Forbidden')) ?? [];
      expect(mended).to.equal("'auto'");
      await succeeds(await start(sessionAnd({ cookie: { secure: 'auto' } })));
    });

    it('where the login begins at another host', async () => {
      const url = await start();
      const localhost = url.replace('127.0.0.1', 'localhost');
      expect(await logIn(localhost)).to.include(FORBIDDEN);
      await succeeds(url);
    });

    it('where the session is in another process', async () => {
      const stores = [new session.MemoryStore(), new session.MemoryStore()];
      const shared = new session.MemoryStore();
      for (const [one, other, status] of [
        [stores[0], stores[1], 403],
        [shared, shared, 200],
      ] as const) {
        const second = await start(sessionAnd({ store: other as session.Store }));
        const first = await start({
          ...sessionAnd({ store: one as session.Store }),
          options: { callbackURL: `${second}/callback` },
        });
        const browser = new CookieJar();
        const callback = new URL(await emulator.approve(locationOf(await browser.get(`${first}/login`))));
        // The cookie of one port is that of every port, to browsers.
        const cookie = browser.cookiesFor(first);
        expect((await fetch(callback, { headers: { cookie } })).status).to.equal(status);
      }
    });
  });

  it('tells why the login page comes again, with a message or without one', async () => {
    const failing = { failureRedirect: '/page', failureMessage: true };
    const page = (options: Partial<session.SessionOptions>) => ({
      authenticate: failing,
      use(app: App, passport: OwnPassport) {
        app.use(sessionWith(options), passport.session());
        app.get(
          '/page',
          (req, res) => void res.json((req.session as { messages?: string[] }).messages ?? []),
        );
      },
    });
    const browser = new CookieJar();
    const url = await start(page({}));
    expect(await logIn(url, 'refuse', browser)).to.include({ status: 302, location: '/page' });
    expect((await browser.visit(`${url}/page`)).text).to.include('cancelled');
    expect(partOf('Always the login page again')).to.include('failureMessage: true');
    const lost = await start(page({ cookie: { secure: true } }));
    expect(await logIn(lost, {}, browser)).to.include({ status: 302, location: '/page' });
    expect((await browser.visit(`${lost}/page`)).text).to.equal('[]');
  });

  it('tells why a refusal can end in a redirect loop', async () => {
    const url = await start({ authenticate: { failureRedirect: '/login' } });
    const browser = new CookieJar();
    const { location } = await logIn(url, 'refuse', browser);
    expect(locationOf(await browser.get(url + location))).to.include(emulator.url);
    expect(partOf('Redirect loop')).to.include('`failureRedirect` is the route that starts the login');
  });

  describe('tells why a user is forgotten on the next page:', () => {
    const mistakes: Record<string, Parts> = {
      '`app.use(passport.session())` is missing': { use: (app) => app.use(sessionWith()) },
      '`deserializeUser` finds no user, and calls back with `null`': {
        serialize(passport) {
          passport.serializeUser((user, done) => done(null, user));
          passport.deserializeUser((_user, done) => done(null, null));
        },
      },
      "The callback's route has `session: false`": { authenticate: { session: false } },
    };
    for (const [what, parts] of Object.entries(mistakes)) {
      it(what, async () => {
        expect(await logIn(await start(parts))).to.include({ status: 200, next: 'null' });
        expect((await logIn(await start())).next).to.include('"id"');
        expect(partOf('Signed in, and forgotten')).to.include(what);
      });
    }

    it('A custom callback does not call `req.logIn(user, done)`', async () => {
      expect(partOf('Signed in, and forgotten')).to.include(
        'A custom callback does not call `req.logIn(user, done)`',
      );
      const withOwn = (signIn: boolean) =>
        start({
          use(app, passport) {
            app.use(sessionWith(), passport.session());
            app.get('/callback', (req, res, next) => {
              const done = (_error: unknown, user: Express.User) =>
                signIn ? req.logIn(user, () => res.json(user)) : res.json(user);
              passport.authenticate('freedom-id', done)(req, res, next);
            });
          },
        });
      expect(await logIn(await withOwn(false))).to.include({ status: 200, next: 'null' });
      expect((await logIn(await withOwn(true))).next).to.include('"id"');
    });
  });

  it('tells why it works on localhost and not behind nginx', async () => {
    // As nginx with TLS sends it on.
    const headers = { host: 'app.example', 'x-forwarded-proto': 'https' };
    const startBehind = (trust: boolean) =>
      start({
        options: { callbackURL: '/callback' },
        use(app, passport) {
          if (trust) app.set('trust proxy', 1);
          app.use(sessionWith({ cookie: { secure: true } }), passport.session());
        },
      });
    for (const [trust, sent, cookies] of [
      [false, 'http://app.example/callback', 0],
      [true, 'https://app.example/callback', 1],
    ] as const) {
      const url = await startBehind(trust);
      const answer = await new Promise<http.IncomingMessage>((resolve) => {
        http.get(`${url}/login`, { headers }, (res) => resolve(res.resume()));
      });
      expect(answer.headers['set-cookie'] ?? []).to.have.length(cookies);
      const { body = '' } = emulator.requests.filter(({ url }) => url.endsWith('/authorize')).at(-1) ?? {};
      expect(JSON.parse(body).redirect_uri.replace(/\?.*/, '')).to.equal(sent);
    }
  });

  describe('quotes what is seen when', () => {
    it('the redirect URI is not registered', async () => {
      const { text } = await logIn(
        await start({
          options: { clientID: 'strict', clientSecret: 'secret', callbackURL: 'http://localhost:3000/cb' },
        }),
      );
      expect(text).to.include('redirect_uri: The selected redirect uri is invalid');
      const [, quoted = ''] = /`(callbackURL, which [^`]*)`/.exec(partOf('redirect_uri: ')) ?? [];
      expect(text).to.include(quoted);
    });

    it('the app uses passport-oauth2 itself', async () => {
      const url = await start({
        strategy(callbackURL) {
          const api = `${emulator.url}/api/v1/oauth`;
          const urls = { authorizationURL: `${api}/authorize`, tokenURL: `${api}/token`, callbackURL };
          return new OAuth2Strategy(
            { ...minimalOptions, ...urls },
            (_a: string, _r: string, p: object, done: OAuth2Strategy.VerifyCallback) => done(null, p),
          );
        },
      });
      emulator.fault('token', 'reset');
      expect(await (await fetch(`${url}/callback?code=x`)).text()).to.equal(
        'InternalOAuthError: Failed to obtain access token',
      );
      partOf('InternalOAuthError: Failed to obtain access token');
    });

    it('the user refuses, or verify gives nothing, and nobody shows it', async () => {
      expect(await logIn(await start(), 'refuse')).to.include({ status: 401, text: 'Unauthorized' });
      const verify = async (_accessToken: string, _refreshToken: unknown, _profile: object) => {};
      expect(await logIn(await start({ verify }))).to.include({ status: 401, text: 'Unauthorized' });
      const nothing = { action: 'fail', reason: 'verify', info: undefined, user: undefined } as const;
      expect(partOf('A blank page')).to.include(describeOutcome(nothing).replace('fail, verify: ', ''));
      expect(partOf('A blank page')).to.include(`\`${(await logIn(await startNest(), 'refuse')).text}\``);
    });

    it('the user shares nothing', async () => {
      const verify = async (
        _a: string,
        _r: unknown,
        p: { id: string; displayName: string; emails?: [] },
      ) => ({
        id: p.id,
        name: p.displayName,
        hasEmail: 'emails' in p,
      });
      const url = await start({ verify });
      expect(JSON.parse((await logIn(url, { grants: [] })).text)).to.include({ name: '', hasEmail: false });
      expect(JSON.parse((await logIn(url)).text).name).to.not.equal('');
    });

    it('the settings of the quick start are not there, or one of them is empty', () => {
      const make = (options: object) => () =>
        new FreedomIdStrategy({ ...minimalOptions, ...options }, async () => false);
      const part = partOf('TypeError: passport-freedom-id: clientID must be a non-empty string');
      const [, empty = '', absent = ''] = /`(but is an .*?)` or `(but is .*?)`/.exec(part) ?? [];
      const start = 'passport-freedom-id: clientID must be a non-empty string, ';
      expect(make({ clientID: '' })).to.throw(TypeError, `${start}${empty}`);
      expect(make({ clientID: undefined })).to.throw(TypeError, `${start}${absent}`);
      expect(make({ callbackURL: undefined })).to.throw(TypeError, absent);
      expect(make({ baseURL: '' })).to.throw(TypeError, 'baseURL');
    });

    it('.env is saved in another encoding', () => {
      expect(partOf('TypeError: passport-freedom-id: clientID must be a non-empty string')).to.include(
        '(BOM)',
      );
      const folder = mkdtempSync(join(tmpdir(), 'env-'));
      closing.push(() => rmSync(folder, { recursive: true }));
      const found = (content: Buffer) => {
        const file = join(folder, '.env');
        writeFileSync(file, content);
        const print = 'console.log([process.env.ENV_FIRST, process.env.ENV_SECOND].join())';
        return spawnSync(process.execPath, [`--env-file=${file}`, '-e', print], { encoding: 'utf8' }).stdout;
      };
      const text = 'ENV_FIRST=1\r\nENV_SECOND=2\r\n';
      expect(found(Buffer.from(text))).to.equal('1,2\n');
      expect(found(Buffer.from(`\uFEFF${text}`))).to.equal(',2\n');
      expect(found(Buffer.from(`\uFEFF${text}`, 'utf16le'))).to.equal(',\n');
    });

    it('the session has no secret', async () => {
      const use = (app: App) => app.use(sessionWith({ secret: '' }));
      expect((await logIn(await start({ use }))).text).to.include('secret option required for sessions');
      expect(partOf('secret option required for sessions')).to.include('SESSION_SECRET');
    });

    it('the callback URL is not the route of the app', async () => {
      const [, quoted = ''] = /`(wants .*)`/.exec(partOf("This site can't be reached, or Cannot GET")) ?? [];
      const callbackURL = /http:[^?]*/.exec(quoted)?.[0] ?? '';
      const wrong = new URL(callbackURL).pathname;
      expect(await (await fetch(`${await start()}${wrong}`)).text()).to.include(`Cannot GET ${wrong}`);

      const command = await runEmulator();
      await askForLink(command.baseURL, 'demo-secret', callbackURL);
      await command.printed(/ 200: .*\n/);
      expect(command.stdout).to.include(quoted);
    });

    const passportErrors: Record<string, Parts> = {
      'Unknown authentication strategy "freedom-id"': { strategy: () => undefined },
      'passport-freedom-id: the request has no session to keep the state in': { use: () => {} },
      'Login sessions require session support': {
        use: (app, passport) => app.use(passport.session(), sessionWith()),
      },
      'Failed to serialize user into session': { serialize: () => {} },
      'req.session.regenerate is not a function': {
        use: (app, passport) =>
          app.use(cookieSession({ secret: 'test' }) as express.RequestHandler, passport.session()),
      },
      'Invalid character in header content': {
        verify: (_a: string, _r: string, _p: object, done: (...args: unknown[]) => void) =>
          done(null, false, 'Нет доступа'),
      },
    };
    for (const [heading, parts] of Object.entries(passportErrors)) {
      it(heading, async () => {
        const { status, text } = await logIn(await start(parts));
        expect(status).to.equal(500);
        expect(text.replace(/^\w+: /, '')).to.match(new RegExp(`^${heading}`));
        partOf(heading);
      });
    }

    it('a user without an id is serialized by it, and one cannot be deserialized', async () => {
      const verify = async (_a: string, _r: unknown, _p: object) => ({ name: 'x' });
      const byID = (passport: OwnPassport) =>
        passport.serializeUser((user, done) => done(null, (user as { id?: string }).id));
      expect((await logIn(await start({ verify, serialize: byID }))).text).to.include('Failed to serialize');
      const half = (passport: OwnPassport) => passport.serializeUser((user, done) => done(null, user));
      const { next } = await logIn(await start({ serialize: half }));
      const [, quoted = ''] = /`(Failed to deserialize[^`]*)`/.exec(partOf('Failed to serialize')) ?? [];
      expect(next).to.equal(`Error: ${quoted}`);
    });
  });

  describe('has snippets that mend', () => {
    it('a missing session', async () => {
      const code = codeIn('passport-freedom-id: the request has no session').replace(
        'process.env.SESSION_SECRET',
        "'test'",
      );
      await succeeds(
        await start({ use: (app, passport) => runSnippets([code], { app, passport, session }) }),
      );
    });

    it('missing functions to serialize', async () => {
      const url = await start({
        serialize: () => {},
        use: async (app, passport) => {
          await runSnippets([codeIn('Failed to serialize')], { passport });
          app.use(sessionWith(), passport.session());
        },
      });
      expect((await logIn(url)).next).to.include('"id"');
    });

    it('cookie-session', async () => {
      const code = codeIn('req.session.regenerate', 'ts').replace('process.env.SESSION_SECRET!', "'test'");
      const url = await start({
        use: (app, passport) => runSnippets([code], { app, passport, cookieSession }),
      });
      expect((await logIn(url)).next).to.include('"id"');
    });
  });

  describe('quotes the message of', () => {
    /** The first line of a part: the message, as code. */
    const quotedIn = (heading: string) => {
      const [, quoted = ''] = /^`(Freedom ID .*)`$/m.exec(partOf(heading)) ?? [];
      return inGeneral(quoted);
    };
    const shown = async (parts: Parts) => inGeneral((await logIn(await start(parts))).text);

    it('ERR_FREEDOM_ID_TIMEOUT', async () => {
      emulator.fault('token', 'hang');
      const inThePage = quotedIn('ERR_FREEDOM_ID_TIMEOUT')
        .replace('10000', '1000')
        .replace('https://passport.freedompay.kz', 'URL');
      expect(await shown({ options: { timeout: 1000 } })).to.equal(`FreedomIdError: ${inThePage}`);
    });

    it('ERR_FREEDOM_ID_NETWORK', async () => {
      const gone = await listen(() => {});
      gone.close();
      expect(await shown({ options: { baseURL: gone.url } })).to.equal(
        `FreedomIdError: ${quotedIn('ERR_FREEDOM_ID_NETWORK')}`,
      );
    });

    it('ERR_FREEDOM_ID_RESPONSE', async () => {
      emulator.fault('token', 'html');
      expect(await shown({})).to.equal(`FreedomIdError: ${quotedIn('ERR_FREEDOM_ID_RESPONSE')}`);
      const wall = await serve((_req, res) => res.writeHead(403).end('<html>'));
      expect(await shown({ options: { baseURL: wall } })).to.include('HTTP 403 with an HTML page');
      emulator.fault('authorize', 'status-500');
      expect(await shown({}))
        .to.include('HTTP 500')
        .and.include('Freedom ID has a problem of its own');
    });

    it('ERR_FREEDOM_ID_REJECTED', async () => {
      expect(await shown({ options: { clientSecret: 'another' } })).to.equal(
        `FreedomIdError: ${quotedIn('ERR_FREEDOM_ID_REJECTED')}`,
      );
      const [, grant = ''] = /`(grants\.0[^`]*)`/.exec(partOf('ERR_FREEDOM_ID_REJECTED')) ?? [];
      expect(await shown({ options: { scope: 'read.nothing' } })).to.include(grant);
    });

    it('ERR_FREEDOM_ID_TOKEN', async () => {
      const strategy = (callbackURL: string) =>
        new FreedomIdOidcStrategy(
          {
            ...minimalOptions,
            callbackURL,
            baseURL: emulator.url,
            jwksURL: `${emulator.url}/api/v1/oidc/jwks`,
          },
          async (_a, _r, { id }) => ({ id }),
        );
      emulator.tamper({ claims: { aud: 'another-app' } });
      expect(await shown({ strategy })).to.equal(`FreedomIdError: ${quotedIn('ERR_FREEDOM_ID_TOKEN')}`);
    });

    it('a certificate that Node.js does not know', async () => {
      const authority = await createAuthority();
      const server = https.createServer(await authority.certify('127.0.0.1'));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      closing.push(() => server.close());
      const baseURL = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect(await shown({ options: { baseURL } })).to.include('(UNABLE_TO_VERIFY_LEAF_SIGNATURE)');
      partOf('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });
  });

  it('tells why the agent is ignored', async () => {
    const url = await serve((_req, res) => res.end('{"freedom_id":"1"}'));
    const agent = new http.Agent();
    let opened = 0;
    const { createConnection } = agent as unknown as { createConnection(...args: unknown[]): unknown };
    Object.assign(agent, {
      createConnection(...args: unknown[]) {
        opened += 1;
        return createConnection.apply(agent, args);
      },
    });
    const ask = (fetch?: typeof globalThis.fetch) =>
      new FreedomIdClient({ ...minimalOptions, baseURL: url, agent, ...(fetch && { fetch }) }).getUserInfo(
        't',
      );
    await ask(globalThis.fetch);
    expect(opened).to.equal(0);
    await ask();
    expect(opened).to.equal(1);
  });

  it('tells why a process does not exit after the tests, and how it does', async () => {
    const script = `
      const { once } = require('node:events');
      const { createServer } = require('node:http');
      const { FreedomIdClient } = require('passport-freedom-id');
      const { startEmulator } = require('passport-freedom-id/emulator');
      (async () => {
        // A connection to somebody else, which is kept.
        const client = new FreedomIdClient(${JSON.stringify({ ...minimalOptions, baseURL: emulator.url })});
        await client.createAuthorizationLink({ redirectURI: 'https://app.example/cb', grants: [] });
        const emulator = await startEmulator();
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        const hooks = [];
        const after = (hook) => hooks.push(hook);
        ${codeIn('The process does not exit')}
        const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
        console.log(listening());
        for (const hook of hooks) await hook();
      })();`;
    const command = runNode(['-e', script]);
    expect(await command.ended).to.equal(0);
    expect(command.stdout).to.equal('2\n');
  });

  it('quotes the emulator where it does not start', async () => {
    const start = async (port: string, env: NodeJS.ProcessEnv) => {
      const command = runNode(['dist/cli/index.js', 'emulator', '--port', port], env);
      await command.ended;
      return command.stderr;
    };
    const port = new URL(emulator.url).port;
    expect((await start(port, {})).replace(port, '4400')).to.include('Port 4400 cannot be used (EADDRINUSE)');
    partOf('Port 4400 cannot be used (EADDRINUSE)');
    const refused = await start('0', { NODE_ENV: 'production' });
    const heading = /^The Freedom ID emulator lets.*/m.exec(readPage(PAGE).replaceAll('## ', ''))?.[0];
    expect(refused).to.include(heading);
  });

  describe('by what tools print:', () => {
    // Inside the repository, where code may import the package by its name.
    let folder: string;
    before(() => {
      mkdirSync(join(root, 'test', '.snippets'), { recursive: true });
      folder = mkdtempSync(join(root, 'test', '.snippets', 'troubleshooting-'));
    });
    after(() => rmSync(folder, { recursive: true }));
    const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });

    it('without TextEncoder, OpenID Connect cannot be loaded, and the other flow can', () => {
      const without = (entry: string) => node('-e', `delete globalThis.TextEncoder; require('${entry}')`);
      expect(without('passport-freedom-id/oidc').stderr).to.include(
        'ReferenceError: TextEncoder is not defined',
      );
      expect(without('passport-freedom-id')).to.include({ status: 0, stderr: '' });
      expect(codeIn('TextEncoder')).to.equal('/** @jest-environment node */\n');
    });

    it('a bundle with node-fetch in it is told of deprecations, and one without it is not', async () => {
      const entry = join(folder, 'entry.cjs');
      const code = `
        const { FreedomIdClient } = require('passport-freedom-id');
        const options = ${JSON.stringify({ ...minimalOptions, baseURL: 'http://127.0.0.1:1' })};
        new FreedomIdClient(options).getUserInfo('t').catch((error) => console.log(error.code));`;
      writeFileSync(entry, code);
      const outfile = join(folder, 'bundle.cjs');
      const bundle = async (external: RegExp[]) => {
        const output = { file: outfile, format: 'cjs' } as const;
        await build({ input: entry, platform: 'node', external, output, logLevel: 'silent' });
        return readFileSync(outfile, 'utf8');
      };
      expect(await bundle([])).to.include('require("punycode")');
      // The option shows on Node.js 20 what newer lines print without it.
      expect(node('--pending-deprecation', outfile).stderr).to.include('DEP0040').and.include('DEP0169');
      const [, name = ''] = /`external: \[\/(.*)\/\]`/.exec(partOf('DEP0040 or DEP0169')) ?? [];
      expect(await bundle([new RegExp(name)])).to.not.include('require("punycode")');
      expect(node(outfile)).to.include({ stdout: 'ERR_FREEDOM_ID_NETWORK\n', stderr: '' });
    });

    it('TypeScript takes the file of an ES module for CommonJS', () => {
      const part = partOf('ECMAScript imports and exports cannot be written in a CommonJS file');
      const [, type = '', mended = ''] = /`("type": "\w+")`.*`npm pkg set (type=\w+)`/s.exec(part) ?? [];
      const compilerOptions = {
        module: 'nodenext',
        verbatimModuleSyntax: true,
        noEmit: true,
        types: ['node'],
      };
      const compile = (type: string) => {
        writeFileSync(join(folder, 'package.json'), `{ ${type} }`);
        writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
        writeFileSync(join(folder, 'app.ts'), "import { join } from 'node:path';\njoin('a');\n");
        return node(join(root, 'node_modules/typescript/bin/tsc'), '-p', folder).stdout;
      };
      expect(compile(type))
        .to.include('TS1295')
        .and.include('ECMAScript imports and exports cannot be written');
      expect(compile(mended.replace(/(\w+)=(\w+)/, '"$1": "$2"'))).to.equal('');
      rmSync(join(folder, 'package.json'));
    });

    it('TypeScript names the member that the profile lacks', () => {
      const code = `
        import { FreedomIdStrategy } from 'passport-freedom-id';
        declare global { namespace Express { interface User { id: string; email: string } } }
        const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };
        new FreedomIdStrategy(options, async (_accessToken, _refreshToken, profile) => profile);`;
      writeFileSync(join(folder, 'wrong.mts'), code);
      const config = { extends: join(root, 'tsconfig.json'), files: ['wrong.mts'], include: [] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const { stdout } = node(join(root, 'node_modules/typescript/bin/tsc'), '-p', folder);
      const [, quoted = ''] = /`(Property .*?)`/.exec(partOf("Property 'email' is missing")) ?? [];
      expect(quoted).to.not.equal('');
      expect(stdout).to.include(quoted);
    });
  });
});
