import { ExpiringTokens } from '../expiring-tokens';
import { isToken } from '../http/authorization';
import { readDate } from './date';

/** The tokens of a login or a refresh (protocol 4, 6). See docs/tokens.md. */
export interface FreedomIdTokens extends ExpiringTokens {
  /** The id of the token, not of the user. The revocation webhook sends it (protocol 4, 5). Older documentation has none. */
  id?: string;
  /** The access token: reads the user info. */
  accessToken: string;
  /** The refresh token: gets new tokens. */
  refreshToken?: string;
  /** When the access token expires. Absent if Freedom ID sends no date, or no valid one. */
  accessExpiresAt?: Date;
  /** When the refresh token expires. Absent if Freedom ID sends no date, or no valid one. */
  refreshExpiresAt?: Date;
  /** The whole response, parsed. It contains the tokens: do not log it. */
  raw: Record<string, unknown>;
}

/** The token response as verify gets it, without the refresh token, which is an argument of its own (protocol 4). */
export interface FreedomIdTokenParams {
  /** The access token. */
  access_token: string;
  /** The id of the token, not of the user. The revocation webhook sends it (protocol 5). */
  id?: string;
  /** When the access token expires: ISO 8601, UTC. */
  access_expire_at?: string;
  /** When the refresh token expires: ISO 8601, UTC. */
  refresh_expire_at?: string;
  /** Seconds until the access token expires, calculated from `access_expire_at`. */
  expires_in?: number;
  /** Any other member, as Freedom ID sent it. */
  [parameter: string]: unknown;
}

/** @returns undefined where the response of the token endpoint has no access token that can be used (protocol 4) */
export function readTokens(raw: Record<string, unknown>): FreedomIdTokens | undefined {
  if (!isToken(raw.access_token)) return undefined;
  const tokens: FreedomIdTokens = Object.assign(new ExpiringTokens(), { accessToken: raw.access_token, raw });
  const accessExpiresAt = readDate(raw.access_expire_at);
  const refreshExpiresAt = readDate(raw.refresh_expire_at);
  if (typeof raw.id === 'string' && raw.id !== '') tokens.id = raw.id;
  if (isToken(raw.refresh_token)) tokens.refreshToken = raw.refresh_token;
  if (accessExpiresAt) tokens.accessExpiresAt = accessExpiresAt;
  if (refreshExpiresAt) tokens.refreshExpiresAt = refreshExpiresAt;
  return tokens;
}

/** Seconds until the access token expires: the standard's `expires_in`, which Freedom ID does not send. */
export function secondsLeft({ accessExpiresAt }: FreedomIdTokens): number | undefined {
  return accessExpiresAt && Math.max(0, Math.floor((accessExpiresAt.getTime() - Date.now()) / 1000));
}
