import { ExpiringTokens } from '../expiring-tokens';
import { isToken } from '../http/authorization';
import { isText } from '../require-that';
import type { FreedomIdClaims } from './id-token';

/** The tokens of a refresh (protocol 10). See docs/tokens.md#with-openid-connect. */
export interface FreedomIdOidcRefreshedTokens extends ExpiringTokens {
  /** The access token: reads the user info. */
  accessToken: string;
  /** The refresh token: gets new tokens. */
  refreshToken?: string;
  /** When the access token expires. Absent if Freedom ID sends no `expires_in`, or no valid one. */
  accessExpiresAt?: Date;
  /** The ID token. Absent if Freedom ID sends no new one. */
  idToken?: string;
  /** The claims of the ID token, after validation. Absent if there is no ID token. */
  claims?: FreedomIdClaims;
  /** The whole response, parsed. It contains the tokens: do not log it. */
  raw: Record<string, unknown>;
}

/** The tokens of a login (protocol 10). See docs/tokens.md#with-openid-connect. */
export interface FreedomIdOidcTokens extends FreedomIdOidcRefreshedTokens {
  /** The ID token. */
  idToken: string;
  /** The claims of the ID token, after validation. */
  claims: FreedomIdClaims;
}

/** The token response as verify gets it, without the refresh token, which is an argument of its own (protocol 10). */
export interface FreedomIdOidcTokenParams {
  /** The access token. */
  access_token: string;
  /** The ID token. */
  id_token: string;
  /** The type of the access token: `Bearer`. */
  token_type?: string;
  /** Seconds until the access token expires, as Freedom ID sent it. */
  expires_in?: number;
  /** Any other member, as Freedom ID sent it. */
  [parameter: string]: unknown;
}

/** @returns undefined where the response has no access token that can be used as a bearer token (protocol 10) */
export function readTokens(raw: Record<string, unknown>): FreedomIdOidcRefreshedTokens | undefined {
  const { access_token: accessToken } = raw;
  const type = raw.token_type ?? 'Bearer';
  // RFC 6749, 7.1: a token of a type that is not known must not be used.
  if (!isToken(accessToken) || !isText(type) || type.toLowerCase() !== 'bearer') return undefined;
  const tokens: FreedomIdOidcRefreshedTokens = Object.assign(new ExpiringTokens(), { accessToken, raw });
  const accessExpiresAt = expiryOf(raw.expires_in);
  if (isToken(raw.refresh_token)) tokens.refreshToken = raw.refresh_token;
  if (accessExpiresAt) tokens.accessExpiresAt = accessExpiresAt;
  return tokens;
}

function expiryOf(seconds: unknown): Date | undefined {
  if (typeof seconds !== 'number' || seconds < 0) return undefined;
  const date = new Date(Date.now() + seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
