import type { FreedomIdEndpoint } from '../errors';

/** One request to Freedom ID. */
export interface ExchangeRequest {
  endpoint: FreedomIdEndpoint;
  method: 'GET' | 'POST' | 'PATCH';
  url: string;
  authorization: { scheme: 'Basic' | 'Bearer'; credentials: string };
  /** Sent as the JSON body. */
  json?: object;
}

/** A response that is a JSON object and reports no error. */
export interface ExchangeResponse {
  httpStatus: number;
  /** The body as it came. */
  raw: string;
  /** The body, parsed. */
  json: Record<string, unknown>;
}

/** The part of a URL that an error or a log may show: the query may hold a key. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
