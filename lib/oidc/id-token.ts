import { createHash } from 'node:crypto';
import { FreedomIdError } from '../errors';
import type { WithSignal } from '../http/until-aborted';
import { isUserId } from '../profile';
import { isText } from '../require-that';
import { ASYMMETRIC_ALGORITHMS, SYMMETRIC_ALGORITHMS } from './jwk';
import { readJWT } from './jwt';
import { isSigned, type SignatureCheck } from './signature';

/** How ID tokens are checked: the same for all users. */
export interface IdTokenRules {
  clientID: string;
  issuer: string;
  signature: SignatureCheck;
  /** Seconds. */
  clockTolerance: number;
}

/** What one ID token must fit. */
export interface IdTokenContext extends WithSignal {
  accessToken: string;
  /** The nonce of the login. A refresh has none. */
  nonce?: string | undefined;
  /** Whose token it must be, if that is known. */
  sub?: string | undefined;
}

/** The claims of a valid ID token. */
export interface FreedomIdClaims {
  /** The issuer. */
  iss: string;
  /** The user's id. */
  sub: string;
  /** The client id of this app, alone or in an array. */
  aud: string | string[];
  /** When the ID token expires, in seconds since 1970 (Unix time). */
  exp: number;
  /** When the ID token was issued, in seconds since 1970 (Unix time). */
  iat: number;
  /** Any other claim, as Freedom ID sent it. */
  [claim: string]: unknown;
}

/**
 * Checks an ID token in the steps of OpenID Connect Core 1.0, 3.1.3.7. Steps 1, 12 and 13 are about what is not asked for here:
 * encryption, `acr` and `max_age`.
 *
 * @throws FreedomIdError `ERR_FREEDOM_ID_TOKEN` that names the claim or the header and what was expected, and shows nothing of the
 *   token but its algorithm; an error with `endpoint: 'jwks'` if the keys cannot be fetched
 */
export async function checkIdToken(
  token: unknown,
  { clientID, issuer, signature, clockTolerance }: IdTokenRules,
  context: IdTokenContext,
): Promise<FreedomIdClaims> {
  if (token === undefined)
    throw wrong('the id_token', 'there', 'Check that tokenURL is that of OpenID Connect');
  const jwt = readJWT(token);
  if (!jwt)
    throw wrong(
      'the id_token',
      'a signed JWT, whose header and claims are JSON objects without a name twice',
    );
  const { claims } = jwt;
  const alg = checkHeader(jwt.header, signature);
  const now = Date.now() / 1000;

  // 2
  demand(claims.iss === issuer, 'iss', `"${issuer}"`, 'Check the option issuer');
  demand(isUserId(claims.sub), 'sub', '1 to 255 visible ASCII characters');
  demand(context.sub === undefined || claims.sub === context.sub, 'sub', 'the user who signed in');
  // 3
  const audience = [claims.aud].flat();
  const isOurs = audience.length > 0 && audience.every((one) => one === clientID);
  demand(isOurs, 'aud', "this app's client id alone", 'Check clientID');
  // 4, 5
  const { azp = clientID } = claims;
  demand(azp === clientID, 'azp', "this app's client id, or left out", 'Check clientID');
  // 6, 7, 8
  const isGood = await isSigned(jwt, alg, signature, context.signal);
  demand(isGood, 'signature', 'made by a key of Freedom ID', `Check ${KEY_OPTIONS[signature.by]}`);
  // 9
  demand(isDate(claims.exp) && now < claims.exp + clockTolerance, 'exp', 'Unix seconds in the future', CLOCK);
  // 10
  const latest = now + clockTolerance;
  demand(isDate(claims.iat) && claims.iat <= latest, 'iat', 'Unix seconds in the past', CLOCK);
  // RFC 7519, 4.1.5
  const { nbf } = claims;
  const isValid = nbf === undefined || (isDate(nbf) && nbf <= latest);
  demand(isValid, 'nbf', 'Unix seconds in the past, or left out', CLOCK);
  // 11
  const { nonce = claims.nonce } = context;
  const again = claims.nonce === undefined ? undefined : 'Let the user start again';
  demand(claims.nonce === nonce, 'nonce', 'that of this login', again);
  // 3.1.3.8
  const { at_hash: hash } = claims;
  const isOfToken = hash === undefined || hash === hashOf(context.accessToken, alg);
  demand(isOfToken, 'at_hash', 'that of the access token, or left out');
  return claims as FreedomIdClaims;
}

/** @returns the algorithm of the signature, which is allowed */
function checkHeader(header: Record<string, unknown>, { algorithms }: SignatureCheck): string {
  const { alg, crit, kid } = header;
  if (!isWanted(alg, algorithms)) {
    const wanted = algorithms ? `one of ${algorithms.join(', ')}` : 'there, and not none';
    const advice = algorithms && 'Check the option algorithms';
    throw wrong('alg of the ID token', wanted + foundIn(alg), advice);
  }
  // RFC 7515, 4.1.11: `crit` lists extensions that must be understood, and none is understood here.
  demand(crit === undefined, 'crit', 'left out');
  // A token must not choose the key that it is checked with.
  for (const name of ['jwk', 'jku', 'x5c', 'x5u']) demand(header[name] === undefined, name, 'left out');
  demand(kid === undefined || typeof kid === 'string', 'kid', 'a string, or left out');
  return alg;
}

const CLOCK = "Check this server's clock, and the option clockTolerance";

const KEY_OPTIONS: { [By in SignatureCheck['by']]?: string } = {
  secret: 'clientSecret and algorithms',
  key: 'publicKey',
  keys: 'that jwksURL has the key of its kid and alg',
};

/** `none` is always refused, in upper or lower case (RFC 8725, 3.2). */
function isWanted(alg: unknown, algorithms: readonly string[] | undefined): alg is string {
  if (!isText(alg) || alg.toLowerCase() === 'none') return false;
  return algorithms === undefined || algorithms.includes(alg);
}

/** Names the algorithm, because it is not documented which one Freedom ID uses. An unknown name may be anything: it is not shown. */
function foundIn(alg: unknown): string {
  const name = [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS].find((known) => known === alg);
  return name === undefined ? '' : `, but is ${name}`;
}

/** A NumericDate (RFC 7519, 2). JSON's `1e999` is not one. */
function isDate(value: unknown): value is number {
  return Number.isFinite(value);
}

/** The left half of the hash that the algorithm uses; EdDSA's is SHA-512 (RFC 8032, 5.1). */
function hashOf(accessToken: string, alg: string): string {
  const [bits] = /256|384|512/.exec(alg) ?? ['512'];
  const hash = createHash(`sha${bits}`).update(accessToken).digest();
  return hash.subarray(0, hash.length / 2).toString('base64url');
}

function demand(condition: boolean, name: string, expected: string, advice?: string): asserts condition {
  if (!condition) throw wrong(`${name} of the ID token`, expected, advice);
}

function wrong(what: string, expected: string, advice = "Ask Freedom ID's support about it"): FreedomIdError {
  return new FreedomIdError(`Freedom ID token: ${what} must be ${expected}. ${advice}.`, {
    code: 'ERR_FREEDOM_ID_TOKEN',
    endpoint: 'token',
  });
}
