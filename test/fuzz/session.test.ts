import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdStrategy } from '../../lib';
import { type Ending, endingOf } from '../support/ending';
import { memoryProvider } from '../support/memory-provider';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';

const HOUR = 3600;
const KEY = 'freedom-id';

const fetch = memoryProvider();
const strategy = new FreedomIdStrategy({ ...minimalOptions, fetch }, async (_a, _r, profile) => profile);

const start = (session: unknown) => endingOf(strategy, { url: '/login', session });
const comeBack = (session: unknown, state: string) =>
  endingOf(strategy, { url: `/cb?state=${state}&authorization_code=C`, session });

/** The states of the pending logins in a session, the oldest first. */
function statesIn(session: { [KEY]?: { demo?: unknown[] } }): unknown[] {
  return (session[KEY]?.demo ?? []).map((login) => (login as unknown[])[0]);
}

function refuse(): never {
  throw new Error('from the session');
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withTypedArray: true,
  withSparseArray: true,
});

/** Almost a pending login, `[state, startedAt, appState?]`. */
const almostLogin = fc.oneof(
  fc.tuple(fc.string(), fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null))),
  fc.tuple(fc.oneof(anything, fc.constant('__proto__')), fc.constant(Number.MAX_SAFE_INTEGER)),
  fc.array(anything, { maxLength: 4 }),
  fc.constant({ 0: 'state', 1: Number.MAX_SAFE_INTEGER, length: 2 }),
  anything,
);

const clientID = fc.constantFrom('demo', 'other', '__proto__', 'constructor', 'length');
const almostLogins = fc.dictionary(clientID, fc.oneof(fc.array(almostLogin), anything));

const junk = fc.oneof(
  anything,
  almostLogins,
  almostLogins.map((logins) => Object.freeze(logins)),
  almostLogins.map((logins) => Object.create(logins)),
  almostLogins.map((logins) => new Map(Object.entries(logins))),
);

/** A proxy handler that throws, whatever is asked of the proxy. */
const refusing: ProxyHandler<object> = {
  get: refuse,
  has: refuse,
  ownKeys: refuse,
  getOwnPropertyDescriptor: refuse,
  getPrototypeOf: refuse,
};

/** Sessions that hold junk, throw when they are used, or have a `save` that works or fails. */
const sessions: Record<string, (junk: unknown) => object> = {
  plain: (value) => ({ [KEY]: value }),
  'without a prototype': (value) => Object.assign(Object.create(null), { [KEY]: value }),
  frozen: (value) => Object.freeze({ [KEY]: value }),
  'with a proxy': (value) => ({ [KEY]: new Proxy(Object(value), { ownKeys: refuse }) }),
  'with a revoked proxy': () => ({ [KEY]: revoked() }),
  'with a getter': (value) => ({
    [KEY]: Object.defineProperty({ other: value }, 'demo', { enumerable: true, get: refuse }),
  }),
  'with a list that refuses': () => ({ [KEY]: { demo: new Proxy([['state', 1]], refusing) } }),
  'with a login that refuses': (value) => ({ [KEY]: { demo: [value, new Proxy(['state', 1], refusing)] } }),
  'that cannot be read': () => Object.defineProperty({}, KEY, { get: refuse }),
  'that cannot be written to': (value) => new Proxy({ [KEY]: value }, { set: refuse }),
  'that refuses to be written to': (value) => new Proxy({ [KEY]: value }, { set: () => false }),
  'that refuses everything': () => new Proxy({}, { ...refusing, set: refuse }),
  'that is saved': saved((done) => setImmediate(done)),
  'that is saved twice': saved((done) => [done(), done(new Error('second'))]),
  'that fails to be saved': saved((done) => done(new Error('redis down'))),
  'whose save throws after its answer': saved((done) => [done(), refuse()]),
  'whose save rejects': saved(async () => refuse()),
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

type Save = (done: (error?: unknown) => void) => unknown;

function saved(save: Save): (junk: unknown) => object {
  return (value) => ({ [KEY]: value, save, regenerate: () => undefined });
}

function expectDeliberate({ action, args }: Ending, wanted: string[]): void {
  expect(action).to.be.oneOf(wanted);
  if (action === 'fail') expect(args[1]).to.equal(403);
  if (action === 'error') expect(args[0]).to.be.instanceOf(Error);
}

describe('whatever older or hostile code has left in the session', () => {
  const anySession = fc.record({ kind: fc.constantFrom(...Object.keys(sessions)), value: junk });

  property('lets nobody in, and a login that can begin there ends well', anySession, async (generated) => {
    const session = sessions[generated.kind]?.(generated.value) ?? {};
    expectDeliberate(await comeBack(session, 'never-given'), ['fail', 'error']);
    expectDeliberate(await comeBack(session, ''), ['fail', 'error']);

    const started = await start(session);
    expectDeliberate(started, ['redirect', 'error']);
    if (started.action === 'error') return;
    const state = String(statesIn(session).at(-1));
    expect(state).to.match(/^[\w-]{43}$/);
    expectDeliberate(await comeBack(session, state), ['success']);
    expectDeliberate(await comeBack(session, state), ['fail']);
  });

  const age = fc.oneof(
    fc.integer({ min: 0, max: HOUR - 60 }),
    fc.integer({ min: HOUR + 60, max: 10 * HOUR }),
  );
  const amongJunk = fc.record({
    age,
    before: fc.array(anything),
    after: fc.array(anything),
    others: fc.dictionary(fc.constantFrom('other', 'constructor', 'length'), anything),
  });

  property('does not hide a good login, nor revive an old one', amongJunk, async (generated) => {
    const { age, before, after, others } = generated;
    const login = ['a-good-state', Math.floor(Date.now() / 1000) - age];
    const session = { [KEY]: { ...others, demo: [...before, login, ...after] } };
    const { action } = await comeBack(session, 'a-good-state');
    expect(action).to.equal(age < HOUR ? 'success' : 'fail');
    if (action === 'success') expect(statesIn(session)).to.not.include('a-good-state');
  });
});

describe('however many logins are started with state of the app', () => {
  const clients = ['demo', 'other', 'a client with a name of some length'].map(
    (clientID) =>
      new FreedomIdStrategy({ ...minimalOptions, clientID, fetch }, async (_a, _r, profile) => profile),
  );
  const steps = fc.array(
    fc.record({
      client: fc.nat({ max: clients.length - 1 }),
      appState: fc.oneof(
        fc.constant(undefined),
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.object(),
      ),
    }),
    { maxLength: 30 },
  );

  property(
    'the session stays small enough for a cookie, and the newest login can be finished',
    steps,
    async (all) => {
      const session: { [KEY]?: Record<string, unknown[][]> } = {};
      for (const { client, appState } of all) {
        const strategy = clients[client] as FreedomIdStrategy;
        const begun = await endingOf(strategy, { url: '/login', session }, { state: appState });
        const bytes = Buffer.byteLength(JSON.stringify(appState) ?? '');
        expect(begun.action).to.equal(bytes > 1024 ? 'error' : 'redirect');
        const pending = Object.values(session[KEY] ?? {});
        for (const logins of pending) expect(logins).to.have.length.of.at.most(10);
        if (pending.flat().length > 1)
          expect(Buffer.byteLength(JSON.stringify(session[KEY]))).to.be.at.most(1536);
      }
      const { client, appState } =
        all.findLast(({ appState: state }) => Buffer.byteLength(JSON.stringify(state) ?? '') <= 1024) ?? {};
      if (client === undefined) return;
      const strategy = clients[client] as FreedomIdStrategy;
      const newest = session[KEY]?.[(strategy.client as { clientID: string }).clientID]?.at(-1) as string[];
      const url = `/cb?state=${newest[0]}&authorization_code=C`;
      const { action, args } = await endingOf(strategy, { url, session });
      expect(action).to.equal('success');
      expect(args[1]).to.deep.equal(appState ? { state: JSON.parse(JSON.stringify(appState)) } : {});
    },
  );
});
