import type { Request } from 'express';

import OAuth2Strategy = require('passport-oauth2');

import type { ConnectionOptions } from '../http/options';
import { type AppFunction, nextTick, passTo } from './app-function';
import { reportLogin } from './diagnostics';
import type { Flow } from './flow';
import { type LoginContext, type LoginRequest, runLeg } from './legs';
import { type OAuth2Class, oauth2ClassFor } from './oauth2';
import { type AuthenticateOptions, type LoginOptions, readLoginOptions } from './options';
import { type Actions, act, type Outcome } from './outcome';

/**
 * The strategy of every flow: runs a leg of the login for each request, and ends it in exactly one of Passport's actions.
 *
 * @typeParam Profile - what the flow makes of the user
 */
export abstract class LoginStrategy<Profile> extends OAuth2Strategy {
  // Our only member, named in the manner of the base class, so that subclasses may use any other name. Not `#private`,
  // because Passport calls methods on `Object.create(strategy)`, where a private member would throw.
  private readonly _login: Omit<LoginContext, 'flow' | 'hooks'> & { flow: Flow<Profile> };

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
      },
      verify,
    );
    this.name = flow.name;
    this._login = { flow, settings, verify };
    const OAuth2 = oauth2ClassFor(flow, this._oauth2.constructor as OAuth2Class);
    Object.defineProperty(this, '_oauth2', {
      value: new OAuth2(
        clientID,
        options.clientSecret,
        '',
        authorizationURL,
        tokenURL,
        options.customHeaders,
      ),
      // It holds the client secret, which `console.log(strategy)` would print.
      enumerable: false,
    });
  }

  /**
   * Runs one of the two requests of a login. Passport calls it.
   *
   * @param options - those of `passport.authenticate()`
   */
  override authenticate(req: Request, options?: AuthenticateOptions): void {
    // Taken now: if the app gives Passport a strategy instance, Passport replaces these at the next request.
    const { redirect, success, fail, error } = this as Partial<Actions>;
    const actions = { redirect, success, fail, error };
    const { flow, settings, verify } = this._login;
    runLeg({ flow, settings, verify, hooks: this }, req as LoginRequest, options ?? {}).then(
      ({ leg, outcome }) =>
        // Outside of the promise, so that what `error` throws becomes an uncaught exception.
        nextTick(act, actions, outcome, (taken: Outcome) => reportLogin(leg, taken)),
    );
  }

  /**
   * Loads the user's profile. A subclass may override it, and either call `done` or return a promise of the profile.
   *
   * @param accessToken - the access token of this login
   * @param done - called with the profile, or with an error: a {@link FreedomIdError} if Freedom ID is the cause
   * @param subject - in OpenID Connect, the user of the ID token; in Freedom ID's own flow `undefined`
   */
  override userProfile(
    accessToken: string,
    done: (error?: unknown, profile?: Profile) => void,
    subject?: unknown,
  ): void {
    passTo(this._login.flow.loadProfile(accessToken, subject), done);
  }

  /**
   * More parameters for the request that starts a login. A subclass may override it; the strategy's own parameters take precedence.
   *
   * @param _options - those of `passport.authenticate()`
   * @returns the parameters: none, unless a subclass adds some
   */
  override authorizationParams(_options: object): object {
    return {};
  }

  /**
   * More parameters for the request that exchanges the authorization code. A subclass may override it; the strategy's own parameters
   * take precedence.
   *
   * @param _options - those of `passport.authenticate()`
   * @returns the parameters: none, unless a subclass adds some
   */
  override tokenParams(_options: object): object {
    return {};
  }

  /** Never called, unlike in passport-oauth2: every error of Freedom ID is a {@link FreedomIdError}. */
  override parseErrorResponse(body: unknown, status: number): Error | null {
    return super.parseErrorResponse(body, status);
  }
}
