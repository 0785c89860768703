import { expect } from 'chai';
import type { Arrival } from '../../lib/probe/landing';
import { type Login, Logins } from '../../lib/probe/logins';
import { madeUp } from '../../lib/probe/made-up';
import { Unanswered } from '../../lib/probe/unanswered';

const CALLBACK = 'http://localhost:3000/auth/callback';
const LINK = 'https://passport.freedompay.kz/login';

type Fits = (arrival: Arrival) => boolean;

/** Logins of a person whom the test sends back. */
function scene({ callbackURL = CALLBACK, signal = new AbortController().signal } = {}) {
  const shown: Login[] = [];
  let expected: { fits: Fits; resolve(arrival: Arrival): void } | undefined;
  const landing = {
    next: (fits: Fits, given: AbortSignal) =>
      new Promise<Arrival>((resolve, reject) => {
        expected = { fits, resolve };
        given.addEventListener('abort', () => reject(given.reason));
      }),
  };
  const show = (login: Login) => void shown.push(login);
  const logins = new Logins({ landing, callbackURL, total: 4, waitSeconds: 300, show, signal });
  /** @returns whether the arrival is the one that is waited for */
  const arrive = (target: string): boolean => {
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    const isIt = expected?.fits({ path, query }) ?? false;
    if (isIt) expected?.resolve({ path, query });
    return isIt;
  };
  /** A login that ends with an arrival. */
  const through = async (state: string, target: string) => {
    const login = logins.go(LINK, 'agree', state);
    expect(arrive(target), target).to.equal(true);
    return login;
  };
  return { logins, shown, arrive, through };
}

const reasonOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

describe('the logins of the probe', () => {
  interface Timer {
    milliseconds: number | undefined;
    isCleared: boolean;
    fire(): void;
  }
  const { setTimeout, clearTimeout } = globalThis;
  let timers: Timer[] = [];
  beforeEach(() => {
    timers = [];
    const set = (call: (...args: unknown[]) => void, milliseconds?: number, ...args: unknown[]) => {
      const timer = { milliseconds, isCleared: false, fire: () => call(...args) };
      timers.push(timer);
      return timer;
    };
    const clear = (timer: Timer) => {
      timer.isCleared = true;
    };
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  });
  afterEach(() => {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  });

  it('are shown one after the other, with what there is to do', async () => {
    const { logins, shown, arrive } = scene();
    const [one, two] = [madeUp(), madeUp()];
    const first = logins.go(`${LINK}/1`, 'agree', one);
    expect(arrive(`/auth/callback?state=${one}`)).to.equal(true);
    await first;
    const second = logins.go(`${LINK}/2`, 'refuse', two);
    expect(arrive(`/auth/callback?state=${two}`)).to.equal(true);
    await second;
    expect(shown.map(({ skip: _, ...login }) => login)).to.deep.equal([
      { number: 1, total: 4, link: `${LINK}/1`, task: 'agree' },
      { number: 2, total: 4, link: `${LINK}/2`, task: 'refuse' },
    ]);
  });

  it('give what the browser came back with', async () => {
    const { through } = scene();
    const state = madeUp();
    expect(await through(state, `/auth/callback?state=${state}?code=x`)).to.deep.equal({
      path: '/auth/callback',
      query: `state=${state}?code=x`,
    });
  });

  it('end at the callback URL, with the state in the query, behind the path, or nowhere', async () => {
    const state = madeUp();
    for (const target of [
      `/auth/callback?state=${state}&code=x`,
      `/auth/callback/${state}?code=x`,
      '/auth/callback?code=x',
      // Nothing has come with it, but it is ours.
      `/auth/callback?state=${state}`,
      // By way of a proxy that takes a prefix away, or adds one.
      '/callback?code=x',
      `/prefix/auth/callback/${state}`,
    ]) {
      await scene().through(state, target);
    }
    await scene({ callbackURL: 'http://localhost:3000' }).through(state, `/${state}?code=x`);
  });

  it('go on at any other page', async () => {
    const { logins, arrive } = scene();
    const state = madeUp();
    const login = logins.go(LINK, 'agree', state);
    for (const target of [
      '/favicon.ico',
      '/',
      `/auth/${state}`,
      `/auth/callback/more?state=${state}`,
      `/auth/callback/${state}/more`,
      `/auth/callback${state}`,
      `/auth/callback/${madeUp()}`,
    ]) {
      expect(arrive(target), target).to.equal(false);
    }
    expect(arrive(`/auth/callback?state=${state}`)).to.equal(true);
    await login;
  });

  it('go on where the page of an earlier login is loaded again', async () => {
    const { logins, arrive, through } = scene();
    const [one, two, three] = [madeUp(), madeUp(), madeUp()];
    await through(one, `/auth/callback?state=${one}&code=x`);
    await through(two, '/auth/callback?code=y');
    const login = logins.go(LINK, 'agree', three);
    for (const target of [
      `/auth/callback?state=${one}&code=x`,
      `/auth/callback?state=${one}`,
      `/auth/callback/${one}`,
      `/${one}/auth/callback`,
      `/auth/callback/${two}`,
      '/auth/callback?code=y',
    ]) {
      expect(arrive(target), target).to.equal(false);
    }
    expect(arrive('/auth/callback?code=z')).to.equal(true);
    await login;
  });

  it('go on when the page of a login that was given up comes late', async () => {
    const { logins, shown, arrive } = scene();
    const [one, two] = [madeUp(), madeUp()];
    const skipped = reasonOf(logins.go(LINK, 'agree', one));
    shown[0]?.skip();
    await skipped;
    const login = logins.go(LINK, 'agree', two);
    expect(arrive(`/auth/callback?state=${one}&code=x`)).to.equal(false);
    expect(arrive(`/auth/callback?state=${two}&code=y`)).to.equal(true);
    await login;
  });

  it('are known by their state, even if two of them bring the same', async () => {
    const { through } = scene();
    const [one, two, three] = [madeUp(), madeUp(), madeUp()];
    await through(one, '/auth/callback?error_code=100102');
    await through(two, `/auth/callback/${two}?error_code=100102`);
    await through(three, `/auth/callback?error_code=100102&state=${three}`);
  });

  it('go on where the page has the state of another app, or of an earlier probe', async () => {
    const { logins, arrive } = scene();
    const login = logins.go(LINK, 'agree', madeUp());
    for (const query of [
      `state=${madeUp()}`,
      `code=x&state=${madeUp()}`,
      `code=x?state=${madeUp()}&a=b`,
      `state=${madeUp()}?code=x`,
    ]) {
      expect(arrive(`/auth/callback?${query}`), query).to.equal(false);
    }
    const another = madeUp();
    for (const query of [`state=${another}x`, `state=${another.slice(1)}`, `my_state=${another}`]) {
      const { logins, arrive } = scene();
      const other = logins.go(LINK, 'agree', madeUp());
      expect(arrive(`/auth/callback?${query}`), 'no state of ours').to.equal(true);
      await other;
    }
    expect(arrive('/auth/callback?code=x')).to.equal(true);
    await login;
  });

  it('go on where somebody opens the callback URL by hand, with or without a query of its own, and tell of it', async () => {
    for (const [own, callbackURL] of [
      ['', CALLBACK],
      ['?tenant=7', `${CALLBACK}?tenant=7`],
    ]) {
      const { logins, shown, arrive, through } = scene({ callbackURL });
      const reason = reasonOf(logins.go(LINK, 'agree', madeUp()));
      expect(arrive(`/auth/callback${own}`)).to.equal(false);
      shown[0]?.skip();
      expect(await reason).to.have.property(
        'message',
        'the login was skipped, and the callback URL was opened without a state and a parameter',
      );
      await through(madeUp(), `/auth/callback?tenant=7&code=x`);
      const next = reasonOf(logins.go(LINK, 'agree', madeUp()));
      expect(arrive('/'), 'another page does not count').to.equal(false);
      expect(arrive('/auth/callback?tenant=7&code=x'), 'an old one neither').to.equal(false);
      shown[2]?.skip();
      expect(await next).to.have.property('message', 'the login was skipped');
    }
  });

  it('end where nobody comes back in time', async () => {
    const { logins } = scene();
    const reason = reasonOf(logins.go(LINK, 'agree', madeUp()));
    expect(timers.map(({ milliseconds }) => milliseconds)).to.deep.equal([300_000]);
    timers[0]?.fire();
    expect(await reason)
      .to.be.instanceOf(Unanswered)
      .with.property('message', 'nobody came back within 300 s');
    expect(timers[0]?.isCleared).to.equal(true);
  });

  it('leave no deadline behind', async () => {
    const { through } = scene();
    await through(madeUp(), '/auth/callback?code=x');
    expect(timers.map(({ isCleared }) => isCleared)).to.deep.equal([true]);
  });

  it('can be skipped, one by one', async () => {
    const { logins, shown, arrive } = scene();
    const reason = reasonOf(logins.go(LINK, 'agree', madeUp()));
    shown[0]?.skip();
    expect(await reason)
      .to.be.instanceOf(Unanswered)
      .with.property('message', 'the login was skipped');
    const next = logins.go(LINK, 'agree', madeUp());
    shown[0]?.skip();
    expect(arrive('/auth/callback?code=x'), 'the next one goes on').to.equal(true);
    await next;
  });

  it('end with the probe', async () => {
    const ending = new AbortController();
    const { logins, shown } = scene({ signal: ending.signal });
    const reason = reasonOf(logins.go(LINK, 'agree', madeUp()));
    const end = new Unanswered('the probe was ended');
    ending.abort(end);
    expect(await reason).to.equal(end);
    expect(await reasonOf(logins.go(LINK, 'agree', madeUp())), 'later').to.equal(end);
    expect(shown).to.have.length(1);
  });

  it('start no login if none can succeed, and say why', async () => {
    const { logins, shown } = scene();
    const reason = new Unanswered('the client is refused');
    expect(logins.giveUp(reason)).to.equal(reason);
    expect(await reasonOf(logins.go(LINK, 'agree', madeUp()))).to.equal(reason);
    expect(shown).to.deep.equal([]);
    expect(timers).to.deep.equal([]);
  });
});
