/** What went wrong, stable across versions. */
export type FreedomIdErrorCode =
  /** No complete response within the `timeout`. */
  | 'ERR_FREEDOM_ID_TIMEOUT'
  /** Freedom ID could not be reached, or the connection broke. */
  | 'ERR_FREEDOM_ID_NETWORK'
  /** A response came, but it cannot be used: a server error, too many requests, a redirect, HTML, too much of it, no token in it. */
  | 'ERR_FREEDOM_ID_RESPONSE'
  /** Freedom ID rejected the request, or reported an error at the callback. */
  | 'ERR_FREEDOM_ID_REJECTED'
  /** An ID token does not hold, or the user's data are not those of the user that it names. OpenID Connect only. */
  | 'ERR_FREEDOM_ID_TOKEN';

/** Where it went wrong: at an endpoint of Freedom ID's API, or at the callback. */
export type FreedomIdEndpoint =
  | 'authorize'
  | 'token'
  | 'get-data'
  | 'get-profile'
  | 'profile-status'
  | 'user'
  | 'userinfo'
  | 'jwks'
  /** Only the probe asks there. */
  | 'discovery'
  | 'callback';

/** The facts that a {@link FreedomIdError} carries besides its message. */
export interface FreedomIdErrorDetails {
  code: FreedomIdErrorCode;
  endpoint: FreedomIdEndpoint;
  httpStatus?: number | undefined;
  providerCode?: string | undefined;
  fields?: Record<string, string[]> | undefined;
  retryAfter?: number | undefined;
  cause?: Error | undefined;
}

/**
 * An exchange with Freedom ID failed, or its callback reports an error. The message is one line that names the endpoint, what came back, and what to check.
 * It never holds a token, an authorization code or a secret.
 */
export class FreedomIdError extends Error {
  override readonly name = 'FreedomIdError';

  readonly code: FreedomIdErrorCode;

  readonly endpoint: FreedomIdEndpoint;

  /** The HTTP status for the app's own response: 504 for a timeout, else 502. Express, Koa and Fastify read it. */
  readonly status: 502 | 504;

  /** The HTTP status of the response, if there was one. */
  declare readonly httpStatus?: number;

  /** Freedom ID's own error code, always as a string: `'100101'` says that the authorization code was not accepted (protocol 11). */
  declare readonly providerCode?: string;

  /** Freedom ID's validation messages by the path of the field, e.g. `{ 'grants.3': ['The selected …'] }`. */
  declare readonly fields?: Record<string, string[]>;

  /** How many seconds to wait before another try, 0 or more, where the response says so: HTTP 429 and 503. */
  declare readonly retryAfter?: number;

  constructor(message: string, { code, endpoint, cause, ...facts }: FreedomIdErrorDetails) {
    super(message, cause && { cause });
    this.code = code;
    this.endpoint = endpoint;
    this.status = code === 'ERR_FREEDOM_ID_TIMEOUT' ? 504 : 502;
    // Absent facts stay absent: `console.log` and loggers print members that are undefined.
    for (const [name, value] of Object.entries(facts)) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true });
    }
  }
}
