import { constants, createHmac, generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** How ID tokens are signed. */
export const SIGNINGS = ['RS256', 'ES256', 'HS256'] as const;

/** The algorithm that ID tokens are signed with. */
export type EmulatorSigning = (typeof SIGNINGS)[number];

type KeyKind = 'RSA' | 'EC';

interface KeyPair {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

interface Algorithm {
  kind: KeyKind;
  sign(input: Buffer, key: KeyObject): Buffer;
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

/** Those that sign with a private key (RFC 7518 3). */
const ALGORITHMS = new Map<unknown, Algorithm>([
  ['RS256', { kind: 'RSA', sign: (input, key) => sign('sha256', input, key) }],
  ['PS256', { kind: 'RSA', sign: (input, key) => sign('sha256', input, { key, ...PSS }) }],
  ['ES256', { kind: 'EC', sign: (input, key) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }) }],
]);

const generate = promisify(generateKeyPair);

const GENERATORS: Record<KeyKind, () => Promise<Omit<KeyPair, 'kid'>>> = {
  RSA: () => generate('rsa', { modulusLength: 2048 }),
  EC: () => generate('ec', { namedCurve: 'P-256' }),
};

/** The keys until the next rotation. Each is made when it is first needed, because that takes a while. */
export class SigningKeys {
  private readonly pairs = new Map<KeyKind, Promise<KeyPair>>();

  constructor(private readonly signing: EmulatorSigning) {}

  /** The headers that name algorithm and key. The client secret, the key of `HS256`, has no name. */
  async header(): Promise<{ alg: string; kid?: string }> {
    const pair = await this.usual();
    return { alg: this.signing, ...(pair && { kid: pair.kid }) };
  }

  /** @param alg - what the header says. If the emulator does not know this algorithm, it signs as usual */
  async sign(alg: unknown, input: string, clientSecret: string): Promise<Buffer> {
    if (alg === 'none') return Buffer.alloc(0);
    const usual = alg === 'HS256' ? undefined : ALGORITHMS.get(this.signing);
    const algorithm = ALGORITHMS.get(alg) ?? usual;
    if (!algorithm) return createHmac('sha256', clientSecret).update(input).digest();
    const { privateKey } = await this.pair(algorithm.kind);
    return algorithm.sign(Buffer.from(input), privateKey);
  }

  /** The JWK set (RFC 7517). A client secret is never in it. */
  async publicSet(): Promise<{ keys: object[] }> {
    const pair = await this.usual();
    if (!pair) return { keys: [] };
    const { kid, publicKey } = pair;
    return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: this.signing }] };
  }

  /** The key pair that signs unless a token is tampered with. Undefined for `HS256`. */
  private async usual(): Promise<KeyPair | undefined> {
    const algorithm = ALGORITHMS.get(this.signing);
    return algorithm && this.pair(algorithm.kind);
  }

  private pair(kind: KeyKind): Promise<KeyPair> {
    const pair = this.pairs.get(kind) ?? GENERATORS[kind]().then((keys) => ({ kid: randomUUID(), ...keys }));
    this.pairs.set(kind, pair);
    return pair;
  }
}
