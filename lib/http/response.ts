import { FreedomIdError } from '../errors';
import type { ExchangeRequest, ExchangeResponse } from './exchange';
import { parseObject } from './json';
import { hasError, type ProviderError, readProviderError } from './provider-error';
import { type RedactorOf, withoutQuery } from './redact';

/**
 * Tells a usable response from an error. The body decides, whatever the status: Freedom ID sends errors with HTTP 200,
 * too (protocol 4, old).
 *
 * @param raw - the body
 * @returns the response, or the error, which is not thrown
 */
export function readResponse(
  request: ExchangeRequest,
  httpStatus: number,
  raw: string,
  redactorOf: RedactorOf,
): ExchangeResponse | FreedomIdError {
  const json = parseObject(raw);
  const isSuccess = httpStatus >= 200 && httpStatus < 300;
  if (json && isSuccess && !hasError(json)) return { httpStatus, raw, json };
  const reported = json && readProviderError(json, redactorOf(request, json));
  return responseError(request, httpStatus, reported);
}

function responseError(
  request: ExchangeRequest,
  httpStatus: number,
  reported: ProviderError | undefined,
): FreedomIdError {
  const { endpoint } = request;
  const isRejected = httpStatus < 500 && (reported !== undefined || httpStatus >= 400);
  const found = isRejected
    ? `rejected with HTTP ${httpStatus}${inWords(reported)}`
    : unusable(httpStatus, reported);
  return new FreedomIdError(
    `Freedom ID ${endpoint}: ${found}. ${adviceOn(request, httpStatus, isRejected)}`,
    {
      code: isRejected ? 'ERR_FREEDOM_ID_REJECTED' : 'ERR_FREEDOM_ID_RESPONSE',
      endpoint,
      httpStatus,
      providerCode: reported?.code,
      fields: reported?.fields,
    },
  );
}

function unusable(httpStatus: number, reported: ProviderError | undefined): string {
  if (httpStatus >= 500) return `HTTP ${httpStatus}${inWords(reported)}`;
  if (httpStatus >= 300) return `HTTP ${httpStatus}, a redirect, which is never followed`;
  return `HTTP ${httpStatus} with a body that is not a JSON object, or is nested too deep`;
}

/** Of the messages of all fields together. */
const MAX_FIELDS_TEXT = 200;

function inWords({ message, code, fields = {} }: ProviderError = {}): string {
  const messages = Object.entries(fields).map(([field, [first]]) => `${field}: ${first ?? 'invalid'}`);
  return [
    message ? `, "${message}"` : '',
    code ? ` (code ${code})` : '',
    messages.length > 0 ? `; ${messages.join('; ').slice(0, MAX_FIELDS_TEXT).toWellFormed()}` : '',
  ].join('');
}

function adviceOn(request: ExchangeRequest, httpStatus: number, isRejected: boolean): string {
  if (httpStatus >= 500) return 'Freedom ID has a problem of its own; try again later.';
  if (httpStatus === 429) return 'Too many requests; try again later.';
  if (!isRejected || httpStatus === 404) return `Check that ${withoutQuery(request.url)} is the right URL.`;
  if (request.endpoint === 'authorize') return 'Check clientID, clientSecret, callbackURL and scope.';
  if (request.authorization.scheme === 'Basic')
    return 'Check clientID and clientSecret; a code is good only once.';
  return 'The token may have expired or been revoked; let the user log in again.';
}
