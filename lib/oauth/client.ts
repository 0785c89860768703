import { randomUUID } from 'node:crypto';
import type { FreedomIdEndpoint } from '../errors';
import { type Authorization, basic, bearer } from '../http/authorization';
import type { ExchangeRequest, ExchangeResponse } from '../http/exchange';
import { responseWithout } from '../http/response';
import { SharedCalls } from '../http/shared-calls';
import { createTransport, type Transport } from '../http/transport';
import type { WithSignal } from '../http/until-aborted';
import { compact, type FreedomIdUserInfo, readText } from '../profile';
import { requireText, requireThat } from '../require-that';
import { isUUID } from '../uuid';
import {
  type FreedomIdProfileRequest,
  type FreedomIdProfileStatus,
  type ProfileRequestOptions,
  readProfileRequest,
  readProfileStatus,
} from './full-profile';
import { type FreedomIdClientOptions, readClientOptions, statusURLOf } from './options';
import { type FreedomIdTokens, readTokens } from './tokens';
import {
  type FreedomIdNewUser,
  type FreedomIdUserResult,
  type FreedomIdUserUpdate,
  readUserFields,
} from './user-fields';
import { type WaitForProfileOptions, waitForProfile } from './wait-for-profile';

/**
 * Freedom ID's HTTP API, one method for each exchange. Every method answers within the `timeout` ({@link FreedomIdClient.waitForProfile} has
 * its own), and rejects with a {@link FreedomIdError}, with a `TypeError` where an argument is not what it should be, or with the reason
 * of its signal.
 */
export class FreedomIdClient {
  readonly clientID: string;

  readonly authorizationURL: string;

  readonly tokenURL: string;

  readonly userProfileURL: string;

  readonly profileURL: string;

  readonly profileStatusURL: string;

  readonly usersURL: string;

  // Private at run time, too: `console.log(client)` shows no secret.
  readonly #basic: Authorization;

  readonly #exchange: Transport;

  readonly #refreshes = new SharedCalls<FreedomIdTokens>();

  /** @throws `TypeError` that names the option and what it should be */
  constructor(options: FreedomIdClientOptions) {
    const settings = readClientOptions(options);
    this.clientID = settings.clientID;
    this.authorizationURL = settings.authorizationURL;
    this.tokenURL = settings.tokenURL;
    this.userProfileURL = settings.userProfileURL;
    this.profileURL = settings.profileURL;
    this.profileStatusURL = statusURLOf(settings.profileURL);
    this.usersURL = settings.usersURL;
    this.#basic = basic(settings.clientID, settings.clientSecret);
    this.#exchange = createTransport(settings);
  }

  /**
   * Asks for a one-off link to Freedom ID's login page (protocol 2, documented).
   *
   * @param request.redirectURI - where the browser comes back to with `authorization_code`
   * @param request.state - the state that `redirectURI` holds, if any: no error shows it
   * @param request.grants - e.g. `['read.firstname', 'read.email']`; names that are new here are passed on
   * @param request.params - more members of the JSON that is sent, e.g. one that Freedom ID adds one day
   * @returns the link, an absolute URL that is safe in a `Location` header
   */
  async createAuthorizationLink(
    request: {
      redirectURI: string;
      state?: string | undefined;
      grants: readonly string[];
      params?: Record<string, unknown> | undefined;
    } & WithSignal,
  ): Promise<string> {
    const { redirectURI, state, grants, params, signal } = { ...request };
    requireText(redirectURI, 'redirectURI');
    requireThat(state === undefined || typeof state === 'string', 'the parameter state', 'a string', state);
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
      state,
      signal,
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
    options: { params?: Record<string, unknown> | undefined } & WithSignal = {},
  ): Promise<FreedomIdTokens> {
    const { params, signal } = { ...options };
    requireText(code, 'code');
    return this.#requestTokens({
      method: 'POST',
      authorization: this.#basic,
      json: { ...params, authorization_code: code },
      signal,
    });
  }

  /**
   * Gets a whole new set of tokens (protocol 6, documented). Keep the new refresh token: the old one may be dead. Several calls at
   * once with the same token send one request, and share its result. When all of them have given up, it is aborted: if Freedom ID
   * has replaced the token meanwhile, both the old and the new one are lost.
   *
   * @throws FreedomIdError. Only where its `code` is `ERR_FREEDOM_ID_REJECTED`, its `httpStatus` 200, 400 or 401, and its
   *   `providerCode` not `invalid_client`, the refresh token is dead, and may be dropped. Anything else says nothing of it: keep
   *   it, and try again, after `retryAfter` seconds where that is there
   */
  async refreshTokens(refreshToken: string, options: WithSignal = {}): Promise<FreedomIdTokens> {
    const authorization = bearer(refreshToken, 'refreshToken');
    const refresh = (signal: AbortSignal) => this.#requestTokens({ method: 'PATCH', authorization, signal });
    return this.#refreshes.join(refreshToken, refresh, { ...options }.signal);
  }

  /** Reads what the user has shared (protocol 7, documented). It is not checked: `freedom_id` may be missing. */
  async getUserInfo(accessToken: string, options: WithSignal = {}): Promise<FreedomIdUserInfo> {
    const { raw, json } = await this.#exchange({
      endpoint: 'get-data',
      method: 'GET',
      url: this.userProfileURL,
      authorization: bearer(accessToken, 'accessToken'),
      signal: { ...options }.signal,
    });
    return { raw, json };
  }

  /**
   * Asks Freedom ID to put the user's full profile together (protocol 8, documented), which takes a while. The token needs the grant
   * `read.profile`.
   */
  async requestProfile(
    accessToken: string,
    options: ProfileRequestOptions = {},
  ): Promise<FreedomIdProfileRequest> {
    const { requestId = randomUUID(), signal } = { ...options };
    requireThat(isUUID(requestId), 'requestId', 'a UUID', requestId);
    const response = await this.#exchange({
      endpoint: 'get-profile',
      method: 'POST',
      url: this.profileURL,
      authorization: bearer(accessToken, 'accessToken'),
      json: { request_id: requestId, created_at: new Date().toISOString() },
      signal,
    });
    return withStatus(readProfileRequest(response, requestId), 'get-profile', response);
  }

  /**
   * Asks how far the full profile is (protocol 8, documented). The request is a GET with a JSON body: the option `fetch`, if given,
   * must be able to send one, and the platform's own is not.
   *
   * @param requestId - of {@link requestProfile}
   */
  async getProfileStatus(
    accessToken: string,
    requestId: string,
    options: WithSignal = {},
  ): Promise<FreedomIdProfileStatus> {
    requireThat(isUUID(requestId), 'requestId', 'a UUID', requestId);
    const response = await this.#exchange({
      endpoint: 'profile-status',
      method: 'GET',
      url: this.profileStatusURL,
      authorization: bearer(accessToken, 'accessToken'),
      json: { request_id: requestId },
      signal: { ...options }.signal,
    });
    return withStatus(readProfileStatus(response, requestId), 'profile-status', response);
  }

  /**
   * Asks for the full profile and waits until it is there: with pauses that grow from 1 s to 10 s, and are longer where Freedom ID asks
   * for it. A status that cannot be asked for just now (network, timeout, HTTP 408, 425, 429 and 5xx) does not end the wait. To be able to wait
   * again later, call {@link requestProfile}, keep its `requestId`, and give it here.
   *
   * @returns the status `completed`, with the profile
   * @throws FreedomIdError with the code `ERR_FREEDOM_ID_REJECTED` where the profile fails, is rejected or is not found (its
   *   `providerCode` is the status), or the token is rejected; with `ERR_FREEDOM_ID_TIMEOUT` when the time is over
   */
  async waitForProfile(
    accessToken: string,
    options: WaitForProfileOptions = {},
  ): Promise<FreedomIdProfileStatus> {
    return waitForProfile(this, accessToken, options);
  }

  /**
   * Creates a user in Freedom ID (protocol 9, documented). It is sent once: where the connection breaks, nobody knows whether the
   * user exists.
   *
   * @param token - which one is not documented
   * @param user - fields by Freedom ID's own names; `phone` is required
   * @throws `TypeError` that names the field whose format is wrong, before anything is sent; FreedomIdError with `fields` where Freedom
   *   ID does not accept one
   */
  async createUser(
    token: string,
    user: FreedomIdNewUser,
    options: WithSignal = {},
  ): Promise<FreedomIdUserResult> {
    return this.#sendUser('POST', token, readUserFields(user, 'phone'), options);
  }

  /**
   * Changes a user in Freedom ID (protocol 9, documented). Parameters, result and errors are as with {@link createUser}.
   *
   * @param user - `freedom_id`, and the fields to be changed
   */
  async updateUser(
    token: string,
    user: FreedomIdUserUpdate,
    options: WithSignal = {},
  ): Promise<FreedomIdUserResult> {
    return this.#sendUser('PUT', token, readUserFields(user, 'freedom_id'), options);
  }

  async #sendUser(
    method: 'POST' | 'PUT',
    token: string,
    fields: Record<string, unknown>,
    options: WithSignal,
  ): Promise<FreedomIdUserResult> {
    const { json } = await this.#exchange({
      endpoint: 'user',
      method,
      url: this.usersURL,
      authorization: bearer(token, 'token'),
      json: fields,
      isPersonal: true,
      mayBeEmpty: true,
      once: method === 'POST',
      signal: { ...options }.signal,
    });
    return compact({ freedomId: readText(json.freedom_id), raw: json });
  }

  async #requestTokens(
    request: Pick<ExchangeRequest, 'method' | 'authorization' | 'json' | 'signal'>,
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

/** @throws FreedomIdError where the response tells no status */
function withStatus<Status>(
  status: Status | undefined,
  endpoint: FreedomIdEndpoint,
  { httpStatus }: ExchangeResponse,
): Status {
  if (status !== undefined) return status;
  throw responseWithout('a status', endpoint, httpStatus, 'Check baseURL and profileURL.');
}

/** The browser goes there: an `https:` URL, or one on the provider's own origin, and nothing that a header cannot carry. */
function readLink(value: unknown, authorizationURL: string): string | undefined {
  if (typeof value !== 'string' || /[\p{Cc}\s]/u.test(value) || !URL.canParse(value)) return undefined;
  const { protocol, origin, href } = new URL(value);
  const ownOrigin = protocol === 'http:' && origin === new URL(authorizationURL).origin;
  return protocol === 'https:' || ownOrigin ? href : undefined;
}
