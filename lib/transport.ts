// By name: the declarations of a default import compile only in apps that have set esModuleInterop.
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import nodeFetch from 'node-fetch';
import { reportExchange } from './diagnostics';
import { type FreedomIdEndpoint, FreedomIdError, type FreedomIdErrorCode } from './errors';
import { cleanText, isObject, type ProviderError, readProviderError } from './provider-text';

/** What a {@link FetchFunction} is called with, besides the URL. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  redirect: 'manual';
  signal: AbortSignal;
  /** node-fetch reads it; other implementations of fetch ignore it. */
  agent?: Agent;
}

/** What is read of a {@link FetchFunction}'s answer. */
export interface FetchResponse {
  readonly status: number;
  /** An async iterable of bytes, as in node-fetch and in the fetch standard. Where it is not one, `text()` is called. */
  readonly body?: unknown;
  text(): Promise<string>;
}

/** Any function with fetch's shape: node-fetch, `globalThis.fetch`, undici's, a test double. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;

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

/** One request to Freedom ID. */
export interface ExchangeRequest {
  endpoint: FreedomIdEndpoint;
  method: 'GET' | 'POST' | 'PATCH';
  url: string;
  authorization: { scheme: 'Basic' | 'Bearer'; credentials: string };
  /** Sent as the JSON body. */
  json?: object;
  /** What must not appear in an error, besides the credentials. */
  secrets: readonly string[];
}

/** An answer that is a JSON object and not an error. */
export interface ExchangeAnswer {
  httpStatus: number;
  /** The body as it came. */
  raw: string;
  json: Record<string, unknown>;
}

/** Sends one request. @throws {@link FreedomIdError}, and nothing else */
export type Transport = (request: ExchangeRequest) => Promise<ExchangeAnswer>;

/** Makes the function that carries every exchange: node-fetch, a deadline, a size limit, Freedom ID's error envelope. */
export function createTransport(settings: TransportSettings): Transport {
  return async (request) => {
    const start = performance.now();
    const result = await attempt(request, settings);
    const error = result instanceof FreedomIdError ? result : undefined;
    reportExchange({
      endpoint: request.endpoint,
      method: request.method,
      url: withoutQuery(request.url),
      ...(result.httpStatus !== undefined && { httpStatus: result.httpStatus }),
      durationMs: performance.now() - start,
      ...(error && { error }),
    });
    if (result instanceof FreedomIdError) throw result;
    return result;
  };
}

class DeadlinePassed extends Error {}

class TooLarge extends Error {}

async function attempt(
  request: ExchangeRequest,
  settings: TransportSettings,
): Promise<ExchangeAnswer | FreedomIdError> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // Not left to the signal: a `fetch` of the app may ignore it, and node-fetch 2 waits for ever on a body cut short.
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed()), settings.timeout);
  });
  let httpStatus: number | undefined;
  const answer = async () => {
    const response = await send(request, settings, controller.signal);
    httpStatus = response.status;
    return judge(request, httpStatus, await readBody(response, settings.maxResponseSize));
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
  const agent = settings.agent ?? (settings.fetch ? undefined : defaultAgent(url));
  const fetch = settings.fetch ?? (nodeFetch as unknown as FetchFunction);
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
    ...(agent && { agent }),
  });
}

/** A connection is worth 3 round trips, so one is kept for the next login: Node's own default drops it after 5 s. */
const KEEP_ALIVE = { keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 };
const defaultAgents: { http?: Agent; https?: Agent } = {};

function defaultAgent(url: string): Agent {
  if (url.startsWith('https:')) {
    defaultAgents.https ??= new SecureAgent(KEEP_ALIVE);
    return defaultAgents.https;
  }
  defaultAgents.http ??= new Agent(KEEP_ALIVE);
  return defaultAgents.http;
}

/** @returns the text, or undefined where it is not UTF-8 */
async function readBody(response: FetchResponse, maxSize: number): Promise<string | undefined> {
  if (!isAsyncIterable(response.body)) {
    const text = await response.text();
    if (Buffer.byteLength(text) > maxSize) throw new TooLarge();
    return text;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxSize) throw new TooLarge();
    chunks.push(bytes);
  }
  const body = Buffer.concat(chunks);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** The body decides, whatever the status: Freedom ID sends errors with HTTP 200, too [old]. */
function judge(
  request: ExchangeRequest,
  httpStatus: number,
  raw: string | undefined,
): ExchangeAnswer | FreedomIdError {
  const json = parseObject(raw);
  const rejection = json && readProviderError(json, secretsOf(request));
  if (raw !== undefined && json && !rejection && httpStatus >= 200 && httpStatus < 300) {
    return { httpStatus, raw, json };
  }
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

function parseObject(raw: string | undefined): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(raw ?? '');
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function unusable(httpStatus: number, rejection: ProviderError | undefined): string {
  if (httpStatus >= 500) return `HTTP ${httpStatus}${inWords(rejection)}`;
  if (httpStatus >= 300) return `HTTP ${httpStatus}, a redirect, which is never followed`;
  return `HTTP ${httpStatus} with a body that is not a JSON object`;
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

/** Turns whatever went wrong on the way into the error that the app sees. */
function explain(
  reason: unknown,
  request: ExchangeRequest,
  { timeout, maxResponseSize }: TransportSettings,
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

/** The query as well: an endpoint's may hold a key. */
function secretsOf({ url, authorization, secrets }: ExchangeRequest): string[] {
  return [authorization.credentials, ...secrets, new URL(url).search];
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
