import { expect } from 'chai';
import {
  noStateStore,
  SessionStateStore,
  type StateStore,
  storeState,
  verifyState,
} from '../../lib/login/state';

const meta = { authorizationURL: 'a', tokenURL: 't', clientID: 'demo', callbackURL: 'c' };
const other = { ...meta, clientID: 'other' };

interface Session {
  [key: string]: unknown;
}

/** Starts a login. */
async function begin(store: StateStore, session: Session, appState?: unknown, as = meta): Promise<string> {
  return (await storeState(store, { session }, appState, as)) as string;
}

describe('the state in the session', () => {
  let store: SessionStateStore;
  beforeEach(() => {
    store = new SessionStateStore('freedom-id');
  });
  const redeem = (session: Session, state: string | undefined, as = meta) =>
    verifyState(store, { session }, state, as);

  it('is 256 random bits, good once', async () => {
    const session = {};
    const state = await begin(store, session);
    expect(state).to.match(/^[\w-]{43}$/);
    expect(session).to.have.nested.property('freedom-id.demo').with.length(1);
    expect(await begin(store, session)).to.not.equal(state);
    expect(await redeem(session, state)).to.deep.equal({ ok: true, appState: undefined });
    expect(await redeem(session, state)).to.include({ ok: false });
  });

  it('is one for each tab, in any order', async () => {
    const session = {};
    const [one, two, three] = [
      await begin(store, session),
      await begin(store, session),
      await begin(store, session),
    ];
    for (const state of [two, three, one]) expect(await redeem(session, state)).to.include({ ok: true });
    expect(session).to.deep.equal({ 'freedom-id': undefined });
  });

  it('keeps the newest ten', async () => {
    const session = {};
    const states: string[] = [];
    for (let tab = 0; tab < 12; tab += 1) states.push(await begin(store, session));
    const good = await Promise.all(states.map((state) => redeem(session, state)));
    expect(good.map(({ ok }) => ok)).to.deep.equal([false, false, ...Array(10).fill(true)]);
  });

  it('takes less than 900 bytes for ten, and at most 110 for one', async () => {
    const session = {};
    await begin(store, session);
    expect(JSON.stringify(session).length).to.be.at.most(110);
    for (let tab = 1; tab < 20; tab += 1) await begin(store, session);
    expect(JSON.stringify(session).length).to.be.below(900);
  });

  it('ends after an hour', async () => {
    const session = {};
    const realNow = Date.now;
    let seconds = 1_800_000_000;
    Date.now = () => seconds * 1000;
    try {
      const state = await begin(store, session);
      seconds += 3601;
      expect(await redeem(session, state)).to.include({ ok: false });
      const next = await begin(store, session);
      expect(JSON.stringify(session)).to.not.include(state);
      seconds += 3600;
      expect(await redeem(session, next)).to.include({ ok: true });
    } finally {
      Date.now = realNow;
    }
  });

  it('is not found, and nothing is lost, when it is forged, missing or of another session', async () => {
    const session = {};
    const state = await begin(store, session);
    const foreign = await begin(store, {});
    for (const forged of ['S', undefined, foreign, `${state}x`, '__proto__']) {
      expect(await redeem({}, forged), 'in a session without logins').to.include({ ok: false });
      const check = await redeem(session, forged);
      expect(check).to.have.property('ok', false);
      expect(check)
        .to.have.nested.property('info.message')
        .that.matches(/please start again/);
    }
    expect(await redeem(session, state)).to.include({ ok: true });
  });

  it('belongs to the client that began, though two share the session', async () => {
    const session = {};
    const [mine, theirs] = [await begin(store, session), await begin(store, session, undefined, other)];
    expect(await redeem(session, mine, other)).to.include({ ok: false });
    expect(await redeem(session, theirs)).to.include({ ok: false });
    for (let tab = 0; tab < 10; tab += 1) await begin(store, session, undefined, other);
    expect(await redeem(session, mine)).to.include({ ok: true });
  });

  it('is safe with a client named like a part of every object', async () => {
    for (const clientID of ['__proto__', 'constructor', 'toString']) {
      const session: Session = {};
      const state = await begin(store, session, undefined, { ...meta, clientID });
      const reloaded = JSON.parse(JSON.stringify(session));
      expect(await redeem(reloaded, state, { ...meta, clientID })).to.include({ ok: true });
      expect(await redeem(reloaded, state)).to.include({ ok: false });
    }
  });

  it('brings back what the app gave, as JSON keeps it', async () => {
    const session = {};
    const given = { returnTo: '/cart', since: new Date(0) };
    const states = [
      await begin(store, session, given),
      await begin(store, session, 'text'),
      await begin(store, session, () => 1),
    ];
    const reloaded = JSON.parse(JSON.stringify(session));
    const appStates = [];
    for (const state of states) appStates.push(await redeem(reloaded, state));
    expect(appStates).to.deep.equal([
      { ok: true, appState: { returnTo: '/cart', since: '1970-01-01T00:00:00.000Z' } },
      { ok: true, appState: 'text' },
      { ok: true, appState: undefined },
    ]);
  });

  it('rejects what JSON cannot keep', async () => {
    const circular: Session = {};
    circular.self = circular;
    const error = await begin(store, {}, circular).catch((reason) => reason);
    expect(error).to.be.instanceOf(TypeError);
  });

  it('is assigned anew at top level, for session libraries that see no other change', async () => {
    const assigned: unknown[] = [];
    const session = new Proxy<Session>(
      {},
      {
        set: (target, key, value) =>
          assigned.push(Object.freeze(value)) > 0 && Reflect.set(target, key, value),
      },
    );
    const state = await begin(store, session);
    await begin(store, session);
    await redeem(session, state);
    expect(assigned).to.have.length(3);
    expect(new Set(assigned).size).to.equal(3);
  });

  it('is saved before the exchange with Freedom ID, where the session can be saved', async () => {
    const order: string[] = [];
    const session: Session = {
      regenerate: () => {},
      save(this: Session, done: (error?: Error) => void) {
        order.push(JSON.stringify(this['freedom-id']));
        setImmediate(done);
      },
    };
    const state = await begin(store, session);
    expect(order).to.have.length(1);
    expect(order[0]).to.include(state);
    const reason = new Error('redis down');
    const failing: Session = { regenerate: () => {}, save: (done: (error: Error) => void) => done(reason) };
    expect(await begin(store, failing).catch((error) => error)).to.equal(reason);
    const rejecting: Session = { regenerate: () => {}, save: () => Promise.reject(reason) };
    expect(await begin(store, rejecting).catch((error) => error)).to.equal(reason);
  });

  it('is left to the session library where that has no way to save it, or not Passport’s', async () => {
    const save = () => expect.fail('it was saved');
    for (const session of [{ save }, { save, regenerate: true }, { save: true, regenerate: () => {} }]) {
      expect(await begin(store, session)).to.be.a('string');
    }
  });

  it('drops what is no login, and keeps no list of none', async () => {
    const later = Date.now();
    const demo = ['x', null, ['only'], [1, 2], [7, later], ['state', 'late'], ['state', String(later)]];
    const halfGood = { 'freedom-id': { demo, other: 7 } };
    const state = await begin(store, halfGood);
    expect(Object.keys(halfGood['freedom-id'])).to.deep.equal(['demo']);
    expect(halfGood['freedom-id'].demo).to.have.length(1);
    expect(await redeem(halfGood, state)).to.include({ ok: true });
  });

  it('needs a session, and says so', async () => {
    for (const session of [undefined, null, 'text']) {
      const error = await storeState(store, { session }, undefined, meta).catch((reason) => reason);
      expect(error.message).to.match(/no session .* session middleware/);
    }
  });
});

describe('a state store of passport-oauth2', () => {
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
    5: (q, v, s, m, done) => answer(done, ['handle'], [q, v, s, m]),
  };
  const expected: Record<number, unknown[]> = {
    2: [req],
    3: [req, meta],
    4: [req, 'app', meta],
    5: [req, undefined, 'app', meta],
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
    expect(await verifyState(four, req, 'handle', meta)).to.deep.equal({ ok: false, info: 'why' });
    expect(seen).to.deep.equal([
      [req, 'handle'],
      [req, 'handle', meta],
    ]);
  });

  it('of its own kinds works, with the session key that it was given', async () => {
    for (const kind of ['session', 'store']) {
      const Store = require(`passport-oauth2/lib/state/${kind}`) as new (options: {
        key: string;
      }) => StateStore;
      const store = new Store({ key: 'oauth2:test' });
      const session: Session = {};
      const state = await storeState(store, { session }, 'app', meta);
      expect(state).to.be.a('string').that.is.not.empty;
      expect(session).to.have.all.keys('oauth2:test');
      expect(
        await verifyState(store, { session: structuredClone(session) }, 'forged', meta),
      ).to.have.property('ok', false);
      expect(await verifyState(store, { session }, state, meta)).to.have.property('ok', true);
    }
  });

  it('keeps its this', async () => {
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

  it('may give no state, and nothing but text', async () => {
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

  it('that throws, rejects or calls back with an error, has failed', async () => {
    const reason = new Error('redis down');
    const failing: StateStore['store'][] = [
      () => {
        throw reason;
      },
      async () => Promise.reject(reason),
      (_q, done) => done(reason),
    ];
    for (const store of failing) {
      expect(
        await storeState({ store, verify: store }, req, undefined, meta).catch((error) => error),
      ).to.equal(reason);
    }
  });

  it('whose promise resolves before it calls back is waited for', async () => {
    const store: StateStore['store'] = async (_q, done) => {
      setImmediate(() => setImmediate(done, null, 'handle'));
      return 'OK';
    };
    expect(await storeState({ store, verify: () => {} }, req, undefined, meta)).to.equal('handle');
  });
});

describe('no state', () => {
  it('takes any callback, and keeps no state of the app', async () => {
    expect(await storeState(noStateStore, {}, undefined, meta)).to.equal(undefined);
    expect(await verifyState(noStateStore, {}, undefined, meta)).to.deep.equal({
      ok: true,
      appState: undefined,
    });
    const error = await storeState(noStateStore, {}, { returnTo: '/' }, meta).catch((reason) => reason);
    expect(error)
      .to.be.instanceOf(TypeError)
      .with.property('message')
      .that.matches(/state: false/);
  });
});
