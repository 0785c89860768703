import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { FreedomIdError } from '../errors';
import { readBody } from './body';
import { reportExchange } from './diagnostics';
import type { ExchangeRequest, ExchangeResponse } from './exchange';
import type { AbortEmitter, FetchFunction, OutgoingRequest, Send, Sending } from './fetch';
import { DeadlinePassed, networkError } from './network-error';
import { createKeptAliveSend } from './node-fetch';
import type { ConnectionSettings } from './options';
import { createRedactors, type RedactorOf } from './redact';
import { readResponse } from './response';
import { onAbort, requireSignal } from './until-aborted';

/** The real one, even if a test of the app puts a false clock in its place later: no login would end. */
const nextTurn = setImmediate;

/** Sends one request and reads its response. @throws {@link FreedomIdError}; or the reason of the request's signal; or `TypeError` where that is none */
export type Transport = (request: ExchangeRequest) => Promise<ExchangeResponse>;

/**
 * Makes the function through which every exchange goes. It adds the deadline, the size limit and the report on the
 * diagnostics channel, and turns whatever goes wrong into an error that shows no secret.
 */
export function createTransport(settings: ConnectionSettings): Transport {
  const context: Context = {
    settings,
    send: settings.fetch ? senderOver(settings.fetch) : createKeptAliveSend(),
    initOf: createInits(settings),
    redactorOf: createRedactors(settings),
  };
  return async (request) => {
    const { signal } = request;
    requireSignal(signal);
    signal?.throwIfAborted();
    const start = performance.now();
    const result = await attempt(request, context);
    reportExchange(request, result, performance.now() - start);
    if (result === undefined) throw signal?.reason;
    if (result instanceof FreedomIdError) throw result;
    return result;
  };
}

/** What every exchange of a client has in common. */
interface Context {
  settings: ConnectionSettings;
  send: Send;
  initOf(request: ExchangeRequest): OutgoingRequest;
  redactorOf: RedactorOf;
}

/** Never rejects: whatever goes wrong is the error that it resolves to. @returns undefined where the caller has given up */
async function attempt(
  request: ExchangeRequest,
  { settings, send, initOf, redactorOf }: Context,
): Promise<ExchangeResponse | FreedomIdError | undefined> {
  const { signal } = request;
  let sending: Sending | undefined;
  let httpStatus: number | undefined;
  let deadline: NodeJS.Timeout | undefined;
  let stopWaiting: (() => void) | undefined;
  const exchange = async () => {
    sending = send(request.url, initOf(request));
    // Whatever runs while a request is sent, such as a `fetch` of the app, may have given it up.
    if (signal?.aborted) sending.abort(false);
    const response = await sending.response;
    httpStatus = response.status;
    const body = await readBody(response, settings.maxResponseSize);
    // The platform's fetch frees its connection a turn later: the next request would open a second one.
    if (settings.fetch) await nextTurn();
    return readResponse(request, response, body, redactorOf);
  };
  try {
    return await new Promise((resolve, reject) => {
      // To give the request up is not enough: a `fetch` of the app may ignore it.
      deadline = setTimeout(() => reject(new DeadlinePassed()), settings.timeout);
      const giveUp = () => {
        sending?.abort(false);
        resolve(undefined);
      };
      if (signal) stopWaiting = onAbort(signal, giveUp);
      exchange().then(resolve, reject);
    });
  } catch (reason) {
    sending?.abort(true);
    return networkError(reason, request, settings, httpStatus, redactorOf);
  } finally {
    clearTimeout(deadline);
    stopWaiting?.();
  }
}

function senderOver(fetch: FetchFunction): Send {
  return (url, init) => {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    let emitter: AbortEmitter | undefined;
    let aborted = false;
    // A signal takes longer to make than all else here: each is made where somebody reads it.
    const lazy = {
      get signal() {
        signal ??= controller.signal;
        return signal;
      },
      set signal(other) {
        signal = other;
      },
      get emitter() {
        emitter ??= Object.assign(new EventEmitter(), { aborted });
        return emitter;
      },
    };
    return {
      response: fetch(url, Object.assign(lazy, init)),
      abort() {
        aborted = true;
        controller.abort();
        if (emitter) emitAbort(emitter);
      },
    };
  };
}

function emitAbort(emitter: AbortEmitter): void {
  emitter.aborted = true;
  try {
    emitter.emit('abort');
  } catch {
    // Whoever listens changes nothing.
  }
}

function createInits({ agent, customHeaders }: ConnectionSettings): Context['initOf'] {
  return ({ method, authorization, json, form, once }) => {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': 'passport-freedom-id',
      ...customHeaders,
    };
    // Followed, a redirect would carry the token or the secret to wherever it points.
    const init: OutgoingRequest = { method, headers, redirect: 'manual' };
    if (json) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(json);
    }
    if (form) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      init.body = new URLSearchParams(form).toString();
    }
    // What the app has among its own headers is not for Freedom ID.
    if (authorization) headers.authorization = `${authorization.scheme} ${authorization.credentials}`;
    else delete headers.authorization;
    if (agent) init.agent = agent;
    if (once) init.once = true;
    return init;
  };
}
