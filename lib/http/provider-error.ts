import { isObject } from './json';
import type { Redactor } from './redact';

/** The error that a response of Freedom ID reports, cleaned. */
export interface ProviderError {
  message?: string | undefined;
  code?: string | undefined;
  /** Validation messages by the path of the field. */
  fields?: Record<string, string[]> | undefined;
}

/** A response has room for 80,000 messages, and cleaning each takes time. */
const MAX_FIELDS = 20;
const MAX_MESSAGES = 5;

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
  redactor: Redactor,
): ProviderError | undefined {
  if (!hasError(json)) return undefined;
  const { error } = json;
  if (!isObject(error)) {
    return { message: readText(json.error_description, redactor), code: readCode(error, redactor) };
  }
  return {
    message: readText(error.message, redactor),
    code: readCode(error.code, redactor),
    fields: isObject(error.errors) ? readFields(error.errors, redactor) : undefined,
  };
}

function readText(value: unknown, redactor: Redactor): string | undefined {
  return typeof value === 'string' ? redactor.clean(value) || undefined : undefined;
}

/** The documentation has numbers in one place and strings in another (protocol 4). */
function readCode(value: unknown, redactor: Redactor): string | undefined {
  const code = typeof value === 'number' ? String(value) : value;
  return typeof code === 'string' ? redactor.cleanCode(code) || undefined : undefined;
}

function readFields(errors: Record<string, unknown>, redactor: Redactor): Record<string, string[]> {
  const fields = Object.entries(errors).slice(0, MAX_FIELDS);
  return Object.fromEntries(
    fields.map(([field, messages]) => [redactor.cleanCode(field), readMessages(messages, redactor)]),
  );
}

function readMessages(messages: unknown, redactor: Redactor): string[] {
  return [messages]
    .flat()
    .slice(0, MAX_MESSAGES)
    .map((message) => readText(message, redactor))
    .filter((message) => message !== undefined);
}
