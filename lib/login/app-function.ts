import { types } from 'node:util';

/** Taken now, because a test of the app may replace it while a login is under way: Jest's fake timers do. */
export const { nextTick } = process;

/** A callback in Node's style: `(error)`, or `(null, ...values)`. */
export type Done = (error?: unknown, ...values: unknown[]) => void;

// biome-ignore lint/suspicious/noExplicitAny: functions of the app have no parameter list in common
export type AppFunction = (...args: any[]) => unknown;

/**
 * Calls a function that takes a callback, and returns a promise of the callback's values. Only the first call of the callback
 * counts. The promise rejects with an error that is called back or thrown, or with the rejection of a promise that the function
 * returns. What such a promise resolves to is ignored.
 */
export function fromCallback(call: (done: Done) => unknown): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => reject(toError(reason));
    try {
      const returned = call((error, ...values) => (error ? fail(error) : resolve(values)));
      if (types.isPromise(returned)) returned.then(undefined, fail);
    } catch (reason) {
      fail(reason);
    }
  });
}

/**
 * Passes a promise's result to a callback, outside of the promise: an error that the callback throws surfaces as an
 * uncaught exception and is not passed to the callback again. `util.callbackify` does the same, but makes a new function
 * for each call, which takes as long as the rest of this package's code in a login.
 */
export function passTo<T>(result: Promise<T>, done: (error?: unknown, value?: T) => void): void {
  result.then(
    (value) => nextTick(done, null, value),
    (reason) => nextTick(done, toError(reason)),
  );
}

/**
 * Calls a function of the app with its arguments, `done` among them, and waits for its result: passed to `done`, or returned
 * as a promise or a value. Only the first result counts.
 *
 * @param name - the function's name in errors
 * @param wrapperLength - how many parameters a wrapper (a spy, Nest's) around a function that calls `done` may declare
 */
export function fromEither(
  name: string,
  call: AppFunction,
  argumentsWith: (done: Done) => unknown[],
  wrapperLength = 0,
): Promise<unknown[]> {
  return fromCallback((done) => {
    const args = argumentsWith(done);
    const returned = call(...args);
    if (call.length > args.indexOf(done)) return takeBesideDone(returned, done);
    // A wrapper's function may call `done` later.
    if (returned === undefined && call.length <= wrapperLength) return undefined;
    return takeInstead(name, returned, done);
  });
}

/**
 * For a function that declares `done`: its result is passed to `done`, or is a promise of a value. Anything else that it returns
 * is ignored: an arrow function without braces returns its body unintentionally, and to call `then` on a database query would start it.
 */
function takeBesideDone(returned: unknown, done: Done): unknown {
  if (!types.isPromise(returned)) return undefined;
  return returned.then((value) => {
    if (value !== undefined) done(null, value);
  });
}

/** For a function that does not declare `done`: what it returns is the result. */
function takeInstead(name: string, returned: unknown, done: Done): unknown {
  if (isThenable(returned)) return Promise.resolve(returned).then((value) => done(null, value));
  if (returned !== undefined) return done(null, returned);
  throw new TypeError(
    `passport-freedom-id: ${name} returned nothing: return a value, or declare done and call it; if a wrapper drops what ${name} returns, only done works`,
  );
}

/**
 * Makes an object of anything that was thrown. Passport passes it to `next()`, and Express would let the request through to the
 * protected route if that were `undefined`, `null`, `'route'` or `'router'`.
 */
export function toError(reason: unknown): object {
  if (typeof reason === 'object' && reason !== null) return reason;
  const message =
    typeof reason === 'string' && reason !== '' ? reason : 'The app failed without giving a reason';
  return new Error(message, { cause: reason });
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
