/** What went wrong, stable across versions. */
export type FreedomIdErrorCode =
  /** No whole answer within the `timeout`. */
  | 'ERR_FREEDOM_ID_TIMEOUT'
  /** Freedom ID could not be reached, or the connection broke. */
  | 'ERR_FREEDOM_ID_NETWORK'
  /** Something answered, but not in a way that can be used. */
  | 'ERR_FREEDOM_ID_RESPONSE'
  /** Freedom ID said no. */
  | 'ERR_FREEDOM_ID_REJECTED';

/** Where it went wrong: an endpoint of Freedom ID's API, or the callback that the browser brought. */
export type FreedomIdEndpoint = 'authorize' | 'token' | 'get-data' | 'callback';

/** The facts that a {@link FreedomIdError} carries besides its message. */
export interface FreedomIdErrorDetails {
  code: FreedomIdErrorCode;
  endpoint: FreedomIdEndpoint;
  httpStatus?: number | undefined;
  providerCode?: string | undefined;
  fields?: Record<string, string[]> | undefined;
  cause?: Error | undefined;
}

/**
 * The one error of this package: an exchange with Freedom ID did not work out. The message is one line that names the
 * endpoint, what came back, and what to check. It never holds a token, a code or a secret.
 */
export class FreedomIdError extends Error {
  override readonly name = 'FreedomIdError';

  readonly code: FreedomIdErrorCode;

  readonly endpoint: FreedomIdEndpoint;

  /** The HTTP status to answer the app's own user with: 504 for a timeout, else 502. Express, Koa and Fastify read it. */
  readonly status: 502 | 504;

  /** The HTTP status of Freedom ID's answer, where there was one. */
  declare readonly httpStatus?: number;

  /** Freedom ID's own error code, always as a string; `'100101'` is an authorization code that it does not accept. */
  declare readonly providerCode?: string;

  /** Freedom ID's validation messages by the path of the field, e.g. `{ 'grants.3': ['The selected …'] }`. */
  declare readonly fields?: Record<string, string[]>;

  constructor(message: string, { code, endpoint, cause, ...facts }: FreedomIdErrorDetails) {
    super(message, cause && { cause });
    this.code = code;
    this.endpoint = endpoint;
    this.status = code === 'ERR_FREEDOM_ID_TIMEOUT' ? 504 : 502;
    // Absent facts stay absent: loggers and JSON would print `undefined` members.
    for (const [name, value] of Object.entries(facts)) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true });
    }
  }
}
