import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Faults } from './faults';
import { printable } from './line';
import { ProtocolError } from './protocol-error';
import { jsonReply, type Reply } from './reply';
import type { RouteContext } from './route';
import { methodsAt } from './routes';

/** A request that the emulator received. */
export interface EmulatorRequest {
  /** The HTTP method. */
  method: string;
  /** Path and query. */
  url: string;
  /** The headers, by their names in lower case. */
  headers: IncomingMessage['headers'];
  /** The body as text; `''` if there is none. */
  body: string;
}

interface ServerSettings extends RouteContext {
  faults: Faults;
  /** How app and browser reach the server, without a slash at its end. If absent, it is the host in their requests. */
  url: string | undefined;
  /** Called with each request before it is answered. */
  onRequest: (request: EmulatorRequest) => void;
  /** Gets a line for each response: the request, the status, and the reason. */
  tell: (line: string) => void;
}

const MAX_BODY = 64 * 1024;

/** Freedom ID's pages and API over HTTP. */
export function createEmulatorServer(settings: ServerSettings): Server {
  return createServer((req, res) => {
    serve(req, res, settings)
      .catch((error: unknown) => {
        // The client disconnected in the middle of its body: nobody waits for a response.
        if (!req.complete) res.destroy();
        else send(req, res, faultOf(req, error), settings);
      })
      // The error may come from the sending itself.
      .catch(() => res.destroy());
  });
}

async function serve(req: IncomingMessage, res: ServerResponse, settings: ServerSettings): Promise<void> {
  const reply = await answer(req, res, settings);
  if (reply) send(req, res, reply, settings);
}

/** @returns undefined if a fault has replaced the response */
async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  settings: ServerSettings,
): Promise<Reply | undefined> {
  const { method = '', url = '', headers } = req;
  const body = await readBody(req);
  if (body === undefined) {
    const why = `the body has more than ${MAX_BODY} bytes`;
    return httpError(413, 'The request is too large.', why, { connection: 'close' });
  }
  settings.onRequest({ method, url, headers, body });

  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const methods = methodsAt(withoutPrefix(path, settings.url), settings.behaviour);
  const origin = originOf(req);
  const base = settings.url ?? origin;
  if (!methods)
    return httpError(404, 'Not found.', `nothing is here; the strategy's baseURL must be ${base}`);
  // RFC 9110: HEAD is GET without a body, which Node.js leaves out by itself.
  const route = methods[method === 'HEAD' ? 'GET' : method];
  if (!route) {
    const allow = allowed(Object.keys(methods));
    return httpError(405, 'Method not allowed.', `only ${allow} may be used here`, { allow });
  }
  // A HEAD request must not use up a fault, which is for one exchange.
  const endpoint = method === 'HEAD' ? undefined : route.endpoint;
  if (endpoint && !(await settings.faults.play(endpoint, res))) return undefined;
  try {
    return await route.answer({ headers, query, body, origin, base }, settings);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return jsonReply(statusOf(error, settings), error.body, error.why, error.headers);
  }
}

function statusOf({ kind, status }: ProtocolError, { behaviour }: ServerSettings): number {
  const { errorStatus } = behaviour;
  return typeof errorStatus === 'number' ? errorStatus : (errorStatus[kind] ?? status);
}

function allowed(methods: string[]): string {
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
}

/** A proxy in front may keep the path of the public URL, or remove it. */
export function withoutPrefix(path: string, url: string | undefined): string {
  const prefix = url === undefined ? '' : new URL(url).pathname.replace(/\/$/, '');
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) || '/' : path;
}

/** The origin under which the client reached this server: login links must be on the same one. */
function originOf({ headers, socket }: IncomingMessage): string {
  const origin = `http://${headers.host}`;
  // A Host header may hold more than a host.
  return headers.host && URL.canParse(origin)
    ? new URL(origin).origin
    : `http://127.0.0.1:${socket.localPort}`;
}

/** @returns undefined for a body that is too large: the rest of it is not read */
async function readBody(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed when the loop is left early: the response needs the same socket.
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** An error of HTTP, not of the API: its status is always the same. */
function httpError(
  status: number,
  message: string,
  why: string,
  headers: Record<string, string> = {},
): Reply {
  return jsonReply(status, { error: { message } }, why, headers);
}

function faultOf(req: IncomingMessage, error: unknown): Reply {
  const what = printable(String(error), 400);
  console.error(`Freedom ID emulator: an error in ${nameOf(req)}: ${what}`);
  return httpError(500, `The emulator failed: ${what}`, `the emulator failed: ${what}`);
}

/** Method and path. The query may hold a code or a state. */
function nameOf({ method, url = '' }: IncomingMessage): string {
  return printable(`${method} ${url.split('?')[0]}`);
}

function send(req: IncomingMessage, res: ServerResponse, reply: Reply, { tell }: ServerSettings): void {
  const { status, headers, body, why } = reply;
  // Not chained: some libraries wrap `writeHead` for the whole process, and return nothing from it.
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  res.end(body);
  tell(`${nameOf(req)} ${status}: ${printable(why, 600)}`);
}
