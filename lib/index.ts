export { type FreedomIdEndpoint, FreedomIdError, type FreedomIdErrorCode } from './errors';
export type { FreedomIdRequestEvent } from './http/diagnostics';
export type { FetchFunction, FetchInit, FetchResponse } from './http/fetch';
export type { StateMetadata, StateStore } from './login/state';
export type {
  FreedomIdAuthenticateOptions,
  FreedomIdStrategyOptions,
  FreedomIdStrategyOptionsWithRequest,
  SkipUserProfile,
} from './login/strategy-options';
export type {
  FreedomIdTokenParams,
  VerifyCallback,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
  VerifyResult,
} from './login/verify';
export { FreedomIdClient } from './oauth/client';
export type { FreedomIdClientOptions } from './oauth/options';
export { FreedomIdStrategy, FreedomIdStrategy as Strategy } from './oauth/strategy';
export type { FreedomIdTokens } from './oauth/tokens';
export type { FreedomIdUserInfo } from './oauth/user-info';
export type { FreedomIdProfile } from './profile';
