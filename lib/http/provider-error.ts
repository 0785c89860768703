import { isObject } from './json';
import { cleanText } from './redact';

/** The error that a response of Freedom ID reports, cleaned. */
export interface ProviderError {
  message?: string | undefined;
  code?: string | undefined;
  /** Validation messages by the path of the field. */
  fields?: Record<string, string[]> | undefined;
}

/** A response has room for 80,000 messages, and cleaning each takes time. */
const MAX_FIELDS = 20;

/** Any `error` other than null counts: a response whose error cannot be read is still not a success. */
export function hasError({ error }: Record<string, unknown>): boolean {
  return error !== undefined && error !== null;
}

/**
 * Reads `{ "error": { "message", "code"?, "errors"? } }` (protocol 2, 4), and RFC 6749's
 * `{ "error": "…", "error_description" }`.
 *
 * @returns undefined where the response reports no error
 */
export function readProviderError(
  json: Record<string, unknown>,
  secrets: readonly string[],
): ProviderError | undefined {
  if (!hasError(json)) return undefined;
  const { error } = json;
  if (!isObject(error)) {
    return { message: readText(json.error_description, secrets), code: readCode(error, secrets) };
  }
  return {
    message: readText(error.message, secrets),
    code: readCode(error.code, secrets),
    fields: isObject(error.errors) ? readFields(error.errors, secrets) : undefined,
  };
}

function readText(value: unknown, secrets: readonly string[]): string | undefined {
  return typeof value === 'string' ? cleanText(value, secrets) || undefined : undefined;
}

/** The documentation has numbers in one place and strings in another (protocol 4). */
function readCode(value: unknown, secrets: readonly string[]): string | undefined {
  return readText(typeof value === 'number' ? String(value) : value, secrets);
}

function readFields(errors: Record<string, unknown>, secrets: readonly string[]): Record<string, string[]> {
  const fields = Object.entries(errors).slice(0, MAX_FIELDS);
  return Object.fromEntries(
    fields.map(([field, messages]) => [cleanText(field, secrets), readMessages(messages, secrets)]),
  );
}

function readMessages(messages: unknown, secrets: readonly string[]): string[] {
  return [messages]
    .flat()
    .slice(0, MAX_FIELDS)
    .map((message) => readText(message, secrets))
    .filter((message) => message !== undefined);
}
