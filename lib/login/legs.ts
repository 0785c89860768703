import { FreedomIdError } from '../errors';
import { copyJSON, isObject } from '../http/json';
import { Redactor } from '../http/redact';
import { compact } from '../profile';
import { type AppFunction, fromEither, isThenable, toError } from './app-function';
import type { Callback, RequestWithQuery } from './callback';
import { checkCallbackURL, type RequestWithOrigin, resolveCallbackURL } from './callback-url';
import type { Flow, FlowLogin, FlowTokens } from './flow';
import { type AuthenticateOptions, isUnset, type LoginSettings, readScope } from './options';
import type { Failure, FailureReason, Leg, Outcome } from './outcome';
import type { RequestWithSession } from './session-store';
import { noStateStore, type StateMetadata, storeState, verifyState } from './state';
import { callVerify } from './verify';

/** What all logins of a strategy share. */
export interface LoginContext {
  flow: Flow;
  settings: LoginSettings;
  verify: AppFunction;
  hooks: LoginHooks;
}

/** What subclasses of the strategy may override. */
export interface LoginHooks {
  userProfile: AppFunction;
  authorizationParams: AppFunction;
  tokenParams: AppFunction;
}

/** What is read from the app's request. Only its session is written to. The app's own functions get the original object. */
export type LoginRequest = RequestWithQuery & RequestWithOrigin & RequestWithSession;

/** One call of `passport.authenticate()`. */
interface Call {
  req: LoginRequest;
  options: AuthenticateOptions;
  /** What state stores are told, with the callback URL of this call. */
  meta: StateMetadata;
}

/** Runs the leg of a login that the request belongs to. Never rejects: a failure is the outcome `error`. */
export async function runLeg(
  context: LoginContext,
  req: LoginRequest,
  options: AuthenticateOptions,
): Promise<{ leg: Leg; outcome: Outcome }> {
  const { settings } = context;
  let leg: Leg = 'start';
  try {
    const ownURL = isUnset(options.callbackURL)
      ? settings.callbackURL
      : checkCallbackURL(options.callbackURL, settings.callbackReader.parameters);
    const callback = settings.callbackReader.read(req, ownURL);
    if (callback) leg = 'callback';
    if (callback && 'message' in callback) return { leg, outcome: unreadable(callback) };

    const callbackURL = resolveCallbackURL(ownURL, req, { back: callback?.path, proxy: settings.proxy });
    if (callbackURL === undefined) return { leg, outcome: withoutHost() };
    const { authorizationURL, tokenURL, clientID } = context.flow.provider;
    const call = { req, options, meta: { authorizationURL, tokenURL, clientID, callbackURL } };
    return { leg, outcome: await (callback ? finish(context, call, callback) : start(context, call)) };
  } catch (reason) {
    return { leg, outcome: { action: 'error', error: toError(reason) } };
  }
}

/** Leg 1: remembers the login, and sends the browser to Freedom ID. */
async function start(
  { flow, settings, hooks }: LoginContext,
  { req, options, meta }: Call,
): Promise<Outcome> {
  const { callbackURL } = meta;
  const scope = isUnset(options.scope) ? settings.scope : readScope(options.scope);
  const params = readParams('authorizationParams', hooks.authorizationParams(options));
  // `false`, `null`, `''` and 0 count as no state, as in passport-oauth2.
  const state = await storeState(settings.stateStore, req, options.state || undefined, meta);
  return { action: 'redirect', url: await flow.createLink({ callbackURL, state }, scope, params) };
}

/** Leg 2: the browser is back. The state is checked first: has this browser started this login? */
async function finish(context: LoginContext, call: Call, callback: ReadableCallback): Promise<Outcome> {
  const { flow, settings, hooks } = context;
  const { req, options, meta } = call;
  const check = await verifyState(settings.stateStore, req, callback.state, meta);
  if (!check.ok) return { action: 'fail', reason: check.reason, info: check.info, status: 403 };
  const { appState } = check;
  checkIssuer(flow, callback);
  if (callback.kind === 'failure') throw callbackError(callback);
  if (callback.kind === 'refusal') {
    const message = 'The login was cancelled at Freedom ID.';
    return failure('cancelled', {
      message,
      code: callback.errorCode,
      description: describe(callback),
      state: appState,
    });
  }
  const params = readParams('tokenParams', hooks.tokenParams(options));
  // Without a store, the state that came back was not checked.
  const state = settings.stateStore === noStateStore ? undefined : callback.state;
  const tokens = await redeem(flow, callback.code, { callbackURL: meta.callbackURL, state }, params);
  if (typeof tokens === 'string') {
    const message = 'Freedom ID did not accept the authorization code; please start again.';
    return failure('code-refused', { message, code: tokens, state: appState });
  }
  return complete(context, req, tokens, appState);
}

function unreadable({ kind, message }: Exclude<Callback, ReadableCallback>): Failure {
  return { ...failure(kind, { message }), status: kind === 'head-request' ? 405 : 400 };
}

function withoutHost(): Failure {
  return { ...failure('no-host', { message: 'The request names no valid host.' }), status: 400 };
}

type ReadableCallback = Extract<Callback, { state: unknown }>;

/** The info of a failed login, fit for the user. */
interface FailureInfo {
  message: string;
  code?: string;
  description?: string | undefined;
  state?: unknown;
}

function failure(reason: FailureReason, info: FailureInfo): Failure {
  const { message, code, description, state } = info;
  return { action: 'fail', reason, info: compact({ message, reason, code, description, state }) };
}

/** What a hook of a subclass adds to the JSON that is sent. It is copied, so that what JSON cannot express fails here. */
function readParams(hook: string, params: unknown): Record<string, unknown> {
  if (!isObject(params) || isThenable(params)) {
    throw new TypeError(`passport-freedom-id: ${hook} must return an object, and not a promise of one`);
  }
  return copyJSON(params, `what ${hook} returns`) as Record<string, unknown>;
}

/** @returns the tokens, or Freedom ID's error code if it refuses the authorization code: that is a failed login, not an error */
async function redeem(
  flow: Flow,
  code: string,
  login: FlowLogin,
  params: Record<string, unknown>,
): Promise<FlowTokens | string> {
  try {
    return await flow.exchangeCode(code, login, params);
  } catch (error) {
    if (!(error instanceof FreedomIdError) || error.code !== 'ERR_FREEDOM_ID_REJECTED') throw error;
    // Another endpoint, such as that of the keys, has not seen the code.
    if (error.endpoint !== 'token') throw error;
    const refusal = flow.invalidCodeErrors.find((code) => code === error.providerCode);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** Loads the profile with the tokens, and asks verify whether the user may sign in. */
async function complete(
  context: LoginContext,
  req: LoginRequest,
  tokens: FlowTokens,
  appState: unknown,
): Promise<Outcome> {
  const { accessToken, refreshToken, params } = tokens;
  const profile = await loadProfile(context, tokens);
  const { user, info } = await callVerify(context.verify, {
    req: context.settings.passReqToCallback ? req : undefined,
    accessToken,
    refreshToken,
    params,
    profile,
  });
  if (user) return { action: 'success', user, info: withAppState(info ?? {}, appState) };
  const ownInfo = { message: 'This account may not sign in here.', reason: 'verify' };
  return {
    action: 'fail',
    reason: 'verify',
    info: withAppState(info ?? ownInfo, appState),
    user,
  };
}

async function loadProfile({ flow, settings, hooks }: LoginContext, tokens: FlowTokens): Promise<unknown> {
  const { accessToken, subject } = tokens;
  if (await skipsProfile(settings, accessToken)) return flow.profileOf?.(tokens);
  const userProfile = hooks.userProfile.bind(hooks);
  const [profile] = await fromEither('userProfile', userProfile, (done) => [accessToken, done, subject]);
  flow.checkProfile?.(profile, subject);
  return profile;
}

async function skipsProfile({ skipUserProfile: skip }: LoginSettings, accessToken: string): Promise<unknown> {
  if (typeof skip !== 'function') return skip;
  const call: AppFunction = skip;
  if (call.length < 2) return call(accessToken);
  return (await fromEither('skipUserProfile', call, (done) => [accessToken, done]))[0];
}

/**
 * Custom callbacks read `info.state`, so info becomes an object if the app has given a state. The app's own object is copied, not
 * changed: it may be a constant, and the state of one user would reach the next.
 */
function withAppState(info: unknown, state: unknown): unknown {
  if (state === undefined) return info;
  if (typeof info !== 'object' || Array.isArray(info)) return { message: info, state };
  return Object.create(Object.getPrototypeOf(info), {
    ...Object.getOwnPropertyDescriptors(info),
    state: { value: state, enumerable: true, configurable: true, writable: true },
  });
}

/** A code from another provider must not be sent to Freedom ID: that would give it away (RFC 9207). */
function checkIssuer({ issuer }: Flow, callback: ReadableCallback): void {
  if (issuer === undefined || callback.issuer === undefined || callback.issuer === issuer) return;
  throw new FreedomIdError(
    `Freedom ID callback: iss must be "${issuer}". Check the option issuer: the callback may be that of another provider.`,
    { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'callback' },
  );
}

/** The errors of RFC 6749, 4.1.2.1, that wrong options of the app cause. */
const OF_THE_APP = /^(?:invalid_request|unauthorized_client|unsupported_response_type|invalid_scope)$/;

function callbackError(callback: Extract<Callback, { kind: 'failure' }>): FreedomIdError {
  const providerCode = redactorOf(callback).cleanCode(callback.errorCode);
  const description = describe(callback);
  const words = description === undefined ? '' : `, "${description}"`;
  const advice = OF_THE_APP.test(providerCode)
    ? 'Check clientID, scope and callbackURL.'
    : "Ask Freedom ID's support what it means.";
  return new FreedomIdError(
    `Freedom ID callback: the login failed with code ${providerCode}${words}. ${advice}`,
    { code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'callback', providerCode },
  );
}

/** What the callback says about its error, safe to show. */
function describe(callback: ReportedCallback): string | undefined {
  const clean = redactorOf(callback).clean(callback.description ?? '');
  return clean.replace(/\.$/, '') || undefined;
}

type ReportedCallback = Extract<Callback, { description: unknown }>;

function redactorOf({ state = '', code = '' }: ReportedCallback): Redactor {
  return new Redactor([state, code]);
}
