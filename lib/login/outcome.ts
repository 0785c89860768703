import { toError } from './app-function';

/** The two requests of a login: from the app to Freedom ID, and back. */
export type Leg = 'start' | 'callback';

/** Why a login failed: `info.reason`. The values stay the same in later versions. What to do about each: docs/errors.md. */
export type FailureReason =
  /** The user refused at Freedom ID. */
  | 'cancelled'
  /** Freedom ID did not accept the authorization code: it expired, or it was used before. */
  | 'code-refused'
  /** The session has no pending login: it was lost or is another one (cookie, framework or session store), or the login took too long. */
  | 'no-pending-login'
  /** The session has pending logins, but none with this state; or your own `store` did not accept the state. */
  | 'unknown-state'
  /** The callback has a parameter twice, or neither a code nor an error. */
  | 'malformed-callback'
  /** The callback URL is relative, and the request names no valid host. */
  | 'no-host'
  /** A link preview or a scanner sent a HEAD request to the callback. The login can still be finished. */
  | 'head-request'
  /** Your verify function returned no user. */
  | 'verify';

/** How a request ends: in one of Passport's actions. */
export type Outcome =
  | { action: 'redirect'; url: string }
  | { action: 'success'; user: unknown; info: unknown }
  | Failure
  | { action: 'error'; error: object };

export interface Failure {
  action: 'fail';
  reason: FailureReason;
  info: unknown;
  /** Passport's default is 401. */
  status?: number;
  /** What verify gave in place of a user: `false`, `null`, `undefined` or the like. */
  user?: unknown;
}

/** The actions that Passport puts on a strategy. `@types/passport` is narrower about users and infos. */
export interface Actions {
  redirect(url: string): void;
  success(user: unknown, info?: unknown): void;
  fail(info: unknown, status?: number): void;
  error(error: object): void;
}

/**
 * Calls the one action that an outcome stands for. Some hosts give fewer actions than Passport, and any action may throw: the
 * app's own timeout has sent a response already, or a custom callback fails. Such a failure goes to `error`, as in a handler that
 * is not asynchronous. What `error` itself throws is not caught.
 *
 * @param report - told how the request ended, before `error` is called
 */
export function act(actions: Partial<Actions>, outcome: Outcome, report: (outcome: Outcome) => void): void {
  const taken = attempt(actions, outcome);
  try {
    report(taken);
  } catch {
    // An error in a subscriber must not change how the request ends.
  }
  if (taken.action !== 'error') return;
  if (!actions.error) throw taken.error;
  actions.error(taken.error);
}

/** Calls the action, unless it is `error`. @returns the outcome, or an error if the action has failed */
function attempt({ redirect, success, fail }: Partial<Actions>, outcome: Outcome): Outcome {
  try {
    switch (outcome.action) {
      case 'redirect':
        if (!redirect) throw missingAction(outcome.action, 'the login can start');
        redirect(outcome.url);
        break;
      case 'success':
        if (!success) throw missingAction(outcome.action, 'the login succeeded');
        success(outcome.user, outcome.info);
        break;
      case 'fail':
        if (!fail)
          throw missingAction(outcome.action, `the login failed (${outcome.reason})`, outcome.status ?? 401);
        fail(outcome.info, outcome.status);
    }
    return outcome;
  } catch (reason) {
    return { action: 'error', error: toError(reason) };
  }
}

function missingAction(name: string, what: string, status?: number): Error {
  const error = new Error(`passport-freedom-id: ${what}, and this host gave the strategy no \`${name}\``);
  return Object.assign(error, status && { status });
}
