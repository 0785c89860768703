import { setImmediate } from 'node:timers/promises';
import { FreedomIdError } from '../errors';
import { readBody } from './body';
import { reportExchange } from './diagnostics';
import type { ExchangeRequest, ExchangeResponse } from './exchange';
import type { FetchResponse } from './fetch';
import { DeadlinePassed, networkError } from './network-error';
import { fetchKeptAlive } from './node-fetch';
import type { ConnectionSettings } from './options';
import { createRedactors, type RedactorOf } from './redact';
import { readResponse } from './response';

/** The real one, even if a test of the app puts a false clock in its place later: no login would end. */
const nextTurn = setImmediate;

/** Sends one request and reads its response. @throws {@link FreedomIdError}, and nothing else */
export type Transport = (request: ExchangeRequest) => Promise<ExchangeResponse>;

/**
 * Makes the function through which every exchange goes. It adds the deadline, the size limit and the report on the
 * diagnostics channel, and turns whatever goes wrong into an error that shows no secret.
 */
export function createTransport(settings: ConnectionSettings): Transport {
  const redactorOf = createRedactors(settings);
  return async (request) => {
    const start = performance.now();
    const result = await attempt(request, settings, redactorOf);
    reportExchange(request, result, performance.now() - start);
    if (result instanceof FreedomIdError) throw result;
    return result;
  };
}

/** Never rejects: whatever goes wrong is the error that it resolves to. */
async function attempt(
  request: ExchangeRequest,
  settings: ConnectionSettings,
  redactorOf: RedactorOf,
): Promise<ExchangeResponse | FreedomIdError> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // The signal alone is not enough: a `fetch` of the app may ignore it.
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed()), settings.timeout);
  });
  let httpStatus: number | undefined;
  const exchange = async () => {
    const response = await send(request, settings, controller.signal);
    httpStatus = response.status;
    const body = await readBody(response, settings.maxResponseSize);
    // The platform's fetch frees its connection a turn later: the next request would open a second one.
    if (settings.fetch) await nextTurn();
    return readResponse(request, response, body, redactorOf);
  };
  try {
    return await Promise.race([exchange(), deadline]);
  } catch (reason) {
    controller.abort();
    return networkError(reason, request, settings, httpStatus, redactorOf);
  } finally {
    clearTimeout(timer);
  }
}

function send(
  { method, url, authorization, json }: ExchangeRequest,
  { agent, customHeaders, fetch = fetchKeptAlive }: ConnectionSettings,
  signal: AbortSignal,
): Promise<FetchResponse> {
  return fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      'user-agent': 'passport-freedom-id',
      ...customHeaders,
      ...(json && { 'content-type': 'application/json' }),
      authorization: `${authorization.scheme} ${authorization.credentials}`,
    },
    ...(json && { body: JSON.stringify(json) }),
    // Followed, a redirect would carry the token or the secret to wherever it points.
    redirect: 'manual',
    signal,
    ...(agent && { agent }),
  });
}
