import { createHash } from 'node:crypto';
import { isObject, requireMembers } from './check';
import { shown } from './line';
import { type EmulatorSigning, SigningKeys } from './signing-keys';

/** What is different in an ID token. What is left out stays as usual. */
export interface Tampering {
  /**
   * Headers to replace; `undefined` removes one. The signature follows `alg`: `none` has no signature, `HS256` uses the client
   * secret, and `RS256`, `PS256` and `ES256` use a key of that kind.
   */
  header?: Record<string, unknown> | undefined;
  /** Claims to replace; `undefined` removes one. They are signed as usual. */
  claims?: Record<string, unknown> | undefined;
  /** `'broken'`: the signature does not fit. */
  signature?: 'broken' | undefined;
}

/** Makes ID tokens: good ones, unless one is to be tampered with. */
export class IdTokens {
  private readonly waiting: Tampering[] = [];

  private keys: SigningKeys;

  constructor(readonly signing: EmulatorSigning) {
    this.keys = new SigningKeys(signing);
  }

  async make(claims: Record<string, unknown>, clientSecret: string): Promise<string> {
    const tampering = this.waiting.shift() ?? {};
    // If the keys are rotated while this token is made, the new key is for the next one.
    const { keys } = this;
    const header: Record<string, unknown> = {
      ...(await keys.header()),
      typ: 'JWT',
      ...tampering.header,
    };
    const input = `${encoded(header)}.${encoded({ ...claims, ...tampering.claims })}`;
    const signature = await keys.sign(header.alg, input, clientSecret);
    const sent = tampering.signature === 'broken' ? signature.map((byte) => byte ^ 0xff) : signature;
    return `${input}.${Buffer.from(sent).toString('base64url')}`;
  }

  /** The keys with which apps check signatures (RFC 7517). */
  async publicKeys(): Promise<{ keys: object[] }> {
    return this.keys.publicSet();
  }

  rotateKeys(): void {
    this.keys = new SigningKeys(this.signing);
  }

  /** @throws `TypeError` that names what is misspelt */
  tamper(tampering: Tampering): void {
    requireMembers('tamper', tampering, ['header', 'claims', 'signature']);
    const { header = {}, claims = {}, signature } = tampering;
    for (const [name, value] of Object.entries({ header, claims })) {
      if (!isObject(value)) {
        throw new TypeError(`tamper: ${name} must be an object, but is ${shown(value)}`);
      }
    }
    if (signature !== undefined && signature !== 'broken') {
      throw new TypeError(`tamper: signature must be 'broken' or left out, but is ${shown(signature)}`);
    }
    this.waiting.push(tampering);
  }

  clearTampering(): void {
    this.waiting.length = 0;
  }
}

/** OpenID Connect Core 3.1.3.6, for the algorithms that end in 256. */
export function atHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
