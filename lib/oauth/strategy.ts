import type { Request } from 'express';

import OAuth2Strategy = require('passport-oauth2');

import { type AppFunction, callBack, toError } from '../login/app-function';
import { type LoginContext, type LoginRequest, login, type Outcome, tokenParams } from '../login/login';
import {
  type AnyStrategyOptions,
  type FreedomIdAuthenticateOptions,
  type FreedomIdStrategyOptions,
  type FreedomIdStrategyOptionsWithRequest,
  readStrategyOptions,
} from '../login/strategy-options';
import type {
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdProfile } from '../profile';
import { FreedomIdClient } from './client';
import { parseProfile } from './user-info';

/**
 * Signs users in with Freedom ID.
 *
 * @example
 * ```ts
 * passport.use(new FreedomIdStrategy({ clientID, clientSecret, callbackURL }, async (accessToken, refreshToken, profile) =>
 *   users.upsert(profile.id, profile.displayName)))
 * ```
 *
 * @typeParam Req - the request that verify gets under `passReqToCallback`: Express', or the one that it is annotated with
 */
export class FreedomIdStrategy<Req = Request> extends OAuth2Strategy {
  override name = 'freedom-id';

  /** Freedom ID's API, with this strategy's settings. */
  readonly client: FreedomIdClient;

  // One member, named like the base class's: subclasses have all other names to themselves. Not `#private`, which would
  // throw on the `Object.create(strategy)` that Passport calls methods on.
  private readonly _login: Omit<LoginContext, 'userProfile'>;

  /** @throws `TypeError` that names the option and what it should be */
  constructor(options: FreedomIdStrategyOptions, verify: VerifyFunction);
  constructor(options: FreedomIdStrategyOptions, verify: VerifyFunctionWithParams);
  constructor(options: FreedomIdStrategyOptionsWithRequest, verify: VerifyFunctionWithRequest<Req>);
  constructor(options: FreedomIdStrategyOptionsWithRequest, verify: VerifyFunctionWithRequestAndParams<Req>);
  constructor(options: AnyStrategyOptions, verify: AppFunction) {
    const settings = readStrategyOptions(options, verify);
    const client = new FreedomIdClient(options);
    const { clientID, clientSecret, customHeaders } = options;
    const { authorizationURL, tokenURL } = client;
    const { grants, stateStore, ...rest } = settings;
    super(
      {
        clientID,
        clientSecret,
        authorizationURL,
        tokenURL,
        ...(customHeaders && { customHeaders }),
        ...rest,
        scope: [...grants],
        store: stateStore,
        passReqToCallback: settings.passReqToCallback as true,
      },
      verify,
    );
    this.client = client;
    this._login = { client, settings, verify };
    Object.assign(this._oauth2, { getOAuthAccessToken: requestTokensWith(client) });
    // Should a subclass use its get(): the token belongs into a header, not into the query.
    this._oauth2.useAuthorizationHeaderforGET(true);
    // It holds the client secret, which `console.log(strategy)` would print.
    Object.defineProperty(this, '_oauth2', { enumerable: false });
  }

  /** Called by Passport. Ends in exactly one of its actions, whatever happens. */
  override authenticate(req: Request, options: FreedomIdAuthenticateOptions = {}): void {
    // Taken now: given an instance instead of a name, Passport overwrites them with the next request's.
    const { redirect, success, fail, error } = this as unknown as Actions;
    const actions = { redirect, success, fail, error };
    const context = { ...this._login, userProfile: this.userProfile.bind(this) };
    callBack(login(context, req as LoginRequest, options), (failure, outcome) =>
      act(actions, outcome ?? { action: 'error', error: toError(failure) }),
    );
  }

  /**
   * Loads the user's profile. Subclasses may override it, and call back or return a promise.
   *
   * @param done - called with a {@link FreedomIdProfile}, or with a `FreedomIdError`
   */
  override userProfile(
    accessToken: string,
    done: (error?: unknown, profile?: FreedomIdProfile) => void,
  ): void {
    callBack(this.client.getUserInfo(accessToken).then(parseProfile), done);
  }
}

/** As Passport makes them. `@types/passport` knows less of what a user and an info may be. */
interface Actions {
  redirect(url: string): void;
  success(user: unknown, info?: unknown): void;
  fail(info: unknown, status?: number): void;
  error(error: object): void;
}

function act(actions: Actions, outcome: Outcome): void {
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

/** Nothing of the app runs in here: what throws is a response that was ended meanwhile, by a timeout of the app, say. */
function redirect(actions: Actions, url: string): void {
  try {
    actions.redirect(url);
  } catch (reason) {
    actions.error(toError(reason));
  }
}

/**
 * Stands in for the base class's token request, which would send Freedom ID a form, without a deadline. It does without
 * `this`: passport-oauth2-refresh copies it to an object of its own.
 */
function requestTokensWith(client: FreedomIdClient) {
  return (code: string, params: { grant_type?: unknown } | null, callback: AppFunction): void => {
    const refreshes = params?.grant_type === 'refresh_token';
    callBack(refreshes ? client.refreshTokens(code) : client.exchangeCode(code), (error, tokens) => {
      if (tokens) callback(null, tokens.accessToken, tokens.refreshToken, tokenParams(tokens));
      else callback(error);
    });
  };
}
