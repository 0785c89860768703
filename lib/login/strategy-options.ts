import { isText, requireThat } from '../check';
import type { FreedomIdClientOptions } from '../oauth/options';
import type { AppFunction } from './app-function';
import { checkCallbackURL } from './callback-url';
import { noStateStore, SessionStateStore, type StateStore } from './state';

/** Whether a login does without get-data: a fixed answer, or one for each login. Without it, `profile` is undefined. */
export type SkipUserProfile =
  | boolean
  | (() => boolean | PromiseLike<boolean>)
  | ((accessToken: string, done: (error?: unknown, skip?: boolean) => void) => void);

interface CommonStrategyOptions extends FreedomIdClientOptions {
  /** Where the browser comes back to: absolute, or relative to the request for the login. */
  callbackURL: string;
  /** What to ask the user for: a list, or a string with spaces or commas. @defaultValue `['read.firstname', 'read.lastname']` */
  scope?: string | readonly string[] | undefined;
  /** Protection against forged callbacks. `false` lets an attacker log a user in as somebody else. @defaultValue `true` */
  state?: boolean | undefined;
  /** A state store of passport-oauth2's kind. @defaultValue the session */
  store?: StateStore | undefined;
  /** Where in the session pending logins are kept. @defaultValue `'freedom-id'` */
  sessionKey?: string | undefined;
  /** Trust `X-Forwarded-Proto` and `-Host` for a relative `callbackURL`, whatever the framework does. @defaultValue `false` */
  proxy?: boolean | undefined;
  /** @defaultValue `false` */
  skipUserProfile?: SkipUserProfile | undefined;
}

/** The options of the strategy. */
export interface FreedomIdStrategyOptions extends CommonStrategyOptions {
  /** Call verify with the request first: see {@link FreedomIdStrategyOptionsWithRequest}. @defaultValue `false` */
  passReqToCallback?: false | undefined;
}

/** The options of a strategy whose verify function gets the request first. */
export interface FreedomIdStrategyOptionsWithRequest extends CommonStrategyOptions {
  passReqToCallback: true;
}

export type AnyStrategyOptions = FreedomIdStrategyOptions | FreedomIdStrategyOptionsWithRequest;

/** What `passport.authenticate('freedom-id', options)` understands besides Passport's own options. */
export interface FreedomIdAuthenticateOptions {
  callbackURL?: string | undefined;
  scope?: string | readonly string[] | undefined;
  /** The app's own state, JSON: it comes back as `info.state`, and never stands in for the protection. */
  state?: unknown;
}

/** The strategy's options without the client's, checked and complete. */
export interface StrategySettings {
  callbackURL: string;
  grants: readonly string[];
  stateStore: StateStore;
  sessionKey: string;
  proxy: boolean;
  passReqToCallback: boolean;
  skipUserProfile: SkipUserProfile;
}

const DEFAULT_GRANTS = ['read.firstname', 'read.lastname'];

/** @throws `TypeError` that names the option and what it should be */
export function readStrategyOptions(options: AnyStrategyOptions, verify: AppFunction): StrategySettings {
  requireThat(typeof options === 'object' && options !== null, 'options', 'an object');
  const { callbackURL, state = true, store, sessionKey = 'freedom-id', skipUserProfile = false } = options;
  const passReqToCallback = readFlag(options, 'passReqToCallback');
  requireThat(typeof verify === 'function', 'verify', 'a function');
  requireThat(
    verify.length <= (passReqToCallback ? 6 : 5),
    'verify',
    'a function of at most (accessToken, refreshToken, params, profile, done), with req first under passReqToCallback',
  );
  const { pkce } = options as { pkce?: unknown };
  requireThat(pkce === undefined || pkce === false, 'pkce', 'left out: Freedom ID has no PKCE in this flow');
  requireThat(
    typeof state === 'boolean',
    'state',
    'true or false; give state of your own to passport.authenticate()',
  );
  requireThat(store === undefined || state, 'store', 'left out with state: false');
  requireThat(
    store === undefined || (typeof store?.store === 'function' && typeof store.verify === 'function'),
    'store',
    'an object with the functions store and verify',
  );
  requireThat(isText(sessionKey) && sessionKey !== '__proto__', 'sessionKey', 'a non-empty string');
  requireThat(
    typeof skipUserProfile === 'boolean' || typeof skipUserProfile === 'function',
    'skipUserProfile',
    'true, false or a function',
  );
  return {
    callbackURL: checkCallbackURL(callbackURL),
    grants: options.scope === undefined ? DEFAULT_GRANTS : readScope(options.scope),
    stateStore: state ? (store ?? new SessionStateStore(sessionKey)) : noStateStore,
    sessionKey,
    proxy: readFlag(options, 'proxy'),
    passReqToCallback,
    skipUserProfile,
  };
}

/** @throws `TypeError` where it is neither text nor a list of texts */
export function readScope(scope: unknown): readonly string[] {
  const grants = typeof scope === 'string' ? scope.split(/[\s,]/).filter(Boolean) : scope;
  requireThat(
    Array.isArray(grants) && grants.every((grant) => isText(grant) && !/[\s,]/.test(grant)),
    'scope',
    'a string, or an array of strings with one grant each',
  );
  return [...grants];
}

function readFlag(options: AnyStrategyOptions, name: 'proxy' | 'passReqToCallback'): boolean {
  const { [name]: value = false }: Record<string, unknown> = { ...options };
  requireThat(typeof value === 'boolean', name, 'true or false');
  return value;
}
