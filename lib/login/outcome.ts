import { toError } from './app-function';

/** Why a login failed, stable across versions. */
export type FailureReason =
  /** The user refused at Freedom ID. */
  | 'cancelled'
  /** Freedom ID did not accept the authorization code. */
  | 'code-refused'
  /** The session that came along has no login under way, or no longer: its cookie, the host or the session store is to blame. */
  | 'no-pending-login'
  /** The session has logins under way, but not this one; or a store of the app's own did not accept the state. */
  | 'unknown-state'
  /** The callback has a parameter twice, or neither a code nor an error. */
  | 'malformed-callback'
  /** The callback URL is relative, and the request names no valid host. */
  | 'no-host'
  /** A link preview or a scanner asked for the callback. The login can still be finished. */
  | 'head-request'
  /** The app's verify function gave no user. */
  | 'verify';

/** How a request ends: in one of Passport's actions. */
export type Outcome =
  | { action: 'redirect'; url: string }
  | { action: 'success'; user: unknown; info: unknown }
  | { action: 'fail'; info: unknown; status?: number }
  | { action: 'error'; error: object };

/** The actions that Passport puts on a strategy. `@types/passport` is narrower about users and infos. */
export interface Actions {
  redirect(url: string): void;
  success(user: unknown, info?: unknown): void;
  fail(info: unknown, status?: number): void;
  error(error: object): void;
}

/** Takes the one action that an outcome stands for. */
export function act(actions: Actions, outcome: Outcome): void {
  switch (outcome.action) {
    case 'redirect':
      redirect(actions, outcome.url);
      break;
    case 'success':
      actions.success(outcome.user, outcome.info);
      break;
    case 'fail':
      actions.fail(outcome.info, outcome.status);
      break;
    case 'error':
      actions.error(outcome.error);
  }
}

/**
 * `redirect` throws if the response has already ended, for example by a timeout of the app. It runs no code of the app, so
 * calling `error` next is safe.
 */
function redirect(actions: Actions, url: string): void {
  try {
    actions.redirect(url);
  } catch (reason) {
    actions.error(toError(reason));
  }
}
