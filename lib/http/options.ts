import { type Agent, validateHeaderName, validateHeaderValue } from 'node:http';
import type { FetchFunction } from './fetch';

/** How to reach Freedom ID, and as whom. The strategy's options include these. */
export interface FreedomIdClientOptions {
  /** From Freedom ID's support. */
  clientID: string;
  /** From Freedom ID's support. Keep it out of the source code. */
  clientSecret: string;
  /** @defaultValue `'https://passport.freedompay.kz'` */
  baseURL?: string | undefined;
  /** Where login links are asked for. @defaultValue `baseURL` + `/api/v1/oauth/authorize` */
  authorizationURL?: string | undefined;
  /** Where codes and refresh tokens become access tokens. @defaultValue `baseURL` + `/api/v1/oauth/token` */
  tokenURL?: string | undefined;
  /** Where the user's data are. @defaultValue `baseURL` + `/api/v1/oauth/get-data` */
  userProfileURL?: string | undefined;
  /** Milliseconds for one whole exchange, body included. @defaultValue `10000` */
  timeout?: number | undefined;
  /** The largest answer that is read, in bytes after decompression. @defaultValue `262144` */
  maxResponseSize?: number | undefined;
  /** An `http(s).Agent`, e.g. a proxy agent. @defaultValue keep-alive, sockets kept up to 60 s */
  agent?: Agent | undefined;
  /** Any function with fetch's shape. @defaultValue node-fetch */
  fetch?: FetchFunction | undefined;
  /** Sent with every request to Freedom ID, e.g. a `User-Agent`. */
  customHeaders?: Record<string, string> | undefined;
  /** Allows an `http:` URL that is not on this machine. The client secret travels there. @defaultValue `false` */
  allowInsecureHttp?: boolean | undefined;
}

/** {@link FreedomIdClientOptions}, checked and complete. */
export interface ClientSettings {
  clientID: string;
  clientSecret: string;
  authorizationURL: string;
  tokenURL: string;
  userProfileURL: string;
  timeout: number;
  maxResponseSize: number;
  agent: Agent | undefined;
  fetch: FetchFunction | undefined;
  customHeaders: Record<string, string>;
}

const BASE_URL = 'https://passport.freedompay.kz';

/** More would overflow Node's timers, which then fire at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** @throws `TypeError` that names the option and what it should be */
export function readClientOptions(options: FreedomIdClientOptions): ClientSettings {
  requireThat(typeof options === 'object' && options !== null, 'options', 'an object');
  const { clientID, clientSecret, baseURL = BASE_URL, timeout = 10_000, maxResponseSize = 262_144 } = options;
  // RFC 7617: the first colon ends the name, so a name cannot hold one.
  requireThat(isText(clientID) && !clientID.includes(':'), 'clientID', 'a non-empty string without a colon');
  requireThat(isText(clientSecret), 'clientSecret', 'a non-empty string');
  requireThat(
    typeof timeout === 'number' && timeout > 0 && timeout <= MAX_TIMEOUT,
    'timeout',
    'a positive number of milliseconds',
  );
  requireThat(
    Number.isSafeInteger(maxResponseSize) && maxResponseSize > 0,
    'maxResponseSize',
    'a positive whole number of bytes',
  );
  requireThat(
    // What node:http asks of an agent; `@types/node` leaves it out.
    options.agent === undefined ||
      typeof (options.agent as { addRequest?: unknown } | null)?.addRequest === 'function',
    'agent',
    'an http.Agent or https.Agent',
  );
  requireThat(options.fetch === undefined || typeof options.fetch === 'function', 'fetch', 'a function');

  const { allowInsecureHttp = false } = options;
  requireThat(typeof allowInsecureHttp === 'boolean', 'allowInsecureHttp', 'true or false');
  const secure = !allowInsecureHttp;
  const base = readURL(baseURL, 'baseURL', secure).replace(/\/+$/, '');
  requireThat(!base.includes('?'), 'baseURL', 'a URL without a query');
  const endpoint = (name: 'authorizationURL' | 'tokenURL' | 'userProfileURL', path: string) =>
    readURL(options[name] === undefined ? `${base}/api/v1/oauth/${path}` : options[name], name, secure);

  return {
    clientID,
    clientSecret,
    authorizationURL: endpoint('authorizationURL', 'authorize'),
    tokenURL: endpoint('tokenURL', 'token'),
    userProfileURL: endpoint('userProfileURL', 'get-data'),
    timeout,
    maxResponseSize,
    agent: options.agent,
    fetch: options.fetch,
    customHeaders: readHeaders(options.customHeaders),
  };
}

/** @throws `TypeError` in the one form that all options share */
export function requireThat(condition: boolean, option: string, shape: string): asserts condition {
  if (!condition) throw new TypeError(`passport-freedom-id: ${option} must be ${shape}`);
}

/** A string with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function readURL(value: unknown, option: string, secure: boolean): string {
  requireThat(typeof value === 'string' && URL.canParse(value), option, 'an absolute URL');
  const url = new URL(value);
  requireThat(url.protocol === 'https:' || url.protocol === 'http:', option, 'an https: URL');
  requireThat(url.username === '' && url.password === '', option, 'a URL without a user name or password');
  requireThat(url.hash === '', option, 'a URL without a fragment');
  requireThat(
    url.protocol === 'https:' || !secure || isLoopback(url.hostname),
    option,
    'an https: URL, because the client secret is sent there (the option allowInsecureHttp permits http:)',
  );
  return url.href;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function readHeaders(headers: unknown = {}): Record<string, string> {
  requireThat(
    typeof headers === 'object' && headers !== null && !Array.isArray(headers),
    'customHeaders',
    'an object of strings',
  );
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    const wanted = 'an object of valid header names and string values';
    requireThat(typeof value === 'string', 'customHeaders', wanted);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      requireThat(false, 'customHeaders', wanted);
    }
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(entries);
}
