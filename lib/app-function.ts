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
      if (isThenable(returned)) returned.then(undefined, fail);
    } catch (reason) {
      fail(reason);
    }
  });
}

/**
 * Calls a function of the app with `done` behind its arguments, and waits for its answer: by `done`, by a promise or by
 * a plain value, whichever comes first.
 *
 * @param name - what to call the function in an error
 */
export function fromEither(name: string, call: AppFunction, args: unknown[]): Promise<unknown[]> {
  const declaresDone = call.length > args.length;
  return fromCallback((done) => {
    const returned = call(...args, done);
    if (isThenable(returned)) {
      return Promise.resolve(returned).then((value) => {
        if (value !== undefined || !declaresDone) done(null, value);
      });
    }
    // What a function with `done` returns at once is a by-product. One that shows no parameters may be a wrapper (a spy,
    // Nest's) around one with `done`.
    if (declaresDone || (call.length === 0 && returned === undefined)) return undefined;
    // Without `done` and without a value, the login would wait for ever.
    if (returned === undefined)
      throw new TypeError(`${name} returned nothing: return a value, or declare done and call it`);
    return done(null, returned);
  });
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
