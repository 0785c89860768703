import { FreedomIdError } from '../errors';
import { type ExchangeAnswer, type ExchangeRequest, secretsOf, withoutQuery } from './exchange';
import { cleanText, holdsError, isObject, type ProviderError, readProviderError } from './provider-text';

/**
 * The body decides, whatever the status: Freedom ID sends errors with HTTP 200, too [old].
 *
 * @param raw - absent where it is not UTF-8
 */
export function judge(
  request: ExchangeRequest,
  httpStatus: number,
  raw = '',
): ExchangeAnswer | FreedomIdError {
  const json = parseObject(raw);
  const isSuccess = httpStatus >= 200 && httpStatus < 300;
  if (json && isSuccess && !holdsError(json)) return { httpStatus, raw, json };

  const rejection = json && readProviderError(json, secretsOf(request));
  const broken = httpStatus >= 500;
  const rejected = !broken && (rejection !== undefined || httpStatus >= 400);
  const found = rejected
    ? `rejected with HTTP ${httpStatus}${inWords(rejection)}`
    : unusable(httpStatus, rejection);
  return new FreedomIdError(
    `Freedom ID ${request.endpoint}: ${found}. ${adviceOn(request, httpStatus, rejected)}`,
    {
      code: rejected ? 'ERR_FREEDOM_ID_REJECTED' : 'ERR_FREEDOM_ID_RESPONSE',
      endpoint: request.endpoint,
      httpStatus,
      providerCode: rejection?.code,
      fields: rejection?.fields,
    },
  );
}

function parseObject(raw: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(raw);
    return isObject(json) && isShallow(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Far deeper than any answer of Freedom ID. What a session store cannot print again would leave the login unanswered. */
const MAX_DEPTH = 100;

function isShallow(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

function unusable(httpStatus: number, rejection: ProviderError | undefined): string {
  if (httpStatus >= 500) return `HTTP ${httpStatus}${inWords(rejection)}`;
  if (httpStatus >= 300) return `HTTP ${httpStatus}, a redirect, which is never followed`;
  return `HTTP ${httpStatus} with a body that is not a JSON object, or nested too deep`;
}

function inWords(rejection: ProviderError | undefined): string {
  const words = rejection?.message ? `, "${rejection.message}"` : '';
  const code = rejection?.code ? ` (code ${rejection.code})` : '';
  const fields = Object.entries(rejection?.fields ?? {}).map(
    ([field, [first]]) => `${field}: ${first ?? 'invalid'}`,
  );
  return `${words}${code}${fields.length > 0 ? `; ${cleanText(fields.join('; '))}` : ''}`;
}

function adviceOn(request: ExchangeRequest, httpStatus: number, rejected: boolean): string {
  if (httpStatus >= 500) return 'Freedom ID has a problem of its own; try again later.';
  if (httpStatus === 429) return 'Too many requests; try again later.';
  if (!rejected || httpStatus === 404) return `Check that ${withoutQuery(request.url)} is the right URL.`;
  if (request.endpoint === 'authorize') return 'Check clientID, clientSecret, callbackURL and scope.';
  if (request.authorization.scheme === 'Basic')
    return 'Check clientID and clientSecret; a code is good only once.';
  return 'The token may have expired or been revoked; let the user log in again.';
}
