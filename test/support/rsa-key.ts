import { createHash, generatePrimeSync } from 'node:crypto';
import type { Signer } from './oidc-login';

const PRIME_BITS = 256;
const EXPONENT = 65537n;

/** What comes before the hash in a signature of RS256 (RFC 8017, 9.2). */
const SHA256_PREFIX = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * An RSA key of any size, made at once: of many small primes, which are of no use but to show what happens with a large key. Two
 * primes of 8,192 bits take minutes to find.
 */
export function manyPrimesKey(bits: number): { jwk: Record<string, unknown>; rs256: Signer } {
  const primes = new Set<bigint>();
  while (primes.size < bits / PRIME_BITS) {
    const prime = generatePrimeSync(PRIME_BITS, { bigint: true });
    if ((prime - 1n) % EXPONENT !== 0n) primes.add(prime);
  }
  const modulus = [...primes].reduce((product, prime) => product * prime, 1n);
  const size = Math.ceil(modulus.toString(16).length / 2);
  return {
    jwk: { kty: 'RSA', n: bytesOf(modulus, size).toString('base64url'), e: 'AQAB' },
    rs256(signed) {
      const hash = createHash('sha256').update(signed).digest();
      const padding = Buffer.alloc(size - SHA256_PREFIX.length - hash.length - 3, 0xff);
      const message = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), SHA256_PREFIX, hash]);
      return bytesOf(root(BigInt(`0x${message.toString('hex')}`), [...primes], modulus), size);
    },
  };
}

/** By the Chinese remainder theorem: the root for each prime alone, put together. */
function root(message: bigint, primes: bigint[], modulus: bigint): bigint {
  const parts = primes.map((prime) => {
    const others = modulus / prime;
    const own = power(message % prime, inverse(EXPONENT, prime - 1n), prime);
    return own * others * inverse(others % prime, prime);
  });
  return parts.reduce((sum, part) => sum + part, 0n) % modulus;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** By Euclid's algorithm. */
function inverse(number: bigint, modulus: bigint): bigint {
  let [remainder, next] = [modulus, number];
  let [factor, nextFactor] = [0n, 1n];
  while (next > 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

function bytesOf(number: bigint, size: number): Buffer {
  return Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex');
}
