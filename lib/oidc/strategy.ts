import type { Request } from 'express';
import type { AppFunction } from '../login/app-function';
import { LoginStrategy } from '../login/strategy';
import { FreedomIdOidcClient } from './client';
import { OidcFlow } from './flow';
import {
  checkLoginOptions,
  type FreedomIdOidcStrategyOptions,
  type FreedomIdOidcStrategyOptionsWithRequest,
} from './options';
import type { FreedomIdOidcProfile, FreedomIdSubject } from './user-info';
import type {
  OidcVerifyFunction,
  OidcVerifyFunctionForEither,
  OidcVerifyFunctionWithParams,
  OidcVerifyFunctionWithRequest,
  OidcVerifyFunctionWithRequestAndParams,
} from './verify';

/**
 * The Passport strategy for OpenID Connect. Its `name` is `freedom-id-oidc`. See docs/oidc.md.
 *
 * @example
 * ```ts
 * passport.use(new FreedomIdOidcStrategy({ clientID, clientSecret, callbackURL }, async (accessToken, refreshToken, profile) =>
 *   users.upsert(profile.id, profile.displayName)))
 * ```
 *
 * @typeParam Req - the type of the request that verify gets with `passReqToCallback: true`. The default is Express's
 */
export class FreedomIdOidcStrategy<Req = Request> extends LoginStrategy<FreedomIdOidcProfile> {
  /** The client for Freedom ID's OpenID provider, with the options of this strategy. */
  readonly client: FreedomIdOidcClient;

  /** @throws a `TypeError` that names the wrong option and says what it should be */
  constructor(options: FreedomIdOidcStrategyOptions, verify: OidcVerifyFunction);
  constructor(options: FreedomIdOidcStrategyOptions, verify: OidcVerifyFunctionWithParams);
  constructor(options: FreedomIdOidcStrategyOptionsWithRequest, verify: OidcVerifyFunctionWithRequest<Req>);
  constructor(
    options: FreedomIdOidcStrategyOptionsWithRequest,
    verify: OidcVerifyFunctionWithRequestAndParams<Req>,
  );
  /** The last form is for options whose `passReqToCallback` is known at run time only. */
  constructor(
    options: FreedomIdOidcStrategyOptions | FreedomIdOidcStrategyOptionsWithRequest,
    verify: OidcVerifyFunctionForEither<Req>,
  );
  constructor(
    options: FreedomIdOidcStrategyOptions | FreedomIdOidcStrategyOptionsWithRequest,
    verify: AppFunction,
  ) {
    const client = new FreedomIdOidcClient(options);
    checkLoginOptions(options);
    super(new OidcFlow(client), options, verify);
    this.client = client;
  }

  /**
   * Loads the user's profile. A subclass may override it, and either call `done` or return a promise of the profile. If the `id` of
   * the profile is not the `sub` of the subject, the login ends with an error.
   *
   * @param accessToken - the access token of this login
   * @param done - called with the profile, or with an error: a {@link FreedomIdError} if Freedom ID is the cause
   * @param subject - the user of the ID token
   */
  override userProfile(
    accessToken: string,
    done: (error?: unknown, profile?: FreedomIdOidcProfile) => void,
    subject?: FreedomIdSubject,
  ): void {
    super.userProfile(accessToken, done, subject);
  }
}
