import { FreedomIdError } from '../errors';
import { Redactor } from '../http/redact';
import { type AppFunction, fromCallback, fromEither } from './app-function';
import type { Callback, RequestWithQuery } from './callback';
import {
  checkCallbackURL,
  lastParameterOf,
  type RequestWithOrigin,
  resolveCallbackURL,
} from './callback-url';
import type { Flow, FlowLogin, FlowTokens } from './flow';
import { type AuthenticateOptions, type LoginSettings, readScope } from './options';
import type { Outcome } from './outcome';
import type { RequestWithSession } from './session-store';
import { noStateStore, type StateMetadata, storeState, verifyState } from './state';
import { callVerify } from './verify';

/** What a login works with. Nothing of it belongs to one request. */
export interface LoginContext {
  flow: Flow;
  settings: LoginSettings;
  verify: AppFunction;
  /** The strategy's own, or a subclass's. */
  userProfile: AppFunction;
}

/** What is read of the host's request. Only its session is written to, and it is passed on as the very object that came in. */
export type LoginRequest = RequestWithQuery & RequestWithOrigin & RequestWithSession;

/** Runs the leg of a login that the request belongs to. @throws whatever is to end in the action `error` */
export async function runLeg(
  context: LoginContext,
  req: LoginRequest,
  options: AuthenticateOptions,
): Promise<Outcome> {
  const { flow, settings } = context;
  const { callbackReader } = settings;
  const ownURL =
    options.callbackURL === undefined
      ? settings.callbackURL
      : checkCallbackURL(options.callbackURL, callbackReader.parameters);
  const callback = callbackReader.read(req, lastParameterOf(ownURL));
  if (callback?.kind === 'malformed')
    return { action: 'fail', info: { message: callback.message }, status: 400 };

  const callbackURL = resolveCallbackURL(ownURL, req, settings.proxy);
  if (callbackURL === undefined) {
    return { action: 'fail', info: { message: 'The request names no valid host.' }, status: 400 };
  }
  const { authorizationURL, tokenURL, clientID } = flow.provider;
  const meta = { authorizationURL, tokenURL, clientID, callbackURL };
  return callback ? finish(context, req, callback, meta) : start(context, req, options, meta);
}

/** Leg 1: remembers the login, and sends the browser to Freedom ID. */
async function start(
  { flow, settings }: LoginContext,
  req: LoginRequest,
  options: AuthenticateOptions,
  meta: StateMetadata,
): Promise<Outcome> {
  const { callbackURL } = meta;
  const scope = options.scope === undefined ? settings.scope : readScope(options.scope);
  const state = await storeState(settings.stateStore, req, options.state, meta);
  return { action: 'redirect', url: await flow.createLink({ callbackURL, state }, scope) };
}

/** Leg 2: the browser is back. The state comes first: is this the end of a login that this browser started? */
async function finish(
  context: LoginContext,
  req: LoginRequest,
  callback: Exclude<Callback, { kind: 'malformed' }>,
  meta: StateMetadata,
): Promise<Outcome> {
  const check = await verifyState(context.settings.stateStore, req, callback.state, meta);
  if (!check.ok) return { action: 'fail', info: check.info, status: 403 };
  if (callback.kind === 'failure') throw callbackError(callback);
  if (callback.kind === 'refusal') {
    return {
      action: 'fail',
      info: { message: 'The login was cancelled at Freedom ID.', code: callback.errorCode },
    };
  }
  // Without a store, nobody has accepted the state that came back.
  const state = context.settings.stateStore === noStateStore ? undefined : callback.state;
  const login = { callbackURL: meta.callbackURL, state };
  const tokens = await redeem(context.flow, callback.code, login);
  if (typeof tokens === 'string') {
    const message = 'Freedom ID did not accept the authorization code; please start again.';
    return { action: 'fail', info: { message, code: tokens } };
  }
  return complete(context, req, tokens, check.appState);
}

/** @returns the tokens; or the error code by which Freedom ID refuses the authorization code, which is a failed login */
async function redeem(flow: Flow, code: string, login: FlowLogin): Promise<FlowTokens | string> {
  try {
    return await flow.exchangeCode(code, login);
  } catch (error) {
    if (!(error instanceof FreedomIdError) || error.code !== 'ERR_FREEDOM_ID_REJECTED') throw error;
    const refusal = flow.invalidCodeErrors.find((code) => code === error.providerCode);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** The tokens are here: loads the profile, and asks the app whether its user may come in. */
async function complete(
  context: LoginContext,
  req: LoginRequest,
  tokens: FlowTokens,
  appState: unknown,
): Promise<Outcome> {
  const { accessToken, refreshToken, params } = tokens;
  const profile = await loadProfile(context, tokens);
  const { user, info } = await callVerify(context.verify, {
    ...(context.settings.passReqToCallback && { req }),
    accessToken,
    refreshToken,
    params,
    profile,
  });
  if (!user) return { action: 'fail', info };
  return { action: 'success', user, info: withAppState(info, appState) };
}

async function loadProfile({ settings, userProfile }: LoginContext, tokens: FlowTokens): Promise<unknown> {
  const { accessToken, subject } = tokens;
  if (await skipsProfile(settings, accessToken)) return undefined;
  const [profile] = await fromEither('userProfile', userProfile, [accessToken], subject);
  return profile;
}

async function skipsProfile({ skipUserProfile: skip }: LoginSettings, accessToken: string): Promise<unknown> {
  if (typeof skip !== 'function') return skip;
  const call: AppFunction = skip;
  return call.length > 1 ? (await fromCallback((done) => call(accessToken, done)))[0] : call(accessToken);
}

/** Custom callbacks read `info.state`, so info is an object wherever there is state of the app, or no info. */
function withAppState(info: unknown, state: unknown): unknown {
  if (state === undefined) return info ?? {};
  return typeof info === 'object'
    ? { ...info, state }
    : { ...(info !== undefined && { message: info }), state };
}

function callbackError({ errorCode, state = '', code = '' }: Callback & { kind: 'failure' }): FreedomIdError {
  const providerCode = new Redactor([state, code]).cleanCode(errorCode);
  return new FreedomIdError(
    `Freedom ID callback: the login failed with code ${providerCode}. Ask Freedom ID's support what it means.`,
    { code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'callback', providerCode },
  );
}
