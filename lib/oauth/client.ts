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
 * Freedom ID's HTTP API: one method for each request. Each method takes a `signal` that aborts the call.
 *
 * Each method settles within the `timeout` ({@link FreedomIdClient.waitForProfile} has a longer one of its own). It rejects with a
 * {@link FreedomIdError}; with a `TypeError` if an argument is wrong; or with the reason of the `signal`. See docs/tokens.md.
 */
export class FreedomIdClient {
  /** The client id. */
  readonly clientID: string;

  /** The endpoint that gives login links. */
  readonly authorizationURL: string;

  /** The endpoint that gives tokens. */
  readonly tokenURL: string;

  /** The endpoint of the user info. */
  readonly userProfileURL: string;

  /** The endpoint where the full profile is requested. */
  readonly profileURL: string;

  /** The endpoint of the full profile's status: `profileURL` + `/status`. */
  readonly profileStatusURL: string;

  /** The endpoint that creates and updates users. */
  readonly usersURL: string;

  // Private at run time, too: `console.log(client)` shows no secret.
  readonly #basic: Authorization;

  readonly #exchange: Transport;

  readonly #refreshes = new SharedCalls<FreedomIdTokens>();

  /** @throws a `TypeError` that names the wrong option and says what it should be */
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
   * Asks for a link to Freedom ID's login page, which is good for one login (protocol 2, documented).
   *
   * @param request.redirectURI - where the browser comes back to, with `authorization_code`
   * @param request.state - the state in `redirectURI`, if it has one: it is kept out of error messages
   * @param request.grants - what to ask the user for, e.g. `['read.firstname', 'read.email']`
   * @param request.params - more members of the JSON body
   * @returns the link: an absolute URL that is safe in a `Location` header
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
    // In the response, `redirect_uri` is the URL of Freedom ID's login page.
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
   * @param code - the callback's `authorization_code`
   * @param options.params - more members of the JSON body
   * @throws a {@link FreedomIdError} with `providerCode: '100101'` if Freedom ID does not accept the code
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
   * Gets new tokens for a refresh token (protocol 6, documented). Keep the new refresh token: the old one may not work any more.
   *
   * Calls with the same refresh token at the same time send one request and get the same tokens. The request is aborted if the
   * signals of all these calls abort. If Freedom ID has replaced the refresh token by then, both the old and the new one are lost.
   *
   * @throws a {@link FreedomIdError}. The refresh token is no longer valid only if `code` is `ERR_FREEDOM_ID_REJECTED`, `httpStatus` is 200, 400
   *   or 401, and `providerCode` is not `invalid_client`. After any other error, keep it and try again, after `retryAfter` seconds if
   *   that is present. See docs/tokens.md#refresh
   */
  async refreshTokens(refreshToken: string, options: WithSignal = {}): Promise<FreedomIdTokens> {
    const authorization = bearer(refreshToken, 'refreshToken');
    const refresh = (signal: AbortSignal) => this.#requestTokens({ method: 'PATCH', authorization, signal });
    return this.#refreshes.join(refreshToken, refresh, { ...options }.signal);
  }

  /**
   * Reads the user info: what the user has shared (protocol 7, documented). It is not checked: `freedom_id` may be missing.
   *
   * @param accessToken - the access token of a login
   */
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
   * Requests the user's full profile, which Freedom ID then prepares (protocol 8, documented). See docs/tokens.md#the-full-profile.
   *
   * @param accessToken - one with the grant `read.profile`
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
   * Asks for the status of a full profile (protocol 8, documented). The request is a GET with a JSON body. If you set the option
   * `fetch`, your function must be able to send one; `globalThis.fetch` is not.
   *
   * @param accessToken - one with the grant `read.profile`
   * @param requestId - the one of {@link requestProfile}
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
   * Requests the full profile and waits until it is complete. It asks for the status with pauses that grow from 1 to 10 seconds, or
   * longer ones if Freedom ID asks for them. A temporary failure (network, timeout, HTTP 408, 425, 429 or 5xx) does not end the wait.
   * To be able to wait again later, call {@link requestProfile}, keep its `requestId`, and pass it here.
   *
   * @param accessToken - one with the grant `read.profile`
   * @returns the status `completed`, with the profile
   * @throws a {@link FreedomIdError}: `ERR_FREEDOM_ID_REJECTED` if the status is `failed`, `rejected` or `not_found` (it is in
   *   `providerCode`) or the access token is rejected; `ERR_FREEDOM_ID_TIMEOUT` if the time is over
   */
  async waitForProfile(
    accessToken: string,
    options: WaitForProfileOptions = {},
  ): Promise<FreedomIdProfileStatus> {
    return waitForProfile(this, accessToken, options);
  }

  /**
   * Creates a user in Freedom ID (protocol 9, documented). The request is sent once: if the connection breaks, it is unknown whether
   * the user was created. See docs/tokens.md#create-and-update-users.
   *
   * @param token - a bearer token. Which one is not documented
   * @param user - the fields of the user, by Freedom ID's own names; `phone` is required
   * @throws a `TypeError` that names the field with a wrong format, before anything is sent; a {@link FreedomIdError} with `fields` if
   *   Freedom ID does not accept a field
   */
  async createUser(
    token: string,
    user: FreedomIdNewUser,
    options: WithSignal = {},
  ): Promise<FreedomIdUserResult> {
    return this.#sendUser('POST', token, readUserFields(user, 'phone'), options);
  }

  /**
   * Updates a user in Freedom ID (protocol 9, documented). It returns and throws the same as {@link createUser}.
   *
   * @param token - a bearer token. Which one is not documented
   * @param user - `freedom_id`, and the fields to change
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

/** The browser is sent there, so it must be an `https:` URL, or one on the provider's own origin, that a header can carry. */
function readLink(value: unknown, authorizationURL: string): string | undefined {
  if (typeof value !== 'string' || /[\p{Cc}\s]/u.test(value) || !URL.canParse(value)) return undefined;
  const { protocol, origin, href } = new URL(value);
  const ownOrigin = protocol === 'http:' && origin === new URL(authorizationURL).origin;
  return protocol === 'https:' || ownOrigin ? href : undefined;
}
