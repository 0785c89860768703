/** What went wrong. The codes stay the same in later versions. What to check for each: docs/errors.md. */
export type FreedomIdErrorCode =
  /** No complete response came within the `timeout`. */
  | 'ERR_FREEDOM_ID_TIMEOUT'
  /** Freedom ID could not be reached, or the connection broke. `cause.code` says how, e.g. `ECONNREFUSED`. */
  | 'ERR_FREEDOM_ID_NETWORK'
  /** A response came that cannot be used: a server error, too many requests, a redirect, HTML, too many bytes, no token in it. */
  | 'ERR_FREEDOM_ID_RESPONSE'
  /** Freedom ID rejected the request, or reported an error at the callback. */
  | 'ERR_FREEDOM_ID_REJECTED'
  /** OpenID Connect only: the ID token is not valid, or the user info belongs to another user than the ID token. */
  | 'ERR_FREEDOM_ID_TOKEN';

/** Where it went wrong: at an endpoint of Freedom ID, or at the callback. */
export type FreedomIdEndpoint =
  /** Asks for a login link (protocol 2). */
  | 'authorize'
  /** Exchanges an authorization code or a refresh token for tokens (protocol 4, 6, 10). */
  | 'token'
  /** Reads the user info in Freedom ID's own flow (protocol 7). */
  | 'get-data'
  /** Requests the full profile (protocol 8). */
  | 'get-profile'
  /** Asks for the status of the full profile (protocol 8). */
  | 'profile-status'
  /** Creates or updates a user (protocol 9). */
  | 'user'
  /** Reads the user info in OpenID Connect (protocol 10). */
  | 'userinfo'
  /** Gets the keys that ID tokens are signed with (protocol 10). */
  | 'jwks'
  /** The discovery document of OpenID Connect. Only the probe asks for it. */
  | 'discovery'
  /** Not a request: Freedom ID sent the browser back with an error (protocol 3). */
  | 'callback';

/** What a {@link FreedomIdError} is made from, besides its message. The members are those of the error. */
export interface FreedomIdErrorDetails {
  /** What went wrong. */
  code: FreedomIdErrorCode;
  /** Where it went wrong. */
  endpoint: FreedomIdEndpoint;
  /** The HTTP status of the response, if there was one. */
  httpStatus?: number | undefined;
  /** Freedom ID's own error code. */
  providerCode?: string | undefined;
  /** Freedom ID's validation messages, by the path of the field. */
  fields?: Record<string, string[]> | undefined;
  /** Seconds to wait before the next try. */
  retryAfter?: number | undefined;
  /** The error that caused this one. */
  cause?: Error | undefined;
}

/**
 * A request to Freedom ID failed, or Freedom ID reported an error at the callback. The message is one line for your log: it names
 * the endpoint, what came back, and what to check. It never holds a token, an authorization code or a secret.
 * See docs/errors.md.
 */
export class FreedomIdError extends Error {
  /** The name of the class. */
  override readonly name = 'FreedomIdError';

  /** What went wrong. */
  readonly code: FreedomIdErrorCode;

  /** Where it went wrong. */
  readonly endpoint: FreedomIdEndpoint;

  /** The HTTP status for your own response: 504 after a timeout, else 502. Express, Koa and Fastify read it. */
  readonly status: 502 | 504;

  /** The HTTP status of the response, if there was one. */
  declare readonly httpStatus?: number;

  /** Freedom ID's own error code, always a string: `'100101'` means that the authorization code was not accepted (protocol 11). */
  declare readonly providerCode?: string;

  /** Freedom ID's validation messages, by the path of the field, e.g. `{ 'grants.3': ['The selected …'] }`. */
  declare readonly fields?: Record<string, string[]>;

  /** Seconds to wait before the next try, 0 or more. Present if a response with HTTP 429 or 503 says so. */
  declare readonly retryAfter?: number;

  /** For tests of your own. This package creates the errors that you get. */
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
