const MAX_LENGTH = 200;
const MAX_FIELDS = 20;

/** Longer than any name or UUID, and no longer than a `state`: such a run of letters is a token, whoever's it is. */
const TOKEN_LIKE = /[A-Za-z0-9_~+-]{40,}/g;

/** Replaces each secret, in the forms in which text may echo it, and whatever looks like a token. */
function redact(text: string, secrets: readonly string[]): string {
  // Each once: what is put in its place may hold a short one again, and would grow.
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

/** Makes text from outside fit for a log line: no secret, no control or invisible character, 200 characters at most. */
export function cleanText(text: string, secrets: readonly string[] = []): string {
  return redact(text, secrets)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH)
    .toWellFormed();
}

/** What Freedom ID says of a failure, cleaned. */
export interface ProviderError {
  message?: string | undefined;
  code?: string | undefined;
  fields?: Record<string, string[]> | undefined;
}

/**
 * Reads `{ "error": { "message", "code"?, "errors"? } }`, and RFC 6749's `{ "error": "…", "error_description" }`.
 */
export function readProviderError(
  json: Record<string, unknown>,
  secrets: readonly string[],
): ProviderError | undefined {
  if (!holdsError(json)) return undefined;
  const { error } = json;
  if (!isObject(error)) {
    return { message: text(json.error_description, secrets), code: code(error, secrets) };
  }
  return {
    message: text(error.message, secrets),
    code: code(error.code, secrets),
    fields: isObject(error.errors) ? readFields(error.errors, secrets) : undefined,
  };
}

/** Any `error` other than null counts: what cannot be read is still not a success. */
export function holdsError({ error }: Record<string, unknown>): boolean {
  return error !== undefined && error !== null;
}

/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, secrets: readonly string[]): string | undefined {
  return typeof value === 'string' ? cleanText(value, secrets) || undefined : undefined;
}

/** A number in one place of the documentation and a string in another. */
function code(value: unknown, secrets: readonly string[]): string | undefined {
  return text(typeof value === 'number' ? String(value) : value, secrets);
}

function readFields(errors: Record<string, unknown>, secrets: readonly string[]): Record<string, string[]> {
  const fields = Object.entries(errors).slice(0, MAX_FIELDS);
  return Object.fromEntries(
    fields.map(([field, messages]) => [
      cleanText(field, secrets),
      // Cut first: cleaning is slow, and a hostile answer has room for 80,000 messages.
      [messages]
        .flat()
        .slice(0, MAX_FIELDS)
        .map((message) => text(message, secrets))
        .filter((message) => message !== undefined),
    ]),
  );
}
