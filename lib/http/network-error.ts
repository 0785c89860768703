import { FreedomIdError, type FreedomIdErrorCode } from '../errors';
import { BrokenResponse, TooLarge } from './body';
import type { ExchangeRequest } from './exchange';
import { isObject } from './json';
import { isLoopback } from './options';
import { type Redactor, type RedactorOf, withoutQuery } from './redact';

/** The complete response did not arrive in time. */
export class DeadlinePassed extends Error {}

/** The app's `fetch` has refused to send a body with a GET, as the fetch standard demands. It will refuse the next one, too. */
export class BodyRefused extends Error {}

/**
 * Makes the error for a response that did not arrive: because of the deadline, the size limit, a body that cannot be decoded,
 * or a broken connection.
 *
 * @param httpStatus - undefined where no response had begun
 */
export function networkError(
  reason: unknown,
  request: ExchangeRequest,
  { timeout, maxResponseSize }: { timeout: number; maxResponseSize: number },
  httpStatus: number | undefined,
  redactorOf: RedactorOf,
): FreedomIdError {
  const { endpoint } = request;
  const { origin } = new URL(request.url);
  const fail = (code: FreedomIdErrorCode, message: string, cause?: Error) =>
    new FreedomIdError(`Freedom ID ${endpoint}: ${message}`, { code, endpoint, httpStatus, cause });

  if (reason instanceof DeadlinePassed) {
    return fail(
      'ERR_FREEDOM_ID_TIMEOUT',
      `no complete response within ${timeout} ms. Check that this server can reach ${origin}, or raise the option timeout.`,
    );
  }
  if (reason instanceof TooLarge) {
    return fail(
      'ERR_FREEDOM_ID_RESPONSE',
      `the response is larger than ${maxResponseSize} bytes. Check that ${withoutQuery(request.url)} is the right URL.`,
    );
  }
  const { cause, shown } = safeCause(reason, redactorOf(request));
  if (reason instanceof BrokenResponse || isDecodingError(cause)) {
    return fail(
      'ERR_FREEDOM_ID_RESPONSE',
      `the response is broken (${cause.code ?? cause.message}). Check what serves ${origin}.`,
      cause,
    );
  }
  if (isRefused(cause, request)) {
    return fail(
      'ERR_FREEDOM_ID_NETWORK',
      `the option fetch sends no body with a GET, and this request needs one (protocol 8). Leave fetch out, or give one that sends it, such as undici's request.`,
      new BodyRefused(cause.message),
    );
  }
  return fail('ERR_FREEDOM_ID_NETWORK', `the connection failed (${shown})${adviceOn(cause, request)}`, cause);
}

/** Knows the messages of the platform's fetch, of undici, of node-fetch, and of the polyfill whatwg-fetch. */
function isRefused({ message }: Cause, { method, json }: ExchangeRequest): boolean {
  const saysSo = /\bGET\b.* cannot have body|^Body not allowed for GET\b/.test(message);
  return method === 'GET' && json !== undefined && saysSo;
}

function adviceOn({ code = '' }: Cause, request: ExchangeRequest): string {
  const { origin, hostname, protocol } = new URL(request.url);
  if (code === 'ECONNREFUSED' && isLoopback(hostname)) {
    return `; nothing listens there: is the emulator running? Check ${origin}.`;
  }
  if (NOT_TLS.includes(code) && protocol === 'https:') return `; does it speak https? Check ${origin}.`;
  return `. Check that this server can reach ${origin}: DNS, firewall, proxy, TLS.`;
}

/** The error codes of Node.js for a response that is not encrypted. */
const NOT_TLS = ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'];

/** The codes of Node's HTTP parser and of undici's, of zlib, Brotli and Zstandard. */
function isDecodingError({ code = '' }: Cause): boolean {
  return /^(?:HPE_|HTTPParserError|UND_ERR_(?:HEADERS_OVERFLOW|RES_CONTENT_LENGTH)|Z_|ERR__ERROR_|ZSTD_)/.test(
    code,
  );
}

type Cause = Error & { code?: string };

/** Enough for a message that names the host twice: a host's name may have 253 characters. */
const MAX_MESSAGE = 600;

/** A copy of the reason that is safe to log: the original may hold the request's headers, and with them the secret. */
function safeCause(reason: unknown, redactor: Redactor): { cause: Cause; shown: string } {
  const { message, code, attempts } = describe(reason);
  const cause: Cause = new Error(redactor.clean(attempts ?? message, MAX_MESSAGE));
  if (code !== undefined) cause.code = redactor.cleanCode(code);
  // The code says enough, unless several addresses were tried, or it says only that the request was aborted.
  const says = attempts === undefined && !cause.code?.includes('ABORT');
  return { cause, shown: (says && cause.code) || cause.message };
}

interface Description {
  message: string;
  code?: string | undefined;
  /** If the host has several addresses: how each attempt ended. */
  attempts?: string | undefined;
}

/** How far down causes are followed: undici says "fetch failed", and has the reason two levels down. */
const MAX_LEVELS = 5;

/** Reads what a `fetch` threw, an Error or anything else: the innermost message, and the first code. */
function describe(reason: unknown): Description {
  const found: Description = { message: '' };
  try {
    for (const { message, code, name, errors } of levelsOf(reason)) {
      const attempts = Array.isArray(errors) ? errors.slice(0, MAX_ATTEMPTS).map(readAttempt) : [];
      found.message = String(message ?? '') || found.message;
      // The errors of undici's parser have no code (undici 7).
      const parserError = name === 'HTTPParserError' ? name : undefined;
      found.code ??= [code, parserError, attempts[0]?.code].find((one) => typeof one === 'string');
      found.attempts ??= joined(', ', ...attempts.map(({ text }) => text)) || undefined;
    }
    found.message ||= 'without a reason';
  } catch {
    found.message ||= 'for a reason that cannot be read';
  }
  return found;
}

/** The members of an error, of its cause, and of the cause of that cause. */
function* levelsOf(reason: unknown): Generator<Record<string, unknown>> {
  const seen = new Set<unknown>();
  for (let level = reason; !seen.has(level) && seen.size < MAX_LEVELS; ) {
    seen.add(level);
    const members = membersOf(level);
    yield members;
    level = members.cause;
  }
}

/** How many addresses of a host an error names. */
const MAX_ATTEMPTS = 8;

/** One address, and why it could not be reached: `ECONNREFUSED ::1:443`. */
function readAttempt(error: unknown): { text: string; code: unknown } {
  const { code, message, address, port } = membersOf(error);
  return {
    code,
    text: joined(' ', code ?? message, joined(':', address, port)),
  };
}

function membersOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : { message: value };
}

function joined(separator: string, ...parts: unknown[]): string {
  return parts.filter(Boolean).join(separator);
}
