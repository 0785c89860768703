import type { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { FreedomIdError } from '../errors';
import { judge } from './answer';
import { readBody } from './body';
import { reportExchange } from './diagnostics';
import type { ExchangeAnswer, ExchangeRequest } from './exchange';
import { DeadlinePassed, explain } from './failure';
import type { FetchFunction, FetchResponse } from './fetch';
import { fetchKeptAlive } from './node-fetch';

/** How every exchange is made. */
export interface TransportSettings {
  /** Milliseconds for one whole exchange, body included. */
  timeout: number;
  /** Bytes, after decompression. */
  maxResponseSize: number;
  /** Names in lower case. */
  customHeaders: Record<string, string>;
  agent: Agent | undefined;
  fetch: FetchFunction | undefined;
}

/** Sends one request. @throws {@link FreedomIdError}, and nothing else */
export type Transport = (request: ExchangeRequest) => Promise<ExchangeAnswer>;

/** Makes the function that carries every exchange: node-fetch, a deadline, a size limit, Freedom ID's error envelope. */
export function createTransport(settings: TransportSettings): Transport {
  return async (request) => {
    const start = performance.now();
    const result = await attempt(request, settings);
    reportExchange(request, result, performance.now() - start);
    if (result instanceof FreedomIdError) throw result;
    return result;
  };
}

async function attempt(
  request: ExchangeRequest,
  settings: TransportSettings,
): Promise<ExchangeAnswer | FreedomIdError> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // Not left to the signal: a `fetch` of the app may ignore it.
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed()), settings.timeout);
  });
  let httpStatus: number | undefined;
  const answer = async () => {
    const response = await send(request, settings, controller.signal);
    httpStatus = response.status;
    const body = await readBody(response, settings.maxResponseSize);
    // The platform's fetch puts its connection back a turn later: the next request would open a second one.
    if (settings.fetch) await setImmediate();
    return judge(request, httpStatus, body);
  };
  try {
    return await Promise.race([answer(), deadline]);
  } catch (reason) {
    controller.abort();
    return explain(reason, request, settings, httpStatus);
  } finally {
    clearTimeout(timer);
  }
}

function send(
  { method, url, authorization, json }: ExchangeRequest,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<FetchResponse> {
  const fetch = settings.fetch ?? fetchKeptAlive;
  return fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      'user-agent': 'passport-freedom-id',
      ...settings.customHeaders,
      ...(json && { 'content-type': 'application/json' }),
      authorization: `${authorization.scheme} ${authorization.credentials}`,
    },
    ...(json && { body: JSON.stringify(json) }),
    // A redirect would carry the token or the secret to wherever it points.
    redirect: 'manual',
    signal,
    ...(settings.agent && { agent: settings.agent }),
  });
}
