import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Signs JWTs with node:crypto: nothing of what checks them is used here. */
export interface Signer {
  alg: string;
  kid?: string;
  /** The public key as a JWK, unless the key is a secret. */
  jwk?: Record<string, unknown>;
  signatureOf(input: string): Buffer;
}

const HASHES: Record<string, string> = { RS256: 'sha256', PS256: 'sha256', ES256: 'sha256' };

const pairs = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>();

function makePair(alg: string) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** One key pair for each name, made when it is asked for first: RSA takes a while. */
export function pairOf(alg: string, name = 'key') {
  const id = `${alg.startsWith('EdDSA') || alg === 'ES256' ? alg : 'RSA'} ${name}`;
  const pair = pairs.get(id) ?? makePair(alg);
  pairs.set(id, pair);
  return pair;
}

/** @param kid - the key's name; two names are two keys */
export function signer(alg: string, kid = 'key'): Signer {
  const { publicKey, privateKey } = pairOf(alg, kid);
  const padding = alg.startsWith('PS') ? { padding: 6, saltLength: 32 } : {};
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const, ...padding };
  return {
    alg,
    kid,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg },
    signatureOf: (input) => sign(HASHES[alg], Buffer.from(input), key),
  };
}

/** HMAC with the client secret. */
export function secretSigner(secret: string | Buffer, alg = 'HS256'): Signer {
  const hash = `sha${alg.slice(2)}`;
  return { alg, signatureOf: (input) => createHmac(hash, secret).update(input).digest() };
}

export const encoded = (part: object | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** @param header - a text is taken as it is, as are the claims */
export function signedJWT(header: object | string, claims: object | string, by: Signer): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${by.signatureOf(input).toString('base64url')}`;
}
