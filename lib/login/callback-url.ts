import { isText, requireThat } from '../require-that';

/** The part of a request in which the URL is looked for that the browser asked for. */
export interface RequestWithOrigin {
  originalUrl?: unknown;
  url?: unknown;
  headers?: Record<string, string | string[] | undefined>;
  /** In Koa and Fastify these follow their own proxy settings. Express is asked for its settings instead. */
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
    // The redirect URI is sent as it is written, and the URL parser accepts white space that it then leaves out.
    isText(value) && !/[\p{Cc}\s]/u.test(value) && URL.canParse(value, PLACEHOLDER) && !isHalfAbsolute(value),
    'callbackURL',
    'a string: an absolute URL, or one relative to the request',
    value,
  );
  const { protocol, searchParams } = parsed(value);
  requireThat(protocol === 'https:' || protocol === 'http:', 'callbackURL', 'an http(s) URL', value);
  requireThat(!value.includes('#'), 'callbackURL', 'a URL without a fragment', value);
  // A parameter that Freedom ID adds with a second `?` becomes a part of the last value, so there must be one.
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

/** `https:cb`, which the URL parser takes for one or the other, depending on the base. */
function isHalfAbsolute(url: string): boolean {
  return /^https?:/i.test(url) && !isAbsolute(url);
}

/** For what {@link checkCallbackURL} lets pass. */
function isAbsolute(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** To the path of the page, and not to its host alone. */
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
  // Concatenated, not resolved: a path of `//evil.example/` must not change the host.
  // The browser is there now. A link to `login/cb` would lead one folder deeper.
  if (back !== undefined && isRelative(callbackURL)) {
    return new URL(origin + back + parsed(callbackURL).search).href;
  }
  return new URL(callbackURL, origin + requestedPath(req)).href;
}

/**
 * Whether a path that was asked for is that of the callback URL. A proxy may add a prefix or take one away, so one path may end
 * with the other.
 */
export function isAtCallbackURL(callbackURL: string, path: string): boolean {
  const own = segmentsOf(parsed(callbackURL).pathname);
  // Of `./`, as of a query alone, only the request knows the path.
  if (own.length === 0 && isRelative(callbackURL)) return callbackURL.startsWith('?') || path.endsWith('/');
  const requested = segmentsOf(new URL(PLACEHOLDER_ORIGIN + path).pathname);
  const shared = Math.min(own.length, requested.length);
  // `slice(-0)` is all of it: a path without segments ends with no other.
  return own.slice(-shared).join('/') === requested.slice(-shared).join('/');
}

/** As a router sees them: some decode a path, some take capital letters for small ones. */
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

/** The path of a relative one is not the one that the request will make of it. */
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
  // koa-passport gives an object in place of an Express app, which knows only this setting: Koa's `app.proxy`.
  if (typeof trust !== 'function') return app.get('trust proxy') === true;
  return trust((socket as { remoteAddress?: unknown } | undefined)?.remoteAddress, 0) === true;
}
