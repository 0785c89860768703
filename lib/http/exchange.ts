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
  /** Of a login, where it is sent as a part of something else. */
  state?: string | undefined;
  /** What must not be sent twice, even where nobody knows what became of the first. */
  once?: boolean;
  /** What is sent is a person's data: no error may show it. */
  isPersonal?: boolean;
  /** Whether a success without a body is one. It is read as `{}`. */
  mayBeEmpty?: boolean;
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
  /** Makes a text of the body safe to log: no secret of the exchange, no control character, 200 characters at most. */
  clean(text: string): string;
}
