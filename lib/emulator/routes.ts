import type { BehaviourSettings } from './behaviour';
import type { EmulatorClient } from './clients';
import { type Found, type Gone, WHY_GONE } from './expiring';
import { list, printableURL } from './line';
import type { Links, PendingLink } from './links';
import { DISCOVERY, openidRoutes } from './openid-routes';
import { accountPage, gonePage, homePage, loginPage, messagePage } from './pages';
import { ProtocolError } from './protocol-error';
import type { Provider } from './provider';
import { jsonReply, pageReply, type Reply, redirectReply } from './reply';
import {
  basicCredentials,
  bearerToken,
  jsonBody,
  type Route,
  type RouteContext,
  type RouteRequest,
} from './route';
import { findUser, nameOf } from './users';

/** The methods of each path. */
const routes: Record<string, Record<string, Route>> = {
  '/': { GET: { answer: home } },
  '/account': { GET: { answer: showAccount }, POST: { answer: leaveAccount } },
  '/login': { GET: { answer: showLogin }, POST: { answer: decideLogin } },
  '/api/v1/oauth/authorize': { POST: { endpoint: 'authorize', answer: authorize } },
  '/api/v1/oauth/token': {
    POST: { endpoint: 'token', answer: exchangeCode },
    PATCH: { endpoint: 'token', answer: refreshTokens },
  },
  '/api/v1/oauth/get-data': { GET: { endpoint: 'get-data', answer: getData } },
  '/api/v1/oauth/get-profile': { POST: { endpoint: 'get-profile', answer: requestProfile } },
  '/api/v1/oauth/get-profile/status': { GET: { endpoint: 'profile-status', answer: profileStatus } },
  '/api/v1/oauth/user': {
    POST: { endpoint: 'user', answer: createUser },
    PUT: { endpoint: 'user', answer: updateUser },
  },
  ...openidRoutes,
};

/** @returns the methods of a path, or undefined if there is nothing */
export function methodsAt(path: string, { discovery }: BehaviourSettings): Record<string, Route> | undefined {
  return path === DISCOVERY && !discovery ? undefined : routes[path];
}

function home({ base }: RouteRequest): Reply {
  return pageReply(200, homePage(base), 'it runs');
}

function showAccount(_: RouteRequest, { signOut }: RouteContext): Reply {
  const signedIn = signOut.signedIn();
  return pageReply(
    200,
    accountPage(signedIn),
    `the page to sign out; people who are signed in: ${signedIn.length}`,
  );
}

async function leaveAccount({ body, base }: RouteRequest, { users, signOut }: RouteContext): Promise<Reply> {
  const user = findUser(users, new URLSearchParams(body).get('user'));
  if (!user) return nobodyChosen();
  await signOut.of(user);
  return redirectReply(`${base}/account`, `${nameOf(user)} has signed out`);
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
    return redirectReply(
      links.refuse(link),
      `the person refuses; ${back} with an ${Object.keys(link.refused())[0]}`,
    );
  }
  const user = findUser(users, fields.get('user'));
  if (!user) return nobodyChosen();
  const ticked = fields.getAll('grants');
  const shared = link.grants.filter((grant) => ticked.includes(grant));
  const why = `${nameOf(user)} agrees to share ${list(shared)}; ${back} with a code`;
  return redirectReply(links.approve(link, user, shared), why);
}

function authorize(request: RouteRequest, { provider, behaviour }: RouteContext): Reply {
  const client = basicClient(request, provider);
  const { url, redirectURI, grants } = provider.createLink(client, jsonBody(request) ?? {}, request.base);
  const why = `a login link for ${client.clientID}, which asks for ${list(grants)} and wants the person back at ${printableURL(redirectURI)}`;
  const dropped =
    behaviour.redirectQuery === 'dropped' ? ", without any query: redirectQuery is 'dropped'" : '';
  return jsonReply(200, { redirect_uri: url }, why + dropped + hint(request));
}

function exchangeCode(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.exchangeCode(basicClient(request, provider), jsonBody(request) ?? {});
  return jsonReply(200, json, `tokens of ${nameOf(consent.user)} for ${consent.client.clientID}`);
}

function refreshTokens(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.refresh(requiredToken(request));
  return jsonReply(200, json, `new tokens of ${nameOf(consent.user)} for ${consent.client.clientID}`);
}

function getData(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.userInfo(requiredToken(request));
  const why = `${list(Object.keys(json))} of ${nameOf(consent.user)} for ${consent.client.clientID}`;
  return jsonReply(200, json, why);
}

function requestProfile(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.requestProfile(requiredToken(request), jsonBody(request) ?? {});
  const why = `the request of ${consent.client.clientID} for the profile of ${nameOf(consent.user)} is ${json.status}`;
  return jsonReply(200, json, why);
}

function profileStatus(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent } = provider.profileStatus(requiredToken(request), jsonBody(request) ?? {});
  const why = `the profile of ${nameOf(consent.user)} for ${consent.client.clientID} is ${json.status}`;
  return jsonReply(200, json, why);
}

function createUser(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent, user } = provider.createUser(requiredToken(request), jsonBody(request) ?? {});
  return jsonReply(200, json, `${consent.client.clientID} has created ${nameOf(user)}`);
}

function updateUser(request: RouteRequest, { provider }: RouteContext): Reply {
  const { json, consent, user } = provider.updateUser(requiredToken(request), jsonBody(request) ?? {});
  return jsonReply(200, json, `${consent.client.clientID} has updated ${nameOf(user)}`);
}

function nobodyChosen(): Reply {
  return pageReply(422, messagePage('Who are you?', 'Go back and choose a user.'), 'no user is chosen');
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

function findLink(fields: URLSearchParams, links: Links): Found<PendingLink> {
  return links.find(fields.get('track_id') ?? '');
}

function basicClient(request: RouteRequest, provider: Provider): EmulatorClient {
  const credentials = basicCredentials(request);
  if (!credentials) throw ProtocolError.unknownClient('no Basic authentication is in the request');
  return provider.authenticate(credentials);
}

function requiredToken(request: RouteRequest): string {
  const token = bearerToken(request);
  if (token === undefined) throw ProtocolError.invalidToken('no Bearer token is in the request');
  return token;
}
