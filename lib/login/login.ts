import { FreedomIdError } from '../errors';
import { cleanText } from '../http/redact';
import type { FreedomIdClient } from '../oauth/client';
import type { FreedomIdTokens } from '../oauth/tokens';
import { type AppFunction, fromCallback, fromEither } from './app-function';
import { type Callback, type RequestWithQuery, readCallback } from './callback';
import {
  checkCallbackURL,
  lastParameterOf,
  type RequestWithOrigin,
  resolveCallbackURL,
  withState,
} from './callback-url';
import { type RequestWithSession, type StateMetadata, storeState, verifyState } from './state';
import { type FreedomIdAuthenticateOptions, readScope, type StrategySettings } from './strategy-options';
import { callVerify, type FreedomIdTokenParams } from './verify';

/** How a request ends: one of Passport's actions. */
export type Outcome =
  | { action: 'redirect'; url: string }
  | { action: 'success'; user: unknown; info: unknown }
  | { action: 'fail'; info: unknown; status?: number }
  | { action: 'error'; error: object };

/** What a login works with; nothing of it belongs to one request. */
export interface LoginContext {
  client: FreedomIdClient;
  settings: StrategySettings;
  verify: AppFunction;
  /** The strategy's, or a subclass's. */
  userProfile: AppFunction;
}

/** What of the host's request is read. It is never written to, and handed on as the object that came in. */
export type LoginRequest = RequestWithQuery & RequestWithOrigin & RequestWithSession;

/** The code is invalid or expired, or was used before (protocol 11). */
const CODE_REFUSED = '100101';

/** Runs the leg of a login that the request belongs to. What it throws is for the action `error`. */
export async function login(
  context: LoginContext,
  req: LoginRequest,
  options: FreedomIdAuthenticateOptions,
): Promise<Outcome> {
  const { client, settings } = context;
  const ownURL =
    options.callbackURL === undefined ? settings.callbackURL : checkCallbackURL(options.callbackURL);
  const callback = readCallback(req, lastParameterOf(ownURL));
  if (callback?.kind === 'malformed')
    return { action: 'fail', info: { message: callback.message }, status: 400 };

  const callbackURL = resolveCallbackURL(ownURL, req, settings.proxy);
  if (callbackURL === undefined) {
    return { action: 'fail', info: { message: 'The request names no valid host.' }, status: 400 };
  }
  const { clientID, authorizationURL, tokenURL } = client;
  const meta = { authorizationURL, tokenURL, clientID, callbackURL };
  return callback ? finish(context, req, callback, meta) : start(context, req, options, meta);
}

/** Leg 1: remembers the login, asks Freedom ID for a link, sends the browser there. */
async function start(
  { client, settings }: LoginContext,
  req: LoginRequest,
  options: FreedomIdAuthenticateOptions,
  meta: StateMetadata,
): Promise<Outcome> {
  const grants = options.scope === undefined ? settings.grants : readScope(options.scope);
  const state = await storeState(settings.stateStore, req, options.state, meta);
  const redirectURI = withState(meta.callbackURL, state);
  return { action: 'redirect', url: await client.createAuthorizationLink({ redirectURI, grants }) };
}

/** Leg 2: the browser is back. First of all: is this the answer to a login that it started? */
async function finish(
  context: LoginContext,
  req: LoginRequest,
  callback: Exclude<Callback, { kind: 'malformed' }>,
  meta: StateMetadata,
): Promise<Outcome> {
  const check = await verifyState(context.settings.stateStore, req, callback.state, meta);
  if (!check.ok) return { action: 'fail', info: check.info, status: 403 };
  if (callback.kind === 'failure') throw callbackError(callback.code);
  if (callback.kind === 'refusal') {
    return {
      action: 'fail',
      info: { message: 'The login was cancelled at Freedom ID.', code: callback.code },
    };
  }
  const tokens = await redeem(context.client, callback.code);
  if (tokens) return complete(context, req, tokens, check.appState);
  const message = 'Freedom ID did not accept the authorization code; please start again.';
  return { action: 'fail', info: { message, code: CODE_REFUSED } };
}

/** @returns undefined where Freedom ID does not accept the code: a failed login, not a failure */
async function redeem(client: FreedomIdClient, code: string): Promise<FreedomIdTokens | undefined> {
  try {
    return await client.exchangeCode(code);
  } catch (error) {
    const { code: kind, providerCode } = error as FreedomIdError;
    if (kind === 'ERR_FREEDOM_ID_REJECTED' && providerCode === CODE_REFUSED) return undefined;
    throw error;
  }
}

/** The tokens are here: whose are they, and does the app let them in? */
async function complete(
  context: LoginContext,
  req: LoginRequest,
  tokens: FreedomIdTokens,
  appState: unknown,
): Promise<Outcome> {
  const { accessToken, refreshToken } = tokens;
  const { user, info } = await callVerify(context.verify, {
    ...(context.settings.passReqToCallback && { req }),
    accessToken,
    refreshToken,
    params: tokenParams(tokens),
    profile: await loadProfile(context, accessToken),
  });
  if (!user) return { action: 'fail', info };
  return { action: 'success', user, info: withAppState(info, appState) };
}

async function loadProfile({ settings, userProfile }: LoginContext, accessToken: string): Promise<unknown> {
  if (await skipsProfile(settings, accessToken)) return undefined;
  const [profile] = await fromEither('FreedomIdStrategy: userProfile', userProfile, [accessToken]);
  return profile;
}

async function skipsProfile(
  { skipUserProfile: skip }: StrategySettings,
  accessToken: string,
): Promise<unknown> {
  if (typeof skip !== 'function') return skip;
  const call: AppFunction = skip;
  return call.length > 1 ? (await fromCallback((done) => call(accessToken, done)))[0] : call(accessToken);
}

/** What passport-oauth2 calls params: the token answer without the refresh token, with the standard's `expires_in`. */
export function tokenParams({ raw, accessToken, accessExpiresAt }: FreedomIdTokens): FreedomIdTokenParams {
  const { refresh_token: _, ...params } = raw;
  const expiresIn =
    accessExpiresAt && Math.max(0, Math.floor((accessExpiresAt.getTime() - Date.now()) / 1000));
  return { ...params, access_token: accessToken, ...(expiresIn !== undefined && { expires_in: expiresIn }) };
}

/** An object in any case, as passport-oauth2 has it: custom callbacks read `info.state`. */
function withAppState(info: unknown, state: unknown): unknown {
  if (state === undefined) return info ?? {};
  return typeof info === 'object'
    ? { ...info, state }
    : { ...(info !== undefined && { message: info }), state };
}

function callbackError(code: string): FreedomIdError {
  const providerCode = cleanText(code, []);
  return new FreedomIdError(
    `Freedom ID callback: the login failed with code ${providerCode}. Ask Freedom ID's support what it means.`,
    { code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'callback', providerCode },
  );
}
