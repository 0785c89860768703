import type {
  Verify,
  VerifyForEither,
  VerifyWithParams,
  VerifyWithRequest,
  VerifyWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdOidcTokenParams } from './tokens';
import type { FreedomIdOidcProfile } from './user-info';

/** Returns the user or a promise of it, or declares `done` and calls it. */
export type OidcVerifyFunction = Verify<FreedomIdOidcProfile>;

/**
 * Also gets the token response. It declares all five parameters, even if it returns a promise and leaves `done` unused: their
 * number tells that it is this form. Annotate those of an inline function, which TypeScript cannot infer.
 */
export type OidcVerifyFunctionWithParams = VerifyWithParams<FreedomIdOidcProfile, FreedomIdOidcTokenParams>;

/** {@link OidcVerifyFunction} under `passReqToCallback: true`. */
export type OidcVerifyFunctionWithRequest<Req> = VerifyWithRequest<FreedomIdOidcProfile, Req>;

/** {@link OidcVerifyFunctionWithParams} under `passReqToCallback: true`: it declares all six. */
export type OidcVerifyFunctionWithRequestAndParams<Req> = VerifyWithRequestAndParams<
  FreedomIdOidcProfile,
  FreedomIdOidcTokenParams,
  Req
>;

/** {@link VerifyForEither} for this flow's profile. */
export type OidcVerifyFunctionForEither<Req> = VerifyForEither<FreedomIdOidcProfile, Req>;
