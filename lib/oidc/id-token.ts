import { createHash } from 'node:crypto';
import { FreedomIdError } from '../errors';
import { isUserId } from '../profile';
import { isText } from '../require-that';
import { readJWT } from './jwt';
import { isSigned, type SignatureCheck } from './signature';

/** How ID tokens are checked, whoever signs in. */
export interface IdTokenRules {
  clientID: string;
  issuer: string;
  signature: SignatureCheck;
  /** Seconds. */
  clockTolerance: number;
}

/** What an ID token must fit. */
export interface IdTokenContext {
  accessToken: string;
  /** That of the login. A refresh has none. */
  nonce?: string | undefined;
  /** Whose token it must be, if that is known. */
  sub?: string | undefined;
}

/** What an ID token says, checked. Any other claim is there as it came. */
export interface FreedomIdClaims {
  iss: string;
  /** The user's id. */
  sub: string;
  /** This app's client id, alone or in a list. */
  aud: string | string[];
  /** Unix seconds. */
  exp: number;
  /** Unix seconds. */
  iat: number;
  [claim: string]: unknown;
}

/**
 * Checks an ID token in the steps of OpenID Connect Core 1.0, 3.1.3.7. Steps 1, 12 and 13 are about what is not asked for here:
 * encryption, `acr` and `max_age`.
 *
 * @throws FreedomIdError `ERR_FREEDOM_ID_TOKEN` that names the claim or the header and what was expected, and shows nothing of the
 *   token; an error with `endpoint: 'jwks'` where the keys cannot be had
 */
export async function checkIdToken(
  token: unknown,
  { clientID, issuer, signature, clockTolerance }: IdTokenRules,
  context: IdTokenContext,
): Promise<FreedomIdClaims> {
  const jwt = readJWT(token);
  if (!jwt)
    throw wrong('id_token', 'a signed JWT, whose header and claims are JSON objects without a name twice');
  const { header, claims } = jwt;
  const { alg } = header;
  const now = Date.now() / 1000;

  demand(isWanted(alg, signature), 'alg', wantedBy(signature), 'algorithms');
  // RFC 7515, 4.1.11: nothing that is critical is understood here.
  demand(header.crit === undefined, 'crit', 'left out');
  // Whoever made the token must not choose the key that it is checked with.
  for (const name of ['jwk', 'jku', 'x5c', 'x5u']) demand(header[name] === undefined, name, 'left out');
  demand(header.kid === undefined || typeof header.kid === 'string', 'kid', 'a string, or left out');

  // 2
  demand(claims.iss === issuer, 'iss', `"${issuer}"`, 'issuer');
  demand(isUserId(claims.sub), 'sub', '1 to 255 visible ASCII characters');
  demand(context.sub === undefined || claims.sub === context.sub, 'sub', 'the user who signed in');
  // 3
  const audience = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  demand(
    audience.length > 0 && audience.every((one) => one === clientID),
    'aud',
    "this app's client id alone",
    'clientID',
  );
  // 4, 5
  demand(
    claims.azp === undefined || claims.azp === clientID,
    'azp',
    "this app's client id, or left out",
    'clientID',
  );
  // 6, 7, 8
  demand(
    await isSigned(jwt, alg, signature),
    'signature',
    'made by a key of Freedom ID',
    KEY_OPTION[signature.by],
  );
  // 9
  demand(
    isDate(claims.exp) && now < claims.exp + clockTolerance,
    'exp',
    'Unix seconds in the future',
    'clockTolerance',
  );
  // 10
  demand(
    isDate(claims.iat) && claims.iat <= now + clockTolerance,
    'iat',
    'Unix seconds in the past',
    'clockTolerance',
  );
  // RFC 7519, 4.1.5
  const { nbf = claims.iat } = claims;
  demand(
    isDate(nbf) && nbf <= now + clockTolerance,
    'nbf',
    'Unix seconds in the past, or left out',
    'clockTolerance',
  );
  // 11
  demand(context.nonce === undefined || claims.nonce === context.nonce, 'nonce', 'that of this login');
  // 3.1.3.8
  const { at_hash: hash = hashOf(context.accessToken, alg) } = claims;
  demand(hash === hashOf(context.accessToken, alg), 'at_hash', 'that of the access token, or left out');
  return claims as FreedomIdClaims;
}

/** Which option to look at. */
const KEY_OPTION = { connection: 'jwksURL', secret: 'clientSecret', key: 'publicKey', keys: 'jwksURL' };

/** `none` is refused in any case, whatever its letters (RFC 8725, 3.2). */
function isWanted(alg: unknown, { algorithms }: SignatureCheck): alg is string {
  if (!isText(alg) || alg.toLowerCase() === 'none') return false;
  return algorithms === undefined || algorithms.includes(alg);
}

function wantedBy({ algorithms }: SignatureCheck): string {
  return algorithms ? `one of ${algorithms.join(', ')}` : 'there, and not none';
}

/** A NumericDate (RFC 7519, 2). JSON's `1e999` is none. */
function isDate(value: unknown): value is number {
  return Number.isFinite(value);
}

/** The left half of the hash that the algorithm uses; EdDSA's is SHA-512 (RFC 8032, 5.1). */
function hashOf(accessToken: string, alg: string): string {
  const [bits] = /256|384|512/.exec(alg) ?? ['512'];
  const hash = createHash(`sha${bits}`).update(accessToken).digest();
  return hash.subarray(0, hash.length / 2).toString('base64url');
}

function demand(condition: boolean, name: string, expected: string, option?: string): asserts condition {
  if (!condition) throw wrong(name, expected, option);
}

/** @param name - of the claim or the header */
function wrong(name: string, expected: string, option?: string): FreedomIdError {
  const advice = option === undefined ? 'Nobody was signed in.' : `Check the option ${option}.`;
  return new FreedomIdError(`Freedom ID token: ${name} of the ID token must be ${expected}. ${advice}`, {
    code: 'ERR_FREEDOM_ID_TOKEN',
    endpoint: 'token',
  });
}
