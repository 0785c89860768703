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
 * Freedom ID's OpenID provider, one method for each exchange. Every method that sends something answers within the `timeout`, or
 * twice that where the keys of the signature have to be fetched, and rejects with a {@link FreedomIdError}, with a `TypeError` where
 * an argument is not what it should be, or with the reason of its signal.
 */
export class FreedomIdOidcClient {
  readonly clientID: string;

  readonly issuer: string;

  /** Where the browser signs in, without the parameters of a login. */
  readonly authorizationEndpoint: string;

  readonly tokenURL: string;

  readonly userInfoURL: string;

  // Private at run time, too: `console.log(client)` shows no secret.
  readonly #basic: Authorization;

  readonly #exchange: Transport;

  readonly #tokenRequest: 'json' | 'form';

  readonly #rules: IdTokenRules;

  readonly #refreshes = new SharedCalls<FreedomIdOidcRefreshedTokens>();

  /** @throws `TypeError` that names the option and what it should be */
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
   * Makes the URL where the browser signs in (protocol 10, documented). Nothing is sent.
   *
   * @param request.redirectURI - where the browser comes back to with `code` and `state`
   * @param request.scope - a list, or a string with spaces or commas; `openid` is added where it is absent
   * @param request.nonce - what the ID token must repeat; give it to {@link exchangeCode}
   * @param request - any other member is one more parameter, e.g. `prompt: 'login'`: it replaces that of the option `authorizationURL`
   * @throws `TypeError` where a parameter is missing, or is no text
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
   * Exchanges an authorization code for tokens, and checks the ID token (protocol 10, documented; its URL is a guess).
   *
   * @param options.redirectURI - the same as for {@link authorizationURL}
   * @param options.nonce - the same as for {@link authorizationURL}
   * @param options.params - more parameters of the request
   * @throws FreedomIdError with `providerCode: 'invalid_grant'` or `'100101'` where Freedom ID does not accept the code, with the
   *   code `ERR_FREEDOM_ID_TOKEN` where the ID token does not hold
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
   * Gets new tokens (a guess: the standard's refresh, protocol 10). Keep the new refresh token: the old one may be dead. Where an ID
   * token comes along, it is checked by OpenID Connect Core, 12.2. Several calls at once with the same token send one request, and
   * share its result. When all of them have given up, it is aborted: if Freedom ID has replaced the token meanwhile, both
   * the old and the new one are lost.
   *
   * @param options.sub - whose tokens they must be: the `sub` of the ID token that the login has brought
   * @throws FreedomIdError. Only where its `code` is `ERR_FREEDOM_ID_REJECTED`, its `httpStatus` 200, 400 or 401, and its
   *   `providerCode` not `invalid_client`, the refresh token is dead, and may be dropped. With `ERR_FREEDOM_ID_TOKEN` it may have been
   *   replaced already
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
   * Reads what the user has shared (a guess, protocol 10).
   *
   * @param options.sub - the `sub` of the ID token: data of another user are refused (OpenID Connect Core, 5.3.2)
   * @throws FreedomIdError with the code `ERR_FREEDOM_ID_TOKEN` where they are those of another user
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

/** As a form, the two are encoded first (RFC 6749, 2.3.1). */
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
