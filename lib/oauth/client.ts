import { type Authorization, basic, bearer } from '../http/authorization';
import type { ExchangeRequest } from '../http/exchange';
import { responseWithout } from '../http/response';
import { createTransport, type Transport } from '../http/transport';
import type { FreedomIdUserInfo } from '../profile';
import { requireText, requireThat } from '../require-that';
import { type FreedomIdClientOptions, readClientOptions } from './options';
import { type FreedomIdTokens, readTokens } from './tokens';

/**
 * Freedom ID's HTTP API, one method for each exchange. Every method answers within the `timeout`, and rejects with a
 * {@link FreedomIdError}, or with a `TypeError` where an argument is not what it should be.
 */
export class FreedomIdClient {
  readonly clientID: string;

  readonly authorizationURL: string;

  readonly tokenURL: string;

  readonly userProfileURL: string;

  // Private at run time, too: `console.log(client)` shows no secret.
  readonly #basic: Authorization;

  readonly #exchange: Transport;

  /** @throws `TypeError` that names the option and what it should be */
  constructor(options: FreedomIdClientOptions) {
    const settings = readClientOptions(options);
    this.clientID = settings.clientID;
    this.authorizationURL = settings.authorizationURL;
    this.tokenURL = settings.tokenURL;
    this.userProfileURL = settings.userProfileURL;
    this.#basic = basic(settings.clientID, settings.clientSecret);
    this.#exchange = createTransport(settings);
  }

  /**
   * Asks for a one-off link to Freedom ID's login page (protocol 2, documented).
   *
   * @param request.redirectURI - where the browser comes back to with `authorization_code`
   * @param request.grants - e.g. `['read.firstname', 'read.email']`; names that are new here are passed on
   * @param request.params - more members of the JSON that is sent, e.g. one that Freedom ID adds one day
   * @returns the link, an absolute URL that is safe in a `Location` header
   */
  async createAuthorizationLink(request: {
    redirectURI: string;
    grants: readonly string[];
    params?: Record<string, unknown> | undefined;
  }): Promise<string> {
    const { redirectURI, grants, params } = request;
    requireText(redirectURI, 'redirectURI');
    requireThat(
      Array.isArray(grants) && grants.every((grant) => typeof grant === 'string'),
      'grants',
      'an array of strings',
      grants,
    );
    const endpoint = 'authorize';
    const { json, httpStatus } = await this.#exchange({
      endpoint,
      method: 'POST',
      url: this.authorizationURL,
      authorization: this.#basic,
      json: { ...params, redirect_uri: redirectURI, grants },
    });
    // The name is used twice: in the response, it is Freedom ID's login page.
    const link = readLink(json.redirect_uri, this.authorizationURL);
    if (link === undefined) {
      const advice = 'Check baseURL and authorizationURL.';
      throw responseWithout('a redirect_uri that is an https: URL', endpoint, httpStatus, advice);
    }
    return link;
  }

  /**
   * Exchanges an authorization code for tokens (protocol 4, documented).
   *
   * @param options.params - more members of the JSON that is sent
   * @throws FreedomIdError with `providerCode: '100101'` where Freedom ID does not accept the code
   */
  async exchangeCode(
    code: string,
    options: { params?: Record<string, unknown> | undefined } = {},
  ): Promise<FreedomIdTokens> {
    requireText(code, 'code');
    return this.#requestTokens({
      method: 'POST',
      authorization: this.#basic,
      json: { ...options.params, authorization_code: code },
    });
  }

  /**
   * Gets a whole new set of tokens (protocol 6, documented). Keep the new refresh token: the old one may be dead.
   *
   * @throws FreedomIdError. Only where its `code` is `ERR_FREEDOM_ID_REJECTED`, its `httpStatus` 200, 400 or 401, and its
   *   `providerCode` not `invalid_client`, the refresh token is dead, and may be dropped. Anything else says nothing of it: keep
   *   it, and try again, after `retryAfter` seconds where that is there
   */
  async refreshTokens(refreshToken: string): Promise<FreedomIdTokens> {
    return this.#requestTokens({ method: 'PATCH', authorization: bearer(refreshToken, 'refreshToken') });
  }

  /** Reads what the user has shared (protocol 7, documented). It is not checked: `freedom_id` may be missing. */
  async getUserInfo(accessToken: string): Promise<FreedomIdUserInfo> {
    const { raw, json } = await this.#exchange({
      endpoint: 'get-data',
      method: 'GET',
      url: this.userProfileURL,
      authorization: bearer(accessToken, 'accessToken'),
    });
    return { raw, json };
  }

  async #requestTokens(
    request: Pick<ExchangeRequest, 'method' | 'authorization' | 'json'>,
  ): Promise<FreedomIdTokens> {
    const endpoint = 'token';
    const { json, httpStatus } = await this.#exchange({ endpoint, url: this.tokenURL, ...request });
    const tokens = readTokens(json);
    if (tokens === undefined) {
      const advice = 'Check baseURL and tokenURL.';
      throw responseWithout('an access_token that can be sent back', endpoint, httpStatus, advice);
    }
    return tokens;
  }
}

/** The browser goes there: an `https:` URL, or one on the provider's own origin, and nothing that a header cannot carry. */
function readLink(value: unknown, authorizationURL: string): string | undefined {
  if (typeof value !== 'string' || /[\p{Cc}\s]/u.test(value) || !URL.canParse(value)) return undefined;
  const { protocol, origin, href } = new URL(value);
  const ownOrigin = protocol === 'http:' && origin === new URL(authorizationURL).origin;
  return protocol === 'https:' || ownOrigin ? href : undefined;
}
