import type { Request } from 'express';

import OAuth2Strategy = require('passport-oauth2');

import type { ConnectionOptions } from '../http/options';
import { type AppFunction, passTo } from './app-function';
import type { Flow } from './flow';
import { type LoginContext, type LoginRequest, runLeg } from './legs';
import { type AuthenticateOptions, type LoginOptions, readLoginOptions } from './options';
import { type Actions, act } from './outcome';

/**
 * The strategy of every flow: runs a leg of the login for each request, and ends it in exactly one of Passport's actions.
 *
 * @typeParam Profile - what the flow makes of the user
 */
export abstract class LoginStrategy<Profile> extends OAuth2Strategy {
  // Our only member, named in the manner of the base class, so that subclasses may use any other name. Not `#private`,
  // because Passport calls methods on `Object.create(strategy)`, where a private member would throw.
  private readonly _login: Omit<LoginContext, 'flow' | 'userProfile'> & { flow: Flow<Profile> };

  constructor(
    flow: Flow<Profile>,
    options: LoginOptions & Pick<ConnectionOptions, 'clientSecret' | 'customHeaders'>,
    verify: AppFunction,
  ) {
    const settings = readLoginOptions(options, verify, flow);
    const { clientID, authorizationURL, tokenURL } = flow.provider;
    const { callbackURL, scope, stateStore, sessionKey, proxy, skipUserProfile } = settings;
    super(
      {
        clientID,
        clientSecret: options.clientSecret,
        authorizationURL,
        tokenURL,
        callbackURL,
        scope: [...scope],
        store: stateStore,
        sessionKey,
        proxy,
        skipUserProfile,
        passReqToCallback: settings.passReqToCallback as true,
        ...(options.customHeaders && { customHeaders: options.customHeaders }),
      },
      verify,
    );
    this.name = flow.name;
    this._login = { flow, settings, verify };
    Object.assign(this._oauth2, { getOAuthAccessToken: requestTokensWith(flow) });
    // For a subclass that calls `_oauth2.get()`: the token belongs in a header, not into the query.
    this._oauth2.useAuthorizationHeaderforGET(true);
    // It holds the client secret, which `console.log(strategy)` would print.
    Object.defineProperty(this, '_oauth2', { enumerable: false });
  }

  /** Called by Passport. Ends in exactly one of its actions, whatever happens. */
  override authenticate(req: Request, options: AuthenticateOptions = {}): void {
    // Taken now: on a strategy that is given as an instance, Passport replaces them at the next request.
    const { redirect, success, fail, error } = this as unknown as Actions;
    const actions = { redirect, success, fail, error };
    const context = { ...this._login, userProfile: this.userProfile.bind(this) };
    passTo(runLeg(context, req as LoginRequest, options), (failure, outcome) =>
      act(actions, outcome ?? { action: 'error', error: failure as object }),
    );
  }

  /**
   * Loads the user's profile. Subclasses may override it, and call back or return a promise.
   *
   * @param done - called with the profile, or with a `FreedomIdError`
   * @param subject - whose profile it must be, in a flow whose tokens tell it
   */
  override userProfile(
    accessToken: string,
    done: (error?: unknown, profile?: Profile) => void,
    subject?: unknown,
  ): void {
    passTo(this._login.flow.loadProfile(accessToken, subject), done);
  }
}

/**
 * Stands in for the base class's token request, which would send Freedom ID a form, without a deadline. It does without
 * `this`, because passport-oauth2-refresh copies it to an object of its own.
 */
function requestTokensWith(flow: Flow) {
  return (code: string, params: { grant_type?: unknown } | null, callback: AppFunction): void => {
    const isRefresh = params?.grant_type === 'refresh_token';
    const exchange = isRefresh ? flow.refreshTokens(code) : flow.exchangeCode(code);
    passTo(exchange, (error, tokens) => {
      if (tokens) callback(null, tokens.accessToken, tokens.refreshToken, tokens.params);
      else callback(error);
    });
  };
}
