import type {
  Verify,
  VerifyForEither,
  VerifyWithParams,
  VerifyWithRequest,
  VerifyWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdProfile } from '../profile';
import type { FreedomIdTokenParams } from './tokens';

/** Returns the user or a promise of it, or declares `done` and calls it. */
export type VerifyFunction = Verify<FreedomIdProfile>;

/**
 * Also gets the token response. It declares all five parameters, even if it returns a promise and leaves `done` unused: their
 * number tells that it is this form. Annotate those of an inline function, which TypeScript cannot infer.
 */
export type VerifyFunctionWithParams = VerifyWithParams<FreedomIdProfile, FreedomIdTokenParams>;

/** {@link VerifyFunction} under `passReqToCallback: true`. */
export type VerifyFunctionWithRequest<Req> = VerifyWithRequest<FreedomIdProfile, Req>;

/** {@link VerifyFunctionWithParams} under `passReqToCallback: true`: it declares all six. */
export type VerifyFunctionWithRequestAndParams<Req> = VerifyWithRequestAndParams<
  FreedomIdProfile,
  FreedomIdTokenParams,
  Req
>;

/** {@link VerifyForEither} for this flow's profile. */
export type VerifyFunctionForEither<Req> = VerifyForEither<FreedomIdProfile, Req>;
