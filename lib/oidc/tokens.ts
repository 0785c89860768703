import { ExpiringTokens } from '../expiring-tokens';
import { isToken } from '../http/authorization';
import { isText } from '../require-that';
import type { FreedomIdClaims } from './id-token';

/** What a refresh yields. */
export interface FreedomIdOidcRefreshedTokens extends ExpiringTokens {
  accessToken: string;
  refreshToken?: string;
  /** Absent when Freedom ID sends no `expires_in`, or none that is a number of seconds. */
  accessExpiresAt?: Date;
  /** Absent where Freedom ID sends no new one. */
  idToken?: string;
  /** What the ID token says, checked. */
  claims?: FreedomIdClaims;
  /** The whole response, parsed. It holds the tokens: do not log it. */
  raw: Record<string, unknown>;
}

/** What a login yields. */
export interface FreedomIdOidcTokens extends FreedomIdOidcRefreshedTokens {
  idToken: string;
  claims: FreedomIdClaims;
}

/** The token response as verify gets it: without the refresh token, which is an argument of its own. */
export interface FreedomIdOidcTokenParams {
  access_token: string;
  id_token: string;
  token_type?: string;
  /** Seconds until the access token expires, as they came. */
  expires_in?: number;
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
