import type { FreedomIdEndpoint } from '../errors';
import type { Authorization } from './authorization';
import type { FetchInit } from './fetch';

/** One request to Freedom ID. */
export interface ExchangeRequest {
  endpoint: FreedomIdEndpoint;
  method: FetchInit['method'];
  url: string;
  /** Absent where the endpoint is public. */
  authorization?: Authorization;
  /** Sent as the JSON body. */
  json?: Record<string, unknown>;
  /** Sent as a form in the body (RFC 6749). */
  form?: Record<string, string>;
  /** The login's state, if it is sent as a part of another value: no error may show it. */
  state?: string | undefined;
  /** Whether the request must not be sent twice, even if it is not known whether the first one arrived. */
  once?: boolean;
  /** Whether the body holds personal data: no error may show it. */
  isPersonal?: boolean;
  /** Whether a success may have an empty body. It is read as `{}`. */
  mayBeEmpty?: boolean;
  /** When it aborts, the exchange ends and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The parameters in the body, whether it is JSON or a form. */
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
  /** Makes a text from the body safe to log: no secret of the exchange, no control character, 200 characters at most. */
  clean(text: string): string;
}
