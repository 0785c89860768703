import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import { FreedomIdOidcStrategy } from '../../lib/oidc/index';
import type { RunningApp } from '../support/app';
import { minimalOptions } from '../support/options';

/** The strategies that every app has, side by side. */
export const STRATEGIES = ['freedom-id', 'freedom-id-oidc'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export interface HostOptions {
  /** For each of the strategies, `stateIn` apart, which is for Freedom ID's own flow. */
  strategy: { baseURL: string } & Pick<FreedomIdStrategyOptions, 'proxy' | 'refusalCodes' | 'stateIn'>;
  /** Whether the framework trusts the forwarded headers of every client. */
  trustProxy: boolean;
}

/**
 * An app as users of a framework write it. Both strategies are in it, with one client id. It serves, as JSON:
 *
 * | path | |
 * | --- | --- |
 * | `/me`, `/logout` | `{ user }` |
 * | `/sign-in` | `{ messages }`, of failed logins |
 *
 * and, in a router that is mounted at `/` and the name of the strategy:
 *
 * | path | |
 * | --- | --- |
 * | `/login?callback=…&returnTo=…` | starts a login; both parameters may be left out |
 * | `/callback`, `/callback/…` | finishes the login: `{ user, info }`, or Passport's own response |
 * | `/callback-or-page` | the same; a failure redirects to `/sign-in`, which shows the reason |
 * | `/callback-custom` | the same, but the app's own callback responds: `{ error, user, info, status }` |
 * | `/connect`, `/connected` | `passport.authorize`: `{ user, account }` |
 *
 * An error is served as `{ error: message }`, with the error's own status.
 */
export interface Host {
  name: string;
  /** Which value the framework takes when a trusted forwarded header has several. */
  forwardedValue: 'first' | 'last';
  start(options: HostOptions): Promise<RunningApp>;
}

/** The callback URL is relative, because each app mounts its login routes somewhere. */
export function strategyOptions(strategy: HostOptions['strategy']) {
  return { ...minimalOptions, callbackURL: 'callback', ...strategy };
}

export function oidcOptions({ stateIn: _, ...strategy }: HostOptions['strategy']) {
  return { ...strategyOptions(strategy), jwksURL: `${strategy.baseURL}/api/v1/oidc/jwks` };
}

export function makeStrategies(
  strategy: HostOptions['strategy'],
): [FreedomIdStrategy, FreedomIdOidcStrategy] {
  const verify = async (_accessToken: string, _refreshToken: unknown, { id }: { id: string }) => ({ id });
  return [
    new FreedomIdStrategy(strategyOptions(strategy), verify),
    new FreedomIdOidcStrategy(oidcOptions(strategy), verify),
  ];
}

/** So that other tabs can finish their logins, too. */
export const SIGN_IN = { keepSessionInfo: true };
export const OR_PAGE = { failureRedirect: '/sign-in', failureMessage: true };

/** For `passport.authenticate` at `/login`. `object`, because not every `AuthenticateOptions` has all of them. */
export function loginOptions(url: string | undefined): object {
  const { searchParams } = new URL(url ?? '', 'http://localhost');
  const callback = searchParams.get('callback');
  const returnTo = searchParams.get('returnTo');
  return { ...(callback && { callbackURL: callback }), ...(returnTo && { state: returnTo }) };
}

/** For `passport.authorize` at `/connect`. */
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
