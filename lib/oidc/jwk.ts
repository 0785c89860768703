import { createPublicKey, KeyObject } from 'node:crypto';
import { isObject } from '../http/json';
import { requireThat } from '../require-that';

/** A JSON Web Key as it came: nothing is known of its members (RFC 7517). */
export type JWK = Readonly<Record<string, unknown>>;

/** The algorithms that sign with the client secret (RFC 7518, 3.2). */
export const SYMMETRIC_ALGORITHMS = ['HS256', 'HS384', 'HS512'];

const RSA = { kty: 'RSA' };
const ED25519 = { kty: 'OKP', crv: 'Ed25519' };

/** The algorithms that sign with a private key, and their kind of key (RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2). */
const KEY_KINDS = new Map<string, { kty: string; crv?: string }>(
  Object.entries({
    ...{ RS256: RSA, RS384: RSA, RS512: RSA, PS256: RSA, PS384: RSA, PS512: RSA },
    ES256: { kty: 'EC', crv: 'P-256' },
    ES384: { kty: 'EC', crv: 'P-384' },
    ES512: { kty: 'EC', crv: 'P-521' },
    ...{ EdDSA: ED25519, Ed25519: ED25519 },
  }),
);

export const ASYMMETRIC_ALGORITHMS: readonly string[] = [...KEY_KINDS.keys()];

/** RFC 7518, 3.3. jose refuses a smaller modulus, too. */
const MIN_MODULUS_BITS = 2048;

/** A larger modulus only costs time. */
const MAX_MODULUS_BYTES = 1024;

/**
 * The key without members that may make the platform refuse it: an `ext` that is not a boolean, and operations that it does not
 * expect. If `verify` is among the operations, the others do not matter (RFC 7517, 4.3).
 */
export function forVerifying({ ext: _, key_ops: operations, ...jwk }: JWK): JWK {
  return operations === undefined || canVerify(operations) ? jwk : { ...jwk, key_ops: operations };
}

function canVerify(operations: unknown): boolean {
  return Array.isArray(operations) && operations.includes('verify');
}

/** Whether a key is public, and made for checking signatures of an algorithm. */
export function fits(jwk: JWK, algorithm: string): boolean {
  const { kty, crv, use, key_ops: operations, alg, d, n } = jwk;
  const kind = KEY_KINDS.get(algorithm);
  return (
    kind !== undefined &&
    kty === kind.kty &&
    crv === kind.crv &&
    (use === undefined || use === 'sig') &&
    (operations === undefined || canVerify(operations)) &&
    (alg === undefined || alg === algorithm) &&
    // A private key that was published proves nothing: anybody could sign with it.
    d === undefined &&
    (kty !== 'RSA' || (typeof n === 'string' && Buffer.byteLength(n, 'base64url') <= MAX_MODULUS_BYTES))
  );
}

/**
 * @param value - the option `publicKey`
 * @param algorithms - it must fit one of them
 * @throws `TypeError` where it is no public key that can be read
 */
export function readPublicKey(value: unknown, algorithms: readonly string[]): JWK {
  const jwk = toJWK(value);
  requireThat(
    jwk !== undefined && algorithms.some((algorithm) => fits(jwk, algorithm)),
    'publicKey',
    `a public key for ${algorithms.join(', ')}, as a PEM text, a JWK or a KeyObject (RSA: 2,048 to 8,192 bits)`,
    value,
  );
  return jwk;
}

function toJWK(value: unknown): JWK | undefined {
  try {
    const key = toKeyObject(value);
    const { modulusLength = MIN_MODULUS_BITS } = key?.asymmetricKeyDetails ?? {};
    if (key?.type !== 'public' || modulusLength < MIN_MODULUS_BITS) return undefined;
    return isObject(value) && !(value instanceof KeyObject)
      ? forVerifying(value)
      : key.export({ format: 'jwk' });
  } catch {
    return undefined;
  }
}

function toKeyObject(value: unknown): KeyObject | undefined {
  if (value instanceof KeyObject) return value;
  // node:crypto would make the public key from a private one, but a mix-up of the two should be noticed.
  if (typeof value === 'string') return /PRIVATE KEY/.test(value) ? undefined : createPublicKey(value);
  return isObject(value) ? createPublicKey({ key: value, format: 'jwk' }) : undefined;
}
