/** What a login yields, and a refresh. */
export interface FreedomIdTokens {
  /** The id of the access token, not of the user: the revocation webhook names it. Older servers send none. */
  id?: string;
  accessToken: string;
  refreshToken?: string;
  /** Absent when Freedom ID sends no date, or none that can be read. */
  accessExpiresAt?: Date;
  refreshExpiresAt?: Date;
  /** The whole response, parsed. It holds the tokens: do not log it. */
  raw: Record<string, unknown>;
}

/** A header can carry nothing else, and the HTTP library's own complaint would print the token. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** @returns undefined where the response of the token endpoint has no access token that can be used (protocol 4) */
export function readTokens(raw: Record<string, unknown>): FreedomIdTokens | undefined {
  if (!isToken(raw.access_token)) return undefined;
  const tokens: FreedomIdTokens = { accessToken: raw.access_token, raw };
  const accessExpiresAt = readDate(raw.access_expire_at);
  const refreshExpiresAt = readDate(raw.refresh_expire_at);
  if (typeof raw.id === 'string' && raw.id !== '') tokens.id = raw.id;
  if (isToken(raw.refresh_token)) tokens.refreshToken = raw.refresh_token;
  if (accessExpiresAt) tokens.accessExpiresAt = accessExpiresAt;
  if (refreshExpiresAt) tokens.refreshExpiresAt = refreshExpiresAt;
  return tokens;
}

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

function readDate(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !ISO_8601.test(value)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
