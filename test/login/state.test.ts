import { expect } from 'chai';
import { noStateStore, type StateStore, storeState, verifyState } from '../../lib/login/state';

const meta = { authorizationURL: 'a', tokenURL: 't', clientID: 'demo', callbackURL: 'c' };

describe('a state store made for passport-oauth2', () => {
  // What the store was called with, its callback left out.
  const seen: unknown[][] = [];
  const req = {};
  const answer = (done: (...all: unknown[]) => void, values: unknown[], args: unknown[]) => {
    seen.push(args);
    done(null, ...values);
  };
  beforeEach(() => seen.splice(0));

  const stores: Record<number, StateStore['store']> = {
    2: (q, done) => answer(done, ['handle'], [q]),
    3: (q, m, done) => answer(done, ['handle'], [q, m]),
    4: (q, s, m, done) => answer(done, ['handle'], [q, s, m]),
    5: (q, v, s, m, done) => {
      expect(v).to.match(/^[\w-]{43}$/);
      return answer(done, ['handle'], [q, 'a verifier', s, m]);
    },
  };
  const expected: Record<number, unknown[]> = {
    2: [req],
    3: [req, meta],
    4: [req, 'app', meta],
    5: [req, 'a verifier', 'app', meta],
  };
  for (const [arity, store] of Object.entries(stores)) {
    it(`whose store() declares ${arity} parameters gets them`, async () => {
      expect(await storeState({ store, verify: () => {} }, req, 'app', meta)).to.equal('handle');
      expect(seen).to.deep.equal([expected[Number(arity)]]);
      expect(seen[0]?.[0]).to.equal(req);
    });
  }

  it('whose verify() declares 3 or 4 parameters gets them', async () => {
    const three: StateStore = {
      store: () => {},
      verify: (q, s, done) => answer(done, [true, 'app'], [q, s]),
    };
    const four: StateStore = {
      store: () => {},
      verify: (q, s, m, done) => answer(done, [false, 'why'], [q, s, m]),
    };
    expect(await verifyState(three, req, 'handle', meta)).to.deep.equal({ ok: true, appState: 'app' });
    expect(await verifyState(four, req, 'handle', meta)).to.deep.equal({
      ok: false,
      reason: 'unknown-state',
      info: { message: 'why', reason: 'unknown-state' },
    });
    expect(seen).to.deep.equal([
      [req, 'handle'],
      [req, 'handle', meta],
    ]);
  });

  it('may be one that passport-oauth2 brings, with its own session key', async () => {
    for (const kind of ['session', 'store', 'pkcesession']) {
      const Store = require(`passport-oauth2/lib/state/${kind}`) as new (options: {
        key: string;
      }) => StateStore;
      const store = new Store({ key: 'oauth2:test' });
      const session: Record<string, unknown> = {};
      const state = await storeState(store, { session }, 'app', meta);
      expect(state).to.be.a('string').that.is.not.empty;
      expect(session).to.have.all.keys('oauth2:test');
      expect(
        await verifyState(store, { session: structuredClone(session) }, 'forged', meta),
      ).to.have.property('ok', false);
      const check = await verifyState(store, { session }, state, meta);
      expect(check).to.deep.equal({ ok: true, appState: kind === 'session' ? undefined : 'app' });
    }
  });

  it('may say why it does not know a state, and always gives a message for the user', async () => {
    const saying = (info?: unknown): StateStore => ({
      store: () => {},
      verify: (_q, _s, done) => done(null, false, info),
    });
    const infoOf = async (info?: unknown) => {
      const check = await verifyState(saying(info), req, 'S', meta);
      return (check as { info: object }).info;
    };
    const reason = 'unknown-state';
    const message = 'stolen';
    expect(await infoOf({ message, extra: 1 })).to.deep.equal({ message, extra: 1, reason });
    expect(await infoOf(message)).to.deep.equal({ message, reason });
    expect(await infoOf(new Error(message))).to.deep.equal({ message, reason });
    expect(await infoOf({ reason: 'no-pending-login' })).to.include({ reason: 'no-pending-login' });
    for (const nothing of [undefined, null, {}, { message: undefined, reason: 'own' }]) {
      const info = await infoOf(nothing);
      expect(info).to.include({ reason });
      expect(info)
        .to.have.property('message')
        .that.matches(/please start again/);
    }
  });

  it('is called as a method, with its own this', async () => {
    class Store implements StateStore {
      private readonly handle = 'own';

      store(_req: unknown, done: (error: unknown, state: string) => void) {
        done(null, this.handle);
      }

      verify(_req: unknown, state: string, done: (error: unknown, ok: boolean) => void) {
        done(null, state === this.handle);
      }
    }
    expect(await storeState(new Store(), req, undefined, meta)).to.equal('own');
    expect(await verifyState(new Store(), req, 'own', meta)).to.include({ ok: true });
  });

  it('may give no state, but no state other than text', async () => {
    const giving = (state?: unknown): StateStore => ({
      store: (_q, done) => done(null, state),
      verify: () => {},
    });
    expect(await storeState(giving(), req, undefined, meta)).to.equal(undefined);
    expect(await storeState(giving(null), req, undefined, meta)).to.equal(undefined);
    const error = await storeState(giving(7), req, undefined, meta).catch((reason) => reason);
    expect(error)
      .to.be.instanceOf(TypeError)
      .with.property('message')
      .that.matches(/store must call back with a string/);
  });

  it('fails when it throws, rejects or calls back with an error', async () => {
    const reason = new Error('redis down');
    const failing: StateStore['store'][] = [
      () => {
        throw reason;
      },
      async () => Promise.reject(reason),
      (_q, done) => done(reason),
    ];
    for (const failure of failing) {
      const store = {
        store: failure,
        verify: (q: object, _state: string, done: unknown) => failure(q, done),
      };
      expect(await storeState(store, req, undefined, meta).catch((error) => error)).to.equal(reason);
      expect(await verifyState(store, req, 'S', meta).catch((error) => error)).to.equal(reason);
    }
  });

  it('is an error, and no endless login, if it returns its result and declares no callback', async () => {
    const returning: StateStore[] = [
      { store: () => 'handle', verify: () => true },
      { store: async (_q) => 'handle', verify: async (_q, _state) => true },
      { store: async () => undefined, verify: async () => false },
    ];
    for (const store of returning) {
      for (const answer of [storeState(store, req, undefined, meta), verifyState(store, req, 'S', meta)]) {
        const error = await answer.catch((reason) => reason);
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.match(/: (store|verify) of the option store must declare a callback/);
      }
    }
  });

  it('may be wrapped by a function that declares nothing, returns nothing, and calls back later', async () => {
    const wrapped: StateStore = {
      store: (...args) => void setImmediate(args.at(-1), null, 'handle'),
      verify: (...args) => void setImmediate(args.at(-1), null, true),
    };
    expect(await storeState(wrapped, req, undefined, meta)).to.equal('handle');
    expect(await verifyState(wrapped, req, 'S', meta)).to.include({ ok: true });
  });

  it('is waited for until it calls back, even if its promise resolves earlier', async () => {
    const store: StateStore['store'] = async (_q, done) => {
      setImmediate(() => setImmediate(done, null, 'handle'));
      return 'OK';
    };
    expect(await storeState({ store, verify: () => {} }, req, undefined, meta)).to.equal('handle');
  });
});

describe('the store of state: false', () => {
  it('accepts every callback, and gives a string of the app as it is', async () => {
    expect(await storeState(noStateStore, {}, undefined, meta)).to.equal(undefined);
    expect(await storeState(noStateStore, {}, 'nonce of the host', meta)).to.equal('nonce of the host');
    expect(await verifyState(noStateStore, {}, undefined, meta)).to.deep.equal({
      ok: true,
      appState: undefined,
    });
  });

  it('is an error that names the option store for state that is no string', async () => {
    for (const appState of [{ returnTo: '/' }, true, 7]) {
      const error = await storeState(noStateStore, {}, appState, meta).catch((reason) => reason);
      expect(error)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.matches(/must be a string.* option store/);
    }
  });
});
