import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { CODE, LONG_TOKEN, USER_ID } from './answers';
import { CREDENTIALS } from './peer';

// What the provider responds in OpenID Connect. The code of a login carries its nonce, so that nothing has to be kept.

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const HEADER = { alg: 'RS256', kid: 'bench', typ: 'JWT' };
const ID_TOKEN_LIFE = 604_800;

const KEYS = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: HEADER.kid, use: 'sig', alg: HEADER.alg }],
});

const USER_INFO = JSON.stringify({
  sub: USER_ID,
  given_name: 'John',
  family_name: 'Doe',
  middle_name: 'Smith',
  email: 'john.doe@example.com',
  birthdate: '2000-01-01',
});

/** OpenID Connect Core, 3.1.3.6. */
const AT_HASH = createHash('sha256').update(LONG_TOKEN).digest().subarray(0, 16).toString('base64url');

/**
 * @param issuer - the provider's URL
 * @returns undefined where OpenID Connect has no such path
 */
export function answerOpenID(path: string, request: string, issuer: string): string | undefined {
  switch (path) {
    case '/api/v1/oidc/token':
      return tokensFor(request, issuer);
    case '/api/v1/oidc/userinfo':
      return USER_INFO;
    case '/api/v1/oidc/jwks':
      return KEYS;
    default:
      return undefined;
  }
}

function tokensFor(request: string, iss: string): string {
  const nonce = codeIn(request).slice(CODE.length);
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss, sub: USER_ID, aud: CREDENTIALS.clientID, exp: iat + ID_TOKEN_LIFE, iat };
  return JSON.stringify({
    access_token: LONG_TOKEN,
    refresh_token: LONG_TOKEN,
    token_type: 'Bearer',
    expires_in: ID_TOKEN_LIFE,
    id_token: signed({ ...claims, nonce, at_hash: AT_HASH }),
  });
}

/** The code in a JSON object, as Freedom ID documents it, or in the standard's form. */
function codeIn(request: string): string {
  if (request.startsWith('{')) return JSON.parse(request).code;
  return new URLSearchParams(request).get('code') ?? '';
}

function signed(claims: object): string {
  const input = [HEADER, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}
