import type { FreedomIdEndpoint } from '../errors';

/** One request to Freedom ID. */
export interface ExchangeRequest {
  endpoint: FreedomIdEndpoint;
  method: 'GET' | 'POST' | 'PATCH';
  url: string;
  authorization: { scheme: 'Basic' | 'Bearer'; credentials: string };
  /** Sent as the JSON body. */
  json?: object;
  /** What must not appear in an error, besides the credentials. */
  secrets: readonly string[];
}

/** An answer that is a JSON object and not an error. */
export interface ExchangeAnswer {
  httpStatus: number;
  /** The body as it came. */
  raw: string;
  json: Record<string, unknown>;
}

/** What an error or a log may say of a URL: its query may hold a key. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** What must not be in an error of this exchange. */
export function secretsOf({ url, authorization, secrets }: ExchangeRequest): string[] {
  return [authorization.credentials, ...secrets, new URL(url).search];
}
