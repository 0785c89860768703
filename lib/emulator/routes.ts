import type { IncomingHttpHeaders } from 'node:http';
import type { Found } from './expiring';
import type { EmulatorEndpoint } from './faults';
import { gonePage, loginPage, messagePage } from './pages';
import type { EmulatorClient, PendingLink, Provider } from './provider';
import { jsonReply, pageReply, type Reply, redirectReply } from './reply';
import type { EmulatorUser } from './users';

/** What a route reads of a request. */
export interface RouteRequest {
  headers: IncomingHttpHeaders;
  query: string;
  body: string;
  /** The address of the emulator itself, for this client: without a slash at its end. */
  base: string;
}

export interface RouteContext {
  provider: Provider;
  users: readonly EmulatorUser[];
}

export interface Route {
  /** The exchange with the API that this is, if it is one: its faults are played first. */
  endpoint?: EmulatorEndpoint;
  /** @throws ProtocolError */
  answer(request: RouteRequest, context: RouteContext): Reply;
}

/** Each path, and what it takes. */
export const routes: Record<string, Record<string, Route>> = {
  '/': { GET: { answer: home } },
  '/login': { GET: { answer: showLogin }, POST: { answer: decideLogin } },
  '/api/v1/oauth/authorize': { POST: { endpoint: 'authorize', answer: authorize } },
  '/api/v1/oauth/token': {
    POST: { endpoint: 'token', answer: exchangeCode },
    PATCH: { endpoint: 'token', answer: refreshTokens },
  },
  '/api/v1/oauth/get-data': { GET: { endpoint: 'get-data', answer: getData } },
};

function home({ base }: RouteRequest): Reply {
  const text = `It runs. Give your strategy the baseURL ${base}, start a login in your app, and you will be sent here.`;
  return pageReply(200, messagePage('Freedom ID emulator', text));
}

function showLogin({ query }: RouteRequest, { provider, users }: RouteContext): Reply {
  const found = findLink(new URLSearchParams(query), provider);
  if (found.state !== 'good') return pageReply(410, gonePage(found));
  return pageReply(200, loginPage(found.value, users));
}

function decideLogin({ body }: RouteRequest, { provider, users }: RouteContext): Reply {
  const fields = new URLSearchParams(body);
  const found = findLink(fields, provider);
  if (found.state !== 'good') return pageReply(410, gonePage(found));
  const link = found.value;
  if (fields.get('action') === 'refuse') return redirectReply(provider.refuse(link));
  const user = users.find((one) => one.freedom_id === fields.get('user'));
  if (!user) return pageReply(422, messagePage('Who are you?', 'Go back and choose a user.'));
  const ticked = fields.getAll('grants');
  const shared = link.grants.filter((grant) => ticked.includes(grant));
  return redirectReply(provider.approve(link, user, shared));
}

function authorize(request: RouteRequest, { provider }: RouteContext): Reply {
  const client = basicClient(request, provider);
  const { url } = provider.createLink(client, jsonBody(request), request.base);
  return jsonReply(200, { redirect_uri: url });
}

function exchangeCode(request: RouteRequest, { provider }: RouteContext): Reply {
  return jsonReply(200, provider.exchangeCode(basicClient(request, provider), jsonBody(request)));
}

function refreshTokens(request: RouteRequest, { provider }: RouteContext): Reply {
  return jsonReply(200, provider.refresh(bearerToken(request)));
}

function getData(request: RouteRequest, { provider }: RouteContext): Reply {
  return jsonReply(200, provider.userInfo(bearerToken(request)));
}

function findLink(fields: URLSearchParams, provider: Provider): Found<PendingLink> {
  return provider.findLink(fields.get('track_id') ?? '');
}

function basicClient({ headers }: RouteRequest, provider: Provider): EmulatorClient {
  const [, encoded = ''] = /^Basic ([\w+/-]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
  const [clientID = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s);
  return provider.authenticate(clientID, clientSecret);
}

function bearerToken({ headers }: RouteRequest): string {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

function jsonBody({ headers, body }: RouteRequest): Record<string, unknown> {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return {};
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
