import { type FreedomIdEndpoint, FreedomIdError } from '../errors';
import { shownURL } from '../require-that';
import { type ExchangeRequest, type ExchangeResponse, paramsOf } from './exchange';
import type { FetchResponse } from './fetch';
import { parseObject } from './json';
import { hasError, isSilentError, type ProviderError, readProviderError } from './provider-error';
import { type Redactor, type RedactorOf, withoutQuery } from './redact';
import { readRetryAfter } from './retry-after';

/**
 * Decides whether a response is usable or an error. The status alone does not tell: Freedom ID sends errors with HTTP 200,
 * too (protocol 4, old).
 *
 * @param raw - the body
 * @returns the response, or the error, which is not thrown
 */
export function readResponse(
  request: ExchangeRequest,
  { status: httpStatus, headers }: Pick<FetchResponse, 'status' | 'headers'>,
  raw: string,
  redactorOf: RedactorOf,
): ExchangeResponse | FreedomIdError {
  const isSuccess = httpStatus >= 200 && httpStatus < 300;
  const json = isSuccess && request.mayBeEmpty && isEmpty(raw) ? {} : parseObject(raw);
  if (json && isSuccess && !hasError(json)) {
    return { httpStatus, raw, json, clean: (text) => redactorOf(request, json).clean(text) };
  }

  const { endpoint } = request;
  const redactor = redactorOf(request, json);
  const response: FailedResponse = { request, redactor, httpStatus, raw, json, reported: {} };
  if (json) response.reported = readProviderError(json, redactor);
  if (httpStatus === 429 || httpStatus === 503) response.retryAfter = readRetryAfter(headers);
  const isRejected = isRejection(response);
  const found = isRejected ? `rejected with HTTP ${httpStatus}${inWords(response)}` : unusable(response);
  const advice = isRejected ? adviceOnRejection(response) : adviceOnUnusable(response);
  return new FreedomIdError(`Freedom ID ${endpoint}: ${sentence(found)} ${sentence(advice)}`, {
    code: isRejected ? 'ERR_FREEDOM_ID_REJECTED' : 'ERR_FREEDOM_ID_RESPONSE',
    endpoint,
    httpStatus,
    providerCode: response.reported.code,
    fields: response.reported.fields,
    retryAfter: response.retryAfter,
  });
}

/**
 * The error for a response that reports no error, but lacks what was asked for.
 *
 * @param advice - e.g. which options to check
 */
export function responseWithout(
  wanted: string,
  endpoint: FreedomIdEndpoint,
  httpStatus: number,
  advice: string,
): FreedomIdError {
  return new FreedomIdError(`Freedom ID ${endpoint}: HTTP ${httpStatus} without ${wanted}. ${advice}`, {
    code: 'ERR_FREEDOM_ID_RESPONSE',
    endpoint,
    httpStatus,
  });
}

/** A response that cannot be used, and its request. */
interface FailedResponse {
  request: ExchangeRequest;
  redactor: Redactor;
  httpStatus: number;
  raw: string;
  json: Record<string, unknown> | undefined;
  reported: ProviderError;
  retryAfter?: number | undefined;
}

/** Freedom ID, or a proxy in front of it, was too busy, and has not looked at the token. */
const BUSY = [408, 425, 429];

/** Whether the same request may succeed later. */
export function isBusy(httpStatus: number): boolean {
  return httpStatus >= 500 || BUSY.includes(httpStatus);
}

/** The status alone does not tell: a body that is not a JSON object comes from a firewall or a proxy. */
function isRejection({ httpStatus, raw, json }: FailedResponse): boolean {
  if (isBusy(httpStatus)) return false;
  if (json === undefined) return (httpStatus === 401 || httpStatus === 403) && isEmpty(raw);
  return httpStatus >= 400 || !isSilentError(json.error);
}

function unusable(response: FailedResponse): string {
  const { httpStatus, raw, json } = response;
  if (isBusy(httpStatus)) return `HTTP ${httpStatus}${inWords(response)}`;
  if (httpStatus >= 400) {
    return `HTTP ${httpStatus} with ${kindOf(raw)}, not Freedom ID's JSON: a firewall, a proxy or a bot check may have answered`;
  }
  if (httpStatus === 304) {
    return 'HTTP 304, not modified: a cache may have answered, or customHeaders make the request conditional';
  }
  if (httpStatus >= 300) return `HTTP ${httpStatus}, a redirect, which is never followed`;
  if (httpStatus < 200) return `HTTP ${httpStatus}, which is not a final status`;
  if (json) {
    const error = Array.isArray(json.error) ? '[]' : JSON.stringify(json.error);
    return `HTTP ${httpStatus} with "error": ${error}, which says neither success nor failure`;
  }
  if (isEmpty(raw)) return `HTTP ${httpStatus} with an empty body, which is not a JSON object`;
  if (JWT.test(raw)) return `HTTP ${httpStatus} with a signed or encrypted JWT, where JSON is expected`;
  return `HTTP ${httpStatus} with a body that is not a JSON object, or is nested too deep`;
}

/** RFC 7515, 7.1, and RFC 7516, 7.1: the header of each is a JSON object, which begins with `{"`. */
const JWT = /^\s*eyJ[\w-]*(?:\.[\w-]*){2,4}\s*$/;

function kindOf(raw: string): string {
  if (isEmpty(raw)) return 'an empty body';
  return /^\s*<[!a-z]/i.test(raw) ? 'an HTML page' : 'a text';
}

function isEmpty(raw: string): boolean {
  return raw.trim() === '';
}

/** The length of the messages of all fields together. */
const MAX_FIELDS_TEXT = 200;

function inWords({ request, redactor, reported: { message, code, fields = {} } }: FailedResponse): string {
  const messages = Object.entries(fields).map(
    ([field, [first]]) => `${withGrant(field, request, redactor)}: ${first ?? 'invalid'}`,
  );
  return [
    message ? `, "${message}"` : '',
    code ? ` (code ${code})` : '',
    messages.length > 0 ? `; ${messages.join('; ').slice(0, MAX_FIELDS_TEXT).toWellFormed()}` : '',
  ].join('');
}

/** Names the grant, because `grants.1` alone does not tell which one it is (protocol 2). */
function withGrant(field: string, { json }: ExchangeRequest, redactor: Redactor): string {
  const [, index] = /^grants\.(\d+)$/.exec(field) ?? [];
  const grant = Array.isArray(json?.grants) ? json.grants[Number(index)] : undefined;
  return typeof grant === 'string' ? `${field}, ${redactor.clean(grant)}` : field;
}

function adviceOnUnusable({ request, httpStatus, raw, retryAfter }: FailedResponse): string {
  const place = withoutQuery(request.url);
  const later = retryAfter === undefined ? 'try again later' : `try again in ${retryAfter} s`;
  if (httpStatus >= 500) return `Freedom ID has a problem of its own; ${later}`;
  if (httpStatus === 429) return `Too many requests; ${later}`;
  if (BUSY.includes(httpStatus)) return `Freedom ID, or a proxy before it, was not ready; ${later}`;
  if (httpStatus >= 400)
    return `Check that ${place} is the right URL, and what stands between it and this server`;
  if (JWT.test(raw)) return 'Ask Freedom ID to send JSON';
  return `Check that ${place} is the right URL`;
}

function adviceOnRejection({ request, redactor, httpStatus, reported }: FailedResponse): string {
  const { url, authorization } = request;
  if (httpStatus === 404 || httpStatus === 405 || !authorization)
    return `Check that ${withoutQuery(url)} is the right URL`;
  const { grants, grant_type: grantType, redirect_uri: sent } = paramsOf(request);
  const isOfClient = httpStatus === 401 || reported.code === 'invalid_client';
  if (authorization.scheme === 'Bearer' || (grantType === 'refresh_token' && !isOfClient)) {
    return adviceOnToken(request, reported);
  }
  if (isOfClient) return 'Check clientID and clientSecret';
  if (sent === undefined) return 'Check clientID and clientSecret; a code can be used only once';
  const redirectURI = redactor.clean(shownURL(String(sent).replace(/[?#].*/s, '')));
  const callback = `callbackURL, which was sent as ${redirectURI}`;
  return grants === undefined
    ? `Check clientID, clientSecret, tokenRequest and ${callback}; a code can be used only once`
    : `Check clientID, clientSecret, scope and ${callback}`;
}

function adviceOnToken({ endpoint, json }: ExchangeRequest, { fields }: ProviderError): string {
  if (json && fields) return 'Check what was sent';
  const isOfProfile = endpoint === 'get-profile' || endpoint === 'profile-status';
  const orElse = isOfProfile ? ', or lack the grant read.profile' : '';
  return `The token may have expired or been revoked${orElse}; let the user log in again`;
}

/** Adds a full stop, unless there is one. */
export function sentence(text: string): string {
  return /[.!?…]"?$/.test(text) ? text : `${text}.`;
}
