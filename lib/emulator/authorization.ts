import { type EmulatorClient, isWebURL, whyNotGranted, whyUnknown } from './clients';
import { printableURL, shown } from './line';

/** A request to log in, as a browser brings it to `/openid` (protocol 10). */
export interface Authorization {
  client: EmulatorClient;
  redirectURI: string;
  /** What `scope` asks for, `openid` included. */
  grants: readonly string[];
  state: string;
  nonce: string;
}

/** What is wrong with an {@link Authorization}. */
export class AuthorizationError extends Error {
  /**
   * @param why - the reason, for the emulator's output and its page. It holds no state, nonce or secret
   * @param back - RFC 6749 4.1.2.1: where the browser goes back to, and with what. Undefined if the redirect URI cannot be
   *   trusted: then the browser stays here
   */
  constructor(
    readonly why: string,
    readonly back?: { redirectURI: string; parameters: Record<string, string> },
  ) {
    super(why);
  }
}

/** @throws AuthorizationError */
export function readAuthorization(query: URLSearchParams, clients: readonly EmulatorClient[]): Authorization {
  const client = readClient(query, clients);
  const redirectURI = readRedirectURI(query, client);
  const [sent, ...more] = query.getAll('state');
  const fail = (error: string, description: string, why = description) => {
    const parameters = {
      error,
      error_description: description,
      ...(sent && more.length === 0 && { state: sent }),
    };
    return new AuthorizationError(why, { redirectURI, parameters });
  };
  const read = (name: string) => readOnce(query, name, (why) => fail('invalid_request', why));

  if (read('response_type') !== 'code') {
    throw fail('unsupported_response_type', 'response_type must be code');
  }
  const grants = [...new Set(read('scope').split(' '))].filter((grant) => grant !== '');
  if (!grants.includes('openid')) throw fail('invalid_scope', 'scope must contain openid');
  for (const grant of grants) {
    // `openid` is the flow itself: no client has to be registered for it.
    const why = grant === 'openid' ? undefined : whyNotGranted(client, grant);
    if (why) throw fail('invalid_scope', 'scope asks for what this client cannot have', `scope ${why}`);
  }
  return { client, redirectURI, grants, state: read('state'), nonce: read('nonce') };
}

function readClient(query: URLSearchParams, clients: readonly EmulatorClient[]): EmulatorClient {
  const clientID = readOnce(query, 'client_id', (why) => new AuthorizationError(why));
  const client = clients.find((one) => one.clientID === clientID);
  if (!client) throw new AuthorizationError(whyUnknown(clients, clientID));
  return client;
}

/** Undocumented. The standard compares letter by letter (OpenID Connect Core 3.1.2.1): state has a parameter of its own. */
function readRedirectURI(query: URLSearchParams, { clientID, redirectURIs }: EmulatorClient): string {
  const redirectURI = readOnce(query, 'redirect_uri', (why) => new AuthorizationError(why));
  if (!isWebURL(redirectURI)) {
    throw new AuthorizationError(
      `redirect_uri ${shown(redirectURI)} is no absolute http(s) URL without a fragment`,
    );
  }
  if (redirectURIs && !redirectURIs.includes(redirectURI)) {
    const why = `${clientID} has not registered redirect_uri ${printableURL(redirectURI)}, only ${redirectURIs.join(' ')}`;
    throw new AuthorizationError(`${why}; OpenID Connect compares to the letter, query included`);
  }
  return redirectURI;
}

/** RFC 6749 3.1: no parameter comes twice, and one without a value counts as left out. */
function readOnce(query: URLSearchParams, name: string, refuse: (why: string) => Error): string {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw refuse(`${name} comes more than once`);
  if (!value) throw refuse(`${name} is missing`);
  return value;
}
