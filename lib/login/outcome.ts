import { toError } from './app-function';

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
