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
 * Signs users in with Freedom ID over OpenID Connect.
 *
 * @example
 * ```ts
 * passport.use(new FreedomIdOidcStrategy({ clientID, clientSecret, callbackURL }, async (accessToken, refreshToken, profile) =>
 *   users.upsert(profile.id, profile.displayName)))
 * ```
 *
 * @typeParam Req - the request that verify gets under `passReqToCallback`: Express', or the one that it is annotated with
 */
export class FreedomIdOidcStrategy<Req = Request> extends LoginStrategy<FreedomIdOidcProfile> {
  /** Freedom ID's OpenID provider, with this strategy's settings. */
  readonly client: FreedomIdOidcClient;

  /** @throws `TypeError` that names the option and what it should be */
  constructor(options: FreedomIdOidcStrategyOptions, verify: OidcVerifyFunction);
  constructor(options: FreedomIdOidcStrategyOptions, verify: OidcVerifyFunctionWithParams);
  constructor(options: FreedomIdOidcStrategyOptionsWithRequest, verify: OidcVerifyFunctionWithRequest<Req>);
  constructor(
    options: FreedomIdOidcStrategyOptionsWithRequest,
    verify: OidcVerifyFunctionWithRequestAndParams<Req>,
  );
  /** For options with either `passReqToCallback`. It stands last because TypeScript's messages are about the last one. */
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
   * Loads the user's profile. Subclasses may override it, and call back or return a promise. A profile whose `id` is not the
   * subject's `sub` signs nobody in.
   *
   * @param done - called with the profile, or with a `FreedomIdError`
   * @param subject - whose profile it must be
   */
  override userProfile(
    accessToken: string,
    done: (error?: unknown, profile?: FreedomIdOidcProfile) => void,
    subject?: FreedomIdSubject,
  ): void {
    super.userProfile(accessToken, done, subject);
  }
}
