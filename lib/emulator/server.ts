import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { EmulatorEndpoint, Faults } from './faults';
import { loginPage, messagePage } from './pages';
import { ProtocolError } from './protocol-error';
import type { EmulatorClient, PendingLink, Provider } from './provider';
import type { EmulatorUser } from './users';

/** A request as it was received. */
export interface EmulatorRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage['headers'];
  /** As text; `''` for a request without a body. */
  body: string;
}

interface ServerSettings {
  provider: Provider;
  users: readonly EmulatorUser[];
  faults: Faults;
  /** `always200` sends errors with HTTP 200, as older documentation says: only the body shows the error. */
  statusMode: 'documented' | 'always200';
  /** Called with each request before it is answered. */
  onRequest: (request: EmulatorRequest) => void;
}

const MAX_BODY = 64 * 1024;
const GONE = 'This link was used already, has expired, or never was. Go back to the app and start again.';

/** Freedom ID's pages and API over HTTP. */
export function createEmulatorServer(settings: ServerSettings): Server {
  return createServer((req, res) => {
    answer(req, res, settings).catch((error: unknown) => {
      if (error instanceof ProtocolError) sendError(res, error, settings.statusMode);
      // The client disconnected in the middle of its body: nobody waits for a response.
      else res.destroy();
    });
  });
}

async function answer(req: IncomingMessage, res: ServerResponse, settings: ServerSettings): Promise<void> {
  const { method = '', url = '', headers } = req;
  const body = await readBody(req);
  settings.onRequest({ method, url, headers, body });

  const [path, query = ''] = url.split(/\?(.*)/s);
  const page = pages[`${method} ${path}`];
  if (page) return page(res, new URLSearchParams(method === 'POST' ? body : query), settings);

  const route = api[`${method} ${path}`];
  if (!route) throw ProtocolError.http(404, 'Not found.');
  if (!(await settings.faults.play(route.endpoint, res))) return undefined;
  return sendJSON(res, 200, route.answer({ headers, body, origin: originOf(req) }, settings.provider));
}

/** The origin under which the client reached this server: login links must be on the same one. */
function originOf({ headers, socket }: IncomingMessage): string {
  const origin = `http://${headers.host}`;
  return headers.host && URL.canParse(origin) ? origin : `http://127.0.0.1:${socket.localPort}`;
}

interface ApiRequest {
  headers: IncomingMessage['headers'];
  body: string;
  /** Of the emulator itself. */
  origin: string;
}

interface ApiRoute {
  endpoint: EmulatorEndpoint;
  answer(request: ApiRequest, provider: Provider): object;
}

const api: Record<string, ApiRoute | undefined> = {
  'POST /api/v1/oauth/authorize': {
    endpoint: 'authorize',
    answer(request, provider) {
      const { trackID, expiresAt } = provider.createLink(basicClient(request, provider), jsonBody(request));
      const query = `track_id=${trackID}&expire_at=${Math.floor(expiresAt / 1000)}`;
      return { redirect_uri: `${request.origin}/login?${query}` };
    },
  },
  'POST /api/v1/oauth/token': {
    endpoint: 'token',
    answer: (request, provider) => provider.exchangeCode(basicClient(request, provider), jsonBody(request)),
  },
  'PATCH /api/v1/oauth/token': {
    endpoint: 'token',
    answer: (request, provider) => provider.refresh(bearerToken(request)),
  },
  'GET /api/v1/oauth/get-data': {
    endpoint: 'get-data',
    answer: (request, provider) => provider.userInfo(bearerToken(request)),
  },
};

type Page = (res: ServerResponse, fields: URLSearchParams, settings: ServerSettings) => void;

const pages: Record<string, Page | undefined> = {
  'GET /': (res) =>
    sendPage(
      res,
      200,
      messagePage('Freedom ID emulator', 'It runs. Start a login in your app, and you will be sent here.'),
    ),
  'GET /login': (res, fields, { provider, users }) => {
    const link = findLink(fields, provider);
    if (!link) return sendPage(res, 410, messagePage('This link is no longer good', GONE));
    return sendPage(res, 200, loginPage(link, users));
  },
  'POST /login': (res, fields, { provider, users }) => {
    const link = findLink(fields, provider);
    if (!link) return sendPage(res, 410, messagePage('This link is no longer good', GONE));
    if (fields.get('action') === 'refuse') return redirect(res, provider.refuse(link));
    const user = users.find((one) => one.freedom_id === fields.get('user'));
    if (!user) return sendPage(res, 422, messagePage('Who are you?', 'Go back and choose a user.'));
    const ticked = fields.getAll('grants');
    const shared = link.grants.filter((grant) => ticked.includes(grant));
    return redirect(res, provider.approve(link, user, shared));
  },
};

function findLink(fields: URLSearchParams, provider: Provider): PendingLink | undefined {
  return provider.findLink(fields.get('track_id') ?? '');
}

function basicClient({ headers }: ApiRequest, provider: Provider): EmulatorClient {
  const [, encoded = ''] = /^Basic ([\w+/-]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
  const [clientID = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s);
  return provider.authenticate(clientID, clientSecret);
}

function bearerToken({ headers }: ApiRequest): string {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

function jsonBody({ headers, body }: ApiRequest): Record<string, unknown> {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return {};
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > MAX_BODY) throw ProtocolError.http(413, 'The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function sendError(
  res: ServerResponse,
  error: ProtocolError,
  statusMode: ServerSettings['statusMode'],
): void {
  sendJSON(res, statusMode === 'always200' ? 200 : error.status, error.body);
}

function sendJSON(res: ServerResponse, status: number, json: object): void {
  res
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(json));
}

function sendPage(res: ServerResponse, status: number, markup: string): void {
  res
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    })
    .end(markup);
}

function redirect(res: ServerResponse, location: string): void {
  // `href` is ASCII, as a header must be. A redirect URI may hold any letter.
  res
    .writeHead(303, {
      location: new URL(location).href,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    .end();
}
