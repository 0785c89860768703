import { RedisStore } from 'connect-redis';
import { type FreedomIdClient, FreedomIdError } from 'passport-freedom-id';
import type { Redis } from './redis';

/** Seconds that a session lasts without a request. */
const SESSION_LIFE = 24 * 60 * 60;
/** Seconds that a revoked id is remembered: longer than a login or a renewal takes. */
const REVOCATION_LIFE = 5 * 60;
/** Seconds before the access token expires in which it is renewed. */
const EARLY = 5 * 60;
/** Seconds that one renewal may take, and until one that has failed is tried again. */
const RENEWAL_LIFE = 60;

const key = {
  login: (sessionID: string) => `freedom-id:login:${sessionID}`,
  renewal: (sessionID: string) => `freedom-id:renewal:${sessionID}`,
  // Ids of tokens are UUIDs: their case says nothing.
  sessions: (tokenId: string) => `freedom-id:sessions:${tokenId.toLowerCase()}`,
  revocation: (tokenId: string) => `freedom-id:revocation:${tokenId.toLowerCase()}`,
};

/**
 * What a login yields. Whoever can read Redis can read the users' data at Freedom ID with these: Redis needs a password, TLS, and
 * backups that nobody else sees. An app that asks Freedom ID for nothing after the login keeps the ids alone.
 */
export interface Tokens {
  id?: string | undefined;
  accessToken: string;
  refreshToken?: string | undefined;
  accessExpiresAt?: string | undefined;
}

interface Login extends Tokens {
  /** Those of earlier tokens, too: which one a sign-out names after a renewal is not documented. */
  ids: string[];
}

/**
 * Sessions in Redis that end when their user leaves Freedom ID.
 *
 * A login has a key of its own beside the session, because a request that is under way saves the session as it has read it: it may
 * bring back what was ended or renewed meanwhile. So a session is signed in as long as its login is there.
 */
export class Sessions extends RedisStore {
  constructor(
    private readonly redis: Redis,
    private readonly freedomId: FreedomIdClient,
  ) {
    super({ client: redis, ttl: SESSION_LIFE });
  }

  /** @param sessionID - of the new session, which Passport has started for whoever has signed in */
  async signIn(sessionID: string, tokens: Tokens): Promise<void> {
    await this.save(sessionID, tokens, []);
  }

  /** To be called with each request of a session that is signed in. @returns false if it is so no longer */
  async keep(sessionID: string): Promise<boolean> {
    const login = await this.find(sessionID);
    if (!login) return false;
    const extend = this.redis.multi().expire(key.login(sessionID), SESSION_LIFE);
    for (const id of login.ids) extend.expire(key.sessions(id), SESSION_LIFE);
    await extend.exec();
    return isOld(login) ? this.renew(sessionID) : true;
  }

  /** Ends the sessions that belong to a token, and no others. */
  async revoke(tokenId: string): Promise<void> {
    // First: a login that is under way saves itself, and then looks whether its token is revoked.
    await this.redis.set(key.revocation(tokenId), '', { expiration: { type: 'EX', value: REVOCATION_LIFE } });
    for (const sessionID of await this.redis.sMembers(key.sessions(tokenId))) await this.destroy(sessionID);
  }

  /** A login ends with its session: at a logout, and when somebody signs in again in the same browser. */
  override async destroy(sessionID: string, done?: (error?: unknown) => void): Promise<void> {
    const ended = this.end(sessionID);
    if (done) ended.then(() => done(), done);
    else await ended;
  }

  /** For your own requests to Freedom ID: `(await sessions.find(req.sessionID))?.accessToken`. */
  async find(sessionID: string): Promise<Login | undefined> {
    const json = await this.redis.get(key.login(sessionID));
    return json === null ? undefined : JSON.parse(json);
  }

  private async save(sessionID: string, tokens: Tokens, olderIds: string[], condition?: 'XX'): Promise<void> {
    const ids = [...new Set(tokens.id ? [...olderIds, tokens.id] : olderIds)];
    const login = JSON.stringify({ ...tokens, ids } satisfies Login);
    const expiration = { type: 'EX', value: SESSION_LIFE } as const;
    const save = this.redis
      .multi()
      .set(key.login(sessionID), login, { expiration, ...(condition && { condition }) });
    for (const id of ids) save.sAdd(key.sessions(id), sessionID).expire(key.sessions(id), SESSION_LIFE);
    await save.exec();
    for (const id of ids) {
      if (await this.redis.exists(key.revocation(id))) await this.destroy(sessionID);
    }
  }

  private async renew(sessionID: string): Promise<boolean> {
    // One process alone: Freedom ID may accept a refresh token only once. The others go on with the old access token, which is still
    // good for some minutes.
    const turn = { condition: 'NX', expiration: { type: 'EX', value: RENEWAL_LIFE } } as const;
    if ((await this.redis.set(key.renewal(sessionID), '', turn)) === null) return true;
    // Another process may have renewed the token just before.
    const login = await this.find(sessionID);
    if (!login?.refreshToken || !isOld(login)) return login !== undefined;
    try {
      const renewed = await this.freedomId.refreshTokens(login.refreshToken);
      const { id, accessToken, refreshToken = login.refreshToken } = renewed;
      const accessExpiresAt = renewed.accessExpiresAt?.toISOString();
      // XX: only where the login is still there. It may have ended meanwhile.
      await this.save(sessionID, { id, accessToken, refreshToken, accessExpiresAt }, login.ids, 'XX');
    } catch (error) {
      // An outage signs nobody out. A refresh token that is dead does: the sign-out may not have come through.
      if (isDead(error)) await this.destroy(sessionID);
      else console.error(error);
    }
    return (await this.find(sessionID)) !== undefined;
  }

  private async end(sessionID: string): Promise<void> {
    const login = await this.find(sessionID);
    const end = this.redis.multi().del([key.login(sessionID), this.prefix + sessionID]);
    for (const id of login?.ids ?? []) end.sRem(key.sessions(id), sessionID);
    await end.exec();
  }
}

function isOld({ accessExpiresAt }: Login): boolean {
  return accessExpiresAt !== undefined && Date.parse(accessExpiresAt) - Date.now() < EARLY * 1000;
}

function isDead(error: unknown): boolean {
  if (!(error instanceof FreedomIdError) || error.code !== 'ERR_FREEDOM_ID_REJECTED') return false;
  return [200, 400, 401].includes(error.httpStatus ?? 0) && error.providerCode !== 'invalid_client';
}
