import type {
  Verify,
  VerifyForEither,
  VerifyWithParams,
  VerifyWithRequest,
  VerifyWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdOidcTokenParams as Params } from './tokens';
import type { FreedomIdOidcProfile as Profile } from './user-info';

/**
 * The function that finds your user. It returns the user or a promise of the user, or declares `done` and calls it.
 * See docs/verify.md.
 */
export type OidcVerifyFunction = Verify<Profile>;

/**
 * An {@link OidcVerifyFunction} that gets the token response, too. It must declare all five parameters, even if it returns a promise
 * and does not use `done`. TypeScript cannot infer their types: annotate them. See docs/verify.md#typescript.
 */
export type OidcVerifyFunctionWithParams = VerifyWithParams<Profile, Params>;

/** An {@link OidcVerifyFunction} for `passReqToCallback: true`: it gets the request first. @typeParam Req - the type of the request */
export type OidcVerifyFunctionWithRequest<Req> = VerifyWithRequest<Profile, Req>;

/**
 * An {@link OidcVerifyFunctionWithParams} for `passReqToCallback: true`: it gets the request first, and must declare all six
 * parameters.
 *
 * @typeParam Req - the type of the request
 */
export type OidcVerifyFunctionWithRequestAndParams<Req> = VerifyWithRequestAndParams<Profile, Params, Req>;

/**
 * A verify function that may be used with and without `passReqToCallback`. TypeScript's messages name this type if a verify function
 * fits no form.
 *
 * @typeParam Req - the type of the request
 */
export type OidcVerifyFunctionForEither<Req> = VerifyForEither<Profile, Req>;
