import type {
  Verify,
  VerifyForEither,
  VerifyWithParams,
  VerifyWithRequest,
  VerifyWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdOidcTokenParams as Params } from './tokens';
import type { FreedomIdOidcProfile as Profile } from './user-info';

/** {@link Verify} in this flow: returns the user or a promise of it, or declares `done` and calls it. */
export type OidcVerifyFunction = Verify<Profile>;

/** {@link VerifyWithParams} in this flow: it declares all five parameters. Annotate those of an inline function. */
export type OidcVerifyFunctionWithParams = VerifyWithParams<Profile, Params>;

/** {@link OidcVerifyFunction} under `passReqToCallback: true`. */
export type OidcVerifyFunctionWithRequest<Req> = VerifyWithRequest<Profile, Req>;

/** {@link OidcVerifyFunctionWithParams} under `passReqToCallback: true`: it declares all six. */
export type OidcVerifyFunctionWithRequestAndParams<Req> = VerifyWithRequestAndParams<Profile, Params, Req>;

/** {@link VerifyForEither} in this flow. */
export type OidcVerifyFunctionForEither<Req> = VerifyForEither<Profile, Req>;
