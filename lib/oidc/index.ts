export type { FreedomIdEndpoint, FreedomIdErrorCode, FreedomIdErrorDetails } from '../errors';
export { FreedomIdError } from '../errors';
export type { FreedomIdRequestEvent } from '../http/diagnostics';
export type { AbortEmitter, FetchFunction, FetchInit, FetchResponse } from '../http/fetch';
export type { FreedomIdLoginEvent } from '../login/diagnostics';
export type { AuthenticateOptions as FreedomIdAuthenticateOptions, SkipUserProfile } from '../login/options';
export type { FailureReason as FreedomIdFailureReason } from '../login/outcome';
export type { StateMetadata, StateStore } from '../login/state';
export type { VerifyCallback, VerifyResult } from '../login/verify';
export type { FreedomIdUserInfo } from '../profile';
export { FreedomIdOidcClient } from './client';
export type { FreedomIdClaims } from './id-token';
export type {
  FreedomIdOidcClientOptions,
  FreedomIdOidcStrategyOptions,
  FreedomIdOidcStrategyOptionsWithRequest,
} from './options';
export { FreedomIdOidcStrategy } from './strategy';
export type { FreedomIdOidcRefreshedTokens, FreedomIdOidcTokenParams, FreedomIdOidcTokens } from './tokens';
export type { FreedomIdOidcProfile, FreedomIdSubject } from './user-info';
export type {
  OidcVerifyFunction,
  OidcVerifyFunctionForEither,
  OidcVerifyFunctionWithParams,
  OidcVerifyFunctionWithRequest,
  OidcVerifyFunctionWithRequestAndParams,
} from './verify';
