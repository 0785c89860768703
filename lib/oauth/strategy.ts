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
export class FreedomIdStrategy<Req = Request> extends LoginStrategy<FreedomIdProfile> {
  /** Freedom ID's API, with this strategy's settings. */
  readonly client: FreedomIdClient;

  /** @throws `TypeError` that names the option and what it should be */
  constructor(options: FreedomIdStrategyOptions, verify: VerifyFunction);
  constructor(options: FreedomIdStrategyOptions, verify: VerifyFunctionWithParams);
  constructor(options: FreedomIdStrategyOptionsWithRequest, verify: VerifyFunctionWithRequest<Req>);
  constructor(options: FreedomIdStrategyOptionsWithRequest, verify: VerifyFunctionWithRequestAndParams<Req>);
  /** For options with either `passReqToCallback`. It stands last because TypeScript's messages are about the last one. */
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
