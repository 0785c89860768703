import type {
  ReturnsUser,
  Verify,
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

/**
 * Does for both values of `passReqToCallback`. Where a verify function fits no overload, TypeScript explains why it does not fit
 * this type, one part after the other. So what is returned comes first: the mistake that is seen most.
 */
export type VerifyFunctionForEither<Req> = ReturnsUser & VerifyFunction & VerifyFunctionWithRequest<Req>;
