import { types } from 'node:util';

/** A callback in Node's style: `(error)`, or `(null, ...values)`. */
export type Done = (error?: unknown, ...values: unknown[]) => void;

// biome-ignore lint/suspicious/noExplicitAny: functions of the app have no parameter list in common
export type AppFunction = (...args: any[]) => unknown;

/**
 * Makes a promise of a call that answers by callback. The first answer counts. A throw is an error, and so is a promise
 * that rejects; what a promise resolves to is a by-product.
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
 * Answers by callback, and outside of the promise: what the callback throws surfaces, and is not fed back. Unlike
 * `util.callbackify` it makes no new function to do so, which takes as long as the rest of a login's own code.
 */
export function callBack<T>(answer: Promise<T>, done: (error?: unknown, value?: T) => void): void {
  answer.then(
    (value) => process.nextTick(done, null, value),
    (reason) => process.nextTick(done, toError(reason)),
  );
}

/**
 * Calls a function of the app with `done` behind its arguments, and waits for its answer: by `done`, by a promise or by
 * a plain value, whichever comes first.
 *
 * @param name - what to call the function in an error
 */
export function fromEither(name: string, call: AppFunction, args: unknown[]): Promise<unknown[]> {
  return fromCallback((done) => {
    const returned = call(...args, done);
    return call.length > args.length
      ? takeBesideDone(returned, done)
      : takeInstead(name, call, returned, done);
  });
}

/** What a function that declares `done` returns at once is a by-product, as is a lazy query; only a promise may answer. */
function takeBesideDone(returned: unknown, done: Done): unknown {
  if (!types.isPromise(returned)) return undefined;
  return returned.then((value) => {
    if (value !== undefined) done(null, value);
  });
}

function takeInstead(name: string, call: AppFunction, returned: unknown, done: Done): unknown {
  if (isThenable(returned)) return Promise.resolve(returned).then((value) => done(null, value));
  if (returned !== undefined) return done(null, returned);
  // One that shows no parameters may be a wrapper (a spy, Nest's) around one with `done`. Any other would never answer.
  if (call.length === 0) return undefined;
  throw new TypeError(`${name} returned nothing: return a value, or declare done and call it`);
}

/**
 * Makes an object of whatever was thrown. Passport hands it to `next()`, where nothing would let the request through to
 * the protected route, and so would the strings `'route'` and `'router'`.
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
