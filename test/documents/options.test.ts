import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { FreedomIdClient, FreedomIdStrategy } from '../../lib';
import { DEFAULT_REFUSAL_CODES, readLoginOptions } from '../../lib/login/options';
import { SessionStateStore } from '../../lib/login/session-store';
import { OAuthFlow } from '../../lib/oauth/flow';
import { readClientOptions, readStateIn } from '../../lib/oauth/options';
import { listen, type RunningApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { namesRead, optionRows, readPage, root, snippets, tableBelow } from '../support/documents';
import { basic } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { endingOf } from '../support/ending';
import { memoryProvider } from '../support/memory-provider';
import { request } from '../support/mocked-login';
import { CLIENT_SECRET, minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';
import { construct } from '../support/wrong-options';

const page = readPage('docs/options.md');
const sectionOf = (heading: string) => page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';

const ofCall = sectionOf('Options of one call');
const rows = optionRows(page.replace(ofCall, ''));

const written = (value: unknown) => inspect(value).replaceAll(/(?<=\[) | (?=\])/g, '');

const REFUSED = ['pkce', 'scopeSeparator'];

describe('docs/options.md', () => {
  it('lists every option that the strategy reads, and no other', async () => {
    const read = await namesRead(minimalOptions, construct);
    expect(rows.map(({ name }) => name)).to.have.members(read.filter((name) => !REFUSED.includes(name)));
    for (const name of REFUSED)
      expect(() => construct({ ...minimalOptions, [name]: ' ' }), name).to.throw(name);
  });

  it('has the default of each', () => {
    const flow = new OAuthFlow(new FreedomIdClient(minimalOptions), 'query');
    const login = readLoginOptions(minimalOptions, () => {}, flow);
    expect(login.stateStore).to.be.instanceOf(SessionStateStore);
    const settings: Record<string, unknown> = {
      ...login,
      ...readClientOptions(minimalOptions),
      stateIn: readStateIn(minimalOptions),
      refusalCodes: DEFAULT_REFUSAL_CODES,
      // The two that make the session's store.
      state: true,
      store: true,
    };
    for (const { name, shown } of rows) {
      const endpoint = /^`baseURL` \+ `([^`]+)`/.exec(shown)?.[1];
      if (endpoint) expect(settings[name], name).to.equal(`${settings.baseURL}${endpoint}`);
      else if (shown === 'required')
        expect(() => construct({ ...minimalOptions, [name]: undefined }), name).to.throw(TypeError, name);
      else if (shown === 'none') expect(settings[name], name).to.equal(undefined);
      else expect(shown.split(';')[0], name).to.equal(`\`${written(settings[name])}\``);
    }
    const own = readClientOptions({ ...minimalOptions, baseURL: 'https://id.example' });
    expect(page).to.include(`\`baseURL\` + \`${own.usersURL.replace('https://id.example', '')}\``);
  });

  it('lists every option of a call that the strategy reads, and no other', async () => {
    const strategy = new FreedomIdStrategy({ ...minimalOptions, fetch: memoryProvider() }, async () => false);
    const read = await namesRead({}, async (options) => {
      expect(await endingOf(strategy, request(), options)).to.include({ action: 'redirect' });
    });
    expect(optionRows(ofCall).map(({ name }) => name)).to.have.members(read);
  });

  it('has a table of what undefined, null and an empty string mean, as the next two tests show', () => {
    expect(tableBelow(page, "## `undefined`, `null` and `''`")).to.deep.equal([
      ['`undefined`', 'the default', "the strategy's own", 'no state'],
      ['`null`', 'a `TypeError`', "the strategy's own", 'no state'],
      ["`''`", 'a `TypeError`; as `scope`, ask for nothing', "the strategy's own", 'no state'],
    ]);
  });

  it('says what undefined, null and an empty string mean as an option of the strategy', () => {
    for (const { name, shown } of rows) {
      if (shown !== 'required') construct({ ...minimalOptions, [name]: undefined });
      for (const empty of name === 'scope' ? [null] : [null, '']) {
        const make = () => construct({ ...minimalOptions, [name]: empty });
        expect(make, `${name}: ${inspect(empty)}`).to.throw(TypeError, `: ${name} must be`);
      }
    }
  });

  it('says what undefined, null and an empty string mean as an option of one call', async () => {
    const asked: unknown[] = [];
    const provider = memoryProvider();
    const strategy = new FreedomIdStrategy(
      {
        ...minimalOptions,
        fetch: async (url, init) => {
          asked.push(JSON.parse(String(init.body)));
          return provider(url, init);
        },
      },
      async () => false,
    );
    for (const empty of [undefined, null, '']) {
      const req = request();
      const options = { callbackURL: empty, scope: empty, state: empty } as object;
      expect(await endingOf(strategy, req, options)).to.include({ action: 'redirect' });
      const { redirect_uri: uri, grants } = asked.pop() as { redirect_uri: string; grants: string[] };
      expect(uri).to.match(/^https:\/\/app\.example\/auth\/freedom-id\/callback\?state=/);
      expect(grants).to.deep.equal(['read.firstname', 'read.lastname']);
    }
  });

  it('shows the same undici transport that the tests use', () => {
    expect(snippets('docs/options.md')).to.include(readFileSync(join(root, 'examples/undici.ts'), 'utf8'));
  });

  it('adds a field to the request for the login link by its subclass', async () => {
    const code = snippets('docs/options.md').find((snippet) => snippet.includes('authorizationParams')) ?? '';
    const { MyStrategy } = await runSnippets([code], { FreedomIdStrategy }, ['MyStrategy']);
    const Mine = MyStrategy as typeof FreedomIdStrategy;
    const provider = memoryProvider();
    let sent = '';
    const strategy = new Mine(
      {
        ...minimalOptions,
        fetch: async (url, init) => {
          sent = String(init.body);
          return provider(url, init);
        },
      },
      async () => false,
    );
    expect(await endingOf(strategy, request())).to.include({ action: 'redirect' });
    expect(JSON.parse(sent)).to.include({ revoke_uri: 'https://app.example/freedom-id/revoked' });
  });

  describe('signs users in', () => {
    const emulator = useEmulator({
      clients: ['demo', 'a', 'b'].map((clientID) => ({ clientID, clientSecret: CLIENT_SECRET })),
    });
    const running: RunningApp[] = [];
    afterEach(() => {
      for (const app of running.splice(0)) app.close();
    });

    /** An app with a snippet of the page. */
    async function start(part: string, more = '') {
      const app = express();
      const passport = new Passport();
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user: Express.User, done) => done(null, user));
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
      app.use(passport.session());
      const server = await listen(app);
      running.push(server);
      const options = { ...minimalOptions, baseURL: emulator.url };
      const verify = async (_access: string, _refresh: string, profile: object) => profile;
      const home: express.RequestHandler = (req, res) => void res.json(req.user);
      const [code = ''] = snippets('docs/options.md').filter((snippet) => snippet.includes(part));
      const local = code
        .replaceAll(/https:\/\/(?:shop|app)\.example/g, server.url)
        .replaceAll(/name: '(\w)', clientID: '…'/g, "name: '$1', clientID: '$1'")
        .replaceAll("clientSecret: '…'", `clientSecret: '${CLIENT_SECRET}'`);
      await runSnippets([more, local], { app, passport, options, verify, home, FreedomIdStrategy });
      return server.url;
    }

    async function signIn(url: string, path: string, browser = new CookieJar()) {
      const link = locationOf(await browser.get(`${url}${path}`));
      return browser.visit(await emulator.approve(link));
    }

    it('at a callback URL of one call', async () => {
      const url = await start('shop/callback', 'passport.use(new FreedomIdStrategy(options, verify));');
      const page = await signIn(url, '/shop/login');
      expect(page).to.include({ status: 200 });
      expect(new URL(page.url).pathname).to.equal('/shop/callback');
    });

    it('with several clients in one session', async () => {
      const url = await start('const clients =');
      const browser = new CookieJar();
      const links = [
        locationOf(await browser.get(`${url}/a/login`)),
        locationOf(await browser.get(`${url}/b/login`)),
      ];
      expect(await browser.visit(await emulator.approve(links[1] ?? ''))).to.include({ status: 200 });
      const asked = emulator.requests.filter((one) => one.url.endsWith('/token'));
      expect(asked.map(({ headers }) => headers.authorization)).to.deep.equal([basic('b')]);
      expect(await signIn(url, '/a/login', browser)).to.include({ status: 200 });
    });
  });
});
