import { inspect, isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type VerifyFunction,
  type VerifyFunctionWithRequest,
} from '../../lib';
import type { AppFunction, Done } from '../../lib/login/app-function';
import { type Ending, endingOf } from '../support/ending';
import { memoryProvider } from '../support/memory-provider';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';

type When = 'at once' | 'soon' | 'later';

/** One call of done. */
interface Call {
  when: When;
  args: unknown[];
}

/** How the function itself ends. */
interface Finish {
  how: 'return' | 'throw' | 'resolve' | 'reject';
  value: unknown;
  when: When;
}

/** What a generated verify function does. */
interface Plan {
  passReqToCallback: boolean;
  arity: number;
  calls: Call[];
  finish: Finish;
}

const anyError = Symbol('any Error');

/** An action in which the strategy may end, after what verify did. */
type Outcome =
  | { action: 'success'; user: unknown; info: unknown }
  | { action: 'fail'; info: unknown }
  | { action: 'error'; reason: unknown };

// biome-ignore-start lint/suspicious/noThenProperty: an app may return and call back with anything
const resolving = { then: (resolve: (value: unknown) => void) => resolve(user) };
const contradicting = {
  then(resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
    resolve(user);
    reject(new Error('second'));
    throw new Error('third');
  },
};
const throwing = {
  then() {
    throw new Error('by then');
  },
};
const throwingInGetter = {
  get then() {
    throw new Error('by the getter');
  },
};
// biome-ignore-end lint/suspicious/noThenProperty: see above

const user = { name: 'user' };
const nothing = [undefined, null, false, 0, ''];
const reasons = [new Error('reason'), { status: 403 }, 'route', 'router', 7, true];
const infos = [undefined, null, 'text', { message: 'message' }];

const someone = fc.constantFrom<unknown>(user, { name: 'other' }, 'name', 7, ...nothing);
const unusable = fc.constantFrom<unknown>(Promise.resolve(false), throwing, throwingInGetter);
const when = fc.constantFrom<When>('at once', 'soon', 'later');

const call: fc.Arbitrary<Call> = fc.record({
  when,
  args: fc.oneof<fc.Arbitrary<unknown[]>[]>(
    fc.tuple(fc.constantFrom(...nothing), someone, fc.constantFrom(...infos)),
    fc.tuple(fc.constantFrom(...reasons), someone),
    fc.tuple(fc.constant(null), unusable),
    fc.constant([]),
  ),
});

const ending = (how: Finish['how'], value: fc.Arbitrary<unknown>): fc.Arbitrary<Finish> =>
  fc.record({ how: fc.constant(how), value, when });

const finish = fc.oneof(
  ending('return', fc.constant(undefined)),
  ending('return', fc.oneof(someone, fc.constantFrom(resolving, contradicting, throwing, throwingInGetter))),
  ending('throw', fc.constantFrom(...reasons, ...nothing)),
  ending('resolve', someone),
  ending('reject', fc.constantFrom(...reasons, ...nothing)),
);

/** How many parameters a verify function may declare: those of its forms, or a wrapper's. */
function arities(passReqToCallback: boolean): number[] {
  return passReqToCallback ? [0, 1, 4, 5, 6] : [0, 3, 4, 5];
}

const plan = fc
  .boolean()
  .chain(
    (passReqToCallback): fc.Arbitrary<Plan> =>
      fc.record({
        passReqToCallback: fc.constant(passReqToCallback),
        arity: fc.constantFrom(...arities(passReqToCallback)),
        calls: fc.array(call, { maxLength: 3 }),
        finish,
      }),
  )
  .map((made): Plan => {
    // A verify function that never ends leaves its login open: the library cannot tell it from a slow one.
    const late: Call = { when: 'later', args: [null, user] };
    return outcomesOf(made).length > 0 ? made : { ...made, calls: [...made.calls, late] };
  });

function verifyOf({ arity, calls, finish }: Plan, seen: unknown[][]): AppFunction {
  const verify: AppFunction = (...args) => {
    seen.push(args);
    const done: Done = args.at(-1);
    for (const { when, args } of calls) at(when, () => done(...args));
    if (finish.how === 'return') return finish.value;
    if (finish.how === 'throw') throw finish.value;
    const { how, value } = finish;
    return new Promise((resolve, reject) => {
      at(finish.when, () => (how === 'resolve' ? resolve(value) : reject(value)));
    });
  };
  return Object.defineProperty(verify, 'length', { value: arity });
}

function at(when: When, act: () => void): void {
  if (when === 'at once') act();
  else if (when === 'soon') process.nextTick(act);
  else setImmediate(act);
}

/** The outcomes that are allowed: only one, if the function answers before it returns. */
function outcomesOf(plan: Plan): Outcome[] {
  const [first] = plan.calls.filter((call) => call.when === 'at once');
  if (first) return [outcomeOfCall(first)];
  const later = plan.calls.map(outcomeOfCall);
  const finished = outcomeOfFinish(plan);
  if (!finished) return later;
  const { how, value } = plan.finish;
  const isAtOnce = how === 'throw' || (how === 'return' && !isThenable(value));
  return isAtOnce ? [finished] : [finished, ...later];
}

function outcomeOfCall({ args: [error, someone, info] }: Call): Outcome {
  if (error) return { action: 'error', reason: error };
  return isThenable(someone) ? { action: 'error', reason: anyError } : outcomeFor(someone, info);
}

/** Looks for `then` without calling its getter. */
function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function outcomeFor(someone: unknown, info?: unknown): Outcome {
  if (someone) return { action: 'success', user: someone, info: info ?? {} };
  const ownInfo = { message: 'This account may not sign in here.', reason: 'verify' };
  return { action: 'fail', info: info ?? ownInfo };
}

/** What the function's own result means. @returns undefined if it is no answer, or does not count */
function outcomeOfFinish({ arity, passReqToCallback, finish: { how, value } }: Plan): Outcome | undefined {
  if (how === 'throw' || how === 'reject') return { action: 'error', reason: value };
  const declaresDone = arity >= (passReqToCallback ? 5 : 4);
  if (declaresDone) return how === 'resolve' && value !== undefined ? outcomeFor(value) : undefined;
  if (value === resolving || value === contradicting) return outcomeFor(user);
  if (value === throwing || value === throwingInGetter) return { action: 'error', reason: anyError };
  if (value !== undefined || how === 'resolve') return outcomeFor(value);
  const isWrapper = arity <= (passReqToCallback ? 1 : 0);
  return isWrapper ? undefined : { action: 'error', reason: anyError };
}

function isOutcome({ action, args }: Ending, outcome: Outcome): boolean {
  if (action !== outcome.action) return false;
  if (outcome.action === 'success')
    return args[0] === outcome.user && isDeepStrictEqual(args[1], outcome.info);
  if (outcome.action === 'fail') return isDeepStrictEqual(args[0], outcome.info);
  const { reason } = outcome;
  if (typeof reason === 'object' && reason !== null) return args[0] === reason;
  return args[0] instanceof Error && (reason === anyError || args[0].cause === reason);
}

/** A verify function whose author may have had another form in mind than the one that it has. */
interface Misunderstanding {
  passReqToCallback: boolean;
  skipUserProfile: boolean | (() => boolean);
  /** The form that the author had in mind. */
  form: { withRequest: boolean; withParams: boolean };
  /** How many parameters it declares: default values, rest parameters and minifiers make it any number. */
  arity: number;
  read(profile: { id: unknown } | undefined): object | undefined;
  answer: 'promise' | 'value' | 'done at once' | 'done later' | 'the last argument';
}

const misunderstanding: fc.Arbitrary<Misunderstanding> = fc.record({
  passReqToCallback: fc.boolean(),
  skipUserProfile: fc.constantFrom<Misunderstanding['skipUserProfile'][]>(false, false, true, () => false),
  form: fc.record({ withRequest: fc.boolean(), withParams: fc.boolean() }),
  arity: fc.nat(9),
  read: fc.constantFrom<Misunderstanding['read'][]>(
    (profile) => ({ id: (profile as { id: unknown }).id }),
    (profile) => ({ id: profile?.id }),
    (profile) => {
      const { id } = profile as { id: unknown };
      return { id };
    },
    (profile) => ({ id: { ...profile }.id, name: 'user' }),
    (profile) => ({ id: Object.assign({ name: 'user' }, profile).id }),
  ),
  answer: fc.constantFrom<Misunderstanding['answer'][]>(
    'promise',
    'value',
    'done at once',
    'done later',
    'the last argument',
  ),
});

/** @param taken - gets what the function takes for the profile */
function misunderstood({ form, arity, read, answer }: Misunderstanding, taken: unknown[]): AppFunction {
  const place = 2 + Number(form.withRequest) + Number(form.withParams);
  const verify: AppFunction = (...args) => {
    const act = () => {
      taken.push(args[place]);
      const someone = read(args[place]);
      const done = answer === 'the last argument' ? args.at(-1) : args[place + 1];
      return answer === 'promise' || answer === 'value' ? someone : done(null, someone);
    };
    // What is returned beside a declared `done` is ignored, but for a promise.
    if (answer === 'done at once' || (answer === 'value' && arity < 4)) return act();
    return Promise.resolve().then(act);
  };
  return Object.defineProperty(verify, 'length', { value: arity });
}

/** Whether verify has the form that its author had in mind, and gets a profile. */
function isRight({ passReqToCallback, skipUserProfile, form, arity }: Misunderstanding): boolean {
  const all = (passReqToCallback ? 6 : 5) === arity;
  return skipUserProfile !== true && form.withRequest === passReqToCallback && form.withParams === all;
}

function isTaken({ passReqToCallback, skipUserProfile, arity }: Misunderstanding): boolean {
  if (skipUserProfile !== false && arity <= (passReqToCallback ? 6 : 5)) return true;
  return arities(passReqToCallback).includes(arity);
}

describe('whatever form the author of a verify function had in mind', () => {
  property('nobody is signed in without the id of the profile', misunderstanding, async (wrong) => {
    const { passReqToCallback, skipUserProfile } = wrong;
    const made = {
      ...minimalOptions,
      state: false,
      fetch: memoryProvider(),
      passReqToCallback,
      skipUserProfile,
    };
    const taken: unknown[] = [];
    const construct = () =>
      new FreedomIdStrategy(made as FreedomIdStrategyOptions, misunderstood(wrong, taken) as VerifyFunction);
    if (!isTaken(wrong)) {
      expect(construct).to.throw(TypeError, 'default value');
      return;
    }
    const { action, args } = await endingOf(construct(), { url: '/cb?authorization_code=C' });
    if (isRight(wrong)) expect(action).to.equal('success');
    if (action === 'success') expect(args[0]).to.have.property('id', '1');
    else expect(action, inspect(args)).to.equal('error');
    const [profile] = taken;
    if (typeof profile === 'function') expect(String(args[0])).to.include('done as if it were the profile');
  });
});

describe('whatever a verify function does', () => {
  property('ends in one action, which it has asked for', plan, async (planned) => {
    const { passReqToCallback, arity } = planned;
    const options = { ...minimalOptions, state: false, fetch: memoryProvider() };
    const seen: unknown[][] = [];
    const verify = verifyOf(planned, seen);
    const strategy = passReqToCallback
      ? new FreedomIdStrategy({ ...options, passReqToCallback }, verify as VerifyFunctionWithRequest<object>)
      : new FreedomIdStrategy(options, verify as VerifyFunction);
    const req = { url: '/cb?authorization_code=C' };

    const ending = await endingOf(strategy, req);

    const outcomes = outcomesOf(planned);
    const isAskedFor = outcomes.some((outcome) => isOutcome(ending, outcome));
    expect(isAskedFor, `${inspect(ending)} is none of ${inspect(outcomes)}`).to.equal(true);

    expect(seen).to.have.length(1);
    const args = passReqToCallback ? seen[0]?.slice(1) : seen[0];
    if (passReqToCallback) expect(seen[0]?.[0]).to.equal(req);
    const withParams = arity === (passReqToCallback ? 6 : 5);
    expect(args).to.have.length(withParams ? 5 : 4);
    expect(args?.slice(0, 2)).to.deep.equal(['access', 'refresh']);
    if (withParams) expect(args?.[2]).to.include({ access_token: 'access' });
    expect(args?.at(-2)).to.include({ provider: 'freedom-id', id: '1' });
  });
});
