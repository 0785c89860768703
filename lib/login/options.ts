import { isText, requireThat } from '../require-that';
import type { AppFunction } from './app-function';
import { CallbackReader } from './callback';
import { checkCallbackURL } from './callback-url';
import type { Flow } from './flow';
import { SessionStateStore } from './session-store';
import { noStateStore, type StateStore } from './state';

/**
 * Whether a login does without the user's data: one answer for all, or one for each login. Verify then gets no profile; in OpenID
 * Connect, that of the ID token.
 */
export type SkipUserProfile =
  | boolean
  | (() => boolean | PromiseLike<boolean>)
  | ((accessToken: string, done: (error?: unknown, skip?: boolean) => void) => void);

/** The options of a strategy about its logins, whichever the flow. */
export interface LoginOptions {
  /** Where the browser comes back to: absolute, or relative to the request. */
  callbackURL: string;
  /** What to ask the user for: a list, or a string with spaces or commas. @defaultValue the flow's own: see the strategy */
  scope?: string | readonly string[] | undefined;
  /** Protection against forged callbacks. `false` lets an attacker log a user in as somebody else. @defaultValue `true` */
  state?: boolean | undefined;
  /** A state store made for passport-oauth2. @defaultValue `true`: the session */
  store?: StateStore | true | undefined;
  /** Where in the session pending logins are kept. @defaultValue the strategy's name */
  sessionKey?: string | undefined;
  /** Trust `X-Forwarded-Proto` and `-Host` for a relative `callbackURL`, whatever the framework does. @defaultValue `false` */
  proxy?: boolean | undefined;
  /** @defaultValue `false` */
  skipUserProfile?: SkipUserProfile | undefined;
  /** Call verify with the request first. @defaultValue `false` */
  passReqToCallback?: boolean | undefined;
  /**
   * The values of the callback's `error_code` or `error` by which the user refuses. Any other is an error.
   *
   * @defaultValue `['100102', 'access_denied']`, the first of them a guess (protocol 3, 11), the second RFC 6749's
   */
  refusalCodes?: readonly string[] | undefined;
}

/** What `passport.authenticate('freedom-id', options)` understands besides Passport's own options. */
export interface AuthenticateOptions {
  callbackURL?: string | undefined;
  scope?: string | readonly string[] | undefined;
  /** The app's own state, JSON of 1,024 bytes at most: it comes back as `info.state`, and does not replace the protection. */
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

/** Whether an option of one call means the strategy's own: a variable that is not set may look like any of these. */
export function isUnset(option: unknown): option is undefined | null | '' {
  return option === undefined || option === null || option === '';
}

/**
 * The number of its parameters tells what verify is called with: with any other number, it would take something else for the
 * profile. None, or the request alone, may be a wrapper around a function of any form.
 */
function requireForm(verify: AppFunction, passReqToCallback: boolean, mayDoWithoutProfile: boolean): void {
  const behindRequest = verify.length - (passReqToCallback ? 1 : 0);
  const least = mayDoWithoutProfile ? 0 : 3;
  requireThat(
    behindRequest <= 0 || (behindRequest >= least && behindRequest <= 5),
    'verify',
    '(accessToken, refreshToken, profile), (accessToken, refreshToken, profile, done) or ' +
      '(accessToken, refreshToken, params, profile, done), with req first under passReqToCallback and only there ' +
      '(a default value hides its parameter and those behind it)',
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
