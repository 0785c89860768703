import { expect } from 'chai';
import type { Emulator } from '../../lib/emulator/index';
import { listen } from '../support/app';
import { locationOf } from '../support/browser';
import type { Host, HostOptions } from './host';
import { Visitor } from './visitor';

/** What a scenario works with. */
export interface Stage {
  host: Host;
  emulator: Emulator;
  /** Starts the host's app. @returns its URL */
  start(options?: Partial<HostOptions>): Promise<string>;
}

type Scenario = (stage: Stage) => Promise<void>;

const ANONYMOUS = null;
const userOf = ({ emulator }: Stage, place: number) => ({ id: emulator.users[place]?.freedom_id });

async function visit(stage: Stage, options?: Partial<HostOptions>): Promise<Visitor> {
  return new Visitor(await stage.start(options), stage.emulator);
}

/** The redirect URI of the last authorize request, without the state. */
function redirectURI({ emulator }: Stage): string {
  const { body } = emulator.requests.findLast(({ url }) => url.endsWith('/authorize')) ?? { body: '{}' };
  return String((JSON.parse(body) as { redirect_uri?: unknown }).redirect_uri).replace(/\?state=.*$/, '');
}

const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.example' };
const FORWARDED_TWICE = {
  'x-forwarded-proto': 'https, http',
  'x-forwarded-host': 'public.example, inner.example:8080',
};

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
    const [victim, attacker] = [new Visitor(url, stage.emulator), new Visitor(url, stage.emulator)];
    const own = await stage.emulator.approve(await victim.startLogin());
    const forged = await stage.emulator.approve(await attacker.startLogin(), { as: 1 });
    stage.emulator.requests.length = 0;
    expect((await victim.get(forged)).status).to.equal(403);
    expect((await victim.get('/auth/callback?authorization_code=C&state=made-up')).status).to.equal(403);
    expect((await victim.get('/auth/callback?authorization_code=C')).status).to.equal(403);
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

  async 'finishes the logins of three tabs in any order'(stage) {
    const visitor = await visit(stage);
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
  },

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
    await new Visitor(url, stage.emulator).startLogin();
    expect(redirectURI(stage)).to.equal(`${url}/auth/callback`);
  },

  async 'ignores the forwarded headers of an untrusted client'(stage) {
    const url = await stage.start({ trustProxy: false });
    for (const headers of [FORWARDED, FORWARDED_TWICE]) {
      locationOf(await new Visitor(url, stage.emulator).get('/auth/login', headers));
      expect(redirectURI(stage)).to.equal(`${url}/auth/callback`);
    }
  },

  async 'signs in behind a trusted proxy that ends TLS'(stage) {
    const visitor = await visit(stage, { trustProxy: true });
    const link = locationOf(await visitor.get('/auth/login', FORWARDED));
    expect(redirectURI(stage)).to.equal('https://public.example/auth/callback');
    const { pathname, search } = new URL(await stage.emulator.approve(link));
    expect((await visitor.get(pathname + search, FORWARDED)).status).to.equal(200);
  },

  async 'takes the same one of several forwarded values as the framework itself'(stage) {
    const visitor = await visit(stage, { trustProxy: true });
    await visitor.get('/auth/login', FORWARDED_TWICE);
    const expected = { first: 'https://public.example', last: 'http://inner.example:8080' };
    expect(redirectURI(stage)).to.equal(`${expected[stage.host.forwardedValue]}/auth/callback`);
  },

  async 'takes the first of several forwarded values with the option proxy'(stage) {
    const visitor = await visit(stage, { strategy: { proxy: true } });
    for (const headers of [FORWARDED, FORWARDED_TWICE]) {
      await visitor.get('/auth/login', headers);
      expect(redirectURI(stage)).to.equal('https://public.example/auth/callback');
    }
  },

  async 'connects Freedom ID to an account that is signed in already'(stage) {
    const visitor = await visit(stage);
    await visitor.signIn(0);
    const response = await visitor.signIn(1, '/auth/connect');
    expect(await response.json()).to.deep.include({ user: userOf(stage, 0), account: userOf(stage, 1) });
    expect(await visitor.me()).to.deep.equal(userOf(stage, 0));
  },

  async 'redirects a failed login to failureRedirect, where the page shows the reason'(stage) {
    const visitor = await visit(stage);
    const login = '/auth/login?callback=callback-or-page';
    expect(locationOf(await visitor.refuse(login))).to.equal('/sign-in');
    expect(await visitor.json('/sign-in')).to.deep.equal({
      messages: ['The login was cancelled at Freedom ID.'],
    });
    expect((await visitor.signIn(0, login)).status).to.equal(200);
  },

  async "passes every outcome of a login to the app's own callback"(stage) {
    const visitor = await visit(stage);
    const login = '/auth/login?callback=callback-custom&returnTo=/basket';
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
        code: '100102',
        state: '/basket',
      },
    });
    expect(await visitor.json('/auth/callback-custom?authorization_code=C&state=S')).to.deep.include({
      user: false,
      status: 403,
    });
    stage.emulator.fault('token', 'status-500');
    expect(await (await visitor.signIn(1, login)).json())
      .to.have.property('error')
      .that.matches(/^Freedom ID token: HTTP 500/);
    expect(await visitor.me()).to.equal(ANONYMOUS);
  },

  async "gives the app's own state back after the login"(stage) {
    const visitor = await visit(stage);
    const response = await visitor.signIn(0, '/auth/login?returnTo=/basket?step=2');
    expect(await response.json()).to.deep.include({ info: { state: '/basket?step=2' } });
  },

  async 'keeps a person signed in who starts further logins with much state, and gives them up'(stage) {
    const visitor = await visit(stage);
    await visitor.signIn(1);
    const login = `/auth/login?returnTo=/${'a'.repeat(480)}`;
    for (let tab = 0; tab < 6; tab += 1) await visitor.startLogin(login);
    expect(await visitor.me()).to.deep.equal(userOf(stage, 1));
    expect((await visitor.signIn(0, login)).status).to.equal(200);
  },

  async "starts a login for parameters of the app's own that have the names state and error"(stage) {
    const visitor = await visit(stage);
    for (const query of ['state=/orders', 'error=cancelled', 'error=cancelled&again=1']) {
      const link = await visitor.startLogin(`/auth/login?${query}`);
      expect((await visitor.get(await stage.emulator.approve(link))).status).to.equal(200);
    }
    expect((await visitor.get('/auth/callback?state=/orders')).status).to.equal(400);
    expect((await visitor.get('/auth/callback?error=cancelled')).status).to.equal(403);
  },

  async 'answers 405 to a HEAD request for the callback, and the login can still be finished'(stage) {
    const visitor = await visit(stage);
    const callback = await stage.emulator.approve(await visitor.startLogin());
    expect((await visitor.head(callback)).status).to.equal(405);
    expect((await visitor.get(callback)).status).to.equal(200);
  },

  async 'answers 502 while Freedom ID is down, and works again afterwards'(stage) {
    const nobody = await listen(() => {});
    const early = await visit(stage, { strategy: { baseURL: nobody.url } });
    // Only after the app listens: otherwise the app might get the port that this frees.
    nobody.close();
    const lost = await early.get('/auth/login');
    expect(lost.status).to.equal(502);
    expect(await lost.json())
      .to.have.property('error')
      .that.matches(/^Freedom ID authorize: the connection failed \(ECONNREFUSED\)/);

    const visitor = await visit(stage);
    stage.emulator.fault('token', 'reset');
    const broken = await visitor.signIn();
    expect(broken.status).to.equal(502);
    expect(await broken.json())
      .to.have.property('error')
      .that.matches(/^Freedom ID token: the connection failed/);
    expect(await visitor.me()).to.equal(ANONYMOUS);
    expect((await visitor.signIn()).status).to.equal(200);
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
