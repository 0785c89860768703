import {
  authenticate,
  type Credentials,
  type EmulatorClient,
  isWebURL,
  whyNotGranted,
  whyUnknown,
} from './clients';
import { atHash, type IdTokens } from './id-tokens';
import { ACCESS_LIFE, type Consent, type Issue, Ledger } from './ledger';
import { printableURL, shown } from './line';
import type { Links, PendingLink } from './links';
import { AuthorizationError, openidError } from './openid-error';
import type { EmulatorSigning } from './signing-keys';
import { sharedFields } from './users';

interface OpenIDSettings {
  clients: readonly EmulatorClient[];
  links: Links;
  idTokens: IdTokens;
  /** Unix milliseconds. */
  clock: () => number;
}

interface OpenIDConsent extends Consent {
  redirectURI: string;
  /** Of the login itself: a refreshed ID token has none. */
  nonce?: string | undefined;
}

/** Protocol 10: 7 days. */
const ID_TOKEN_LIFE = 7 * 24 * 60 * 60;

/** What Freedom ID knows and decides in OpenID Connect. No HTTP in here. */
export class OpenID {
  private readonly ledger: Ledger<OpenIDConsent>;

  constructor(private readonly settings: OpenIDSettings) {
    this.ledger = new Ledger(settings.clock, {
      code: (why) => openidError('invalid_grant', why),
      refreshToken: (why) => openidError('invalid_grant', why),
      accessToken: (why) => openidError('invalid_token', why),
    });
  }

  get signing(): EmulatorSigning {
    return this.settings.idTokens.signing;
  }

  async publicKeys(): Promise<{ keys: object[] }> {
    return this.settings.idTokens.publicKeys();
  }

  /**
   * Protocol 10: the browser asks for a login. Every call makes a login of its own.
   *
   * @param base - the address of the emulator, without a slash at its end
   * @throws AuthorizationError
   */
  createLink(query: URLSearchParams, base: string): PendingLink {
    const client = this.readClient(query);
    const redirectURI = readRedirectURI(query, client);
    const once = query.getAll('state').length === 1;
    /** RFC 6749 4.1.2.1 and RFC 9207. */
    const from = {
      ...(once && query.get('state') && { state: query.get('state') as string }),
      iss: base,
    };
    const fail = (error: string, description: string, why = description) => {
      const parameters = { error, error_description: description, ...from };
      return new AuthorizationError(why, this.settings.links.callbackURL(redirectURI, parameters));
    };
    const problem = ['response_type', 'scope', 'state', 'nonce'].map((name) => whyNotOnce(query, name));
    const [first] = problem.filter((one) => one !== undefined);
    if (first) throw fail('invalid_request', first);
    if (query.get('response_type') !== 'code') {
      throw fail('unsupported_response_type', 'response_type must be code');
    }
    const grants = [...new Set(query.get('scope')?.split(' '))].filter((grant) => grant !== '');
    if (!grants.includes('openid')) throw fail('invalid_scope', 'scope must contain openid');
    for (const grant of grants) {
      // Not a grant to be had here, but the flow itself.
      const why = grant === 'openid' ? undefined : whyNotGranted(client, grant);
      if (why) throw fail('invalid_scope', 'scope has a part that the client cannot have', `scope ${why}`);
    }

    const nonce = query.get('nonce') as string;
    return this.settings.links.add(
      {
        client,
        redirectURI,
        grants,
        agreed: (user, ticked) => {
          const shared = grants.filter((grant) => grant === 'openid' || ticked.includes(grant));
          const code = this.ledger.addCode({ client, user, grants: shared, redirectURI, nonce });
          return { code, ...from };
        },
        // Undocumented. This is the standard's.
        refused: () => ({
          error: 'access_denied',
          error_description: 'The user refused.',
          ...from,
        }),
      },
      base,
    );
  }

  /**
   * @param readings - what the client has sent, in each way in which it may be meant
   * @throws ProtocolError where none of them is registered
   */
  authenticate(...readings: Credentials[]): EmulatorClient {
    const client = authenticate(this.settings.clients, ...readings);
    if (typeof client === 'string') throw openidError('invalid_client', client);
    return client;
  }

  /**
   * Protocol 10. Undocumented: `grant_type=refresh_token`, and when the old refresh token stops working. Here: at once.
   *
   * @param base - the address of the emulator, without a slash at its end: it is the issuer
   */
  async issueTokens(client: EmulatorClient, request: Record<string, unknown>, base: string): Promise<Issue> {
    const grantType = required(request, 'grant_type');
    if (grantType === 'authorization_code') return this.issue(this.exchangeCode(client, request), base);
    if (grantType === 'refresh_token') {
      const refreshToken = required(request, 'refresh_token');
      return this.issue(this.ledger.useRefreshToken(refreshToken, client), base);
    }
    throw openidError(
      'unsupported_grant_type',
      `grant_type is ${shown(grantType)}, and must be authorization_code or refresh_token`,
    );
  }

  /**
   * Undocumented: which fields user info has. Here: `sub`, which every standard client compares with the ID token's, and what
   * the person shares under the names of get-data (protocol 7).
   */
  userInfo(accessToken: string): Issue {
    const consent = this.ledger.findAccessToken(accessToken);
    const { user, grants } = consent;
    return { consent, json: { ...sharedFields(user, grants), sub: user.freedom_id } };
  }

  private exchangeCode(client: EmulatorClient, request: Record<string, unknown>): OpenIDConsent {
    const code = required(request, 'code');
    const redirectURI = required(request, 'redirect_uri');
    const consent = this.ledger.findCode(code, client);
    if (consent.redirectURI !== redirectURI) {
      const why = `redirect_uri is ${printableURL(redirectURI)}, and the login's was ${printableURL(consent.redirectURI)}`;
      throw openidError('invalid_grant', `${why}; they must be the same, query included`);
    }
    this.ledger.useCode(code, consent);
    return consent;
  }

  private async issue(consent: OpenIDConsent, base: string): Promise<Issue> {
    const { client, user, grants, nonce } = consent;
    const { accessToken, refreshToken } = this.ledger.addTokens({ ...consent, nonce: undefined });
    const now = Math.floor(this.settings.clock() / 1000);
    const claims = {
      iss: base,
      sub: user.freedom_id,
      aud: client.clientID,
      exp: now + ID_TOKEN_LIFE,
      iat: now,
      nonce,
      at_hash: atHash(accessToken),
    };
    const json = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: ACCESS_LIFE / 1000,
      refresh_token: refreshToken,
      id_token: await this.settings.idTokens.make(claims, client.clientSecret),
      scope: grants.join(' '),
    };
    return { consent, json };
  }

  private readClient(query: URLSearchParams): EmulatorClient {
    const { clients } = this.settings;
    const problem = whyNotOnce(query, 'client_id');
    if (problem) throw new AuthorizationError(problem);
    const clientID = query.get('client_id') as string;
    const client = clients.find((one) => one.clientID === clientID);
    if (!client) throw new AuthorizationError(whyUnknown(clients, clientID));
    return client;
  }
}

/** Undocumented. The standard compares a redirect URI exactly (OpenID Connect Core 3.1.2.1), and state need not be in it. */
function readRedirectURI(query: URLSearchParams, { clientID, redirectURIs }: EmulatorClient): string {
  const problem = whyNotOnce(query, 'redirect_uri');
  if (problem) throw new AuthorizationError(problem);
  const redirectURI = query.get('redirect_uri') as string;
  if (!isWebURL(redirectURI)) {
    const why = `redirect_uri ${shown(redirectURI)} is no absolute http(s) URL without a fragment`;
    throw new AuthorizationError(why);
  }
  if (redirectURIs && !redirectURIs.includes(redirectURI)) {
    const why = `${clientID} has not registered redirect_uri ${printableURL(redirectURI)}, only ${redirectURIs.join(' ')}`;
    throw new AuthorizationError(
      `${why}; in OpenID Connect it must be the same to the letter, query included`,
    );
  }
  return redirectURI;
}

/** RFC 6749 3.1: no parameter comes twice, and one without a value counts as left out. */
function whyNotOnce(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) return `${name} comes more than once`;
  return value ? undefined : `${name} is missing`;
}

function required(request: Record<string, unknown>, name: string): string {
  const { [name]: value } = request;
  if (value === undefined || value === null || value === '') {
    throw openidError('invalid_request', `${name} is missing`);
  }
  if (typeof value !== 'string') throw openidError('invalid_request', `${name} is not a string`);
  return value;
}
