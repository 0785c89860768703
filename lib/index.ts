export type { FreedomIdEndpoint, FreedomIdErrorCode, FreedomIdErrorDetails } from './errors';
export { FreedomIdError } from './errors';
export type { FreedomIdRequestEvent } from './http/diagnostics';
export type { AbortEmitter, FetchFunction, FetchInit, FetchResponse } from './http/fetch';
export type { FreedomIdLoginEvent } from './login/diagnostics';
export type { AuthenticateOptions as FreedomIdAuthenticateOptions, SkipUserProfile } from './login/options';
export type { FailureReason as FreedomIdFailureReason } from './login/outcome';
export type { StateMetadata, StateStore } from './login/state';
export type { VerifyCallback, VerifyResult } from './login/verify';
export { FreedomIdClient } from './oauth/client';
export type {
  FreedomIdProfileRequest,
  FreedomIdProfileStatus,
  ProfileRequestOptions as FreedomIdProfileRequestOptions,
} from './oauth/full-profile';
export type {
  FreedomIdClientOptions,
  FreedomIdStrategyOptions,
  FreedomIdStrategyOptionsWithRequest,
} from './oauth/options';
export { FreedomIdStrategy, FreedomIdStrategy as Strategy } from './oauth/strategy';
export type { FreedomIdTokenParams, FreedomIdTokens } from './oauth/tokens';
export type { FreedomIdNewUser, FreedomIdUserResult, FreedomIdUserUpdate } from './oauth/user-fields';
export type {
  VerifyFunction,
  VerifyFunctionForEither,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
} from './oauth/verify';
export type { WaitForProfileOptions as FreedomIdWaitForProfileOptions } from './oauth/wait-for-profile';
export type { FreedomIdProfile, FreedomIdUserInfo } from './profile';
export type { RevocationHandler, RevocationHandlerOptions } from './revocation/handler';
export { revocationHandler } from './revocation/handler';
export type { NodeResponse as RevocationResponse } from './revocation/response';
export type { NodeRequest as RevocationRequest } from './revocation/stream';
