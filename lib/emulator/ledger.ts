import { randomBytes, randomUUID } from 'node:crypto';
import type { BehaviourSettings } from './behaviour';
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

/** What a set of tokens stands for. */
export type Held<Agreed extends Consent = Consent> = Agreed & {
  /** The id of the tokens. */
  id: string;
};

/** What a client gets, and by whose consent. */
export interface Issue<Json extends object = object> {
  consent: Consent;
  json: Json;
}

/** How a flow refuses a code or a token that is not good. */
interface Refusals {
  code(why: string): Error;
  refreshToken(why: string): Error;
  accessToken(why: string): Error;
}

/** The codes and tokens of one flow. It does not know those of the other flow. */
export class Ledger<Agreed extends Consent> {
  private readonly codes: Expiring<Agreed>;

  private readonly accessTokens: Expiring<Held<Agreed>>;

  private readonly refreshTokens: Expiring<Held<Agreed>>;

  /** What is no longer good, because its user has signed out. */
  private readonly ended = new WeakSet<Consent>();

  /** What was refreshed, and is replaced by other tokens, even if its refresh token is still alive. */
  private readonly refreshed = new WeakSet<Consent>();

  constructor(
    clock: () => number,
    private readonly behaviour: BehaviourSettings,
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
    const consent = this.find(this.codes, code, 'code', this.refusals.code);
    const { client: owner } = consent;
    if (owner !== client)
      throw this.refusals.code(`the code is for ${owner.clientID}, not for ${client.clientID}`);
    return consent;
  }

  useCode(code: string, consent: Agreed): void {
    this.codes.use(code, consent);
  }

  /** @param id - that of the tokens which these replace, if it stays the same */
  addTokens(
    consent: Agreed,
    id: string = randomUUID(),
  ): { id: string; accessToken: string; refreshToken: string } {
    const held = { ...consent, id };
    const accessToken = token(128);
    const refreshToken = token(128);
    this.accessTokens.add(accessToken, held, ACCESS_LIFE);
    this.refreshTokens.add(refreshToken, held, REFRESH_LIFE);
    return { id, accessToken, refreshToken };
  }

  /** @param client - the client that asks, if the flow tells */
  useRefreshToken(refreshToken: string, client?: EmulatorClient): Held<Agreed> {
    const { refreshToken: refuse } = this.refusals;
    const consent = this.find(this.refreshTokens, refreshToken, 'refresh token', refuse);
    const { client: owner } = consent;
    if (client && owner !== client) {
      throw refuse(`the refresh token is for ${owner.clientID}, not for ${client.clientID}`);
    }
    this.refreshed.add(consent);
    if (this.behaviour.oldRefreshToken === 'dead') this.refreshTokens.use(refreshToken, consent);
    return consent;
  }

  findAccessToken(accessToken: string): Agreed {
    return this.find(this.accessTokens, accessToken, 'access token', this.refusals.accessToken);
  }

  /** The sets of tokens that the user's apps have, one for each id. A set that was refreshed is replaced by the next one. */
  tokensInUse(user: EmulatorUser): Held<Agreed>[] {
    const inUse = this.refreshTokens
      .good()
      .filter((held) => held.user === user && !this.ended.has(held) && !this.refreshed.has(held));
    return [...new Map(inUse.map((held) => [held.id, held])).values()];
  }

  /** Ends everything that the user has agreed to. @returns what {@link tokensInUse} was before */
  signOut(user: EmulatorUser): Held<Agreed>[] {
    const inUse = this.tokensInUse(user);
    const good = [this.codes, this.accessTokens, this.refreshTokens].flatMap((entries) => entries.good());
    for (const consent of good) if (consent.user === user) this.ended.add(consent);
    return inUse;
  }

  private find<Value extends Agreed>(
    entries: Expiring<Value>,
    key: string,
    what: string,
    refuse: (why: string) => Error,
  ): Value {
    const found = entries.find(key);
    if (found.state !== 'good') throw refuse(`the ${what} ${WHY_GONE[found.state]}`);
    if (this.ended.has(found.value))
      throw refuse(`the ${what} has ended: its user has signed out of Freedom ID`);
    return found.value;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function token(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
