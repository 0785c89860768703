import { isText, requireThat } from '../require-that';

/** The part of a request that tells which URL the browser asked for. */
export interface RequestWithOrigin {
  originalUrl?: unknown;
  url?: unknown;
  headers?: Record<string, string | string[] | undefined>;
  /** In Koa and Fastify, these two follow the proxy settings of the framework. Express is asked for its settings instead. */
  protocol?: unknown;
  host?: unknown;
  socket?: unknown;
  app?: unknown;
}

/** A base for parsing relative URLs where the request is not known yet. */
const PLACEHOLDER_ORIGIN = 'http://placeholder.invalid';
const PLACEHOLDER = `${PLACEHOLDER_ORIGIN}/`;

/**
 * @param value - the option `callbackURL`, of the strategy or of one call
 * @param reserved - query parameters that it cannot have: every request would look like a callback
 * @throws `TypeError` where it cannot be a callback URL
 */
export function checkCallbackURL(value: unknown, reserved: readonly string[]): string {
  requireThat(
    // The redirect URI is sent as it is written, but the URL parser would drop white space.
    isText(value) && !/[\p{Cc}\s]/u.test(value) && URL.canParse(value, PLACEHOLDER) && !isHalfAbsolute(value),
    'callbackURL',
    'a string: an absolute URL, or one relative to the request',
    value,
  );
  const { protocol, searchParams } = parsed(value);
  requireThat(protocol === 'https:' || protocol === 'http:', 'callbackURL', 'an http(s) URL', value);
  requireThat(!value.includes('#'), 'callbackURL', 'a URL without a fragment', value);
  // A parameter that Freedom ID adds with a second `?` becomes a part of the last value, so the query must end with a value.
  requireThat(
    !/[?&][^=&]*$/.test(value),
    'callbackURL',
    'a URL whose query, if any, ends with name=value',
    value,
  );
  requireThat(
    !reserved.some((name) => searchParams.has(name)),
    'callbackURL',
    `a URL without a query parameter ${reserved.join(', ')}`,
    value,
  );
  return value;
}

/** Such as `https:cb`, which the URL parser takes as absolute or relative, depending on the base. */
function isHalfAbsolute(url: string): boolean {
  return /^https?:/i.test(url) && !isAbsolute(url);
}

/** For a URL that {@link checkCallbackURL} has accepted. */
function isAbsolute(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** Whether it is relative to the path of the page, and not only to its host. */
function isRelative(callbackURL: string): boolean {
  return !callbackURL.startsWith('/') && !isAbsolute(callbackURL);
}

/**
 * Makes a relative callback URL absolute, as a link on the requested page would be: the mount path of a router counts.
 *
 * @param options.back - in the second leg, the path to which the browser came back, without the state
 * @returns the same in both legs of a login; undefined where the request names no valid host
 */
export function resolveCallbackURL(
  callbackURL: string,
  req: RequestWithOrigin,
  { back, proxy }: { back?: string | undefined; proxy: boolean },
): string | undefined {
  if (isAbsolute(callbackURL)) return callbackURL;
  const origin = requestOrigin(req, proxy);
  if (origin === undefined) return undefined;
  // The path is appended, not resolved: a path of `//evil.example/` must not change the host.
  // In the second leg the browser is at the callback URL: to resolve `login/cb` there would lead one folder deeper.
  if (back !== undefined && isRelative(callbackURL)) {
    return new URL(origin + back + parsed(callbackURL).search).href;
  }
  return new URL(callbackURL, origin + requestedPath(req)).href;
}

/**
 * Whether a requested path is that of the callback URL. A proxy may add a prefix or remove one, so it is enough that one path
 * ends with the other.
 */
export function isAtCallbackURL(callbackURL: string, path: string): boolean {
  const own = segmentsOf(parsed(callbackURL).pathname);
  // The path of `./`, or of a query alone, depends on the request.
  if (own.length === 0 && isRelative(callbackURL)) return callbackURL.startsWith('?') || path.endsWith('/');
  const requested = segmentsOf(new URL(PLACEHOLDER_ORIGIN + path).pathname);
  const shared = Math.min(own.length, requested.length);
  // `slice(-0)` returns all segments: a path without any equals only another one without any.
  return own.slice(-shared).join('/') === requested.slice(-shared).join('/');
}

/** Decoded and in lower case, because some routers decode paths, and some ignore the case of letters. */
function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter(Boolean)
    .map((segment) => decoded(segment).toLowerCase());
}

/** A segment of a path. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The path that the browser asked for, as far as this server knows. */
export function requestedPath({ url, originalUrl = url }: RequestWithOrigin): string {
  return typeof originalUrl === 'string' && originalUrl.startsWith('/')
    ? originalUrl.replace(/[?#].*/s, '')
    : '';
}

/** Whether its path ends with a slash, in both legs of a login. */
export function isFolder(callbackURL: string): boolean {
  return !callbackURL.startsWith('?') && parsed(callbackURL).pathname.endsWith('/');
}

/** The path of a relative URL is not final: it depends on the request. */
function parsed(callbackURL: string): URL {
  return new URL(callbackURL, PLACEHOLDER);
}

/** The name of the callback URL's own last query parameter, if it has any. */
export function lastParameterOf(callbackURL: string): string | undefined {
  if (!callbackURL.includes('?')) return undefined;
  return [...parsed(callbackURL).searchParams.keys()].at(-1);
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function requestOrigin(req: RequestWithOrigin, proxy: boolean): string | undefined {
  const headers = req.headers ?? {};
  // HTTP/2 names the host in a field of its own (RFC 9113, 8.3.1).
  const named = headers[':authority'] ?? headers.host;
  const express = expressApp(req.app);
  const forwarded = proxy || (express !== undefined && trusts(express, req));
  const encrypted = (req.socket as { encrypted?: unknown } | undefined)?.encrypted === true;
  const own = {
    protocol: !express && typeof req.protocol === 'string' ? req.protocol : encrypted ? 'https' : 'http',
    host: !express && typeof req.host === 'string' ? req.host : named,
  };
  const protocol = (forwarded && first(headers['x-forwarded-proto'])?.toLowerCase()) || own.protocol;
  const host = (forwarded && first(headers['x-forwarded-host'])) || own.host;
  if (!/^https?$/.test(protocol) || typeof host !== 'string' || !HOST.test(host)) return undefined;
  return URL.canParse(`${protocol}://${host}`) ? `${protocol}://${host}` : undefined;
}

/** Each proxy appends its own value, so the first one is what the browser asked for. */
function first(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]?.split(',')[0]?.trim();
}

interface ExpressApp {
  get(setting: 'trust proxy' | 'trust proxy fn'): unknown;
}

/** Express is asked for its settings: `req.host` of Express 4 has no port, and prints a deprecation notice. */
function expressApp(app: unknown): ExpressApp | undefined {
  return typeof (app as Partial<ExpressApp> | undefined)?.get === 'function'
    ? (app as ExpressApp)
    : undefined;
}

function trusts(app: ExpressApp, { socket }: RequestWithOrigin): boolean {
  const trust = app.get('trust proxy fn');
  // koa-passport passes its own object instead of an Express app. It has only this setting, which is Koa's `app.proxy`.
  if (typeof trust !== 'function') return app.get('trust proxy') === true;
  return trust((socket as { remoteAddress?: unknown } | undefined)?.remoteAddress, 0) === true;
}
