export { type FreedomIdEndpoint, FreedomIdError, type FreedomIdErrorCode } from './errors';
export type { FreedomIdRequestEvent } from './http/diagnostics';
export type { FetchFunction, FetchInit, FetchResponse } from './http/fetch';
export type { FreedomIdClientOptions } from './http/options';
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
export { FreedomIdClient, type FreedomIdTokens, type FreedomIdUserInfo } from './oauth/client';
export { FreedomIdStrategy, FreedomIdStrategy as Strategy } from './oauth/strategy';
export type { FreedomIdProfile } from './profile';
