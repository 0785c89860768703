import { randomBytes } from 'node:crypto';
import type { EmulatorClient } from './clients';
import { Expiring, WHY_GONE } from './expiring';
import type { EmulatorUser } from './users';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CODE_LIFE = 5 * MINUTE;
/** As in the documentation's examples. */
export const ACCESS_LIFE = 7 * DAY;
export const REFRESH_LIFE = 28 * DAY;

/** What a person has agreed to. */
export interface Consent {
  client: EmulatorClient;
  user: EmulatorUser;
  grants: readonly string[];
}

/** What a client gets, and by whose consent. */
export interface Issue<Json extends object = object> {
  consent: Consent;
  json: Json;
}

/** How a flow refuses what is not good. */
interface Refusals {
  code(why: string): Error;
  refreshToken(why: string): Error;
  accessToken(why: string): Error;
}

/** The codes and tokens of one flow: those of another are unknown to it. */
export class Ledger<Agreed extends Consent> {
  private readonly codes: Expiring<Agreed>;

  private readonly accessTokens: Expiring<Agreed>;

  private readonly refreshTokens: Expiring<Agreed>;

  constructor(
    clock: () => number,
    private readonly refusals: Refusals,
  ) {
    this.codes = new Expiring(clock);
    this.accessTokens = new Expiring(clock);
    this.refreshTokens = new Expiring(clock);
  }

  addCode(consent: Agreed): string {
    const code = token(40);
    this.codes.add(code, consent, CODE_LIFE);
    return code;
  }

  /** What a code stands for. It stays good until {@link useCode}. */
  findCode(code: string, client: EmulatorClient): Agreed {
    const found = this.codes.find(code);
    if (found.state !== 'good') throw this.refusals.code(`the code ${WHY_GONE[found.state]}`);
    const { client: owner } = found.value;
    if (owner !== client)
      throw this.refusals.code(`the code is for ${owner.clientID}, not for ${client.clientID}`);
    return found.value;
  }

  useCode(code: string, consent: Agreed): void {
    this.codes.use(code, consent);
  }

  addTokens(consent: Agreed): { accessToken: string; refreshToken: string } {
    const accessToken = token(128);
    const refreshToken = token(128);
    this.accessTokens.add(accessToken, consent, ACCESS_LIFE);
    this.refreshTokens.add(refreshToken, consent, REFRESH_LIFE);
    return { accessToken, refreshToken };
  }

  /** @param client - who asks, where the flow tells */
  useRefreshToken(refreshToken: string, client?: EmulatorClient): Agreed {
    const found = this.refreshTokens.find(refreshToken);
    if (found.state !== 'good')
      throw this.refusals.refreshToken(`the refresh token ${WHY_GONE[found.state]}`);
    const { client: owner } = found.value;
    if (client && owner !== client) {
      throw this.refusals.refreshToken(
        `the refresh token is for ${owner.clientID}, not for ${client.clientID}`,
      );
    }
    this.refreshTokens.use(refreshToken, found.value);
    return found.value;
  }

  findAccessToken(accessToken: string): Agreed {
    const found = this.accessTokens.find(accessToken);
    if (found.state !== 'good') throw this.refusals.accessToken(`the access token ${WHY_GONE[found.state]}`);
    return found.value;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function token(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
