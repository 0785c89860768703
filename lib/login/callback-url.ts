import { isText, requireThat } from '../check';

/** What of a request is read to find the URL that the browser asked for. */
export interface RequestWithOrigin {
  originalUrl?: unknown;
  url?: unknown;
  headers?: Record<string, string | string[] | undefined>;
  /** Koa's and Fastify's, which heed their own proxy settings; Express' as well. */
  protocol?: unknown;
  host?: unknown;
  socket?: unknown;
  app?: unknown;
}

/** Ours and Freedom ID's: in the app's own URL they would make every callback ambiguous. */
const RESERVED = ['state', 'authorization_code', 'error_code', 'error'];

/** A base for parsing relative URLs where the request is not known yet. */
const PLACEHOLDER = 'http://placeholder.invalid/';

/** @throws `TypeError` where the option, of the strategy or of one call, cannot be a callback URL */
export function checkCallbackURL(value: unknown): string {
  requireThat(
    // The URL parser would drop white space that the redirect URI, which is sent as written, keeps.
    isText(value) && !/[\p{Cc}\s]/u.test(value) && URL.canParse(value, PLACEHOLDER),
    'callbackURL',
    'an absolute URL, or one relative to the request',
  );
  const { protocol, hash, searchParams } = new URL(value, PLACEHOLDER);
  requireThat(protocol === 'https:' || protocol === 'http:', 'callbackURL', 'an http(s) URL');
  requireThat(hash === '', 'callbackURL', 'a URL without a fragment');
  // A parameter that is joined with a second `?` must end up in a value.
  requireThat(!/[?&][^=&]*$/.test(value), 'callbackURL', 'a URL whose query, if any, ends with name=value');
  requireThat(
    !RESERVED.some((name) => searchParams.has(name)),
    'callbackURL',
    `a URL without a query parameter ${RESERVED.join(', ')}`,
  );
  return value;
}

/**
 * Makes a relative callback URL absolute, as a link on the requested page would be: the mount path of a router counts.
 *
 * @returns undefined where the request names no valid host
 */
export function resolveCallbackURL(
  callbackURL: string,
  req: RequestWithOrigin,
  proxy: boolean,
): string | undefined {
  if (URL.canParse(callbackURL)) return callbackURL;
  const origin = requestOrigin(req, proxy);
  const { originalUrl = req.url } = req;
  const path = typeof originalUrl === 'string' && originalUrl.startsWith('/') ? originalUrl : '';
  // Concatenated, not resolved: a path of `//evil.example/` must not change the host.
  return origin && new URL(callbackURL, origin + path).href;
}

/** No such field is in the protocol, so the state can only ride in the query of the redirect URI [guess: it is kept]. */
export function withState(callbackURL: string, state: string | undefined): string {
  if (state === undefined) return callbackURL;
  // Textual: what is registered with Freedom ID must stay as it is written.
  return `${callbackURL}${callbackURL.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`;
}

/** The name of the callback URL's own last query parameter, if it has any. */
export function lastParameterOf(callbackURL: string): string | undefined {
  if (!callbackURL.includes('?')) return undefined;
  return [...new URL(callbackURL, PLACEHOLDER).searchParams.keys()].at(-1);
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function requestOrigin(req: RequestWithOrigin, proxy: boolean): string | undefined {
  const headers = req.headers ?? {};
  const express = expressApp(req.app);
  const forwarded = proxy || (express !== undefined && trusts(express, req));
  const encrypted = (req.socket as { encrypted?: unknown } | undefined)?.encrypted === true;
  const own = {
    protocol: !express && typeof req.protocol === 'string' ? req.protocol : encrypted ? 'https' : 'http',
    host: !express && typeof req.host === 'string' ? req.host : headers.host,
  };
  const protocol = (forwarded && first(headers['x-forwarded-proto'])?.toLowerCase()) || own.protocol;
  const host = (forwarded && first(headers['x-forwarded-host'])) || own.host;
  if (!/^https?$/.test(protocol) || typeof host !== 'string' || !HOST.test(host)) return undefined;
  return URL.canParse(`${protocol}://${host}`) ? `${protocol}://${host}` : undefined;
}

/** Proxies append: the first value is what the browser asked for. */
function first(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]?.split(',')[0]?.trim();
}

interface ExpressApp {
  get(setting: 'trust proxy' | 'trust proxy fn'): unknown;
}

/** Asked by its setting: Express 4's `req.host` loses the port, and says so on the console. */
function expressApp(app: unknown): ExpressApp | undefined {
  return typeof (app as Partial<ExpressApp> | undefined)?.get === 'function'
    ? (app as ExpressApp)
    : undefined;
}

function trusts(app: ExpressApp, { socket }: RequestWithOrigin): boolean {
  const trust = app.get('trust proxy fn');
  // koa-passport's stand-in for an Express app knows this only: Koa's `app.proxy`.
  if (typeof trust !== 'function') return app.get('trust proxy') === true;
  return trust((socket as { remoteAddress?: unknown } | undefined)?.remoteAddress, 0) === true;
}
