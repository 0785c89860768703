import { readAuthorization } from './authorization';
import type { BehaviourSettings } from './behaviour';
import { authenticate, type Credentials, type EmulatorClient } from './clients';
import { atHash, type IdTokens } from './id-tokens';
import { ACCESS_LIFE, type Consent, type Held, type Issue, Ledger } from './ledger';
import { printableURL, shown } from './line';
import type { Links, PendingLink } from './links';
import { openidError } from './openid-error';
import type { EmulatorSigning } from './signing-keys';
import { type EmulatorUser, sharedFields } from './users';

interface OpenIDSettings {
  clients: readonly EmulatorClient[];
  links: Links;
  idTokens: IdTokens;
  behaviour: BehaviourSettings;
  /** Unix milliseconds. */
  clock: () => number;
}

interface OpenIDConsent extends Consent {
  redirectURI: string;
  /** Only for the ID token of the login: a refreshed one has none. */
  nonce?: string | undefined;
}

/** Protocol 10: 7 days. */
const ID_TOKEN_LIFE = 7 * 24 * 60 * 60;

/** What Freedom ID knows and decides in OpenID Connect. No HTTP in here. */
export class OpenID {
  private readonly ledger: Ledger<OpenIDConsent>;

  constructor(private readonly settings: OpenIDSettings) {
    this.ledger = new Ledger(settings.clock, settings.behaviour, {
      code: (why) => openidError('invalid_grant', why),
      refreshToken: (why) => openidError('invalid_grant', why, 'token'),
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
    const { clients, links } = this.settings;
    const { client, redirectURI, grants, state, nonce } = readAuthorization(query, clients);
    /** RFC 9207: `iss` says which provider sends the callback. */
    const stay = { state, iss: base };
    const login = {
      client,
      redirectURI,
      grants,
      agreed: (user: EmulatorUser, ticked: readonly string[]) => {
        const shared = grants.filter((grant) => grant === 'openid' || ticked.includes(grant));
        return { code: this.ledger.addCode({ client, user, grants: shared, redirectURI, nonce }), ...stay };
      },
      // Undocumented. This is the standard's (OpenID Connect Core 3.1.2.6).
      refused: () => ({ error: 'access_denied', error_description: 'The user refused', ...stay }),
    };
    return links.add(login, base);
  }

  /**
   * @param readings - what the client has sent, read in each possible way
   * @throws ProtocolError if none of them is registered
   */
  authenticate(...readings: Credentials[]): EmulatorClient {
    const client = authenticate(this.settings.clients, ...readings);
    if (typeof client === 'string') throw openidError('invalid_client', client);
    return client;
  }

  /**
   * Protocol 10. Undocumented: `grant_type=refresh_token`, and when the old refresh token stops working.
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
      `grant_type is ${shown(grantType)}, but must be authorization_code or refresh_token`,
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

  /** @returns one for each set of tokens that apps use for this user */
  tokensInUse(user: EmulatorUser): Held[] {
    return this.ledger.tokensInUse(user);
  }

  signOut(user: EmulatorUser): void {
    this.ledger.signOut(user);
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
}

function required(request: Record<string, unknown>, name: string): string {
  const { [name]: value } = request;
  if (value === undefined || value === null || value === '') {
    throw openidError('invalid_request', `${name} is missing`);
  }
  if (typeof value !== 'string') throw openidError('invalid_request', `${name} is not a string`);
  return value;
}
