export { FreedomIdClient, type FreedomIdTokens, type FreedomIdUserInfo } from './client';
export type { FreedomIdRequestEvent } from './diagnostics';
export { type FreedomIdEndpoint, FreedomIdError, type FreedomIdErrorCode } from './errors';
export type { FetchFunction, FetchInit, FetchResponse } from './fetch';
export type { FreedomIdClientOptions } from './options';
export type { FreedomIdProfile } from './profile';
export type { StateMetadata, StateStore } from './state';
export { FreedomIdStrategy, FreedomIdStrategy as Strategy } from './strategy';
export type {
  FreedomIdAuthenticateOptions,
  FreedomIdStrategyOptions,
  FreedomIdStrategyOptionsWithRequest,
  SkipUserProfile,
} from './strategy-options';
export type {
  FreedomIdTokenParams,
  VerifyCallback,
  VerifyFunction,
  VerifyFunctionWithParams,
  VerifyFunctionWithRequest,
  VerifyFunctionWithRequestAndParams,
  VerifyResult,
} from './verify';
