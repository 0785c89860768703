import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import { listen, loginApp, type RunningApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { root } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { minimalOptions } from '../support/options';

const [shop, bank] = [
  { clientID: 'shop', clientSecret: 'shop-secret' },
  { clientID: 'bank', clientSecret: 'bank-secret' },
];

describe('an attacker with a browser gets nowhere with', () => {
  const emulator = useEmulator({
    clients: [minimalOptions, shop, bank].map(({ clientID, clientSecret }) => ({ clientID, clientSecret })),
    users: [{ freedom_id: 'victim' }, { freedom_id: 'attacker' }],
  });
  const running: RunningApp[] = [];
  let url: string;
  let victim: CookieJar;
  let attacker: CookieJar;

  beforeEach(async () => {
    url = await run(loginApp(strategyWith()));
    victim = new CookieJar();
    attacker = new CookieJar();
  });
  afterEach(() => {
    for (const app of running.splice(0)) app.close();
  });

  function strategyWith(options: Partial<FreedomIdStrategyOptions> = {}): FreedomIdStrategy {
    return new FreedomIdStrategy(
      {
        ...minimalOptions,
        callbackURL: 'callback',
        baseURL: emulator.url,
        ...options,
        passReqToCallback: false,
      },
      async (_accessToken, _refreshToken, { id }) => ({ id }),
    );
  }

  async function run(app: express.Express): Promise<string> {
    const started = await listen(app);
    running.push(started);
    return started.url;
  }

  /** Starts a login and agrees at Freedom ID. @returns the callback URL, which no browser has opened yet */
  async function callbackOf(
    browser: CookieJar,
    as: 'victim' | 'attacker',
    login = `${url}/login`,
  ): Promise<URL> {
    return new URL(await emulator.approve(locationOf(await browser.get(login)), { as }));
  }

  async function userOf(browser: CookieJar): Promise<string | undefined> {
    const { user } = (await (await browser.get(`${url}/me`)).json()) as { user: { id: string } | null };
    return user?.id;
  }

  const withQuery = (target: URL, parameters: Record<string, string>) =>
    `${target.origin}${target.pathname}?${new URLSearchParams(parameters)}`;

  /** Sends a browser to URLs: each must end with the status, send nothing to Freedom ID and sign nobody in. */
  async function expectRefusal(browser: CookieJar, status: number, urls: string[]): Promise<void> {
    emulator.requests.length = 0;
    for (const one of urls) expect((await browser.get(one)).status, one).to.equal(status);
    expect(emulator.requests).to.deep.equal([]);
    expect(await userOf(browser)).to.equal(undefined);
  }

  async function expectSignIn(browser: CookieJar, callback: URL, id: string): Promise<void> {
    expect((await browser.get(callback.href)).status).to.equal(200);
    expect(await userOf(browser)).to.equal(id);
  }

  it('login CSRF by a forged state', async () => {
    const own = await callbackOf(victim, 'victim');
    const { searchParams } = await callbackOf(attacker, 'attacker');
    const authorization_code = searchParams.get('authorization_code') ?? '';
    await expectRefusal(victim, 403, [
      withQuery(own, { authorization_code }),
      withQuery(own, { authorization_code, state: '' }),
      withQuery(own, { authorization_code, state: 'A'.repeat(43) }),
      withQuery(own, { authorization_code, state: '__proto__' }),
      withQuery(own, { error_code: '100102', state: 'undefined' }),
    ]);
    await expectSignIn(victim, own, 'victim');
  });

  it('login CSRF by the state of another session', async () => {
    const own = await callbackOf(victim, 'victim');
    const lure = await callbackOf(attacker, 'attacker');
    await expectRefusal(victim, 403, [lure.href]);
    await expectRefusal(new CookieJar(), 403, [lure.href]);
    await expectSignIn(victim, own, 'victim');
  });

  it('login CSRF by the state of another session in the path', async () => {
    url = await run(loginApp(strategyWith({ stateIn: 'path' })));
    const own = await callbackOf(victim, 'victim');
    const lure = await callbackOf(attacker, 'attacker');
    const stateOf = ({ pathname }: URL) => pathname.replace('/callback/', '');
    const inQuery = (state: URL) => `${url}/callback${lure.search}&state=${stateOf(state)}`;
    await expectRefusal(victim, 403, [
      lure.href,
      `${url}/callback/${'A'.repeat(43)}${lure.search}`,
      `${url}/callback/__proto__${lure.search}`,
      `${url}/callback${lure.search}`,
      inQuery(own),
      inQuery(lure),
      `${url}/callback/${stateOf(own).toLowerCase()}${lure.search}`,
      `${url}/callback/${stateOf(own)}%2F${lure.search}`,
    ]);
    await expectRefusal(new CookieJar(), 403, [lure.href, own.href]);
    await expectSignIn(victim, own, 'victim');
    await expectRefusal(new CookieJar(), 403, [own.href]);
  });

  it('login CSRF by swapped states and codes', async () => {
    const own = await callbackOf(victim, 'victim');
    const lure = await callbackOf(attacker, 'attacker');
    const mixed = (stateFrom: URL, codeFrom: URL) =>
      withQuery(own, {
        state: stateFrom.searchParams.get('state') ?? '',
        authorization_code: codeFrom.searchParams.get('authorization_code') ?? '',
      });
    await expectRefusal(victim, 403, [mixed(lure, own), mixed(lure, lure)]);
    await expectRefusal(attacker, 403, [mixed(own, lure), mixed(own, own)]);
    await expectSignIn(victim, own, 'victim');
  });

  it('login CSRF by a replayed state', async () => {
    const refused = new URL(await emulator.refuse(locationOf(await victim.get(`${url}/login`))));
    expect((await victim.get(refused.href)).status).to.equal(401);
    const lure = (await callbackOf(attacker, 'attacker')).searchParams;
    lure.set('state', refused.searchParams.get('state') ?? '');
    await expectRefusal(victim, 403, [refused.href, withQuery(refused, Object.fromEntries(lure))]);

    const used = await callbackOf(victim, 'victim');
    const stolen = victim.copy();
    await expectSignIn(victim, used, 'victim');
    await expectRefusal(stolen, 403, [used.href]);
    await expectRefusal(new CookieJar(), 403, [used.href]);
    expect((await victim.get(used.href)).status).to.equal(403);
    expect(await userOf(victim), 'a replay signs nobody out').to.equal('victim');
  });

  it('login CSRF by a state that is replayed at the same moment', async () => {
    const callback = await callbackOf(victim, 'victim');
    const browsers = Array.from({ length: 5 }, () => victim.copy());
    const responses = await Promise.all(browsers.map((browser) => browser.get(callback.href)));
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses[0]).to.equal(200);
    for (const status of statuses.slice(1)) expect(status).to.be.oneOf([401, 403]);
  });

  it('login CSRF by a stale state', async () => {
    const stale = await callbackOf(victim, 'victim');
    const { now } = Date;
    Date.now = () => now() + 61 * 60_000;
    try {
      await expectRefusal(victim, 403, [stale.href]);
      await expectSignIn(victim, await callbackOf(victim, 'victim'), 'victim');
    } finally {
      Date.now = now;
    }
  });

  it('code injection of a made-up code, a used one, or one of another client', async () => {
    const used = await callbackOf(victim, 'victim');
    await expectSignIn(victim, used, 'victim');
    const ofOther = await run(loginApp(strategyWith(shop)));
    const foreign = await callbackOf(new CookieJar(), 'victim', `${ofOther}/login`);
    const codes = [
      used.searchParams.get('authorization_code'),
      foreign.searchParams.get('authorization_code'),
      'made-up',
      '","redirect_uri":"https://evil.example',
      '\r\nAuthorization: Basic x',
      '../get-data',
    ];
    for (const code of codes) {
      const own = await callbackOf(attacker, 'attacker');
      own.searchParams.set('authorization_code', code ?? '');
      expect((await attacker.get(own.href)).status, String(code)).to.equal(401);
      expect(JSON.parse(emulator.requests.at(-1)?.body ?? '')).to.deep.equal({ authorization_code: code });
      expect(await userOf(attacker)).to.equal(undefined);
    }
    await expectSignIn(attacker, await callbackOf(attacker, 'attacker'), 'attacker');
  });

  it('a mix-up between two Freedom ID clients in one session', async () => {
    const both = express();
    both.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
    both.use('/shop', loginApp(strategyWith(shop)));
    both.use('/bank', loginApp(strategyWith(bank)));
    const origin = await run(both);
    url = `${origin}/bank`;
    const callback = await callbackOf(victim, 'victim', `${origin}/shop/login`);
    await callbackOf(victim, 'victim', `${origin}/bank/login`);
    await expectRefusal(victim, 403, [callback.href.replace('/shop/', '/bank/')]);
    await expectSignIn(victim, callback, 'victim');
  });

  it('an open redirect through returnTo that is checked as in docs/state.md', () => {
    const page = readFileSync(join(root, 'docs/state.md'), 'utf8');
    const [, source = ''] = /&& \/(.*)\/u\.test\(returnTo\)/.exec(page) ?? [];
    const expression = new RegExp(source, 'u');
    const lures = [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
      '/\t\\evil.example',
      '\t//evil.example',
      'javascript:alert(1)',
      '',
      `/${'a'.repeat(1000)}`,
      '/\u0001',
      '/\ud800',
    ];
    for (const lure of lures) expect(expression.test(lure), JSON.stringify(lure)).to.equal(false);
    for (const own of ['/', '/cart?step=2&x=/y', '/корзина', `/${'😀'.repeat(250)}`, `/${'"'.repeat(250)}`]) {
      expect(expression.test(own), own).to.equal(true);
      expect(Buffer.byteLength(JSON.stringify(own)), 'no more than the session takes').to.be.at.most(1024);
      expect(new URL(own, 'https://app.example').host).to.equal('app.example');
    }
  });

  it('header injection through the parameters of the callback', async () => {
    const attack = '\r\nX-Injected: yes\r\n\r\n<script>';
    for (const name of ['state', 'authorization_code', 'error_code', 'error']) {
      const own = await callbackOf(attacker, 'attacker');
      own.searchParams.delete('authorization_code');
      own.searchParams.append(name, attack);
      const response = await attacker.get(own.href);
      expect(response.status, name).to.be.oneOf([400, 401, 502]);
      expect(response.headers.has('x-injected')).to.equal(false);
      expect(await response.text()).to.not.match(/\\r|\\n|[\r\n]/);
      expect(await userOf(attacker)).to.equal(undefined);
    }
  });

  it('parameter pollution of the query and the body, with lists and nested objects', async () => {
    const app = loginApp(strategyWith());
    app.set('query parser', 'extended');
    const outer = express();
    outer.use(express.urlencoded({ extended: true }));
    // An app that takes the callback by POST as well.
    outer.use((req, _res, next) => {
      req.method = 'GET';
      next();
    });
    outer.use(app);
    url = await run(outer);

    const own = await callbackOf(victim, 'victim');
    const lure = await callbackOf(attacker, 'attacker');
    const [state, code] = ['state', 'authorization_code'].map((name) => lure.searchParams.get(name));
    const additions = [
      `&state=${state}`,
      `&authorization_code=${code}`,
      `&authorization_code[]=${code}`,
      `&authorization_code[0]=${code}`,
      `&authorization_code[toString]=${code}`,
      `&state[]=${state}`,
      `&state[__proto__]=${state}`,
      `&%73tate=${state}`,
      `&state%5B%5D=${state}`,
      `&error=x&error=y`,
    ];
    const [before = '', after = ''] = own.search.slice(1).split('&');
    await expectRefusal(victim, 400, [
      ...additions.map((addition) => own.href + addition),
      `${url}/callback?state=${before.slice(6)}?${after}&${after}`,
      `${url}/callback?state[]=${before.slice(6)}&authorization_code[]=${code}`,
    ]);

    const body = new URLSearchParams({ state: state ?? '', authorization_code: code ?? '' });
    // A request without parameters in the URL starts a login, whatever its body says.
    expect(locationOf(await victim.post(`${url}/callback`, body))).to.include('track_id=');
    expect((await victim.post(own.href, body)).status).to.equal(200);
    expect(await userOf(victim)).to.equal('victim');
  });

  it('prototype pollution through the query', async () => {
    const app = loginApp(strategyWith());
    app.set('query parser', 'extended');
    url = await run(app);
    const pollution =
      '__proto__[state]=x&__proto__[authorization_code]=x&constructor[prototype][polluted]=x&__proto__.polluted=x';
    expect((await attacker.get(`${url}/login?${pollution}`)).status).to.equal(302);
    expect(
      (await attacker.get(`${url}/callback?state=__proto__&authorization_code=x&${pollution}`)).status,
    ).to.equal(403);
    for (const name of ['state', 'authorization_code', 'polluted']) expect({}).to.not.have.property(name);
    await expectSignIn(victim, await callbackOf(victim, 'victim'), 'victim');
  });

  it('session fixation, because Passport starts a new session at every login', async () => {
    const lure = await callbackOf(attacker, 'attacker');
    victim = attacker.copy();
    await expectSignIn(victim, await callbackOf(victim, 'victim'), 'victim');
    expect(await userOf(attacker), 'the session that was planted').to.equal(undefined);
    expect((await victim.get(lure.href)).status, 'the login that was planted').to.equal(403);
    expect(await userOf(victim)).to.equal('victim');
  });

  for (const byInstance of [false, true]) {
    it(`an identity swap by two logins at once, with the strategy given by ${byInstance ? 'instance' : 'name'}`, async () => {
      url = await run(loginApp(strategyWith(), { byInstance }));
      const [first, second] = [await callbackOf(victim, 'victim'), await callbackOf(attacker, 'attacker')];
      emulator.requests.length = 0;
      emulator.fault('token', 'delay');
      const waiting = victim.get(first.href);
      while (emulator.requests.length === 0) await nextTurn();
      await expectSignIn(attacker, second, 'attacker');
      expect(await (await waiting).json()).to.have.nested.property('user.id', 'victim');
      expect(await userOf(victim)).to.equal('victim');
      expect(await userOf(attacker)).to.equal('attacker');
    });
  }

  it('denial of service by many pending logins in one session', async () => {
    const store = new MemoryStore();
    const outer = express();
    outer.use(session({ secret: 'test', resave: false, saveUninitialized: false, store }));
    outer.use(loginApp(strategyWith()));
    url = await run(outer);
    for (let login = 0; login < 50; login += 1) await victim.get(`${url}/login`);
    const own = await callbackOf(victim, 'victim');
    const sessions = Object.values((store as unknown as { sessions: Record<string, string> }).sessions);
    expect(sessions).to.have.length(1);
    expect(sessions[0]?.length).to.be.below(1000);
    await expectSignIn(victim, own, 'victim');
  });

  it('X-Forwarded-* spoofing of the callback URL', async () => {
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '444',
      'x-forwarded-prefix': '/evil',
      forwarded: 'host=evil.example;proto=https',
      'x-original-url': '//evil.example/',
      'x-rewrite-url': '//evil.example/',
    };
    const link = locationOf(await attacker.get(`${url}/login`, headers));
    const { redirect_uri } = JSON.parse(emulator.requests.at(-1)?.body ?? '') as { redirect_uri: string };
    expect(redirect_uri).to.match(new RegExp(`^${url}/callback\\?state=`));
    await expectSignIn(attacker, new URL(await emulator.approve(link, { as: 'attacker' })), 'attacker');
  });
});
