import { expect } from 'chai';
import { SessionStateStore } from '../../lib/login/session-store';
import { storeState, verifyState } from '../../lib/login/state';

const meta = { authorizationURL: 'a', tokenURL: 't', clientID: 'demo', callbackURL: 'c' };
const other = { ...meta, clientID: 'other' };

interface Session {
  [key: string]: unknown;
}

/** Starts a login. */
async function begin(
  store: SessionStateStore,
  session: Session,
  appState?: unknown,
  as = meta,
): Promise<string> {
  return (await storeState(store, { session }, appState, as)) as string;
}

describe('the state in the session', () => {
  let store: SessionStateStore;
  beforeEach(() => {
    store = new SessionStateStore('freedom-id');
  });
  const redeem = (session: Session, state: string | undefined, as = meta) =>
    verifyState(store, { session }, state, as);

  it('is 256 random bits, and can be used once', async () => {
    const session = {};
    const state = await begin(store, session);
    expect(state).to.match(/^[\w-]{43}$/);
    expect(session).to.have.nested.property('freedom-id.demo').with.length(1);
    expect(await begin(store, session)).to.not.equal(state);
    expect(await redeem(session, state)).to.deep.equal({ ok: true, appState: undefined });
    expect(await redeem(session, state)).to.include({ ok: false });
  });

  it('is a different one for each tab, and they may come back in any order', async () => {
    const session = {};
    const [one, two, three] = [
      await begin(store, session),
      await begin(store, session),
      await begin(store, session),
    ];
    for (const state of [two, three, one]) expect(await redeem(session, state)).to.include({ ok: true });
    expect(session).to.deep.equal({ 'freedom-id': {} });
  });

  it('is forgotten when ten newer logins have started', async () => {
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

  it('takes 1,536 bytes of JSON at most, for all clients together: the oldest go first', async () => {
    const session: Session = {};
    const states: string[] = [];
    const appState = { returnTo: `/${'a'.repeat(460)}` };
    for (let tab = 0; tab < 6; tab += 1) {
      states.push(await begin(store, session, appState, tab % 2 ? other : meta));
      expect(Buffer.byteLength(JSON.stringify(session['freedom-id']))).to.be.at.most(1536);
    }
    const good: boolean[] = [];
    for (const [tab, state] of states.entries()) {
      good.push((await redeem(session, state, tab % 2 ? other : meta)).ok);
    }
    expect(good.filter(Boolean)).to.have.length(2);
    expect(good.at(-1)).to.equal(true);
    expect(good[0]).to.equal(false);
  });

  it('drops the oldest logins first, whichever client began them', async () => {
    const session: Session = {};
    const realNow = Date.now;
    let seconds = 1_800_000_000;
    Date.now = () => seconds * 1000;
    try {
      const states: string[] = [];
      const clients = [other, meta, other, meta, meta];
      for (const as of clients) {
        seconds += 1;
        states.push(await begin(store, session, 'a'.repeat(400), as));
      }
      const good: boolean[] = [];
      for (const [place, state] of states.entries())
        good.push((await redeem(session, state, clients[place])).ok);
      expect(good).to.deep.equal([false, false, true, true, true]);
    } finally {
      Date.now = realNow;
    }
  });

  it('may take exactly 1,536 bytes', async () => {
    for (const [more, kept] of [
      [0, 2],
      [1, 1],
    ] as const) {
      const session: { 'freedom-id'?: { demo?: unknown[] } } = {};
      await begin(store, session as Session, 'a'.repeat(700));
      const size = Buffer.byteLength(JSON.stringify(session['freedom-id']));
      // Of a second login, without its state of the app: `,["…",1800000000,""]`.
      const second = 43 + 10 + 9;
      await begin(store, session as Session, 'b'.repeat(1536 - size - second + more));
      expect(session['freedom-id']?.demo).to.have.length(kept);
    }
  });

  it('keeps the newest login whatever it weighs', async () => {
    const as = { ...meta, clientID: 'c'.repeat(2000) };
    const session: Session = {};
    const first = await begin(store, session, undefined, as);
    const second = await begin(store, session, undefined, as);
    expect(await redeem(session, first, as)).to.include({ ok: false });
    expect(await redeem(session, second, as)).to.include({ ok: true });
  });

  it('takes state of the app up to 1,024 bytes of JSON, and more is an error that says so', async () => {
    const session: Session = {};
    expect(await begin(store, session, 'é'.repeat(511))).to.be.a('string');
    for (const tooMuch of ['a'.repeat(1023), 'é'.repeat(512)]) {
      const error = await begin(store, {}, tooMuch).catch((reason) => reason);
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.match(/is 102[56] bytes of JSON, but may be 1024 at most/);
    }
  });

  it('is good for an hour', async () => {
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

  it('fails when it is forged, missing or of another session, and then the true one stays good', async () => {
    const session = {};
    const state = await begin(store, session);
    const foreign = await begin(store, {});
    for (const forged of ['S', undefined, foreign, `${state}x`, '__proto__']) {
      expect(await redeem({}, forged), 'in a session without logins').to.include({ ok: false });
      const check = await redeem(session, forged);
      expect(check).to.include({ ok: false, reason: 'unknown-state' });
      expect(check)
        .to.have.nested.property('info.message')
        .that.matches(/please start again/);
    }
    expect(await redeem(session, state)).to.include({ ok: true });
  });

  it('fails with a reason of its own if the session has no pending login', async () => {
    const session = {};
    const state = await begin(store, session);
    expect(await redeem({}, state)).to.include({ ok: false, reason: 'no-pending-login' });
    expect(await redeem(session, state)).to.include({ ok: true });
    expect(await redeem(session, state)).to.include({ ok: false, reason: 'no-pending-login' });
    await begin(store, session, undefined, other);
    expect(await redeem(session, state)).to.include({ ok: false, reason: 'unknown-state' });
  });

  it('belongs to the client that began the login, even if two clients share the session', async () => {
    const session = {};
    const [mine, theirs] = [await begin(store, session), await begin(store, session, undefined, other)];
    expect(await redeem(session, mine, other)).to.include({ ok: false });
    expect(await redeem(session, theirs)).to.include({ ok: false });
    for (let tab = 0; tab < 10; tab += 1) await begin(store, session, undefined, other);
    expect(await redeem(session, mine)).to.include({ ok: true });
  });

  it('works for a client id that is the name of a built-in property', async () => {
    for (const clientID of ['__proto__', 'constructor', 'toString']) {
      const session: Session = {};
      const state = await begin(store, session, undefined, { ...meta, clientID });
      const reloaded = JSON.parse(JSON.stringify(session));
      expect(await redeem(reloaded, state, { ...meta, clientID })).to.include({ ok: true });
      expect(await redeem(reloaded, state)).to.include({ ok: false });
    }
  });

  it('brings back the state of the app as JSON', async () => {
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

  it('rejects state of the app that JSON cannot express', async () => {
    const refuse = () => {
      throw new Error('own');
    };
    const circular: Session = {};
    circular.self = circular;
    for (const appState of [circular, 10n, { toJSON: () => refuse() }]) {
      const error = await begin(store, {}, appState).catch((reason) => reason);
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.equal(
        'passport-freedom-id: the state given to passport.authenticate() must be JSON',
      );
      expect(error.cause).to.be.instanceOf(Error);
    }
  });

  it('is assigned to the session anew at each change, because some session libraries see no other change', async () => {
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

  it('is saved before the store calls back, where the session can be saved', async () => {
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

  it('is saved without the used state before the store calls back', async () => {
    const session: Session = {};
    const state = await begin(store, session);
    const saved: string[] = [];
    session.regenerate = () => {};
    session.save = (done: () => void) => {
      saved.push(JSON.stringify(session['freedom-id']));
      setImmediate(done);
    };
    const check = redeem(session, state).then((result) => [result.ok, ...saved]);
    expect(await check).to.deep.equal([true, '{}']);
    const failing: Session = { regenerate: () => {}, save: (done: () => void) => done() };
    const another = await begin(store, failing);
    const reason = new Error('redis down');
    failing.save = (done: (error: Error) => void) => done(reason);
    expect(await redeem(failing, another).catch((error) => error)).to.equal(reason);
  });

  it('is saved by a function that returns a promise and knows no callback', async () => {
    const session: Session = { regenerate: () => {}, save: async () => 'saved' };
    const state = await begin(store, session);
    expect(await redeem(session, state)).to.include({ ok: true });
  });

  it('is saved at once only where the session has both functions that Passport uses to save it', async () => {
    const save = () => expect.fail('it was saved');
    for (const session of [{ save }, { save, regenerate: true }, { save: true, regenerate: () => {} }]) {
      expect(await begin(store, session)).to.be.a('string');
    }
  });

  it('replaces entries of the session that are no pending logins', async () => {
    const later = Date.now();
    const demo = ['x', null, ['only'], [1, 2], [7, later], ['state', 'late'], ['state', String(later)]];
    const halfGood = { 'freedom-id': { demo, other: 7 } };
    const state = await begin(store, halfGood);
    expect(Object.keys(halfGood['freedom-id'])).to.deep.equal(['demo']);
    expect(halfGood['freedom-id'].demo).to.have.length(1);
    expect(await redeem(halfGood, state)).to.include({ ok: true });
  });

  it('is an error that asks for session middleware when there is no session', async () => {
    for (const session of [undefined, null, 'text']) {
      const error = await storeState(store, { session }, undefined, meta).catch((reason) => reason);
      expect(error.message).to.match(/no session .* session middleware/);
    }
  });
});
