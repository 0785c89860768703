import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { FreedomIdStrategy, type VerifyFunction } from 'passport-freedom-id';
import type { AppFunction } from '../../lib/login/app-function';
import { callVerify } from '../../lib/login/verify';
import { listen, type RunningApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { readPage, root, snippets, tableBelow } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { endingOf } from '../support/ending';
import { memoryProvider } from '../support/memory-provider';
import { request } from '../support/mocked-login';
import { withoutNewerNode } from '../support/needs';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const page = readPage('docs/verify.md');

const codeOf = (start: string) => {
  const code = snippets('docs/verify.md').find((snippet) => snippet.includes(start));
  if (code === undefined) throw new Error(`no snippet has ${start}`);
  return code;
};

/** The part of `node:sqlite` that is used: the types of Node.js 20 do not have it. */
interface SQLite {
  DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { get(...values: string[]): object };
  };
}

/** Ends a login with this verify function. */
async function endingWith(verify: AppFunction) {
  const strategy = new FreedomIdStrategy(
    { ...minimalOptions, fetch: memoryProvider() },
    verify as VerifyFunction,
  );
  const req = request();
  await endingOf(strategy, req);
  const [[state] = []] = (req.session['freedom-id'] as Record<string, [string][]>)[CLIENT_ID] ?? [];
  return endingOf(strategy, { ...req, url: `/cb?state=${state}&authorization_code=C` });
}

describe('docs/verify.md', () => {
  const emulator = useEmulator();
  const running: RunningApp[] = [];
  afterEach(() => {
    for (const app of running.splice(0)) app.close();
  });

  async function serve(app: express.Express): Promise<string> {
    const server = await listen(app);
    running.push(server);
    return server.url;
  }

  it('says how a login ends by what verify answers', async () => {
    const user = { id: 'u' };
    const answers: Record<string, AppFunction[]> = {
      'returns a user, or a promise of one': [(_a, _r, _p) => user, async (_a, _r, _p) => user],
      'calls `done(null, user)`': [(_a, _r, _p, done) => done(null, user)],
      'returns `false` or `null`, or a promise of it': [
        (_a, _r, _p) => false,
        (_a, _r, _p) => null,
        async (_a, _r, _p) => false,
        async (_a, _r, _p) => null,
      ],
      'calls `done(null, false)`': [(_a, _r, _p, done) => done(null, false)],
      'returns a promise of `undefined`': [async (_a, _r, _p) => undefined],
      'returns `undefined`, and does not declare `done`': [(_a, _r, _p) => undefined],
      'throws, rejects, or calls `done(error)`': [
        (_a, _r, _p) => {
          throw new Error();
        },
        async (_a, _r, _p) => Promise.reject(new Error()),
        (_a, _r, _p, done) => done(new Error()),
      ],
      'gives a user whose `id` is `undefined`': [
        async (_a, _r, _p) => ({ id: undefined }),
        (_a, _r, _p, done) => done(null, { id: undefined }),
      ],
      'gives a function, or passes a promise to `done`': [
        async (_a, _r, _p) => () => user,
        (_a, _r, _p, done) => done(null, Promise.resolve(user)),
      ],
    };
    const actions: Record<string, string> = { succeeds: 'success', fails: 'fail', ends: 'error' };
    const rows = tableBelow(page, '## Return values');
    expect(rows.map(([answer]) => answer)).to.deep.equal(Object.keys(answers));
    for (const [answer = '', end = ''] of rows) {
      for (const verify of answers[answer] ?? []) {
        const ending = await endingWith(verify);
        expect(ending.action, answer).to.equal(actions[/^\w+/.exec(end)?.[0] ?? '']);
        if (ending.action === 'fail') expect(ending.args[0]).to.include({ reason: 'verify' });
        if (end.includes('returned nothing'))
          expect(String(ending.args[0])).to.include('verify returned nothing');
      }
    }
  });

  it('has a statement that finds or creates a user, in SQLite as it says', async function () {
    const sqlite = process.getBuiltinModule('node:sqlite') as SQLite | undefined;
    if (!sqlite) return withoutNewerNode(this, 'has no SQLite');
    const database = new sqlite.DatabaseSync(':memory:');
    database.exec(
      'CREATE TABLE users (id INTEGER PRIMARY KEY, freedom_id TEXT UNIQUE, name TEXT, banned INTEGER DEFAULT 0)',
    );
    const [statement = ''] = snippets('docs/verify.md', 'sql').map((sql) => sql.replaceAll(/\$\d/g, '?'));
    const [, keeping = ''] = /`(DO UPDATE SET freedom_id = [^`]*)`/.exec(page) ?? [];
    const upsert = (name: string, sql = statement) => ({ ...database.prepare(sql).get('u-1', name) });
    expect(upsert('Әсел')).to.deep.equal({ id: 1, name: 'Әсел', banned: 0 });
    expect(upsert('Dana')).to.deep.equal({ id: 1, name: 'Dana', banned: 0 });
    const kept = statement.replace(/DO UPDATE SET .*/, keeping);
    expect(upsert('Bolat', kept)).to.deep.equal({ id: 1, name: 'Dana', banned: 0 });
  });

  it('lists the forms, and what each gets', async () => {
    const args = {
      accessToken: 'an access token',
      refreshToken: 'a refresh token',
      params: { id: 'of the token' },
      profile: { id: 'of the user' },
    };
    const req = { url: '/' };
    const rows = tableBelow(page, '## Parameters');
    expect(rows).to.have.length(3);
    for (const [index, form] of rows.flatMap((cells) => [...cells.entries()])) {
      const names = form.replaceAll(/[`()]/g, '').split(', ');
      let got: unknown[] = [];
      const spread: AppFunction = (...all) => {
        got = all;
        return {};
      };
      // As many parameters as the form has.
      const verify = Object.defineProperty(spread, 'length', { value: names.length });
      const given = { ...args, req: index === 1 ? req : undefined };
      // No answer comes through `done`, so one with it is not waited for.
      const verdict = callVerify(verify, given);
      if (!names.includes('done')) await verdict;
      else expect(got[names.length - 1]).to.be.a('function');
      const values = names.filter((name) => name !== 'done').map((name) => given[name as keyof typeof given]);
      expect(got.slice(0, values.length), form).to.deep.equal(values);
    }
  });

  it('has an app with a typed user that compiles and works', async function () {
    this.timeout(60_000);
    const [code = ''] = snippets('docs/verify.md', 'typescript');
    // In a program of its own: what it adds to Express.User is for everybody. Inside the repository, where it may import the package.
    const folder = join(root, 'test', '.snippets', randomUUID());
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'app.mts'), code);
    const compilerOptions = { noUnusedParameters: false, noImplicitReturns: false };
    const tsconfig = { extends: '../../../tsconfig.json', compilerOptions, files: ['app.mts'], include: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout).to.equal('');

    const environment: Record<string, string> = {
      FREEDOM_ID_CLIENT_ID: CLIENT_ID,
      FREEDOM_ID_CLIENT_SECRET: CLIENT_SECRET,
      FREEDOM_ID_URL: emulator.url,
      SESSION_SECRET: 'test',
    };
    const filled = code
      .replaceAll(/process\.env\.(\w+)!?/g, (_, name) => JSON.stringify(environment[name]))
      // The one that the module exports is shared with the tests of other files.
      .replace(
        "import passport from 'passport';",
        "import { Passport } from 'passport';\nconst passport = new Passport();",
      );
    writeFileSync(join(folder, 'app.mts'), filled);
    const { app } = await import(join(folder, 'app.mts'));
    rmSync(folder, { recursive: true });
    const url = await serve(app);
    const browser = new CookieJar();
    expect(locationOf(await browser.get(`${url}/`))).to.equal('/auth/freedom-id');
    const link = locationOf(await browser.get(`${url}/auth/freedom-id`));
    const { text } = await browser.visit(await emulator.approve(link));
    expect(JSON.parse(text)).to.deep.equal({ name: 'Әсел Құнанбаева', isAdmin: false });
  });

  describe('connects Freedom ID to an account', () => {
    /** An app whose users sign in by their name, and one of Freedom ID for each that `findOrCreate` has made. */
    async function start(code: string) {
      const passport = new Passport();
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user: Express.User, done) => done(null, user));
      const app = express();
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
      app.use(passport.session());
      app.get('/as/:id', (req, res, next) =>
        req.login({ id: req.params.id }, { session: true, keepSessionInfo: true }, (error) =>
          error ? next(error) : res.end(),
        ),
      );
      const created: string[] = [];
      const users = {
        async findOrCreate(id: string) {
          created.push(id);
          return { id };
        },
      };
      const options = { ...minimalOptions, callbackURL: '/connect/callback', baseURL: emulator.url };
      const { accountOf } = await runSnippets([code], { app, passport, options, users, FreedomIdStrategy }, [
        'accountOf',
      ]);
      return { url: await serve(app), created, accountOf: accountOf as Map<string, string> };
    }

    async function connect(url: string, as: string) {
      const browser = new CookieJar();
      await browser.get(`${url}/as/${as}`);
      const link = locationOf(await browser.post(`${url}/connect`));
      return browser.get(await emulator.approve(link));
    }

    const own = codeOf("'freedom-id-connect'");

    it('by a strategy of its own, and makes no second account', async () => {
      const { url, created, accountOf } = await start(own);
      expect(locationOf(await connect(url, 'Aigerim'))).to.equal('/settings');
      expect([...accountOf.values()]).to.deep.equal(['Aigerim']);
      expect(created).to.deep.equal([]);
    });

    it('once: another account is told that it belongs to somebody', async () => {
      const { url, accountOf } = await start(own);
      expect((await connect(url, 'Aigerim')).status).to.equal(302);
      expect((await connect(url, 'Bolat')).status).to.equal(409);
      expect((await connect(url, 'Aigerim')).status).to.equal(302);
      expect([...accountOf.values()]).to.deep.equal(['Aigerim']);
    });

    it('only where somebody is signed in', async () => {
      const { url } = await start(own);
      expect(locationOf(await new CookieJar().post(`${url}/connect`))).to.equal('/login');
      expect(locationOf(await new CookieJar().get(`${url}/connect/callback`))).to.equal('/login');
    });

    it('not as a login: the callback of one is no callback of the other', async () => {
      const { url } = await start(
        `${own}
        passport.use(new FreedomIdStrategy({ ...options, callbackURL: '/callback' }, async (a, r, profile) => profile));
        app.get('/callback', passport.authenticate('freedom-id'));`,
      );
      const browser = new CookieJar();
      await browser.get(`${url}/as/Aigerim`);
      const link = locationOf(await browser.post(`${url}/connect`));
      const { search } = new URL(await emulator.approve(link));
      expect((await browser.get(`${url}/callback${search}`)).status).to.equal(403);
    });

    it('where verify finds or creates, with an account too many', async () => {
      const verify = 'async (a, r, profile) => users.findOrCreate(profile.id, profile.displayName)';
      const { url, created } = await start(
        own.replace('async (accessToken, refreshToken, profile) => profile', verify),
      );
      await connect(url, 'Aigerim');
      expect(created).to.have.length(1);
    });

    it('only by the form: a link to the callback, which another site may have, connects nothing', async () => {
      const { url, accountOf } = await start(own);
      const browser = new CookieJar();
      await browser.get(`${url}/as/Aigerim`);
      for (const path of ['/connect/callback', '/connect/callback?state=Aigerim&returnTo=%2F']) {
        const answer = await browser.get(url + path);
        const location = answer.headers.get('location') ?? '';
        if (location.startsWith(emulator.url)) await browser.get(await emulator.approve(location));
      }
      expect([...accountOf]).to.deep.equal([]);
    });

    it('only to the account of whoever has started it, if somebody else has signed in meanwhile', async () => {
      const { url, accountOf } = await start(own);
      const browser = new CookieJar();
      await browser.get(`${url}/as/Aigerim`);
      const callback = await emulator.approve(locationOf(await browser.post(`${url}/connect`)));
      await browser.get(`${url}/as/Bolat`);
      expect(locationOf(await browser.get(callback))).to.equal('/settings');
      expect([...accountOf]).to.deep.equal([]);
    });
  });

  it('changes the profile by a subclass', async () => {
    const { MyStrategy } = await runSnippets([codeOf('class MyStrategy')], { FreedomIdStrategy }, [
      'MyStrategy',
    ]);
    const Mine = MyStrategy as typeof FreedomIdStrategy;
    const nameWith = async (json: object) => {
      const fetch = async () => ({ status: 200, text: async () => JSON.stringify(json) });
      const strategy = new Mine({ ...minimalOptions, fetch }, async () => false);
      return new Promise((resolve, reject) => {
        strategy.userProfile('token', (error, profile) =>
          error ? reject(error) : resolve(profile?.displayName),
        );
      });
    };
    expect(await nameWith({ freedom_id: '1', firstname: 'Әсел', lastname: 'Құнанбаева' })).to.equal('Әсел');
    expect(await nameWith({ freedom_id: '1' })).to.equal('Guest');
    const error = await nameWith({ firstname: 'Әсел' }).catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE' });
  });
});
