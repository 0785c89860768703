import type { KeyObject } from 'node:crypto';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  isLoopback,
  readConnectionOptions,
  readEndpoint,
} from '../http/options';
import type { LoginOptions } from '../login/options';
import { isText, requireThat } from '../require-that';
import { ASYMMETRIC_ALGORITHMS, readPublicKey, SYMMETRIC_ALGORITHMS } from './jwk';
import type { SignatureCheck } from './signature';

/** The options of {@link FreedomIdOidcClient}: how to reach Freedom ID's OpenID provider, as which client, and how ID tokens are validated. See docs/oidc.md. */
export interface FreedomIdOidcClientOptions extends ConnectionOptions {
  /** What the `iss` of ID tokens must be, exactly. @defaultValue `baseURL` without a slash at its end */
  issuer?: string | undefined;
  /** The endpoint where the browser signs in. @defaultValue `baseURL` + `/openid` */
  authorizationURL?: string | undefined;
  /** The endpoint that gives tokens. @defaultValue `baseURL` + `/api/v1/oidc/token`, a guess (protocol 10) */
  tokenURL?: string | undefined;
  /** The endpoint of the user info. @defaultValue `baseURL` + `/api/v1/oidc/userinfo`, a guess (protocol 10) */
  userInfoURL?: string | undefined;
  /** How token requests are sent: as JSON (protocol 10), or as a form, as the standard has it. @defaultValue `'json'` */
  tokenRequest?: 'json' | 'form' | undefined;
  /** Where to get the keys that ID tokens are signed with (a JWK set): an `https:` URL, or one on this machine. */
  jwksURL?: string | undefined;
  /** The key that ID tokens are signed with, in place of a `jwksURL`: a string in PEM, a JWK or a `KeyObject`. */
  publicKey?: string | PublicJWK | KeyObject | undefined;
  /**
   * Which algorithms ID tokens may be signed with. `HS256`, `HS384` and `HS512` are checked with the client secret, any other with the
   * key of `jwksURL` or `publicKey`.
   *
   * @defaultValue with a key `['RS256', 'PS256', 'ES256', 'EdDSA']`; without one any but `none`, not checked: the TLS connection to the
   *   token endpoint proves where the ID token comes from
   */
  algorithms?: readonly string[] | undefined;
  /** How many seconds your clock and Freedom ID's may differ, 0 or more. @defaultValue `30` */
  clockTolerance?: number | undefined;
}

/** WebCrypto's type of a JWK has no index signature, and that of parsed JSON has nothing else. */
type PublicJWK = Readonly<Record<string, unknown>> | { readonly kty?: unknown };

/** The options of {@link FreedomIdOidcStrategy}. See docs/oidc.md. */
export interface FreedomIdOidcStrategyOptions extends FreedomIdOidcClientOptions, OidcLoginOptions {
  /** Whether verify gets the request first: with `true`, the type is {@link FreedomIdOidcStrategyOptionsWithRequest}. @defaultValue `false` */
  passReqToCallback?: false | undefined;
}

/** The options of a {@link FreedomIdOidcStrategy} whose verify function gets the request first. */
export interface FreedomIdOidcStrategyOptionsWithRequest
  extends FreedomIdOidcClientOptions,
    OidcLoginOptions {
  /** Verify gets the request first. */
  passReqToCallback: true;
}

interface OidcLoginOptions extends LoginOptions {
  /** It cannot be turned off: the `nonce` is made from the state. @defaultValue `true` */
  state?: true | undefined;
}

/** {@link FreedomIdOidcClientOptions}, checked and complete. */
export interface ClientSettings extends ConnectionSettings {
  issuer: string;
  authorizationURL: string;
  tokenURL: string;
  userInfoURL: string;
  tokenRequest: 'json' | 'form';
  signature: SignatureSettings;
  /** Seconds. */
  clockTolerance: number;
}

/** {@link SignatureCheck}, before the keys behind a URL are known. */
export type SignatureSettings =
  | Exclude<SignatureCheck, { by: 'keys' }>
  | { by: 'keys'; algorithms: readonly string[]; jwksURL: string };

/** Guessed paths below the `baseURL` (protocol 10). */
export const TOKEN_PATH = '/api/v1/oidc/token';
export const USER_INFO_PATH = '/api/v1/oidc/userinfo';

export const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** @throws `TypeError` that names the option and what it should be */
export function readClientOptions(options: FreedomIdOidcClientOptions): ClientSettings {
  const connection = readConnectionOptions(options);
  const endpoint = (name: 'authorizationURL' | 'tokenURL' | 'userInfoURL', path: string) =>
    readEndpoint(options[name], name, path, connection);
  const { issuer = connection.baseURL, tokenRequest = 'json', clockTolerance = 30 } = options;
  requireThat(
    isText(issuer) && !/\p{Cc}/u.test(issuer),
    'issuer',
    'a non-empty string without control characters',
    issuer,
  );
  requireThat(
    tokenRequest === 'json' || tokenRequest === 'form',
    'tokenRequest',
    "'json' or 'form'",
    tokenRequest,
  );
  requireThat(
    Number.isFinite(clockTolerance) && clockTolerance >= 0,
    'clockTolerance',
    'a number of seconds, 0 or more',
    clockTolerance,
  );
  const settings: ClientSettings = {
    ...connection,
    issuer,
    authorizationURL: endpoint('authorizationURL', '/openid'),
    tokenURL: endpoint('tokenURL', TOKEN_PATH),
    userInfoURL: endpoint('userInfoURL', USER_INFO_PATH),
    tokenRequest,
    signature: readSignature(options, connection),
    clockTolerance,
  };
  requireVouching(settings);
  return settings;
}

/** @throws `TypeError` that names the option and what it should be */
export function checkLoginOptions(
  options: FreedomIdOidcStrategyOptions | FreedomIdOidcStrategyOptionsWithRequest,
): void {
  const { state, stateIn } = options as { state?: unknown; stateIn?: unknown };
  requireThat(
    state === undefined || state === true,
    'state',
    'true or left out, because the nonce of the ID token is made of it; to keep it elsewhere, pass the option store',
    state,
  );
  requireThat(
    stateIn === undefined || stateIn === 'query',
    'stateIn',
    'left out: in this flow the state is a parameter of its own',
    stateIn,
  );
}

function readSignature(
  options: FreedomIdOidcClientOptions,
  connection: ConnectionSettings,
): SignatureSettings {
  const { publicKey, jwksURL } = options;
  const misspelt = Object.keys(options).find((name) => /^jwks_?ur[il]$/i.test(name) && name !== 'jwksURL');
  requireThat(
    misspelt === undefined,
    'jwksURL',
    `spelt so, not ${misspelt} (without it the signature is not checked)`,
    jwksURL,
  );
  requireThat(
    publicKey === undefined || jwksURL === undefined,
    'publicKey',
    'left out where there is a jwksURL',
    publicKey,
  );
  const algorithms = readAlgorithms(options.algorithms);
  if (algorithms?.every(isSymmetric)) {
    requireThat(
      publicKey === undefined && jwksURL === undefined,
      'algorithms',
      'without HS*, which is for the client secret, because a key was given',
      algorithms,
    );
    return { by: 'secret', algorithms, secret: Buffer.from(connection.clientSecret) };
  }
  const known = algorithms ?? DEFAULT_ALGORITHMS;
  if (publicKey !== undefined) return { by: 'key', algorithms: known, key: readPublicKey(publicKey, known) };
  if (jwksURL !== undefined)
    return { by: 'keys', algorithms: known, jwksURL: readKeysURL(jwksURL, connection) };
  return { by: 'connection', algorithms };
}

/** `allowInsecureHttp` does not count here: a forged list of keys would let an attacker sign in as anybody. */
function readKeysURL(value: unknown, connection: ConnectionSettings): string {
  const url = readEndpoint(value, 'jwksURL', '', { ...connection, allowInsecureHttp: true });
  const { protocol, hostname } = new URL(url);
  requireThat(
    protocol === 'https:' || isLoopback(hostname),
    'jwksURL',
    'an https: URL, or one on this machine, because forged keys would let an attacker sign in as anybody',
    value,
  );
  return url;
}

function readAlgorithms(algorithms: unknown): readonly string[] | undefined {
  if (algorithms === undefined) return undefined;
  requireThat(
    Array.isArray(algorithms) &&
      algorithms.length > 0 &&
      (algorithms.every(isSymmetric) || algorithms.every((name) => ASYMMETRIC_ALGORITHMS.includes(name))),
    'algorithms',
    `a list of some of ${ASYMMETRIC_ALGORITHMS.join(', ')}, or of some of ${SYMMETRIC_ALGORITHMS.join(', ')}`,
    algorithms,
  );
  return [...algorithms];
}

function isSymmetric(algorithm: string): boolean {
  return SYMMETRIC_ALGORITHMS.includes(algorithm);
}

/** Without a key, only TLS proves who sent the ID token. A check with HS* does not help: `http:` shows the client secret to everybody. */
function requireVouching({ tokenURL, signature: { by } }: ClientSettings): void {
  const { protocol, hostname } = new URL(tokenURL);
  requireThat(
    protocol === 'https:' || isLoopback(hostname) || by === 'key' || by === 'keys',
    'jwksURL',
    'given, or publicKey, because the tokenURL is http: to another machine, and anybody on the way could make an ID token',
    undefined,
  );
}
