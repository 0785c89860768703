import type {
  Verify,
  VerifyWithParams,
  VerifyWithRequest,
  VerifyWithRequestAndParams,
} from '../login/verify';
import type { FreedomIdProfile } from '../profile';
import type { FreedomIdTokenParams } from './tokens';

/** Returns the user or a promise of it, or declares `done` and calls it. */
export type VerifyFunction = Verify<FreedomIdProfile>;

/** Also gets the token response. Annotate an inline function's parameters: TypeScript cannot infer them. */
export type VerifyFunctionWithParams = VerifyWithParams<FreedomIdProfile, FreedomIdTokenParams>;

/** {@link VerifyFunction} under `passReqToCallback: true`. */
export type VerifyFunctionWithRequest<Req> = VerifyWithRequest<FreedomIdProfile, Req>;

/** {@link VerifyFunctionWithParams} under `passReqToCallback: true`. */
export type VerifyFunctionWithRequestAndParams<Req> = VerifyWithRequestAndParams<
  FreedomIdProfile,
  FreedomIdTokenParams,
  Req
>;
