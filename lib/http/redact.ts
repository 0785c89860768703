import type { ExchangeRequest } from './exchange';

const MAX_LENGTH = 200;

/** Longer than any name or UUID, and no longer than a `state`. A run of such characters is taken for a token. */
const TOKEN_LIKE = /[A-Za-z0-9_~+-]{40,}/g;

/**
 * Makes text from outside safe to log: no secret, no control or invisible character, 200 characters at most. Every such
 * text passes through here before it gets into an error.
 */
export function cleanText(text: string, secrets: readonly string[]): string {
  return redact(text, secrets)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH)
    .toWellFormed();
}

/**
 * The secrets that one exchange carries, besides the lasting ones: its credentials, the query of its URL, and what its
 * request and its response name as secret.
 */
export function secretsOf({ url, authorization, json }: ExchangeRequest, response: object = {}): string[] {
  return [
    authorization.credentials,
    new URL(url).search,
    ...secretMembers(json ?? {}),
    ...secretMembers(response),
  ];
}

/** Members of a request or a response whose values let somebody in (protocol 3, 4). */
const SECRET_MEMBERS = new Set(['authorization_code', 'access_token', 'refresh_token']);

function secretMembers(json: object): string[] {
  return Object.entries(json).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    if (SECRET_MEMBERS.has(name)) return [value];
    return name === 'redirect_uri' ? statesIn(value) : [];
  });
}

/** The `state` has no field of its own in the protocol: it travels in the query of our redirect URI. */
function statesIn(redirectURI: string): string[] {
  return URL.canParse(redirectURI) ? new URL(redirectURI).searchParams.getAll('state') : [];
}

/** Replaces each secret, in every form in which a text may echo it, and whatever looks like a token. */
function redact(text: string, secrets: readonly string[]): string {
  // A set: the replacement may itself contain a short secret, which a second pass would replace again.
  const echoes = new Set(secrets.flatMap(echoesOf));
  echoes.delete('');
  return [...echoes]
    .reduce((clean, echo) => clean.replaceAll(echo, '[redacted]'), text)
    .replace(TOKEN_LIKE, '[redacted]');
}

function echoesOf(secret: string): string[] {
  const inURL = encodeURIComponent(secret.toWellFormed());
  const inHTML = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const inJSON = JSON.stringify(secret).slice(1, -1);
  const inPHP = inJSON.replaceAll('/', '\\/');
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, inURL, inHTML, inJSON, inPHP, base64].flatMap((echo) => [echo, echo.replace(/=+$/, '')]);
}
