import type { FreedomIdEndpoint } from '../errors';
import type { Authorization } from './authorization';
import type { FetchInit } from './fetch';

/** One request to Freedom ID. */
export interface ExchangeRequest {
  endpoint: FreedomIdEndpoint;
  method: FetchInit['method'];
  url: string;
  /** Absent for what is public. */
  authorization?: Authorization;
  /** Sent as the JSON body. */
  json?: Record<string, unknown>;
  /** Sent as the body of a form, as RFC 6749 has it. */
  form?: Record<string, string>;
  /** Gives the exchange up when it aborts: the exchange then rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** What is sent in the body, whichever way it is written. */
export function paramsOf({ json, form }: ExchangeRequest): Record<string, unknown> {
  return json ?? form ?? {};
}

/** A response that is a JSON object and reports no error. */
export interface ExchangeResponse {
  httpStatus: number;
  /** The body as it came. */
  raw: string;
  /** The body, parsed. */
  json: Record<string, unknown>;
}
