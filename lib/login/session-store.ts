import { randomBytes } from 'node:crypto';
import { copyJSON } from '../http/json';
import { fromCallback, isThenable } from './app-function';
import type { StateMetadata, StateStore } from './state';

/** The part of a request that is read and written: its session, and nothing else. */
export interface RequestWithSession {
  session?: unknown;
}

/** The state, when the login began (Unix seconds), and the app's own state. An array, because a cookie may have to hold ten of them. */
type PendingLogin = [state: string, startedAt: number, appState?: unknown];

/** A pending login, and the client that it belongs to. */
interface Entry {
  clientID: string;
  login: PendingLogin;
}

type StoreDone = (error: unknown, state?: string) => void;
type VerifyDone = (error: unknown, ok?: boolean, info?: unknown) => void;

const MAX_PENDING = 10;
const MAX_AGE = 3600;

/** Bytes of JSON. A session in a cookie has 4,096 bytes for everything, and encoding makes this a third larger. */
const MAX_SIZE = 1536;
const MAX_APP_STATE_SIZE = 1024;

/**
 * Keeps pending logins in the session: under `key`, by client id, the newest last. Each can be finished once, within an hour.
 * The lists of two clients that share a session are separate, so that neither accepts the other's login.
 */
export class SessionStateStore implements StateStore {
  constructor(private readonly key: string) {}

  store(req: RequestWithSession, appState: unknown, { clientID }: StateMetadata, done: StoreDone): void {
    const session = sessionOf(req);
    const state = randomBytes(32).toString('base64url');
    const kept = copyOf(appState);
    const login: PendingLogin = kept === undefined ? [state, now()] : [state, now(), kept];
    this.save(session, fitting([...this.load(session), { clientID, login }]));
    persist(session).then(() => done(null, state), done);
  }

  verify(
    req: RequestWithSession,
    state: string | undefined,
    { clientID }: StateMetadata,
    done: VerifyDone,
  ): void {
    const session = sessionOf(req);
    const pending = this.load(session);
    const entry = pending.find(({ clientID: owner, login }) => owner === clientID && login[0] === state);
    if (!entry) {
      done(null, false, pending.length === 0 ? { reason: 'no-pending-login' } : undefined);
      return;
    }
    this.save(
      session,
      pending.filter((other) => other !== entry),
    );
    // Saved before anything is sent to Freedom ID, so that the same callback again is refused.
    persist(session).then(() => done(null, true, entry.login[2]), done);
  }

  /** The oldest first. Ignores what has expired, and anything else that older or hostile code has left in the session. */
  private load(session: Record<string, unknown>): Entry[] {
    const oldest = now() - MAX_AGE;
    const entries: Entry[] = [];
    for (const [clientID, logins] of Object.entries(session[this.key] ?? {})) {
      if (!Array.isArray(logins)) continue;
      for (const login of logins) {
        if (isPendingLogin(login) && login[1] >= oldest) entries.push({ clientID, login });
      }
    }
    return entries.sort((one, other) => one.login[1] - other.login[1]);
  }

  /**
   * Always assigns the key anew, because some session libraries notice no other change. If no login is left, it is an empty
   * object: some stores refuse `undefined`, and one session library keeps a key that is deleted.
   */
  private save(session: Record<string, unknown>, pending: readonly Entry[]): void {
    session[this.key] = byClient(pending);
  }
}

/** Keeps the client's newest ten logins, and drops the oldest of all while they are too large. The newest one always stays. */
function fitting(pending: readonly Entry[]): Entry[] {
  const clientID = pending.at(-1)?.clientID;
  const own = pending.filter((entry) => entry.clientID === clientID);
  const surplus = own.slice(0, -MAX_PENDING);
  const kept = pending.filter((entry) => !surplus.includes(entry));
  while (kept.length > 1 && sizeOf(byClient(kept)) > MAX_SIZE) kept.shift();
  return kept;
}

function byClient(pending: readonly Entry[]): Record<string, PendingLogin[]> {
  const logins = new Map<string, PendingLogin[]>();
  for (const { clientID, login } of pending) logins.set(clientID, [...(logins.get(clientID) ?? []), login]);
  return Object.fromEntries(logins);
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
 * Saves the session at once, if it has the two functions with which Passport itself saves a session after a login. If it were
 * saved only at the end of the response, after the exchange with Freedom ID, it would overwrite the login of another tab.
 */
async function persist(session: Record<string, unknown>): Promise<void> {
  const { save, regenerate } = session;
  if (typeof save !== 'function' || typeof regenerate !== 'function') return;
  await fromCallback((done) => {
    const returned = save.call(session, done);
    // An async function may resolve or reject instead of calling back.
    return isThenable(returned) ? Promise.resolve(returned).then(() => done()) : undefined;
  });
}

/** A JSON copy, because session stores make one anyway: app state that is not JSON fails here, not while the session is saved. */
function copyOf(appState: unknown): unknown {
  const copy = copyJSON(appState, GIVEN_STATE);
  const size = sizeOf(copy);
  if (size > MAX_APP_STATE_SIZE) {
    throw new TypeError(
      `passport-freedom-id: ${GIVEN_STATE} is ${size} bytes of JSON, but may be ${MAX_APP_STATE_SIZE} at most. Keep the data in the session, and give only its key`,
    );
  }
  return copy;
}

const GIVEN_STATE = 'the state given to passport.authenticate()';

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
