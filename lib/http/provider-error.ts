import { isObject } from './json';
import type { Redactor } from './redact';

/** The error that a response of Freedom ID reports, cleaned. */
export interface ProviderError {
  message?: string | undefined;
  code?: string | undefined;
  /** Validation messages by the path of the field. */
  fields?: Record<string, string[]> | undefined;
}

/** A response may hold 80,000 messages, and cleaning each of them takes time. */
const MAX_FIELDS = 20;
const MAX_MESSAGES = 5;

/** Any `error` other than null counts: a response whose error cannot be read is still not a success. */
export function hasError({ error }: Record<string, unknown>): boolean {
  return error !== undefined && error !== null;
}

/** For example `false` or an empty list: the response is not a success, but does not reject the request either. */
export function isSilentError(error: unknown): boolean {
  return [error].flat().every((one) => !one);
}

/**
 * Reads `{ "error": { "message", "code"?, "errors"? } }` (protocol 2, 4), RFC 6749's `{ "error": "…", "error_description" }`, and
 * `message` and `errors` that stand beside the error, or instead of it.
 */
export function readProviderError(json: Record<string, unknown>, redactor: Redactor): ProviderError {
  const { error } = json;
  const told = isObject(error) ? error : { message: json.error_description, code: error };
  const { errors = json.errors } = told;
  return {
    message: readText(told.message, redactor) ?? readText(json.message, redactor),
    code: readCode(told.code, redactor),
    fields: isObject(errors) ? readFields(errors, redactor) : undefined,
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
