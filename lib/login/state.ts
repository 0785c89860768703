import { randomBytes } from 'node:crypto';
import { fromCallback } from './app-function';

/** What passport-oauth2 tells a state store about the strategy. */
export interface StateMetadata {
  authorizationURL: string;
  tokenURL: string;
  clientID: string;
  callbackURL: string;
}

type StoreCallback = (error: unknown, state?: unknown) => void;
type VerifyCallback = (error: unknown, ok?: unknown, state?: unknown) => void;

/** Any of passport-oauth2's state stores. Which parameters it takes is told by the number that it declares. */
export interface StateStore {
  // biome-ignore lint/suspicious/noExplicitAny: passport-oauth2 has four forms of it
  store(...args: any[]): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: passport-oauth2 has two forms of it
  verify(...args: any[]): unknown;
}

/** Whether a callback belongs to a login that this browser has started. */
export type StateCheck = { ok: true; appState?: unknown } | { ok: false; info?: unknown };

/** Remembers a login that starts. @returns the `state` for the redirect URI, if the store gives one */
export async function storeState(
  store: StateStore,
  req: unknown,
  appState: unknown,
  meta: StateMetadata,
): Promise<string | undefined> {
  const [state] = await fromCallback((done) => {
    switch (store.store.length) {
      case 5: // the third is PKCE's code verifier, which this flow has not
        return store.store(req, undefined, appState, meta, done);
      case 4:
        return store.store(req, appState, meta, done);
      case 3:
        return store.store(req, meta, done);
      default:
        return store.store(req, done);
    }
  });
  if (state === undefined || state === null) return undefined;
  if (typeof state !== 'string') throw new TypeError('FreedomIdStrategy: store must call back with a string');
  return state;
}

/** Asks the store about the `state` that came back. */
export async function verifyState(
  store: StateStore,
  req: unknown,
  state: string | undefined,
  meta: StateMetadata,
): Promise<StateCheck> {
  const [ok, info] = await fromCallback((done) =>
    store.verify.length === 4 ? store.verify(req, state, meta, done) : store.verify(req, state, done),
  );
  return ok ? { ok: true, appState: info } : { ok: false, info };
}

/** For `state: false`: any callback is taken for the answer to a login of this browser. */
export const noStateStore: StateStore = {
  store(_req: unknown, appState: unknown, _meta: StateMetadata, done: StoreCallback) {
    if (appState === undefined) return done(null);
    return done(
      new TypeError('FreedomIdStrategy: the state of the app cannot be kept with the option state: false'),
    );
  },
  verify(_req: unknown, _state: string | undefined, _meta: StateMetadata, done: VerifyCallback) {
    done(null, true);
  },
};

/** The `state` value, when it began (Unix seconds), and what the app wants back. Short: a cookie may have to hold ten. */
type PendingLogin = [state: string, startedAt: number, appState?: unknown];

/** What of a request is read and written: its session, and nothing else of it. */
export interface RequestWithSession {
  session?: unknown;
}

const MAX_PENDING = 10;
const MAX_AGE = 3600;

const UNKNOWN_STATE =
  'This login was not started in this browser, took over an hour, or was used already; please start again.';

/**
 * Keeps pending logins in the session: under `key`, by client id, the newest last. Each is good once and for an hour.
 * By client id, so that of two clients that share a session neither takes the other's login for its own.
 */
export class SessionStateStore implements StateStore {
  constructor(private readonly key: string) {}

  store(
    req: RequestWithSession,
    appState: unknown,
    { clientID }: StateMetadata,
    done: StoreCallback,
  ): unknown {
    const session = sessionOf(req);
    const pending = this.load(session);
    const state = randomBytes(32).toString('base64url');
    // A copy, as every session store would make one: state that cannot be kept is found here, not while saving.
    const kept = toJSON(appState);
    const login: PendingLogin = kept === undefined ? [state, now()] : [state, now(), kept];
    pending.set(clientID, [...(pending.get(clientID) ?? []), login].slice(-MAX_PENDING));
    this.save(session, pending);
    return persist(session, (error) => done(error, state));
  }

  verify(
    req: RequestWithSession,
    state: string | undefined,
    { clientID }: StateMetadata,
    done: VerifyCallback,
  ): void {
    const session = sessionOf(req);
    const pending = this.load(session);
    const logins = pending.get(clientID) ?? [];
    const login = logins.find(([candidate]) => candidate === state);
    if (!login) {
      done(null, false, { message: UNKNOWN_STATE });
      return;
    }
    pending.set(
      clientID,
      logins.filter((other) => other !== login),
    );
    this.save(session, pending);
    done(null, true, login[2]);
  }

  /** What is expired, or left in the session by older or hostile code, is no login. */
  private load(session: Record<string, unknown>): Map<string, PendingLogin[]> {
    const oldest = now() - MAX_AGE;
    return new Map(
      Object.entries(session[this.key] ?? {}).map(([clientID, logins]) => [
        clientID,
        Array.isArray(logins) ? logins.filter((login) => isPendingLogin(login) && login[1] >= oldest) : [],
      ]),
    );
  }

  /** Assigned anew at top level, always: some session libraries see no other change. */
  private save(session: Record<string, unknown>, pending: Map<string, PendingLogin[]>): void {
    const used = [...pending].filter(([, logins]) => logins.length > 0);
    session[this.key] = used.length > 0 ? Object.fromEntries(used) : undefined;
  }
}

function isPendingLogin(login: unknown): login is PendingLogin {
  return Array.isArray(login) && typeof login[0] === 'string' && typeof login[1] === 'number';
}

function sessionOf({ session }: RequestWithSession): Record<string, unknown> {
  if (typeof session === 'object' && session !== null) return session as Record<string, unknown>;
  throw new Error(
    'FreedomIdStrategy: the request has no session to keep the state in. Add session middleware before passport, or pass the option store.',
  );
}

/**
 * Saves a session that can be saved, by the contract by which Passport saves it after a login. Left to the end of the
 * response, after the exchange with Freedom ID, another tab's login would overwrite it.
 *
 * @returns what `save` returns: an async one may reject instead of calling back
 */
function persist(session: Record<string, unknown>, done: (error: unknown) => void): unknown {
  const { save, regenerate } = session;
  if (typeof save === 'function' && typeof regenerate === 'function') return save.call(session, done);
  return done(null);
}

function toJSON(appState: unknown): unknown {
  const text = JSON.stringify(appState);
  return text === undefined ? undefined : JSON.parse(text);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
