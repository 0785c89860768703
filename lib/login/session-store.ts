import { randomBytes } from 'node:crypto';
import type { StateMetadata, StateStore } from './state';

/** The part of a request that is read and written: its session, and nothing else. */
export interface RequestWithSession {
  session?: unknown;
}

/** The `state` value, when it began (Unix seconds), and the app's own state. Short, because a cookie may have to hold ten. */
type PendingLogin = [state: string, startedAt: number, appState?: unknown];

type StoreDone = (error: unknown, state?: string) => void;
type VerifyDone = (error: unknown, ok?: boolean, state?: unknown) => void;

const MAX_PENDING = 10;
const MAX_AGE = 3600;

const UNKNOWN_STATE =
  'This login was not started in this browser, took over an hour, or was used already; please start again.';

/**
 * Keeps pending logins in the session: under `key`, by client id, the newest last. Each is good once and for an hour.
 * The client id keeps two clients apart that share a session: neither takes the other's login for its own.
 */
export class SessionStateStore implements StateStore {
  constructor(private readonly key: string) {}

  store(req: RequestWithSession, appState: unknown, { clientID }: StateMetadata, done: StoreDone): unknown {
    const session = sessionOf(req);
    const pending = this.load(session);
    const state = randomBytes(32).toString('base64url');
    // A JSON copy, as stores make one anyway: app state that is no JSON fails here, not while the session is saved.
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
    done: VerifyDone,
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

  /** Ignores what is expired, and whatever else older or hostile code has left in the session. */
  private load(session: Record<string, unknown>): Map<string, PendingLogin[]> {
    const oldest = now() - MAX_AGE;
    return new Map(
      Object.entries(session[this.key] ?? {}).map(([clientID, logins]) => [
        clientID,
        Array.isArray(logins) ? logins.filter((login) => isPendingLogin(login) && login[1] >= oldest) : [],
      ]),
    );
  }

  /** Always assigns the key anew: some session libraries notice no other change. */
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
    'passport-freedom-id: the request has no session to keep the state in. Add session middleware before passport, or pass the option store.',
  );
}

/**
 * Saves the session at once, where it has the two functions by which Passport itself saves one after a login. Saved only
 * at the end of the response, after the exchange with Freedom ID, it would overwrite the login of another tab.
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
