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

/** Taken now, because a test of the app may install a fake clock later, with which no login would end. */
const nextTurn = setImmediate;

/** Sends one request and reads its response. @throws {@link FreedomIdError}, the reason of the request's signal, or `TypeError` if that is not a signal */
export type Transport = (request: ExchangeRequest) => Promise<ExchangeResponse>;

/**
 * Makes the function that runs every exchange. It adds the deadline, the size limit and the report on the diagnostics
 * channel, and turns every failure into an error that shows no secret.
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

/** Never rejects: a failure is the error that it resolves to. @returns undefined if the caller has given up */
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
    // The app's own code, such as its `fetch`, runs while the request is sent, and may have aborted the signal.
    if (signal?.aborted) sending.abort(false);
    const response = await sending.response;
    httpStatus = response.status;
    const body = await readBody(response, settings.maxResponseSize);
    // The platform's fetch frees its connection one turn later: until then, the next request would open a second one.
    if (settings.fetch) await nextTurn();
    return readResponse(request, response, body, redactorOf);
  };
  try {
    return await new Promise((resolve, reject) => {
      // To abort the request is not enough, because the app's `fetch` may ignore that.
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
    // To make a signal takes longer than everything else here, so both are made only when they are read.
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
    // An error in a listener must not change how the exchange ends.
  }
}

function createInits({ agent, customHeaders }: ConnectionSettings): Context['initOf'] {
  return ({ method, authorization, json, form, once }) => {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': 'passport-freedom-id',
      ...customHeaders,
    };
    // To follow a redirect would send the token or the secret to the URL that it names.
    const init: OutgoingRequest = { method, headers, redirect: 'manual' };
    if (json) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(json);
    }
    if (form) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      init.body = new URLSearchParams(form).toString();
    }
    // An `authorization` among the app's own headers must not reach a public endpoint.
    if (authorization) headers.authorization = `${authorization.scheme} ${authorization.credentials}`;
    else delete headers.authorization;
    if (agent) init.agent = agent;
    if (once) init.once = true;
    return init;
  };
}
