import { FreedomIdError, type FreedomIdErrorCode } from '../errors';
import { BrokenResponse, TooLarge } from './body';
import type { ExchangeRequest } from './exchange';
import { isObject } from './json';
import { type Redactor, type RedactorOf, withoutQuery } from './redact';

/** The response was not there in time, or not the whole of it. */
export class DeadlinePassed extends Error {}

/**
 * Makes an error of whatever kept a response from arriving: the deadline, the size limit, a body that cannot be decoded,
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
  const cause = safeCause(reason, redactorOf(request));
  if (reason instanceof BrokenResponse || isDecodingError(cause)) {
    return fail(
      'ERR_FREEDOM_ID_RESPONSE',
      `the response is broken (${cause.code ?? cause.message}). Check what serves ${origin}.`,
      cause,
    );
  }
  return fail(
    'ERR_FREEDOM_ID_NETWORK',
    `the connection failed (${cause.code ?? cause.message}). Check that this server can reach ${origin}: DNS, firewall, proxy, TLS.`,
    cause,
  );
}

/** The codes of Node's HTTP parser and of undici's, of zlib and of Brotli. */
function isDecodingError({ code = '' }: { code?: string }): boolean {
  return /^(?:HPE_|HTTPParserError$|Z_|ERR__ERROR_)/.test(code);
}

/** A copy of the reason that is safe to log: the original may hold the request's headers, and with them the secret. */
function safeCause(reason: unknown, redactor: Redactor): Error & { code?: string } {
  const { message, code } = describe(reason);
  const cause: Error & { code?: string } = new Error(redactor.clean(message));
  if (code !== undefined) cause.code = redactor.cleanCode(code);
  return cause;
}

/** Reads what a `fetch` threw: an Error, or anything else. */
function describe(reason: unknown): { message: string; code?: string | undefined } {
  try {
    const { message, code, cause, name } = (isObject(reason) ? reason : { message: reason }) as Record<
      string,
      unknown
    >;
    // undici says "fetch failed" and keeps the code one level down.
    const { code: innerCode, name: innerName } = isObject(cause) ? cause : {};
    // The errors of its parser have no code (undici 7).
    const parserError = [name, innerName].find((one) => one === 'HTTPParserError');
    const found = [code, innerCode, parserError].find((one) => typeof one === 'string');
    return { message: String(message ?? 'without a reason'), code: found as string | undefined };
  } catch {
    return { message: 'for a reason that cannot be read' };
  }
}
