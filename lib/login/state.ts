import { randomBytes } from 'node:crypto';
import { compact } from '../profile';
import { fromCallback } from './app-function';
import type { FailureReason } from './outcome';

/** What a {@link StateStore} is told about the strategy, as in passport-oauth2. */
export interface StateMetadata {
  /** The strategy's `authorizationURL`. */
  authorizationURL: string;
  /** The strategy's `tokenURL`. */
  tokenURL: string;
  /** The client id. */
  clientID: string;
  /** The redirect URI of this login, absolute. */
  callbackURL: string;
}

/**
 * A state store made for passport-oauth2: it keeps pending logins. The number of parameters that a method declares says what it is
 * called with.
 */
export interface StateStore {
  /**
   * Keeps a login that starts. `(req, done)`, `(req, meta, done)`, `(req, appState, meta, done)` or
   * `(req, verifier, appState, meta, done)`, where `meta` is {@link StateMetadata}. It calls `done(error)` or `done(null, state)`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: passport-oauth2 has four forms of it
  store(...args: any[]): unknown;
  /**
   * Checks the state of a callback. `(req, state, done)` or `(req, state, meta, done)`, where `meta` is {@link StateMetadata}. It calls
   * `done(error)`, `done(null, true, appState)`, or `done(null, false, info)` for a failed login.
   */
  // biome-ignore lint/suspicious/noExplicitAny: passport-oauth2 has two forms of it
  verify(...args: any[]): unknown;
}

/** Whether a callback belongs to a login that this browser started. */
type StateCheck = { ok: true; appState?: unknown } | { ok: false; reason: FailureReason; info: object };

const UNKNOWN_STATE =
  'This login was not started in this browser, took over an hour, or was used already; please start again.';

/** Remembers a login that starts. @returns the `state` for the redirect URI, if the store gives one */
export async function storeState(
  store: StateStore,
  req: unknown,
  appState: unknown,
  meta: StateMetadata,
): Promise<string | undefined> {
  const [state] = await ask(store, 'store', storeArguments(store.store.length, req, appState, meta));
  if (state === undefined || state === null) return undefined;
  if (typeof state !== 'string')
    throw new TypeError('passport-freedom-id: store must call back with a string');
  return state;
}

function storeArguments(arity: number, req: unknown, appState: unknown, meta: StateMetadata): unknown[] {
  switch (arity) {
    case 5: // PKCE's code verifier is never sent, but such a store does not accept a login without one.
      return [req, randomBytes(32).toString('base64url'), appState, meta];
    case 4:
      return [req, appState, meta];
    case 3:
      return [req, meta];
    default:
      return [req];
  }
}

/** Asks the store about the `state` that came back. */
export async function verifyState(
  store: StateStore,
  req: unknown,
  state: string | undefined,
  meta: StateMetadata,
): Promise<StateCheck> {
  const args = store.verify.length === 4 ? [req, state, meta] : [req, state];
  const [ok, info] = await ask(store, 'verify', args);
  if (ok) return { ok: true, appState: info };
  const said: { message?: unknown; reason?: unknown } =
    typeof info === 'object' && info !== null ? info : { message: info };
  const reason = said.reason === 'no-pending-login' ? said.reason : 'unknown-state';
  return { ok: false, reason, info: { ...compact(said), message: said.message ?? UNKNOWN_STATE, reason } };
}

/** A store passes its result to a callback. One that returns its result instead would never end the login, so it is an error. */
function ask(store: StateStore, method: 'store' | 'verify', args: unknown[]): Promise<unknown[]> {
  return fromCallback((done) => {
    const returned = store[method](...args, done);
    if (store[method].length > args.length || returned === undefined) return returned;
    return Promise.resolve(returned).then(() =>
      done(
        new TypeError(
          `passport-freedom-id: ${method} of the option store must declare a callback and call it, as for passport-oauth2: what it returns is not read`,
        ),
      ),
    );
  });
}

/**
 * The store of the option `state: false`: it accepts every callback. A string is sent as it is, for an app that compares it
 * itself.
 */
export const noStateStore: StateStore = {
  store(_req: unknown, appState: unknown, _meta: StateMetadata, done: (error: null, state: unknown) => void) {
    if (appState !== undefined && typeof appState !== 'string') {
      throw new TypeError(
        'passport-freedom-id: with the option state: false, the state given to passport.authenticate() must be a string, which is sent as it is; to keep anything else, pass the option store',
      );
    }
    done(null, appState);
  },
  verify(
    _req: unknown,
    _state: string | undefined,
    _meta: StateMetadata,
    done: (error: null, ok: true) => void,
  ) {
    done(null, true);
  },
};
