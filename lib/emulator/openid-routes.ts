import { AuthorizationError } from './authorization';
import type { BehaviourSettings } from './behaviour';
import { type Credentials, GRANTS } from './clients';
import { list, printableURL, shown } from './line';
import { openidError } from './openid-error';
import { messagePage } from './pages';
import { jsonReply, pageReply, type Reply, redirectReply } from './reply';
import {
  basicCredentials,
  bearerToken,
  jsonBody,
  type Route,
  type RouteContext,
  type RouteRequest,
} from './route';
import { nameOf } from './users';

const TOKEN = '/api/v1/oidc/token';
const USER_INFO = '/api/v1/oidc/userinfo';
const JWKS = '/api/v1/oidc/jwks';
export const DISCOVERY = '/.well-known/openid-configuration';

/** Protocol 10, and what a standard client looks for, too. */
export const openidRoutes: Record<string, Record<string, Route>> = {
  '/openid': { GET: { answer: startLogin } },
  [TOKEN]: { POST: { endpoint: 'oidc-token', answer: issueTokens } },
  // OpenID Connect Core 5.3.1 wants both.
  [USER_INFO]: {
    GET: { endpoint: 'userinfo', answer: userInfo },
    POST: { endpoint: 'userinfo', answer: userInfo },
  },
  // Both are the emulator's own addition: Freedom ID documents neither.
  [JWKS]: { GET: { endpoint: 'jwks', answer: publicKeys } },
  [DISCOVERY]: { GET: { answer: configuration } },
};

/** Redirects to the login page. It has its own URL, so it can be loaded again, and cannot be used twice. */
function startLogin({ query, base }: RouteRequest, { links, openid }: RouteContext): Reply {
  try {
    const { url, client, grants, redirectURI } = openid.createLink(new URLSearchParams(query), base);
    const why = `a login for ${client.clientID}, which asks for ${list(grants)} and wants the person back at ${printableURL(redirectURI)}`;
    return redirectReply(url, why);
  } catch (error) {
    if (!(error instanceof AuthorizationError)) throw error;
    const { why, back } = error;
    if (!back) {
      const text = `The app has sent you here with a mistake, so the emulator cannot send you back: ${why}.`;
      return pageReply(400, messagePage('This login cannot start', text), why);
    }
    const { redirectURI, parameters } = back;
    const location = links.callbackURL(redirectURI, { ...parameters, iss: base });
    return redirectReply(location, `${why}; back to ${printableURL(redirectURI)} with an error`);
  }
}

async function issueTokens(request: RouteRequest, { openid, behaviour }: RouteContext): Promise<Reply> {
  const fields = readFields(request, behaviour);
  const client = openid.authenticate(...readCredentials(request, fields));
  const { json, consent } = await openid.issueTokens(client, fields, request.base);
  const which = fields.grant_type === 'refresh_token' ? 'new tokens' : 'tokens';
  return jsonReply(200, json, `${which} of ${nameOf(consent.user)} for ${client.clientID}`);
}

function userInfo(request: RouteRequest, { openid }: RouteContext): Reply {
  const token = bearerToken(request);
  if (token === undefined) throw openidError('invalid_token', 'no Bearer token is in the request');
  const { json, consent } = openid.userInfo(token);
  const why = `${list(Object.keys(json))} of ${nameOf(consent.user)} for ${consent.client.clientID}`;
  return jsonReply(200, json, why);
}

async function publicKeys(_: RouteRequest, { openid }: RouteContext): Promise<Reply> {
  const json = await openid.publicKeys();
  return jsonReply(200, json, `public keys: ${json.keys.length}`);
}

/** OpenID Connect Discovery 3. */
function configuration({ base }: RouteRequest, { openid }: RouteContext): Reply {
  const json = {
    issuer: base,
    authorization_endpoint: `${base}/openid`,
    token_endpoint: base + TOKEN,
    userinfo_endpoint: base + USER_INFO,
    jwks_uri: base + JWKS,
    scopes_supported: GRANTS,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [openid.signing],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce', 'at_hash'],
    authorization_response_iss_parameter_supported: true,
  };
  return jsonReply(200, json, 'the configuration for standard clients');
}

/** The documented JSON, or the standard's form. */
function readFields(
  request: RouteRequest,
  { oidcTokenRequest: taken }: BehaviourSettings,
): Record<string, unknown> {
  const sent = isForm(request) ? 'form' : 'json';
  if (taken !== 'both' && taken !== sent) {
    throw openidError('invalid_request', `the body is no ${taken}; oidcTokenRequest is '${taken}'`);
  }
  if (sent === 'json') {
    const json = jsonBody(request);
    if (json) return json;
    throw openidError('invalid_request', 'the body is neither a JSON object nor a form');
  }
  const form = new URLSearchParams(request.body);
  const repeated = [...form.keys()].find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) {
    throw openidError('invalid_request', `${shown(repeated)} comes more than once`);
  }
  return Object.fromEntries(form);
}

/** RFC 6749 2.3.1: HTTP Basic, or both parts in the form, and never two ways at once. */
function readCredentials(request: RouteRequest, fields: Record<string, unknown>): Credentials[] {
  const basic = basicCredentials(request);
  const { client_id: clientID, client_secret: clientSecret } = isForm(request) ? fields : {};
  if (!basic) {
    if (clientID && clientSecret) return [{ clientID, clientSecret } as Credentials];
    throw openidError('invalid_client', 'no client authentication is in the request');
  }
  if (clientSecret) {
    throw openidError('invalid_request', 'the client authenticates twice: with Basic and in the form');
  }
  // In Freedom ID's documentation both are sent as they are; in the standard they are encoded as a form.
  const readings = [basic, formDecoded(basic)];
  if (clientID && !readings.some((one) => one.clientID === clientID)) {
    throw openidError('invalid_request', 'client_id is not the one in Basic');
  }
  return readings;
}

function formDecoded({ clientID, clientSecret }: Credentials): Credentials {
  const decoded = (text: string) => new URLSearchParams(`x=${text}`).get('x') as string;
  return { clientID: decoded(clientID), clientSecret: decoded(clientSecret) };
}

function isForm({ headers }: RouteRequest): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}
