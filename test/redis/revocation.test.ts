import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { createClient } from 'redis';
import { startEmulator } from '../../lib/emulator/index';
import { FreedomIdClient } from '../../lib/index';
import { type Balancer, balance } from '../support/balancer';
import { CookieJar, locationOf } from '../support/browser';
import { type Machines, startMachines } from '../support/machines';
import { needsRedis, type RunningRedis, startRedis } from '../support/redis';
import { type Relay, relayTo } from '../support/relay';

const EVERYWHERE = [true, true, true];
const NOWHERE = [false, false, false];

const REFRESH = 'PATCH /api/v1/oauth/token';
const EXCHANGE = 'POST /api/v1/oauth/token';
const GET_DATA = 'GET /api/v1/oauth/get-data';

/** How long an access token of the emulator is valid. */
const ACCESS_LIFE = 7 * 24 * 60 * 60 * 1000;

/** Somebody who has signed in. */
interface Visitor {
  browser: CookieJar;
  /** The id of the token that the login has got. */
  tokenId: string;
}

describe('three machines with one Redis, told by Freedom ID that a token is revoked', function () {
  this.timeout(30_000);
  let emulator: Awaited<ReturnType<typeof startEmulator>>;
  let relay: Relay;
  let redis: RunningRedis;
  let store: ReturnType<typeof createClient>;
  /** For commands that wait. */
  let other: typeof store;
  let app: Balancer;
  let machines: Machines;
  /** Milliseconds by which the emulator's clock is behind that of the machines: its tokens expire so much earlier. */
  let behind = 0;

  before(async function () {
    needsRedis(this);
    const urls: string[] = [];
    app = await balance(urls);
    const demo = {
      clientID: 'demo',
      clientSecret: 'demo-secret',
      revokeURI: `${app.url}/freedom-id/revoked`,
    };
    emulator = await startEmulator({ clients: [demo], clock: () => Date.now() - behind });
    relay = await relayTo(emulator.url);
    redis = await startRedis();
    store = createClient({ url: redis.url });
    await store.connect();
    other = await store.duplicate().connect();
    machines = await startMachines(redis.url, relay.url);
    urls.push(...machines.urls);
  });
  after(async () => {
    app?.close();
    await machines?.close();
    await store?.close();
    await other?.close();
    await redis?.close();
    relay?.close();
    await emulator?.close();
  });
  beforeEach(() => {
    emulator.requests.length = 0;
  });

  async function signIn(as: number, browser = new CookieJar()): Promise<Visitor> {
    const link = locationOf(await browser.get(`${app.url}/auth/freedom-id`));
    const response = await browser.get(await emulator.approve(link, { as }));
    expect(locationOf(response)).to.equal('/profile');
    return { browser, tokenId: relay.tokens.at(-1)?.id ?? '' };
  }

  /** Somebody whose access token expires within a minute. */
  async function signInForAMinute(as: number): Promise<Visitor> {
    behind = ACCESS_LIFE - 60_000;
    try {
      return await signIn(as);
    } finally {
      behind = 0;
    }
  }

  /** Sends a request to one machine, and waits for the end of the response, because the session is saved before it. */
  async function ask(machine: number, path: string, { browser }: Visitor, method = 'GET'): Promise<Response> {
    const cookie = browser.cookiesFor(app.url);
    const url = `${machines.urls[machine]}${path}`;
    const response = await fetch(url, { method, headers: { cookie }, redirect: 'manual' });
    await response.arrayBuffer();
    return response;
  }

  /** At which of the machines somebody is signed in. */
  const whereSignedIn = (visitor: Visitor): Promise<boolean[]> =>
    Promise.all([0, 1, 2].map(async (machine) => (await ask(machine, '/profile', visitor)).status === 200));

  /** @returns the status of the answer */
  async function revoke(id: string, machine = 0): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ id });
    const response = await fetch(`${machines.urls[machine]}/freedom-id/revoked`, {
      method: 'POST',
      headers,
      body,
    });
    return response.status;
  }

  const refreshes = () => emulator.requests.filter(({ method }) => method === 'PATCH').length;

  const sessionKey = ({ browser }: Visitor) => {
    const [, id = ''] = /connect\.sid=s%3A([^.;]+)/.exec(browser.cookiesFor(app.url)) ?? [];
    return `sess:${id}`;
  };

  for (const machine of [0, 1, 2]) {
    it(`end its session everywhere, and no other, where machine ${machine} is told`, async () => {
      const revoked = await signIn(0);
      const samePersonElsewhere = await signIn(0);
      const somebodyElse = await signIn(1);
      expect(await whereSignedIn(revoked)).to.deep.equal(EVERYWHERE);

      expect(await revoke(revoked.tokenId, machine)).to.equal(204);
      expect(await store.exists(sessionKey(revoked))).to.equal(0);
      expect(await whereSignedIn(revoked)).to.deep.equal(NOWHERE);
      expect(await whereSignedIn(samePersonElsewhere)).to.deep.equal(EVERYWHERE);
      expect(await whereSignedIn(somebodyElse)).to.deep.equal(EVERYWHERE);
    });
  }

  it('let the person sign in again', async () => {
    const { browser, tokenId } = await signIn(0);
    await revoke(tokenId);
    const again = await signIn(0, browser);
    expect(await whereSignedIn(again)).to.deep.equal(EVERYWHERE);
    // The call is made again, as if the first response was lost.
    expect(await revoke(tokenId)).to.equal(204);
    expect(await whereSignedIn(again)).to.deep.equal(EVERYWHERE);
  });

  it('end nothing for an id that they do not know', async () => {
    const visitor = await signIn(0);
    expect(await revoke('01953bd1-a6d3-739e-8aa3-83e881f09055')).to.equal(204);
    expect(await whereSignedIn(visitor)).to.deep.equal(EVERYWHERE);
  });

  it('know the id in another case', async () => {
    const visitor = await signIn(0);
    expect(await revoke(visitor.tokenId.toUpperCase())).to.equal(204);
    expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
  });

  for (const which of ['first', 'new'] as const) {
    it(`know the ${which} id of a token that was renewed`, async () => {
      const visitor = await signInForAMinute(0);
      const other = await signIn(0);
      expect(await whereSignedIn(visitor)).to.deep.equal(EVERYWHERE);
      expect(refreshes()).to.equal(1);
      const newId = relay.tokens.at(-1)?.id ?? '';
      expect(newId).to.not.equal(visitor.tokenId);

      expect(await revoke(which === 'first' ? visitor.tokenId : newId)).to.equal(204);
      expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
      expect(await whereSignedIn(other)).to.deep.equal(EVERYWHERE);
    });

    it(`end the session while its token is being renewed, by the ${which} id`, async () => {
      const visitor = await signInForAMinute(0);
      const refresh = relay.hold(REFRESH);
      const page = ask(0, '/profile', visitor);
      await refresh.given;
      expect(await revoke(which === 'first' ? visitor.tokenId : (relay.tokens.at(-1)?.id ?? ''), 1)).to.equal(
        204,
      );
      refresh.passOn();
      expect(locationOf(await page)).to.equal('/');
      expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
    });
  }

  it('end the sessions of a person who signs out of Freedom ID', async () => {
    const here = await signIn(2);
    const renewed = await signInForAMinute(2);
    const somebodyElse = await signIn(1);
    await whereSignedIn(renewed);

    await emulator.signOut(2);
    const told = emulator.revocations.map(({ httpStatus }) => httpStatus);
    expect(new Set(told)).to.deep.equal(new Set([204]));
    expect(await whereSignedIn(here)).to.deep.equal(NOWHERE);
    expect(await whereSignedIn(renewed)).to.deep.equal(NOWHERE);
    expect(await whereSignedIn(somebodyElse)).to.deep.equal(EVERYWHERE);
  });

  it('let a user log out while the token is being renewed', async () => {
    const visitor = await signInForAMinute(0);
    const refresh = relay.hold(REFRESH);
    const page = ask(0, '/profile', visitor);
    await refresh.given;
    await ask(1, '/logout', visitor, 'POST');
    refresh.passOn();
    expect(locationOf(await page)).to.equal('/');
    expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
  });

  it('do not renew a token that another machine has just renewed', async () => {
    const visitor = await signInForAMinute(0);
    const login = sessionKey(visitor).replace('sess:', 'freedom-id:login:');
    const { accessExpiresAt, ...fresh } = JSON.parse((await store.get(login)) ?? '');
    // The machine has read the login, and waits to write.
    await store.sendCommand(['CLIENT', 'PAUSE', '20000', 'WRITE']);
    const page = ask(0, '/profile', visitor);
    while (!(await store.info('clients')).includes('blocked_clients:1')) await setImmediate();
    const renewed = other.set(login, JSON.stringify(fresh), { expiration: 'KEEPTTL' });
    while (!(await store.info('clients')).includes('blocked_clients:2')) await setImmediate();
    await store.sendCommand(['CLIENT', 'UNPAUSE']);
    await renewed;
    expect((await page).status).to.equal(200);
    expect(refreshes()).to.equal(0);
  });

  it('renew a token once, though all are asked at the same time', async () => {
    const visitor = await signInForAMinute(0);
    const refresh = relay.hold(REFRESH);
    const pages = [0, 1, 2].map((machine) => ask(machine, '/profile', visitor));
    await refresh.given;
    // The other two do not wait.
    let answered = 0;
    await new Promise<void>((resolve) => {
      for (const page of pages) {
        page.then(() => {
          answered += 1;
          if (answered === 2) resolve();
        });
      }
    });
    refresh.passOn();
    expect((await Promise.all(pages)).map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(await whereSignedIn(visitor)).to.deep.equal(EVERYWHERE);
    expect(refreshes()).to.equal(1);
  });

  it('sign nobody out because a token cannot be renewed now', async () => {
    const visitor = await signInForAMinute(0);
    emulator.fault('token', 'status-500');
    expect(await whereSignedIn(visitor)).to.deep.equal(EVERYWHERE);
    expect(refreshes()).to.equal(1);
  });

  it('end the session of a token that cannot be renewed any more', async () => {
    const visitor = await signInForAMinute(0);
    const client = new FreedomIdClient({
      clientID: 'demo',
      clientSecret: 'demo-secret',
      baseURL: emulator.url,
    });
    await client.refreshTokens(relay.tokens.at(-1)?.refresh_token ?? '');
    expect(locationOf(await ask(0, '/profile', visitor))).to.equal('/');
    expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
  });

  const endings: [how: string, end: (visitor: Visitor) => Promise<unknown>][] = [
    ['Freedom ID', ({ tokenId }) => revoke(tokenId, 1)],
    ['the user', (visitor) => ask(1, '/logout', visitor, 'POST')],
  ];
  for (const [how, end] of endings) {
    it(`keep a session ended by ${how}, although a request under way saves it again`, async () => {
      const visitor = await signIn(0);
      // A login that fails in another tab writes the reason into the session, which is saved at the end.
      const link = locationOf(await visitor.browser.get(`${app.url}/auth/freedom-id`));
      const { pathname, searchParams } = new URL(await emulator.approve(link));
      searchParams.set('authorization_code', 'spoilt');
      const exchange = relay.hold(EXCHANGE);
      const underWay = ask(0, `${pathname}?${searchParams}`, visitor);
      await exchange.given;
      await end(visitor);
      expect(await store.exists(sessionKey(visitor))).to.equal(0);
      exchange.passOn();
      expect(locationOf(await underWay)).to.equal('/login-failed');
      expect(await store.get(sessionKey(visitor))).to.include('"user"');

      expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
      expect(await store.exists(sessionKey(visitor))).to.equal(0);
    });
  }

  it('do not sign in a user whose token is revoked before the login is over', async () => {
    const browser = new CookieJar();
    const link = locationOf(await browser.get(`${app.url}/auth/freedom-id`));
    const getData = relay.hold(GET_DATA);
    const callback = browser.get(await emulator.approve(link));
    await getData.given;
    const tokenId = relay.tokens.at(-1)?.id ?? '';
    expect(await revoke(tokenId.toUpperCase())).to.equal(204);
    getData.passOn();
    await callback;
    expect(await whereSignedIn({ browser, tokenId })).to.deep.equal(NOWHERE);
  });

  it('know only the last login of a browser that has signed in again', async () => {
    const first = await signIn(0);
    const kept = await store.keys('freedom-id:*');
    const second = await signIn(1, first.browser);
    expect(await store.keys('freedom-id:*')).to.have.length(kept.length);

    expect(await revoke(first.tokenId)).to.equal(204);
    expect(await whereSignedIn(second)).to.deep.equal(EVERYWHERE);
    expect(await revoke(second.tokenId)).to.equal(204);
    expect(await whereSignedIn(second)).to.deep.equal(NOWHERE);
  });

  it('keep nothing of a login after the logout', async () => {
    const kept = await store.keys('freedom-id:*');
    const visitor = await signInForAMinute(0);
    await whereSignedIn(visitor);
    expect((await store.keys('freedom-id:*')).length).to.be.above(kept.length);
    await ask(1, '/logout', visitor, 'POST');
    const left = (await store.keys('freedom-id:*')).filter((key) => !kept.includes(key));
    expect(
      left.every((key) => key.startsWith('freedom-id:renewal:')),
      left.join(),
    ).to.equal(true);
  });

  it('know the id as long as the session lives, and keep nothing for ever', async () => {
    const visitor = await signInForAMinute(0);
    await whereSignedIn(visitor);
    const ids = relay.tokens.slice(-2).map(({ id }) => `freedom-id:sessions:${id}`);
    const login = sessionKey(visitor).replace('sess:', 'freedom-id:login:');
    await Promise.all([login, ...ids].map((key) => store.expire(key, 100)));
    await whereSignedIn(visitor);

    const session = await store.ttl(sessionKey(visitor));
    for (const key of [login, ...ids]) expect(await store.ttl(key), key).to.be.within(session - 5, session);
    for (const key of await store.keys('*')) expect(await store.ttl(key), key).to.be.above(0);
  });

  it('answer that it failed while Redis does not write, and do it when told again', async () => {
    const visitor = await signIn(0);
    await store.configSet('maxmemory', '1');
    expect(await revoke(visitor.tokenId)).to.equal(500);
    await store.configSet('maxmemory', '0');
    expect(await whereSignedIn(visitor)).to.deep.equal(EVERYWHERE);
    expect(await revoke(visitor.tokenId)).to.equal(204);
    expect(await whereSignedIn(visitor)).to.deep.equal(NOWHERE);
  });

  it('print no token and no id', () => {
    const printed = machines.processes.map(({ stdout, stderr }) => stdout + stderr).join();
    for (const { id, access_token, refresh_token } of relay.tokens) {
      for (const secret of [id, access_token, refresh_token]) expect(printed).to.not.include(secret);
    }
  });
});
