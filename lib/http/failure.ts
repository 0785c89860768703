import { FreedomIdError, type FreedomIdErrorCode } from '../errors';
import { TooLarge } from './body';
import { type ExchangeRequest, secretsOf, withoutQuery } from './exchange';
import { cleanText, isObject } from './provider-text';

/** The whole answer was not there in time. */
export class DeadlinePassed extends Error {}

/** Turns whatever went wrong on the way into the error that the app sees. */
export function explain(
  reason: unknown,
  request: ExchangeRequest,
  { timeout, maxResponseSize }: { timeout: number; maxResponseSize: number },
  httpStatus: number | undefined,
): FreedomIdError {
  const { endpoint } = request;
  const { origin } = new URL(request.url);
  const fail = (code: FreedomIdErrorCode, message: string, cause?: Error) =>
    new FreedomIdError(`Freedom ID ${endpoint}: ${message}`, { code, endpoint, httpStatus, cause });

  if (reason instanceof DeadlinePassed) {
    return fail(
      'ERR_FREEDOM_ID_TIMEOUT',
      `no whole answer within ${timeout} ms. Check that this server can reach ${origin}, or raise the option timeout.`,
    );
  }
  if (reason instanceof TooLarge) {
    return fail(
      'ERR_FREEDOM_ID_RESPONSE',
      `the answer is larger than ${maxResponseSize} bytes. Check that ${withoutQuery(request.url)} is the right URL.`,
    );
  }
  const cause = safeCause(reason, secretsOf(request));
  // Of the HTTP parser, of zlib, of Brotli.
  if (/^(?:HPE_|Z_|ERR__ERROR_)/.test(cause.code ?? '')) {
    return fail(
      'ERR_FREEDOM_ID_RESPONSE',
      `the answer is broken (${cause.code}). Check what serves ${origin}.`,
      cause,
    );
  }
  return fail(
    'ERR_FREEDOM_ID_NETWORK',
    `the connection failed (${cause.code ?? cause.message}). Check that this server can reach ${origin}: DNS, firewall, proxy, TLS.`,
    cause,
  );
}

/** A copy that is safe to log: the original may carry headers, and with them the secret. */
function safeCause(reason: unknown, secrets: readonly string[]): Error & { code?: string } {
  const { message, code } = describe(reason);
  const cause: Error & { code?: string } = new Error(cleanText(message, secrets));
  if (code !== undefined) cause.code = cleanText(code, secrets);
  return cause;
}

/** Whatever a `fetch` throws: an Error, or not even that. */
function describe(reason: unknown): { message: string; code?: string | undefined } {
  try {
    const { message, code, cause } = (isObject(reason) ? reason : { message: reason }) as Record<
      string,
      unknown
    >;
    // undici says "fetch failed" and keeps the reason one level down.
    const found = [code, isObject(cause) ? cause.code : undefined].find((one) => typeof one === 'string');
    return { message: String(message ?? 'without a reason'), code: found as string | undefined };
  } catch {
    return { message: 'for a reason that cannot be read' };
  }
}
