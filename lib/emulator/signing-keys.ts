import { constants, createHmac, generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** How ID tokens are signed. */
export const SIGNINGS = ['RS256', 'ES256', 'HS256'] as const;

export type EmulatorSigning = (typeof SIGNINGS)[number];

type KeyKind = 'RSA' | 'EC';

interface KeyPair {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The algorithms of the private keys. */
const ALGORITHMS: Record<string, { kind: KeyKind; sign: (input: string, key: KeyObject) => Buffer }> = {
  RS256: { kind: 'RSA', sign: (input, key) => sign('sha256', Buffer.from(input), key) },
  PS256: {
    kind: 'RSA',
    sign: (input, key) => {
      const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      return sign('sha256', Buffer.from(input), pss);
    },
  },
  ES256: {
    kind: 'EC',
    sign: (input, key) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  },
};

const generate = promisify(generateKeyPair);

const GENERATORS: Record<KeyKind, () => Promise<Omit<KeyPair, 'kid'>>> = {
  RSA: () => generate('rsa', { modulusLength: 2048 }),
  EC: () => generate('ec', { namedCurve: 'P-256' }),
};

/** The keys until the next rotation. Each is made when it is first needed: who never signs in this way waits for none. */
export class SigningKeys {
  private readonly pairs = new Map<KeyKind, Promise<KeyPair>>();

  constructor(private readonly signing: EmulatorSigning) {}

  /** The headers that name algorithm and key. The client secret is a key without a name. */
  async header(): Promise<{ alg: string; kid?: string }> {
    const algorithm = ALGORITHMS[this.signing];
    return { alg: this.signing, ...(algorithm && { kid: (await this.pair(algorithm.kind)).kid }) };
  }

  /** @param alg - what the header says; what is no algorithm of the emulator's is signed as usual */
  async sign(alg: unknown, input: string, clientSecret: string): Promise<Buffer> {
    if (alg === 'none') return Buffer.alloc(0);
    const name = alg === 'HS256' || ALGORITHMS[String(alg)] ? String(alg) : this.signing;
    const algorithm = ALGORITHMS[name];
    if (!algorithm) return createHmac('sha256', clientSecret).update(input).digest();
    return algorithm.sign(input, (await this.pair(algorithm.kind)).privateKey);
  }

  /** As a JWK set (RFC 7517). The client secret is in none. */
  async publicSet(): Promise<{ keys: object[] }> {
    const algorithm = ALGORITHMS[this.signing];
    if (!algorithm) return { keys: [] };
    const { kid, publicKey } = await this.pair(algorithm.kind);
    return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: this.signing }] };
  }

  private pair(kind: KeyKind): Promise<KeyPair> {
    const pair = this.pairs.get(kind) ?? GENERATORS[kind]().then((keys) => ({ kid: randomUUID(), ...keys }));
    this.pairs.set(kind, pair);
    return pair;
  }
}
