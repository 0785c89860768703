import { expect } from 'chai';
import type { Emulator } from '../../lib/emulator/index';
import { listen } from '../support/app';
import { locationOf } from '../support/browser';
import type { Host, HostOptions, StrategyName } from './host';
import { otherThan, type Protocol, sentRedirectURI } from './protocols';
import { Visitor } from './visitor';

/** What a scenario works with. */
export interface Stage {
  host: Host;
  /** Of the strategy that it tries. */
  protocol: Protocol;
  emulator: Emulator;
  /** Starts the host's app. @returns its URL */
  start(options?: StartOptions): Promise<string>;
}

export interface StartOptions {
  strategy?: Partial<HostOptions['strategy']>;
  trustProxy?: boolean;
}

type Scenario = (stage: Stage) => Promise<void>;

const ANONYMOUS = null;
const userOf = ({ emulator }: Stage, place: number) => ({ id: emulator.users[place]?.freedom_id });

async function visit(stage: Stage, options?: StartOptions): Promise<Visitor> {
  return visitorOf(stage, await stage.start(options));
}

function visitorOf({ emulator, protocol }: Stage, url: string): Visitor {
  return new Visitor(url, emulator, protocol.name);
}

/** That Freedom ID sends the person back to the callback route at an origin. The link's login was the last to begin. */
function expectCallbackAt({ protocol, emulator }: Stage, link: string, origin: string): void {
  expect(protocol.redirectURI(link, emulator)).to.equal(`${origin}/${protocol.name}/callback`);
}

const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.example' };
const FORWARDED_TWICE = {
  'x-forwarded-proto': 'https, http',
  'x-forwarded-host': 'public.example, inner.example:8080',
};

async function finishThreeTabs(stage: Stage, options?: StartOptions): Promise<void> {
  const visitor = await visit(stage, options);
  const [one, two, three] = [
    await visitor.startLogin(),
    await visitor.startLogin(),
    await visitor.startLogin(),
  ];
  expect((await visitor.get(await stage.emulator.refuse(two))).status).to.equal(401);
  expect((await visitor.get(await stage.emulator.approve(three, { as: 1 }))).status).to.equal(200);
  expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
  expect((await visitor.get(await stage.emulator.approve(one))).status).to.equal(200);
  expect(await visitor.me()).to.deep.equal(userOf(stage, 0));
}

/** Every host runs all of these. Each one checks how a login ends for the user. */
export const scenarios: Record<string, Scenario> = {
  async 'signs in, and out'(stage) {
    const visitor = await visit(stage);
    expect(await visitor.me()).to.equal(ANONYMOUS);
    const response = await visitor.signIn(1);
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.include({ user: userOf(stage, 1) });
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
    await visitor.get('/logout');
    expect(await visitor.me()).to.equal(ANONYMOUS);
  },

  async 'does not sign in a person who refuses'(stage) {
    const visitor = await visit(stage);
    expect((await visitor.refuse()).status).to.equal(401);
    expect(await visitor.me()).to.equal(ANONYMOUS);
  },

  async 'answers 403 to a forged state, and sends nothing to Freedom ID'(stage) {
    const url = await stage.start();
    const [victim, attacker] = [visitorOf(stage, url), visitorOf(stage, url)];
    const own = await stage.emulator.approve(await victim.startLogin());
    const forged = await stage.emulator.approve(await attacker.startLogin(), { as: 1 });
    stage.emulator.requests.length = 0;
    expect((await victim.get(forged)).status).to.equal(403);
    const { codeParameter } = stage.protocol;
    expect((await victim.get(`callback?${codeParameter}=C&state=made-up`)).status).to.equal(403);
    expect((await victim.get(`callback?${codeParameter}=C`)).status).to.equal(403);
    expect(await victim.me()).to.equal(ANONYMOUS);
    expect(stage.emulator.requests).to.deep.equal([]);
    expect((await victim.get(own)).status, "the victim's own login").to.equal(200);
  },

  async 'answers 403 to a state that has expired'(stage) {
    const visitor = await visit(stage);
    const [early, late] = [await visitor.startLogin(), await visitor.startLogin()];
    const [earlyCallback, lateCallback] = [
      await stage.emulator.approve(early),
      await stage.emulator.approve(late),
    ];
    await later(59, async () => expect((await visitor.get(earlyCallback)).status).to.equal(200));
    await later(61, async () => expect((await visitor.get(lateCallback)).status).to.equal(403));
  },

  'finishes the logins of three tabs in any order': (stage) => finishThreeTabs(stage),

  async 'finishes the logins of ten tabs'(stage) {
    const visitor = await visit(stage);
    const links: string[] = [];
    for (let tab = 0; tab < 10; tab += 1) links.push(await visitor.startLogin());
    for (const link of links) {
      expect((await visitor.get(await stage.emulator.approve(link))).status).to.equal(200);
    }
  },

  async 'accepts a second login in the same session, but not the same callback twice'(stage) {
    const visitor = await visit(stage);
    const first = await stage.emulator.approve(await visitor.startLogin());
    expect((await visitor.get(first)).status).to.equal(200);
    expect((await visitor.signIn(1)).status).to.equal(200);
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
    expect((await visitor.get(first)).status).to.equal(403);
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
  },

  async 'resolves a relative callback URL under the path where the router is mounted'(stage) {
    const url = await stage.start();
    const link = await visitorOf(stage, url).startLogin();
    expectCallbackAt(stage, link, url);
  },

  async 'ignores the forwarded headers of an untrusted client'(stage) {
    const url = await stage.start({ trustProxy: false });
    for (const headers of [FORWARDED, FORWARDED_TWICE]) {
      const link = locationOf(await visitorOf(stage, url).get('login', headers));
      expectCallbackAt(stage, link, url);
    }
  },

  async 'signs in behind a trusted proxy that ends TLS'(stage) {
    const visitor = await visit(stage, { trustProxy: true });
    const link = locationOf(await visitor.get('login', FORWARDED));
    expectCallbackAt(stage, link, 'https://public.example');
    const { pathname, search } = new URL(await stage.emulator.approve(link));
    expect((await visitor.get(pathname + search, FORWARDED)).status).to.equal(200);
  },

  async 'takes the same one of several forwarded values as the framework itself'(stage) {
    const visitor = await visit(stage, { trustProxy: true });
    const link = locationOf(await visitor.get('login', FORWARDED_TWICE));
    const origins = { first: 'https://public.example', last: 'http://inner.example:8080' };
    expectCallbackAt(stage, link, origins[stage.host.forwardedValue]);
  },

  async 'takes the first of several forwarded values with the option proxy'(stage) {
    const visitor = await visit(stage, { strategy: { proxy: true } });
    for (const headers of [FORWARDED, FORWARDED_TWICE]) {
      const link = locationOf(await visitor.get('login', headers));
      expectCallbackAt(stage, link, 'https://public.example');
    }
  },

  async 'connects Freedom ID to an account that is signed in already'(stage) {
    const visitor = await visit(stage);
    await visitor.signIn(0);
    const response = await visitor.signIn(1, 'connect');
    expect(await response.json()).to.deep.include({ user: userOf(stage, 0), account: userOf(stage, 1) });
    expect(await visitor.me()).to.deep.equal(userOf(stage, 0));
  },

  async 'redirects a failed login to failureRedirect, where the page shows the reason'(stage) {
    const visitor = await visit(stage);
    const login = 'login?callback=callback-or-page';
    expect(locationOf(await visitor.refuse(login))).to.equal('/sign-in');
    expect(await visitor.json('/sign-in')).to.deep.equal({
      messages: ['The login was cancelled at Freedom ID.'],
    });
    expect((await visitor.signIn(0, login)).status).to.equal(200);
  },

  async "passes every outcome of a login to the app's own callback"(stage) {
    const visitor = await visit(stage);
    const login = 'login?callback=callback-custom&returnTo=/basket';
    expect(await (await visitor.signIn(1, login)).json()).to.deep.equal({
      error: null,
      user: userOf(stage, 1),
      info: { state: '/basket' },
    });
    expect(await (await visitor.refuse(login)).json()).to.deep.equal({
      error: null,
      user: false,
      info: {
        message: 'The login was cancelled at Freedom ID.',
        reason: 'cancelled',
        ...stage.protocol.refusal,
        state: '/basket',
      },
    });
    const { codeParameter, tokenEndpoint } = stage.protocol;
    expect(await visitor.json(`callback-custom?${codeParameter}=C&state=S`)).to.deep.include({
      user: false,
      status: 403,
    });
    stage.emulator.fault(tokenEndpoint, 'status-500');
    expect(await (await visitor.signIn(1, login)).json())
      .to.have.property('error')
      .that.matches(/^Freedom ID token: HTTP 500/);
    expect(await visitor.me()).to.equal(ANONYMOUS);
  },

  async "gives the app's own state back after the login"(stage) {
    const visitor = await visit(stage);
    const response = await visitor.signIn(0, 'login?returnTo=/basket?step=2');
    expect(await response.json()).to.deep.include({ info: { state: '/basket?step=2' } });
  },

  async 'keeps a person signed in who starts further logins with much state, and gives them up'(stage) {
    const visitor = await visit(stage);
    await visitor.signIn(1);
    const login = `login?returnTo=/${'a'.repeat(480)}`;
    for (let tab = 0; tab < 6; tab += 1) await visitor.startLogin(login);
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
    expect((await visitor.signIn(0, login)).status).to.equal(200);
  },

  async "starts a login for parameters of the app's own that have the names state and error"(stage) {
    const visitor = await visit(stage);
    for (const query of ['state=/orders', 'error=cancelled', 'error=cancelled&again=1']) {
      const link = await visitor.startLogin(`login?${query}`);
      expect((await visitor.get(await stage.emulator.approve(link))).status).to.equal(200);
    }
    expect((await visitor.get('callback?state=/orders')).status).to.equal(400);
    expect((await visitor.get('callback?error=cancelled')).status).to.equal(403);
  },

  async 'takes for a refusal what the option refusalCodes names, and nothing else'(stage) {
    const visitor = await visit(stage, { strategy: { refusalCodes: ['100103'] } });
    const end = async (code: string) => {
      const callback = await stage.emulator.refuse(await visitor.startLogin());
      const state = new URL(callback).searchParams.get('state');
      return (await visitor.get(`callback?state=${state}&error_code=${code}`)).status;
    };
    expect(await end('100103')).to.equal(401);
    expect(await end('100102')).to.equal(502);
    expect(await visitor.me()).to.equal(ANONYMOUS);
    expect((await visitor.signIn()).status).to.equal(200);
  },

  async 'answers 405 to a HEAD request for the callback, and the login can still be finished'(stage) {
    const visitor = await visit(stage);
    const callback = await stage.emulator.approve(await visitor.startLogin());
    expect((await visitor.head(callback)).status).to.equal(405);
    expect((await visitor.get(callback)).status).to.equal(200);
  },

  async 'answers 502 while Freedom ID is down, and works again afterwards'(stage) {
    const visitor = await visit(stage);
    stage.emulator.fault(stage.protocol.tokenEndpoint, 'reset');
    const broken = await visitor.signIn();
    expect(broken.status).to.equal(502);
    expect(await broken.json())
      .to.have.property('error')
      .that.matches(/^Freedom ID token: the connection failed/);
    expect(await visitor.me()).to.equal(ANONYMOUS);
    expect((await visitor.signIn()).status).to.equal(200);
  },

  async 'finishes a login beside one by the other strategy, in one session and with one client id'(stage) {
    const visitor = await visit(stage);
    const other = otherThan(stage.protocol);
    const beside = visitor.by(other.name);
    const [link, otherLink] = [await visitor.startLogin(), await beside.startLogin()];
    const callback = await stage.emulator.approve(link);
    const otherCallback = await stage.emulator.approve(otherLink, { as: 1 });
    stage.emulator.requests.length = 0;
    const stateOf = (url: string) => new URL(url).searchParams.get('state');
    const mixed = `callback?${stage.protocol.codeParameter}=C&state=${stateOf(otherCallback)}`;
    const mixedUp = `callback?${other.codeParameter}=C&state=${stateOf(callback)}`;
    expect((await visitor.get(mixed)).status, "the other strategy's state").to.equal(403);
    expect((await beside.get(mixedUp)).status, 'and the other way round').to.equal(403);
    expect(stage.emulator.requests).to.deep.equal([]);
    expect((await visitor.get(callback)).status).to.equal(200);
    expect(await visitor.me()).to.deep.equal(userOf(stage, 0));
    expect((await beside.get(otherCallback)).status).to.equal(200);
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
  },
};

const IN_PATH = { strategy: { stateIn: 'path' } } as const;

/** The state at the end of a redirect URI's path. */
function stateIn(url: string): string {
  return new URL(url).pathname.replace(/^.*\//, '');
}

/** Those with the state in the path, which is for Freedom ID's own flow. */
const scenariosInPath: Record<string, Scenario> = {
  async 'signs in, and out, by a state in the path'(stage) {
    const visitor = await visit(stage, IN_PATH);
    const response = await visitor.signIn(1, 'login?returnTo=/basket');
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.include({ user: userOf(stage, 1), info: { state: '/basket' } });
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
    await visitor.get('/logout');
    expect(await visitor.me()).to.equal(ANONYMOUS);
  },

  async 'does not sign in a person who refuses, by a state in the path'(stage) {
    const visitor = await visit(stage, IN_PATH);
    expect((await visitor.refuse()).status).to.equal(401);
    expect(await visitor.me()).to.equal(ANONYMOUS);
  },

  async 'answers 403 to a forged or foreign state in the path, and sends nothing to Freedom ID'(stage) {
    const url = await stage.start(IN_PATH);
    const [victim, attacker] = [visitorOf(stage, url), visitorOf(stage, url)];
    const own = await stage.emulator.approve(await victim.startLogin());
    const foreign = await stage.emulator.approve(await attacker.startLogin(), { as: 1 });
    stage.emulator.requests.length = 0;
    const forged = [
      foreign,
      'callback/made-up?authorization_code=C',
      'callback/made-up?error_code=100102',
      'callback?authorization_code=C',
      `callback?authorization_code=C&state=${stateIn(own)}`,
    ];
    for (const callback of forged) expect((await victim.get(callback)).status, callback).to.equal(403);
    expect(await victim.me()).to.equal(ANONYMOUS);
    expect(stage.emulator.requests).to.deep.equal([]);
    expect((await victim.get(own)).status, "the victim's own login").to.equal(200);
    expect((await victim.get(own)).status, 'the same again').to.equal(403);
  },

  async 'answers 400 to a state alone in the path, and 405 to a HEAD request, and the login can still be finished'(
    stage,
  ) {
    const visitor = await visit(stage, IN_PATH);
    const callback = await stage.emulator.approve(await visitor.startLogin());
    stage.emulator.requests.length = 0;
    expect((await visitor.get(`callback/${stateIn(callback)}`)).status).to.equal(400);
    expect((await visitor.get(`callback/${'A'.repeat(43)}`)).status).to.equal(400);
    expect((await visitor.head(callback)).status).to.equal(405);
    expect(stage.emulator.requests).to.deep.equal([]);
    expect((await visitor.get(callback)).status).to.equal(200);
  },

  async 'starts a login for a segment behind the callback URL that is no state'(stage) {
    const visitor = await visit(stage, IN_PATH);
    for (const page of ['callback', 'callback/settings', 'callback/settings?state=/orders'])
      expect(await visitor.startLogin(page), page).to.include('track_id=');
  },

  'finishes the logins of three tabs in any order, each by its state in the path': (stage) =>
    finishThreeTabs(stage, IN_PATH),

  async 'puts the state behind a relative callback URL under the path where the router is mounted'(stage) {
    const url = await stage.start(IN_PATH);
    const visitor = visitorOf(stage, url);
    for (const callback of ['callback', 'callback/', '/freedom-id/callback']) {
      const link = await visitor.startLogin(`login?callback=${callback}`);
      const redirectURI = sentRedirectURI(stage.emulator);
      expect(redirectURI).to.match(/\/[\w-]{43}$/);
      expect(redirectURI).to.equal(`${url}/freedom-id/callback/${stateIn(redirectURI)}`);
      expect((await visitor.get(await stage.emulator.approve(link))).status, callback).to.equal(200);
    }
  },

  async "keeps a callback URL's own query behind the state in the path, a state of its own, too"(stage) {
    const url = await stage.start(IN_PATH);
    const visitor = visitorOf(stage, url);
    const query = '?tenant=7&state=own';
    const link = await visitor.startLogin(`login?callback=${encodeURIComponent(`callback${query}`)}`);
    const redirectURI = sentRedirectURI(stage.emulator);
    expect(redirectURI).to.equal(`${url}/freedom-id/callback/${stateIn(redirectURI)}${query}`);
    const callback = await stage.emulator.approve(link);
    expect(callback.startsWith(redirectURI)).to.equal(true);
    expect((await visitor.get(callback)).status).to.equal(200);
  },

  async 'signs in behind a trusted proxy that ends TLS, by a state in the path'(stage) {
    const visitor = await visit(stage, { ...IN_PATH, trustProxy: true });
    const link = locationOf(await visitor.get('login', FORWARDED));
    expect(sentRedirectURI(stage.emulator)).to.match(
      /^https:\/\/public\.example\/freedom-id\/callback\/[\w-]{43}$/,
    );
    const { pathname, search } = new URL(await stage.emulator.approve(link));
    expect((await visitor.get(pathname + search, FORWARDED)).status).to.equal(200);
  },

  async 'takes a state in the query for nothing where the state is in the path'(stage) {
    const visitor = await visit(stage, IN_PATH);
    for (const query of ['state=/orders', 'state=1&state=2', 'state[]=1', 'state=1&error=cancelled']) {
      const callback = await stage.emulator.approve(await visitor.startLogin(`login?${query}`));
      const more = query.replace('&error=cancelled', '');
      expect((await visitor.get(`${callback}&${more}`)).status, query).to.equal(200);
    }
    expect(await visitor.startLogin('callback?state=/orders')).to.include('track_id=');
  },
};

/** Those that only one of the strategies can run. */
export const ownScenarios: Record<StrategyName, Record<string, Scenario>> = {
  'freedom-id': {
    async 'answers 502 where Freedom ID gives no login link'(stage) {
      const nobody = await listen(() => {});
      const visitor = await visit(stage, { strategy: { baseURL: nobody.url } });
      // Only after the app listens: otherwise the app might get the port that this frees.
      nobody.close();
      const lost = await visitor.get('login');
      expect(lost.status).to.equal(502);
      expect(await lost.json())
        .to.have.property('error')
        .that.matches(/^Freedom ID authorize: the connection failed \(ECONNREFUSED\)/);
    },

    ...scenariosInPath,
  },

  'freedom-id-oidc': {
    async "starts a login for parameters of the app's own that have the names code and iss"(stage) {
      const visitor = await visit(stage);
      const iss = encodeURIComponent(stage.emulator.url);
      const pages = [
        'login?code=PROMO',
        `login?iss=${iss}&login_hint=asel`,
        `login?iss=${iss}&code=PROMO`,
        `callback?iss=${iss}`,
      ];
      for (const page of pages) {
        const link = await visitor.startLogin(page);
        expect((await visitor.get(await stage.emulator.approve(link))).status, page).to.equal(200);
      }
      expect((await visitor.get('callback?code=PROMO')).status).to.equal(403);
      expect((await visitor.get('login?code=PROMO&state=/orders')).status).to.equal(403);
    },

    async 'answers 502 to an ID token that does not hold, and signs nobody in'(stage) {
      const visitor = await visit(stage);
      stage.emulator.tamper({ claims: { nonce: 'of another login' } });
      const response = await visitor.signIn();
      expect(response.status).to.equal(502);
      expect(await response.json())
        .to.have.property('error')
        .that.matches(/^Freedom ID token: .*nonce/);
      expect(await visitor.me()).to.equal(ANONYMOUS);
      expect((await visitor.signIn()).status).to.equal(200);
    },
  },
};

/** Runs something with `Date.now` moved ahead. The emulator keeps the original clock. */
async function later(minutes: number, run: () => Promise<unknown>): Promise<void> {
  const { now } = Date;
  Date.now = () => now() + minutes * 60_000;
  try {
    await run();
  } finally {
    Date.now = now;
  }
}
