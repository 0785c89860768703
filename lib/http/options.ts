import { type Agent, validateHeaderName, validateHeaderValue } from 'node:http';
import { isText, requireThat } from '../require-that';
import type { FetchFunction } from './fetch';

/** How to reach Freedom ID, and as whom. */
export interface ConnectionOptions {
  /** The client id, from Freedom ID's support. */
  clientID: string;
  /** The client secret, from Freedom ID's support. Keep it out of your source code. */
  clientSecret: string;
  /** Which Freedom ID to use, e.g. the `url` of the emulator. @defaultValue `'https://passport.freedompay.kz'` */
  baseURL?: string | undefined;
  /** Milliseconds for one whole request, including the body of the response. @defaultValue `10000` */
  timeout?: number | undefined;
  /** The maximum size of a response, in bytes after decompression. @defaultValue `262144` */
  maxResponseSize?: number | undefined;
  /**
   * An `http.Agent` or `https.Agent`, e.g. a proxy agent. See docs/proxies.md.
   *
   * @defaultValue one that keeps idle sockets for up to 60 seconds, and uses the proxy of the environment as Node.js does
   */
  agent?: Agent | undefined;
  /** The function that sends requests. @defaultValue node-fetch */
  fetch?: FetchFunction | undefined;
  /** Headers to send with every request to Freedom ID, e.g. `{ 'User-Agent': 'my-app' }`. @defaultValue none */
  customHeaders?: Record<string, string> | undefined;
  /** Whether URLs may be `http:` to another machine. The client secret and the tokens are then sent unencrypted. @defaultValue `false` */
  allowInsecureHttp?: boolean | undefined;
}

/** {@link ConnectionOptions}, checked and complete. */
export interface ConnectionSettings {
  clientID: string;
  clientSecret: string;
  /** Without a slash at its end. */
  baseURL: string;
  timeout: number;
  maxResponseSize: number;
  agent: Agent | undefined;
  fetch: FetchFunction | undefined;
  /** Names in lower case. */
  customHeaders: Record<string, string>;
  allowInsecureHttp: boolean;
}

/** Without a slash at its end. */
export const BASE_URL = 'https://passport.freedompay.kz';

/** More would overflow Node's timers, which then fire at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** @throws `TypeError` that names the option and what it should be */
export function readConnectionOptions(options: ConnectionOptions): ConnectionSettings {
  requireThat(typeof options === 'object' && options !== null, 'options', 'an object', options);
  const { clientID, clientSecret, baseURL = BASE_URL, timeout = 10_000, maxResponseSize = 262_144 } = options;
  requireCredential(clientID, 'clientID');
  // RFC 7617: the first colon ends the name, so a name cannot hold one.
  requireThat(!clientID.includes(':'), 'clientID', 'a string without a colon', clientID);
  requireCredential(clientSecret, 'clientSecret');
  requireTimeout(timeout);
  requireThat(
    Number.isSafeInteger(maxResponseSize) && maxResponseSize > 0,
    'maxResponseSize',
    'a positive whole number of bytes',
    maxResponseSize,
  );
  requireThat(
    // The method that node:http calls; `@types/node` leaves it out.
    options.agent === undefined ||
      typeof (options.agent as { addRequest?: unknown } | null)?.addRequest === 'function',
    'agent',
    'an http.Agent or https.Agent',
    options.agent,
  );
  requireThat(
    options.fetch === undefined || typeof options.fetch === 'function',
    'fetch',
    'a function',
    options.fetch,
  );

  const { allowInsecureHttp = false } = options;
  requireThat(
    typeof allowInsecureHttp === 'boolean',
    'allowInsecureHttp',
    'true or false',
    allowInsecureHttp,
  );
  const base = readURL(baseURL, 'baseURL', allowInsecureHttp).replace(/\/+$/, '');
  requireThat(!base.includes('?'), 'baseURL', 'a URL without a query', baseURL);
  return {
    clientID,
    clientSecret,
    baseURL: base,
    timeout,
    maxResponseSize,
    agent: options.agent,
    fetch: options.fetch,
    customHeaders: readHeaders(options.customHeaders),
    allowInsecureHttp,
  };
}

/** @throws `TypeError` where it is no time that a timer can measure */
export function requireTimeout(timeout: unknown): asserts timeout is number {
  requireThat(
    typeof timeout === 'number' && timeout > 0 && timeout <= MAX_TIMEOUT,
    'timeout',
    `a number of milliseconds above 0 and up to ${MAX_TIMEOUT}`,
    timeout,
  );
}

/**
 * @param value - the option, if it was given
 * @param path - the default path, below `baseURL`
 * @throws `TypeError` that names the option and what it should be
 */
export function readEndpoint(
  value: unknown,
  option: string,
  path: string,
  { baseURL, allowInsecureHttp, agent, fetch }: ConnectionSettings,
): string {
  const url = readURL(value === undefined ? baseURL + path : value, option, allowInsecureHttp);
  const { protocol } = new URL(url);
  requireThat(
    // Which agents fit the app's own fetch, only the app knows.
    fetch !== undefined || agent === undefined || serves(agent, protocol),
    'agent',
    `an ${protocol.slice(0, -1)}.Agent, or a proxy agent for both http: and https:, because requests go to ${new URL(url).origin}`,
    agent,
  );
  return url;
}

/** node:http refuses an agent for the other protocol. The `protocol` of an agent for both is a getter, or missing. */
function serves(agent: object, protocol: string): boolean {
  const only = Object.getOwnPropertyDescriptor(agent, 'protocol')?.value;
  return !only || only === protocol;
}

function readURL(value: unknown, option: string, allowInsecureHttp: boolean): string {
  requireThat(typeof value === 'string' && URL.canParse(value), option, 'an absolute URL', value);
  const url = new URL(value);
  requireThat(url.protocol === 'https:' || url.protocol === 'http:', option, 'an https: URL', value);
  requireThat(
    url.username === '' && url.password === '',
    option,
    'a URL without a user name or password',
    value,
  );
  requireThat(url.hash === '', option, 'a URL without a fragment', value);
  requireThat(
    url.protocol === 'https:' || allowInsecureHttp || isLoopback(url.hostname),
    option,
    'an https: URL, because secrets are sent there (the option allowInsecureHttp permits http:)',
    value,
  );
  return url.href;
}

/** This machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/**
 * A credential that was read from a file together with the end of the line would be rejected with HTTP 401. RFC 7617 allows no
 * control characters.
 */
function requireCredential(value: unknown, option: string): asserts value is string {
  requireThat(isText(value), option, 'a non-empty string', value);
  requireThat(
    !/^\s|\s$|\p{Cc}/u.test(value),
    option,
    'a string without control characters, and without white space at its ends (does it come from a file, with the end of the line?)',
    value,
  );
}

/** Headers that frame the message or upgrade the connection: with them, no response comes, or one that cannot be read. */
const FRAMING_HEADERS = [
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
  'keep-alive',
  'proxy-connection',
];

function readHeaders(headers: unknown = {}): Record<string, string> {
  const check: (condition: boolean, shape: string) => asserts condition = (condition, shape) =>
    requireThat(condition, 'customHeaders', shape, headers);
  check(
    // `Object.entries` would not find the headers in a Map, in a list of pairs, or in the platform's Headers.
    typeof headers === 'object' && headers !== null && !(Symbol.iterator in headers),
    'an object of strings',
  );
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    check(
      typeof value === 'string' && isHeader(name, value),
      'an object of valid header names and string values',
    );
    const lowerCase = name.toLowerCase();
    check(
      !FRAMING_HEADERS.includes(lowerCase),
      `an object without ${lowerCase}, which frames or upgrades the connection`,
    );
    check(
      lowerCase !== 'connection' || /^(?:close|keep-alive)$/i.test(value.trim()),
      'an object whose connection, if any, is close or keep-alive: anything else upgrades the connection',
    );
    return [lowerCase, value];
  });
  return Object.fromEntries(entries);
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
