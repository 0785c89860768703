/// <reference types="passport" preserve="true" />
// For Express.User, which apps augment with the members of their own users.

import type { FreedomIdProfile } from '../profile';
import { type AppFunction, fromEither, isThenable } from './app-function';

/** The token answer as verify gets it: without the refresh token, which is an argument of its own. */
export interface FreedomIdTokenParams {
  access_token: string;
  /** The id of the token, not of the user: what the revocation webhook names. */
  id?: string;
  /** ISO 8601, UTC. */
  access_expire_at?: string;
  refresh_expire_at?: string;
  /** Seconds until the access token expires, worked out from `access_expire_at`. */
  expires_in?: number;
  [parameter: string]: unknown;
}

/** `done(error)`, `done(null, user, info?)`, or `done(null, false, info?)` for a failed login. */
export type VerifyCallback = (
  error?: unknown,
  user?: Express.User | false | null | undefined,
  info?: object | string | undefined,
) => void;

/** The user; or `false`, `null` or nothing for a failed login. */
export type VerifyResult = Express.User | false | null | undefined;

// biome-ignore lint/suspicious/noConfusingVoidType: a function that calls `done` returns nothing
type Returned = VerifyResult | void | PromiseLike<VerifyResult | void>;

/** Parameters as a method has them: one annotated `refreshToken: string` fits as well. */
type Loose<F extends (...args: never[]) => unknown> = { call(...args: Parameters<F>): ReturnType<F> }['call'];

/** Returns the user or a promise of it, or declares `done` and calls it. */
export type VerifyFunction = Loose<
  (
    accessToken: string,
    refreshToken: string | undefined,
    profile: FreedomIdProfile,
    done: VerifyCallback,
  ) => Returned
>;

/** With the token answer. Annotate an inline function's parameters: TypeScript infers none across arities. */
export type VerifyFunctionWithParams = Loose<
  (
    accessToken: string,
    refreshToken: string | undefined,
    params: FreedomIdTokenParams,
    profile: FreedomIdProfile,
    done: VerifyCallback,
  ) => Returned
>;

/** {@link VerifyFunction} under `passReqToCallback: true`. */
export type VerifyFunctionWithRequest<Req> = Loose<
  (
    req: Req,
    accessToken: string,
    refreshToken: string | undefined,
    profile: FreedomIdProfile,
    done: VerifyCallback,
  ) => Returned
>;

/** {@link VerifyFunctionWithParams} under `passReqToCallback: true`. */
export type VerifyFunctionWithRequestAndParams<Req> = Loose<
  (
    req: Req,
    accessToken: string,
    refreshToken: string | undefined,
    params: FreedomIdTokenParams,
    profile: FreedomIdProfile,
    done: VerifyCallback,
  ) => Returned
>;

/** What a verify function is called with, by name. */
export interface VerifyArguments {
  /** Present under `passReqToCallback`. */
  req?: unknown;
  accessToken: string;
  refreshToken: string | undefined;
  params: FreedomIdTokenParams;
  /** Absent under `skipUserProfile`; a subclass may have made another. */
  profile: unknown;
}

/** What the app made of a user of Freedom ID. */
export interface Verdict {
  /** Falsy: a failed login. */
  user?: unknown;
  /** For `req.authInfo`, or for the failure message. */
  info?: unknown;
}

/**
 * Calls the app's verify function in the form that its arity tells, and waits for its answer by callback or by promise,
 * whichever comes first.
 */
export async function callVerify(verify: AppFunction, args: VerifyArguments): Promise<Verdict> {
  const { accessToken, refreshToken, params, profile } = args;
  const before = 'req' in args ? [args.req] : [];
  const withParams = verify.length >= before.length + 5;
  const tokens = withParams ? [accessToken, refreshToken, params] : [accessToken, refreshToken];
  const [user, info] = await fromEither('FreedomIdStrategy: verify', verify, [...before, ...tokens, profile]);
  // A promise of false would let its user in.
  if (isThenable(user)) throw new TypeError('FreedomIdStrategy: verify gave done a promise; wait for it');
  return { user, info };
}
