import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import nodeFetch from 'node-fetch';
import { Passport } from 'passport';
import { type FetchFunction, FreedomIdError, FreedomIdStrategy } from 'passport-freedom-id';
import * as undici from 'undici';
import { undiciFetch } from '../../examples/undici';
import { listen, type RunningApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { readPage, snippets, tableBelow } from '../support/documents';
import { linkFor, signInAt } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Hands out what it has read once `beforeHandingOut` is through, as a store elsewhere may take its time. */
class SlowStore extends session.MemoryStore {
  beforeHandingOut = async () => {};

  override get(id: string, done: (error: unknown, data?: session.SessionData | null) => void) {
    super.get(id, (error, data) => void this.beforeHandingOut().then(() => done(error, data)));
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** @returns a function whose promises wait until it was called so many times */
function together(times: number): () => Promise<void> {
  const { promise, resolve } = deferred();
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === times) resolve();
    return promise;
  };
}

describe('docs/tokens.md', () => {
  /** How far the emulator's clock is ahead of the app's. */
  let ahead = 0;
  const emulator = useEmulator({ clock: () => Date.now() + ahead, profileDelay: 0 });
  const running: RunningApp[] = [];
  afterEach(() => {
    for (const app of running.splice(0)) app.close();
    ahead = 0;
  });

  const codeOf = (start: string) => {
    const code = snippets('docs/tokens.md').find((snippet) => snippet.includes(start));
    if (code === undefined) throw new Error(`no snippet has ${start}`);
    return code;
  };

  describe('its recipe for tokens in a session', () => {
    const recipe = [codeOf('export async function freshAccessToken'), codeOf("app.get('/account'")];

    interface AppOptions {
      store: SlowStore;
      fetch?: FetchFunction;
      timeout?: number;
      /** Every request leaves something of its own in the session. */
      writesSessions?: boolean;
    }

    async function createApp({ store, writesSessions, ...connection }: AppOptions) {
      const app = express();
      app.set('env', 'test');
      const passport = new Passport();
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user: Express.User, done) => done(null, user));
      app.use(session({ secret: 'test', store, resave: false, saveUninitialized: false }));
      app.use(passport.session());
      if (writesSessions) {
        app.use((req, _res, next) => {
          Object.assign(req.session, { lastURL: req.url });
          next();
        });
      }
      const callbackURL = '/auth/freedom-id/callback';
      const options = { ...minimalOptions, callbackURL, baseURL: emulator.url, ...connection };
      await runSnippets(recipe, { app, passport, options, FreedomIdStrategy });
      app.get('/me', (req, res) => void res.json(req.user ?? null));
      return app;
    }

    async function startApp(options: Partial<AppOptions> = {}) {
      const store = options.store ?? new SlowStore();
      const server = await listen(await createApp({ ...options, store }));
      running.push(server);
      return { url: server.url, store };
    }

    async function signIn(url: string, browser = new CookieJar()): Promise<CookieJar> {
      const link = locationOf(await browser.get(`${url}/auth/freedom-id`));
      expect(locationOf(await browser.get(await emulator.approve(link)))).to.equal('/');
      return browser;
    }

    /** Signs in so that the access token expires, by the app's clock, after so many milliseconds. */
    async function signInUntil(url: string, left: number): Promise<CookieJar> {
      ahead = left - 7 * DAY;
      const browser = await signIn(url);
      ahead = 0;
      emulator.requests.length = 0;
      return browser;
    }

    const account = async (url: string, browser: CookieJar) => {
      const response = await browser.get(`${url}/account`);
      return { status: response.status, location: response.headers.get('location') };
    };
    const shown = { status: 200, location: null };
    const sentToLogin = { status: 302, location: '/auth/freedom-id' };
    const renewals = () => emulator.requests.filter(({ method }) => method === 'PATCH');
    const isSignedIn = async (url: string, browser: CookieJar) =>
      (await (await browser.get(`${url}/me`)).json()) !== null;

    it('renews nothing while the access token is good for more than five minutes', async () => {
      const { url } = await startApp();
      const browser = await signInUntil(url, 6 * MINUTE);
      expect(await account(url, browser)).to.deep.equal(shown);
      expect(renewals()).to.have.length(0);
    });

    it('renews the tokens once, though 20 requests come at once, and keeps the new ones', async () => {
      const { url, store } = await startApp();
      const browser = await signInUntil(url, 4 * MINUTE);
      store.beforeHandingOut = together(20);
      const answers = await Promise.all(Array.from({ length: 20 }, () => account(url, browser)));
      expect(answers).to.deep.equal(Array.from({ length: 20 }, () => shown));
      expect(renewals()).to.have.length(1);

      expect(await account(url, browser)).to.deep.equal(shown);
      expect(renewals()).to.have.length(1);
    });

    it('renews them again with the refresh token that came last', async () => {
      const { url } = await startApp();
      const browser = await signInUntil(url, 4 * MINUTE);
      // What is renewed now expires soon, too.
      ahead = 4 * MINUTE - 7 * DAY;
      for (let renewal = 1; renewal <= 3; renewal += 1) {
        expect(await account(url, browser)).to.deep.equal(shown);
        expect(renewals()).to.have.length(renewal);
      }
      const sent = renewals().map(({ headers }) => headers.authorization);
      expect(new Set(sent)).to.have.property('size', 3);
    });

    it('saves the new ones before anything else is done', async () => {
      const { promise: isOver, resolve: end } = deferred();
      const { promise: isAsked, resolve: ask } = deferred();
      const gates = [isOver];
      const fetch: FetchFunction = async (url, init) => {
        if (isSignedInAlready && url.endsWith('/get-data')) {
          ask();
          await gates.pop();
        }
        return globalThis.fetch(url, init as RequestInit);
      };
      let isSignedInAlready = false;
      const { url } = await startApp({ fetch });
      const browser = await signInUntil(url, 4 * MINUTE);
      isSignedInAlready = true;
      const slow = account(url, browser);
      await isAsked;
      expect(await account(url, browser)).to.deep.equal(shown);
      expect(renewals()).to.have.length(1);
      end();
      expect(await slow).to.deep.equal(shown);
    });

    it('gives a request that comes late with old tokens the new ones', async () => {
      const { url, store } = await startApp({ writesSessions: true });
      const browser = await signInUntil(url, 4 * MINUTE);
      const { promise: isRenewed, resolve } = deferred();
      const { promise: hasRead, resolve: read } = deferred();
      store.beforeHandingOut = () => {
        read();
        store.beforeHandingOut = async () => {};
        return isRenewed;
      };
      const late = account(url, browser);
      await hasRead;
      expect(await account(url, browser)).to.deep.equal(shown);
      resolve();
      expect(await late).to.deep.equal(shown);
      expect(renewals()).to.have.length(2);
      expect(await account(url, browser)).to.deep.equal(shown);
      expect(renewals()).to.have.length(2);
    });

    it('signs nobody out where two processes renew the same tokens at once', async () => {
      const store = new SlowStore();
      const processes = [await createApp({ store }), await createApp({ store })];
      let requests = 0;
      const balancer = await listen((req, res) => {
        requests += 1;
        processes[requests % 2]?.(req, res);
      });
      running.push(balancer);
      const browser = await signInUntil(balancer.url, 4 * MINUTE);
      store.beforeHandingOut = together(2);
      const answers = await Promise.all([account(balancer.url, browser), account(balancer.url, browser)]);
      expect(answers).to.deep.equal([shown, shown]);
      expect(renewals()).to.have.length(2);
    });

    it('asks for a new login where the refresh token is dead, and goes on after it', async () => {
      const { url } = await startApp();
      const browser = await signInUntil(url, 4 * MINUTE);
      ahead = 29 * DAY;
      expect(await account(url, browser)).to.deep.equal(sentToLogin);
      expect(renewals()).to.have.length(1);
      // It is dropped: no more requests for it.
      expect(await account(url, browser)).to.deep.equal(sentToLogin);
      expect(renewals()).to.have.length(1);
      await signIn(url, browser);
      expect(await account(url, browser)).to.deep.equal(shown);
    });

    for (const fault of ['status-500', 'html', 'truncated', 'hang'] as const) {
      it(`signs nobody out by an outage (${fault}), and shows nothing of it while the token is good`, async () => {
        const { url } = await startApp({ timeout: fault === 'hang' ? 1000 : 10_000 });
        const browser = await signInUntil(url, 4 * MINUTE);
        // The old token is good for the emulator as well.
        ahead = -MINUTE;
        emulator.fault('token', fault);
        expect(await account(url, browser)).to.deep.equal(shown);
        expect(await account(url, browser)).to.deep.equal(shown);
        expect(renewals()).to.have.length(2);
      });
    }

    it('tells of an outage once the token has expired, and goes on after it', async () => {
      const { url } = await startApp();
      const browser = await signInUntil(url, -MINUTE);
      emulator.fault('token', 'status-500');
      expect(await account(url, browser)).to.have.property('status', 502);
      expect(emulator.requests).to.deep.equal(renewals());
      expect(await isSignedIn(url, browser)).to.equal(true);
      expect(await account(url, browser)).to.deep.equal(shown);
    });

    for (const [outcome, later] of [
      ['renewed', 0],
      ['refused', 29 * DAY],
    ] as const) {
      it(`does not bring a session back that was ended while its tokens were ${outcome}`, async () => {
        const store = new SlowStore();
        const fetch: FetchFunction = async (url, init) => {
          const answer = await globalThis.fetch(url, init as RequestInit);
          if (init.method === 'PATCH') await new Promise<void>((resolve) => store.clear(() => resolve()));
          return answer;
        };
        const { url } = await startApp({ store, fetch });
        const browser = await signInUntil(url, 4 * MINUTE);
        ahead = later;
        expect(await account(url, browser)).to.deep.equal(sentToLogin);
        expect(await isSignedIn(url, browser)).to.equal(false);
      });
    }
  });

  it('has a recipe for passport-oauth2-refresh, which renews tokens and fails with a FreedomIdError', async () => {
    const strategy = new FreedomIdStrategy(
      { ...minimalOptions, baseURL: emulator.url },
      async (_accessToken, _refreshToken, profile) => profile,
    );
    const code = codeOf("import refresh from 'passport-oauth2-refresh'");
    const { renew } = (await runSnippets([code], { strategy }, ['renew'])) as {
      renew(refreshToken: string): Promise<Record<string, string>>;
    };
    const { refresh_token: first = '' } = await signInAt(emulator, await linkFor(emulator));
    const { accessToken = '', refreshToken, accessExpiresAt = '' } = await renew(first);
    expect(refreshToken).to.be.a('string').that.is.not.equal(first);
    expect(new Date(accessExpiresAt).getTime()).to.be.above(Date.now());
    expect((await strategy.client.getUserInfo(accessToken)).json).to.have.property('freedom_id');
    const error = await renew(first).catch((reason) => reason);
    expect(error).to.be.instanceOf(FreedomIdError).and.to.include({
      code: 'ERR_FREEDOM_ID_REJECTED',
      httpStatus: 401,
    });
  });

  describe('its snippets for the full profile', () => {
    const strategyWith = (options: { fetch?: FetchFunction } = {}) =>
      new FreedomIdStrategy(
        { ...minimalOptions, ...options, baseURL: emulator.url },
        async (_accessToken, _refreshToken, profile) => profile,
      );
    const accessTokenFor = async () =>
      (await signInAt(emulator, await linkFor(emulator, ['read.profile']))).access_token;

    it('wait for it', async () => {
      const accessToken = await accessTokenFor();
      const given = { strategy: strategyWith(), accessToken, console: { log: () => {} } };
      const { profile } = await runSnippets([codeOf('timeout: 60_000')], given, ['profile']);
      expect(profile).to.have.property('payload').that.is.a('string');
    });

    it('have a table of every status, and of how the wait ends with it', async () => {
      const rows = tableBelow(readPage('docs/tokens.md'), '## The full profile').flatMap(
        ([named = '', , ending = '']) =>
          [...named.matchAll(/`(\w+)`/g)].map(([, status = '']) => ({ status, ending })),
      );
      const [, final = ''] = /^const FINAL = \[(.*)\]/m.exec(readPage('lib/oauth/full-profile.ts')) ?? [];
      const known = [...final.matchAll(/'(\w+)'/g)].map(([, status]) => status);
      expect(rows.map(({ status }) => status)).to.have.members([...known, 'pending', 'accepted', 'timeout']);
      for (const { status, ending } of rows) {
        const { client } = strategyWith({
          fetch: async () => ({ status: 200, text: async () => JSON.stringify({ status }) }),
        });
        const ended = client.waitForProfile('t', { requestId: randomUUID(), timeout: 100 }).then(
          () => 'resolves',
          ({ code }) => `rejects: \`${code}\``,
        );
        // The others go on until the time is over, as one that is still pending does.
        const expected = ending === 'goes on' ? 'rejects: `ERR_FREEDOM_ID_TIMEOUT`' : ending;
        expect(expected, status).to.match(new RegExp(`^${await ended}`));
      }
    });

    it('keep the id of the request, and ask later', async () => {
      const given = { strategy: strategyWith(), accessToken: await accessTokenFor() };
      const found = await runSnippets([codeOf('const { requestId }')], given, ['status', 'profile']);
      expect(found).to.have.property('status', 'completed');
      expect(found).to.have.nested.property('profile.payload');
    });

    const fetches: Record<string, { fetch?: FetchFunction; works: boolean }> = {
      'no fetch given': { works: true },
      "undici's request": { fetch: undiciFetch(), works: true },
      'globalThis.fetch': { fetch: globalThis.fetch, works: false },
      "undici's fetch": { fetch: undici.fetch as unknown as FetchFunction, works: false },
      'node-fetch': { fetch: nodeFetch as unknown as FetchFunction, works: false },
    };
    for (const [name, { fetch, works }] of Object.entries(fetches)) {
      it(`${works ? 'work' : 'end in an error that names the option'} with ${name}`, async () => {
        const { client } = strategyWith(fetch && { fetch });
        const accessToken = (await accessTokenFor()) ?? '';
        const { requestId } = await client.requestProfile(accessToken);
        const status = client.getProfileStatus(accessToken, requestId);
        if (works) expect(await status).to.have.property('status', 'completed');
        else expect(await status.catch(({ message }) => message)).to.match(/the option fetch .*body/);
      });
    }
  });

  describe('its part about users', () => {
    const strategy = () =>
      new FreedomIdStrategy({ ...minimalOptions, baseURL: emulator.url }, async () => false);

    it('creates one and changes it', async () => {
      const { access_token: token } = await signInAt(emulator, await linkFor(emulator));
      await runSnippets([codeOf('createUser')], { strategy: strategy(), token });
      expect(emulator.users.at(-1)).to.include({
        phone: '+77011234567',
        firstname: 'Әсел',
        email: 'asel@example.kz',
      });
    });

    it('has a table of the fields, each of which is checked before anything is sent', async () => {
      const { client } = strategy();
      const table = /^\| field \|[\s\S]*?\n\n/m.exec(readPage('docs/tokens.md'))?.[0] ?? '';
      const rows = table
        .split('\n')
        .slice(2)
        .map((row) => row.split('|').map((cell) => cell.trim()));
      const fields = rows.flatMap(([, names = '', create, update]) =>
        [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, create, update })),
      );
      expect(fields).to.have.length(10);
      const problem = (call: Promise<unknown>) =>
        call.then(
          () => 'none',
          (error: Error) => `${error.name}: ${error.message}`,
        );
      const phone = '+77011234567';
      for (const { name, create, update } of fields) {
        const wrong = problem(client.updateUser('t', { freedom_id: randomUUID(), [name]: 5 } as never));
        expect(await wrong).to.match(new RegExp(`^TypeError: .*\\b${name}\\b`));
        const notToCreate = create === 'required' ? problem(client.createUser('t', {} as never)) : undefined;
        if (notToCreate) expect(await notToCreate).to.match(new RegExp(`^TypeError: .*\\b${name}\\b`));
        const notToUpdate =
          update === 'required' ? problem(client.updateUser('t', { phone } as never)) : undefined;
        if (notToUpdate) expect(await notToUpdate).to.match(new RegExp(`^TypeError: .*\\b${name}\\b`));
      }
      expect(fields.filter(({ create, update }) => [create, update].includes('required'))).to.have.length(2);
      expect(emulator.requests).to.deep.equal([]);
    });
  });
});
