import type { FreedomIdEndpoint } from '../errors';
import type { FetchInit } from './fetch';

/** One request to Freedom ID. */
export interface ExchangeRequest {
  endpoint: FreedomIdEndpoint;
  method: FetchInit['method'];
  url: string;
  authorization: { scheme: 'Basic' | 'Bearer'; credentials: string };
  /** Sent as the JSON body. */
  json?: Record<string, unknown>;
}

/** A response that is a JSON object and reports no error. */
export interface ExchangeResponse {
  httpStatus: number;
  /** The body as it came. */
  raw: string;
  /** The body, parsed. */
  json: Record<string, unknown>;
}
