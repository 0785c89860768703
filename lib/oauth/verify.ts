import type {
  Verify,
  VerifyForEither,
  VerifyWithParams,
  VerifyWithRequest,
  VerifyWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdProfile } from '../profile';
import type { FreedomIdTokenParams } from './tokens';

/**
 * The function that finds your user. It returns the user or a promise of the user, or declares `done` and calls it.
 * See docs/verify.md.
 */
export type VerifyFunction = Verify<FreedomIdProfile>;

/**
 * A {@link VerifyFunction} that gets the token response, too. It must declare all five parameters, even if it returns a promise and
 * does not use `done`. TypeScript cannot infer their types: annotate them. See docs/verify.md#typescript.
 */
export type VerifyFunctionWithParams = VerifyWithParams<FreedomIdProfile, FreedomIdTokenParams>;

/** A {@link VerifyFunction} for `passReqToCallback: true`: it gets the request first. @typeParam Req - the type of the request */
export type VerifyFunctionWithRequest<Req> = VerifyWithRequest<FreedomIdProfile, Req>;

/**
 * A {@link VerifyFunctionWithParams} for `passReqToCallback: true`: it gets the request first, and must declare all six parameters.
 *
 * @typeParam Req - the type of the request
 */
export type VerifyFunctionWithRequestAndParams<Req> = VerifyWithRequestAndParams<
  FreedomIdProfile,
  FreedomIdTokenParams,
  Req
>;

/**
 * A verify function that may be used with and without `passReqToCallback`. TypeScript's messages name this type if a verify function
 * fits no form.
 *
 * @typeParam Req - the type of the request
 */
export type VerifyFunctionForEither<Req> = VerifyForEither<FreedomIdProfile, Req>;
