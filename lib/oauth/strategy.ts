import type { Request } from 'express';
import type { AppFunction } from '../login/app-function';
import { LoginStrategy } from '../login/strategy';
import type { FreedomIdProfile } from '../profile';
import { FreedomIdClient } from './client';
import { OAuthFlow } from './flow';
import {
  type FreedomIdStrategyOptions,
  type FreedomIdStrategyOptionsWithRequest,
  readStateIn,
} from './options';
import type {
  VerifyFunction,
  VerifyFunctionForEither,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './verify';

/**
 * The Passport strategy for Freedom ID's own flow. Its `name` is `freedom-id`. See docs/options.md and docs/verify.md.
 *
 * @example
 * ```ts
 * passport.use(new FreedomIdStrategy({ clientID, clientSecret, callbackURL }, async (accessToken, refreshToken, profile) =>
 *   users.upsert(profile.id, profile.displayName)))
 * ```
 *
 * @typeParam Req - the type of the request that verify gets with `passReqToCallback: true`. The default is Express's
 */
export class FreedomIdStrategy<Req = Request> extends LoginStrategy<FreedomIdProfile> {
  /** The client for Freedom ID's API, with the options of this strategy. */
  readonly client: FreedomIdClient;

  /** @throws a `TypeError` that names the wrong option and says what it should be */
  constructor(options: FreedomIdStrategyOptions, verify: VerifyFunction);
  constructor(options: FreedomIdStrategyOptions, verify: VerifyFunctionWithParams);
  constructor(options: FreedomIdStrategyOptionsWithRequest, verify: VerifyFunctionWithRequest<Req>);
  constructor(options: FreedomIdStrategyOptionsWithRequest, verify: VerifyFunctionWithRequestAndParams<Req>);
  /** The last form is for options whose `passReqToCallback` is known at run time only. */
  constructor(
    options: FreedomIdStrategyOptions | FreedomIdStrategyOptionsWithRequest,
    verify: VerifyFunctionForEither<Req>,
  );
  constructor(options: FreedomIdStrategyOptions | FreedomIdStrategyOptionsWithRequest, verify: AppFunction) {
    const client = new FreedomIdClient(options);
    super(new OAuthFlow(client, readStateIn(options)), options, verify);
    this.client = client;
  }
}
