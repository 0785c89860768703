import type { FreedomIdError } from '../errors';
import { ExpiringTokens } from '../expiring-tokens';
import { type Authorization, basic, bearer } from '../http/authorization';
import { isObject } from '../http/json';
import { responseWithout } from '../http/response';
import { SharedCalls } from '../http/shared-calls';
import { createTransport, type Transport } from '../http/transport';
import type { WithSignal } from '../http/until-aborted';
import { readScope } from '../login/options';
import type { FreedomIdUserInfo } from '../profile';
import { requireText } from '../require-that';
import { checkIdToken, type IdTokenContext, type IdTokenRules } from './id-token';
import { forVerifying, type JWK } from './jwk';
import { RemoteKeys } from './keys';
import { type ClientSettings, type FreedomIdOidcClientOptions, readClientOptions } from './options';
import { toTexts, withQuery } from './params';
import { type FreedomIdOidcRefreshedTokens, type FreedomIdOidcTokens, readTokens } from './tokens';
import { checkUserInfo } from './user-info';

type Params = Record<string, unknown>;

/**
 * Freedom ID's OpenID provider: one method for each request. Each method that sends a request takes a `signal` that aborts the call.
 *
 * Each method settles within the `timeout`, or twice that if the keys of the signature must be fetched. It rejects with a
 * {@link FreedomIdError}; with a `TypeError` if an argument is wrong; or with the reason of the `signal`.
 * See docs/tokens.md#with-openid-connect.
 */
export class FreedomIdOidcClient {
  /** The client id. */
  readonly clientID: string;

  /** What the `iss` of ID tokens must be. */
  readonly issuer: string;

  /** The endpoint where the browser signs in, without the parameters of a login. */
  readonly authorizationEndpoint: string;

  /** The endpoint that gives tokens. */
  readonly tokenURL: string;

  /** The endpoint of the user info. */
  readonly userInfoURL: string;

  // Private at run time, too: `console.log(client)` shows no secret.
  readonly #basic: Authorization;

  readonly #exchange: Transport;

  readonly #tokenRequest: 'json' | 'form';

  readonly #rules: IdTokenRules;

  readonly #refreshes = new SharedCalls<FreedomIdOidcRefreshedTokens>();

  /** @throws a `TypeError` that names the wrong option and says what it should be */
  constructor(options: FreedomIdOidcClientOptions) {
    const settings = readClientOptions(options);
    const { clientID, issuer, clockTolerance, signature } = settings;
    this.clientID = clientID;
    this.issuer = issuer;
    this.authorizationEndpoint = settings.authorizationURL;
    this.tokenURL = settings.tokenURL;
    this.userInfoURL = settings.userInfoURL;
    this.#tokenRequest = settings.tokenRequest;
    this.#basic = basicFor(settings);
    this.#exchange = createTransport(settings);
    const check =
      signature.by === 'keys'
        ? { ...signature, keys: new RemoteKeys((signal) => this.#fetchKeys(signature.jwksURL, signal)) }
        : signature;
    this.#rules = { clientID, issuer, clockTolerance, signature: check };
  }

  /**
   * Creates the URL where the browser signs in (protocol 10, documented). It sends nothing.
   *
   * @param request.redirectURI - where the browser comes back to, with `code` and `state`
   * @param request.scope - an array, or a string with spaces or commas; `openid` is added if it is missing
   * @param request.state - the value that must come back with the code
   * @param request.nonce - the value that must be in the ID token; pass it to {@link exchangeCode}
   * @param request - any other member becomes one more parameter of the URL, e.g. `prompt: 'login'`
   * @throws a `TypeError` if a parameter is missing or is not a string
   */
  authorizationURL(request: {
    redirectURI: string;
    scope: string | readonly string[];
    state: string;
    nonce: string;
    [parameter: string]: unknown;
  }): string {
    const { redirectURI, scope, state, nonce, ...more } = { ...request };
    requireText(redirectURI, 'redirectURI');
    requireText(state, 'state');
    requireText(nonce, 'nonce');
    const params = {
      ...toTexts(more),
      response_type: 'code',
      client_id: this.clientID,
      redirect_uri: redirectURI,
      scope: [...new Set(['openid', ...readScope(scope)])].join(' '),
      state,
      nonce,
    };
    return withQuery(this.authorizationEndpoint, params);
  }

  /**
   * Exchanges an authorization code for tokens, and validates the ID token (protocol 10; the URL of the endpoint is a guess).
   *
   * @param code - the callback's `code`
   * @param options.redirectURI - the same as for {@link FreedomIdOidcClient.authorizationURL}
   * @param options.nonce - the same as for {@link FreedomIdOidcClient.authorizationURL}
   * @param options.params - more parameters of the request
   * @throws a {@link FreedomIdError}: with `providerCode: 'invalid_grant'` or `'100101'` if Freedom ID does not accept the code; with
   *   the code `ERR_FREEDOM_ID_TOKEN` if the ID token is not valid
   */
  async exchangeCode(
    code: string,
    options: { redirectURI: string; nonce: string; params?: Params | undefined } & WithSignal,
  ): Promise<FreedomIdOidcTokens> {
    const { redirectURI, nonce, params, signal } = { ...options };
    requireText(code, 'code');
    requireText(redirectURI, 'redirectURI');
    requireText(nonce, 'nonce');
    const grant = { code, redirect_uri: redirectURI, grant_type: 'authorization_code' };
    const tokens = await this.#requestTokens({ ...params, ...grant }, signal);
    return this.#checked(tokens, { nonce, signal });
  }

  /**
   * Gets new tokens for a refresh token (protocol 10: a guess). Keep the new refresh token: the old one may not work any more. If the
   * response has an ID token, it is validated (OpenID Connect Core, 12.2).
   *
   * Calls with the same refresh token at the same time send one request and get the same tokens. The request is aborted if the
   * signals of all these calls abort. If Freedom ID has replaced the refresh token by then, both the old and the new one are lost.
   *
   * @param options.sub - the user's id, the `sub` of the ID token of the login: tokens of another user are refused
   * @throws a {@link FreedomIdError}. The refresh token is no longer valid only if `code` is `ERR_FREEDOM_ID_REJECTED`, `httpStatus` is 200, 400
   *   or 401, and `providerCode` is not `invalid_client`. After `ERR_FREEDOM_ID_TOKEN` it may have been replaced already
   */
  async refreshTokens(
    refreshToken: string,
    options: { sub?: string | undefined } & WithSignal = {},
  ): Promise<FreedomIdOidcRefreshedTokens> {
    const { credentials } = bearer(refreshToken, 'refreshToken');
    const { sub, signal } = { ...options };
    if (sub !== undefined) requireText(sub, 'sub');
    const grant = { grant_type: 'refresh_token', refresh_token: credentials };
    const refresh = (everybodys: AbortSignal) => this.#requestTokens(grant, everybodys);
    const tokens = await this.#refreshes.join(credentials, refresh, signal);
    const hasIdToken = (tokens.raw.id_token ?? null) !== null;
    return hasIdToken ? this.#checked(tokens, { sub, signal }) : tokens;
  }

  /**
   * Reads the user info: what the user has shared (protocol 10: a guess).
   *
   * @param accessToken - the access token of a login
   * @param options.sub - the user's id, the `sub` of the ID token: user info of another user is refused (OpenID Connect Core, 5.3.2)
   * @throws a {@link FreedomIdError} with the code `ERR_FREEDOM_ID_TOKEN` if the user info belongs to another user
   */
  async getUserInfo(accessToken: string, options: { sub: string } & WithSignal): Promise<FreedomIdUserInfo> {
    const { sub, signal } = { ...options };
    requireText(sub, 'sub');
    const { raw, json } = await this.#exchange({
      endpoint: 'userinfo',
      method: 'GET',
      url: this.userInfoURL,
      authorization: bearer(accessToken, 'accessToken'),
      signal,
    });
    checkUserInfo(json, sub);
    return { raw, json };
  }

  async #requestTokens(
    params: Params,
    signal: AbortSignal | undefined,
  ): Promise<FreedomIdOidcRefreshedTokens> {
    const endpoint = 'token';
    const { json, httpStatus } = await this.#exchange({
      endpoint,
      method: 'POST',
      url: this.tokenURL,
      authorization: this.#basic,
      ...(this.#tokenRequest === 'form' ? { form: toTexts(params) } : { json: params }),
      signal,
    });
    const tokens = readTokens(json);
    if (tokens === undefined) {
      const advice = 'Check baseURL and tokenURL.';
      throw responseWithout(
        'an access_token that can be sent back as a bearer',
        endpoint,
        httpStatus,
        advice,
      );
    }
    return tokens;
  }

  async #checked(
    tokens: FreedomIdOidcRefreshedTokens,
    context: Omit<IdTokenContext, 'accessToken'>,
  ): Promise<FreedomIdOidcTokens> {
    const { accessToken, raw } = tokens;
    const claims = await checkIdToken(raw.id_token, this.#rules, { accessToken, ...context });
    return Object.assign(new ExpiringTokens(), tokens, { idToken: raw.id_token as string, claims });
  }

  async #fetchKeys(url: string, signal: AbortSignal): Promise<readonly JWK[]> {
    const endpoint = 'jwks';
    const { json, httpStatus } = await this.#exchange({ endpoint, method: 'GET', url, signal });
    if (!Array.isArray(json.keys)) {
      throw responseWithout('a list of keys', endpoint, httpStatus, 'Check jwksURL.');
    }
    return json.keys.filter(isObject).map(forVerifying);
  }
}

/** If the token request is a form, client id and secret are encoded as a form first (RFC 6749, 2.3.1). */
export function basicFor({
  clientID,
  clientSecret,
  tokenRequest,
}: Pick<ClientSettings, 'clientID' | 'clientSecret' | 'tokenRequest'>): Authorization {
  const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
  return tokenRequest === 'form'
    ? basic(encode(clientID), encode(clientSecret))
    : basic(clientID, clientSecret);
}
