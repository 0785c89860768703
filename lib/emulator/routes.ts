import type { IncomingHttpHeaders } from 'node:http';
import type { EmulatorClient } from './clients';
import { type Found, type Gone, WHY_GONE } from './expiring';
import type { EmulatorEndpoint } from './faults';
import { printableURL } from './line';
import type { Links, PendingLink } from './links';
import { gonePage, loginPage, messagePage } from './pages';
import { ProtocolError } from './protocol-error';
import type { Provider } from './provider';
import { jsonReply, pageReply, type Reply, redirectReply } from './reply';
import { type EmulatorUser, nameOf } from './users';

/** What a route reads of a request. */
export interface RouteRequest {
  headers: IncomingHttpHeaders;
  query: string;
  body: string;
  /** The origin that the client has asked. */
  origin: string;
  /** The address of the emulator itself, for this client: without a slash at its end. */
  base: string;
}

export interface RouteContext {
  links: Links;
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
  return pageReply(200, messagePage('Freedom ID emulator', text), 'it runs');
}

function showLogin({ query }: RouteRequest, { links, users }: RouteContext): Reply {
  const found = findLink(new URLSearchParams(query), links);
  if (found.state !== 'good') return gone(found);
  return pageReply(200, loginPage(found.value, users), `the login page for ${found.value.client.clientID}`);
}

function decideLogin({ body }: RouteRequest, { links, users }: RouteContext): Reply {
  const fields = new URLSearchParams(body);
  const found = findLink(fields, links);
  if (found.state !== 'good') return gone(found);
  const link = found.value;
  const back = `back to ${printableURL(link.redirectURI)}`;
  if (fields.get('action') === 'refuse') {
    return redirectReply(links.refuse(link), `the person refuses; ${back} with an error_code`);
  }
  const user = users.find((one) => one.freedom_id === fields.get('user'));
  if (!user) {
    return pageReply(422, messagePage('Who are you?', 'Go back and choose a user.'), 'no user is chosen');
  }
  const ticked = fields.getAll('grants');
  const shared = link.grants.filter((grant) => ticked.includes(grant));
  const why = `${nameOf(user)} agrees to share ${list(shared)}; ${back} with a code`;
  return redirectReply(links.approve(link, user, shared), why);
}

function authorize(request: RouteRequest, { provider }: RouteContext): Reply {
  const client = basicClient(request, provider);
  const { url, redirectURI, grants } = provider.createLink(client, jsonBody(request), request.base);
  const why = `a login link for ${client.clientID}, which asks for ${list(grants)} and wants the person back at ${printableURL(redirectURI)}`;
  return jsonReply(200, { redirect_uri: url }, why + hint(request));
}

function exchangeCode(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.exchangeCode(basicClient(request, provider), jsonBody(request));
  return jsonReply(200, json, `tokens of ${nameOf(consent.user)} for ${consent.client.clientID}`);
}

function refreshTokens(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.refresh(bearerToken(request));
  return jsonReply(200, json, `new tokens of ${nameOf(consent.user)} for ${consent.client.clientID}`);
}

function getData(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.userInfo(bearerToken(request));
  const why = `${list(Object.keys(json))} of ${nameOf(consent.user)} for ${consent.client.clientID}`;
  return jsonReply(200, json, why);
}

function gone(found: Gone<PendingLink>): Reply {
  return pageReply(410, gonePage(found), `the login link ${WHY_GONE[found.state]}`);
}

/** The strategy sends browsers to https: links and to its own baseURL only. */
function hint({ base, origin }: RouteRequest): string {
  return base.startsWith('https:') || new URL(base).origin === origin
    ? ''
    : ` (asked at ${origin}: the strategy takes this link only with the baseURL ${base})`;
}

function list(names: readonly string[]): string {
  return names.join(' ') || 'nothing';
}

function findLink(fields: URLSearchParams, links: Links): Found<PendingLink> {
  return links.find(fields.get('track_id') ?? '');
}

function basicClient({ headers }: RouteRequest, provider: Provider): EmulatorClient {
  const [, encoded] = /^Basic ([\w+/-]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) throw ProtocolError.unknownClient('no Basic authentication is in the request');
  const [clientID = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s);
  return provider.authenticate(clientID, clientSecret);
}

function bearerToken({ headers }: RouteRequest): string {
  const [, token] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) throw ProtocolError.invalidToken('no Bearer token is in the request');
  return token;
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
