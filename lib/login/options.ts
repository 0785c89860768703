import { isText, requireThat } from '../require-that';
import type { AppFunction } from './app-function';
import { CallbackReader } from './callback';
import { checkCallbackURL } from './callback-url';
import type { Flow } from './flow';
import { SessionStateStore } from './session-store';
import { noStateStore, type StateStore } from './state';

/**
 * Whether to skip the request for the user info: a boolean for every login, or a function that decides for each login. The function
 * returns a boolean or a promise of one, or calls `done`. If it is skipped, verify gets no profile, or in OpenID Connect a profile
 * made from the ID token.
 */
export type SkipUserProfile =
  | boolean
  | (() => boolean | PromiseLike<boolean>)
  | ((accessToken: string, done: (error?: unknown, skip?: boolean) => void) => void);

/** The options of a strategy about its logins, whichever the flow. */
export interface LoginOptions {
  /** The redirect URI, where the browser comes back to: absolute, or relative to the request. See docs/proxies.md. */
  callbackURL: string;
  /**
   * What to ask the user for: an array, or a string with spaces or commas.
   *
   * @defaultValue `['read.firstname', 'read.lastname']`, in OpenID Connect with `'openid'` before them
   */
  scope?: string | readonly string[] | undefined;
  /**
   * Whether forged callbacks are refused. With `false`, an attacker can log your users in as somebody else. See docs/state.md.
   *
   * @defaultValue `true`
   */
  state?: boolean | undefined;
  /** Where pending logins are kept: a state store made for passport-oauth2, or `true` for the session. @defaultValue `true` */
  store?: StateStore | true | undefined;
  /** The key in the session under which pending logins are kept. @defaultValue the name of the strategy */
  sessionKey?: string | undefined;
  /**
   * Whether to trust `X-Forwarded-Proto` and `X-Forwarded-Host` for a relative `callbackURL`, whatever the framework does.
   * See docs/proxies.md.
   *
   * @defaultValue `false`
   */
  proxy?: boolean | undefined;
  /** Whether to skip the request for the user info. @defaultValue `false` */
  skipUserProfile?: SkipUserProfile | undefined;
  /** Whether verify gets the request as its first argument. @defaultValue `false` */
  passReqToCallback?: boolean | undefined;
  /**
   * The values of `error_code` or `error` at the callback that mean that the user refused. Any other value is an error.
   *
   * @defaultValue `['100102', 'access_denied']`: the first is a guess (protocol 3, 11), the second is of RFC 6749
   */
  refusalCodes?: readonly string[] | undefined;
}

/**
 * What `passport.authenticate('freedom-id', options)` accepts besides Passport's own options. A `callbackURL` or `scope` that is
 * `undefined`, `null` or `''` means the strategy's own.
 */
export interface AuthenticateOptions {
  /** The redirect URI of this login. Give the same one at the callback. @defaultValue the strategy's */
  callbackURL?: string | undefined;
  /** The scope of this login. @defaultValue the strategy's */
  scope?: string | readonly string[] | undefined;
  /**
   * Your own state for this login: JSON of 1,024 bytes at most. After the login it is in `req.authInfo.state`. It does not replace the
   * protection against forged callbacks. See docs/state.md.
   */
  state?: unknown;
}

/** {@link LoginOptions}, checked and complete. */
export interface LoginSettings {
  callbackURL: string;
  callbackReader: CallbackReader;
  scope: readonly string[];
  stateStore: StateStore;
  sessionKey: string;
  proxy: boolean;
  passReqToCallback: boolean;
  skipUserProfile: SkipUserProfile;
}

export const DEFAULT_REFUSAL_CODES: readonly string[] = ['100102', 'access_denied'];

/** @throws `TypeError` that names the option and what it should be */
export function readLoginOptions(options: LoginOptions, verify: AppFunction, flow: Flow): LoginSettings {
  const {
    callbackURL,
    scope,
    state = true,
    store = true,
    sessionKey = flow.name,
    skipUserProfile = false,
    refusalCodes = DEFAULT_REFUSAL_CODES,
  } = options;
  const passReqToCallback = readFlag(options, 'passReqToCallback');
  requireThat(typeof verify === 'function', 'verify', 'a function', verify);
  requireForm(verify, passReqToCallback, skipUserProfile !== false && !flow.profileOf);
  const { pkce, scopeSeparator } = options as { pkce?: unknown; scopeSeparator?: unknown };
  requireThat(
    pkce === undefined || pkce === false,
    'pkce',
    'left out: Freedom ID has no PKCE in this flow',
    pkce,
  );
  requireThat(
    scopeSeparator === undefined,
    'scopeSeparator',
    'left out: how a scope is sent is up to the flow',
    scopeSeparator,
  );
  requireThat(
    typeof state === 'boolean',
    'state',
    'true or false; give state of your own to passport.authenticate()',
    state,
  );
  requireThat(store === true || state, 'store', 'left out with state: false', store);
  requireThat(
    store === true || (typeof store?.store === 'function' && typeof store.verify === 'function'),
    'store',
    'an object with the functions store and verify, or true for the session',
    store,
  );
  requireThat(
    isText(sessionKey) && sessionKey !== '__proto__',
    'sessionKey',
    'a non-empty string other than __proto__',
    sessionKey,
  );
  requireThat(
    typeof skipUserProfile === 'boolean' || typeof skipUserProfile === 'function',
    'skipUserProfile',
    'true, false or a function',
    skipUserProfile,
  );
  requireThat(
    Array.isArray(refusalCodes) && refusalCodes.every(isText),
    'refusalCodes',
    'an array of non-empty strings',
    refusalCodes,
  );
  const callbackReader = new CallbackReader(flow, [...refusalCodes]);
  return {
    callbackURL: checkCallbackURL(callbackURL, callbackReader.parameters),
    callbackReader,
    scope: scope === undefined ? flow.defaultScope : readScope(scope),
    stateStore: state ? (store === true ? new SessionStateStore(sessionKey) : store) : noStateStore,
    sessionKey,
    proxy: readFlag(options, 'proxy'),
    passReqToCallback,
    skipUserProfile,
  };
}

/** Whether an option of one call is left out, so that the strategy's own counts. A variable that is not set has one of these values. */
export function isUnset(option: unknown): option is undefined | null | '' {
  return option === undefined || option === null || option === '';
}

/**
 * The number of its parameters decides what verify is called with. With any number but these, it would take something else for
 * the profile. A function without parameters, or with the request alone, may be a wrapper around any form.
 */
function requireForm(verify: AppFunction, passReqToCallback: boolean, mayDoWithoutProfile: boolean): void {
  const behindRequest = verify.length - (passReqToCallback ? 1 : 0);
  const least = mayDoWithoutProfile ? 0 : 3;
  requireThat(
    behindRequest <= 0 || (behindRequest >= least && behindRequest <= 5),
    'verify',
    '(accessToken, refreshToken, profile), (accessToken, refreshToken, profile, done) or ' +
      '(accessToken, refreshToken, params, profile, done), with req first only if passReqToCallback is true ' +
      '(a parameter with a default value is not counted, and neither are those behind it)',
    verify,
  );
}

/** @throws `TypeError` where it is neither text nor a list of texts */
export function readScope(scope: unknown): readonly string[] {
  const names = typeof scope === 'string' ? scope.split(/[\s,]/).filter(Boolean) : scope;
  requireThat(
    Array.isArray(names) && names.every((name) => isText(name) && !/[\s,]/.test(name)),
    'scope',
    'a string, or an array of strings with one grant each',
    scope,
  );
  return [...names];
}

function readFlag(options: LoginOptions, name: 'proxy' | 'passReqToCallback'): boolean {
  const { [name]: value = false } = options;
  requireThat(typeof value === 'boolean', name, 'true or false', value);
  return value;
}
