import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import type { RunningApp } from '../support/app';
import { minimalOptions } from '../support/options';

export interface HostOptions {
  strategy: Omit<Partial<FreedomIdStrategyOptions>, 'passReqToCallback'>;
  /** Whether the framework trusts the forwarded headers of every client. */
  trustProxy: boolean;
}

/**
 * An app as users of a framework write it. It serves, as JSON:
 *
 * | path | |
 * | --- | --- |
 * | `/auth/login?callback=…&returnTo=…` | starts a login; both parameters may be left out |
 * | `/auth/callback` | finishes the login: `{ user, info }`, or Passport's own response |
 * | `/auth/callback-or-page` | the same; a failure redirects to `/sign-in`, which shows the reason |
 * | `/auth/callback-custom` | the same, but the app's own callback responds: `{ error, user, info, status }` |
 * | `/auth/connect`, `/auth/connected` | `passport.authorize`: `{ user, account }` |
 * | `/me`, `/logout` | `{ user }` |
 * | `/sign-in` | `{ messages }`, of failed logins |
 *
 * An error is served as `{ error: message }`, with the error's own status.
 */
export interface Host {
  name: string;
  /** Which value the framework takes when a trusted forwarded header has several. */
  forwardedValue: 'first' | 'last';
  start(options: HostOptions): Promise<RunningApp>;
}

/** The callback URL is relative, because each app mounts its login routes at `/auth`. */
export function strategyOptions(strategy: HostOptions['strategy']) {
  return { ...minimalOptions, callbackURL: 'callback', ...strategy };
}

export function makeStrategy(strategy: HostOptions['strategy']): FreedomIdStrategy {
  return new FreedomIdStrategy(strategyOptions(strategy), async (_accessToken, _refreshToken, { id }) => ({
    id,
  }));
}

/** So that other tabs can finish their logins, too. */
export const SIGN_IN = { keepSessionInfo: true };
export const OR_PAGE = { failureRedirect: '/sign-in', failureMessage: true };

/** For `passport.authenticate` at `/auth/login`. `object`, because not every `AuthenticateOptions` has all of them. */
export function loginOptions(url: string | undefined): object {
  const { searchParams } = new URL(url ?? '', 'http://localhost');
  const callback = searchParams.get('callback');
  const returnTo = searchParams.get('returnTo');
  return { ...(callback && { callbackURL: callback }), ...(returnTo && { state: returnTo }) };
}

/** For `passport.authorize` at `/auth/connect`. */
export const CONNECT: object = { callbackURL: 'connected' };

/** What a request holds after Passport. `account` is from `passport.authorize`, and not in `@types/passport`. */
export function answerOf(req: { user?: unknown; authInfo?: unknown; account?: unknown }): object {
  return { user: req.user, info: req.authInfo, account: req.account };
}

/** What the app's own callback responds with. */
export function customAnswer(error: unknown, user?: unknown, info?: unknown, status?: unknown): object {
  return { error: error ? errorAnswer(error).error : null, user, info, status };
}

export function errorAnswer(error: unknown): { status: number; error: string } {
  const { status = 500, message } = error as Error & { status?: number };
  return { status, error: message };
}
