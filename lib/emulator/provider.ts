import { randomUUID } from 'node:crypto';
import { authenticate, type Credentials, type EmulatorClient, isWebURL, whyNotGranted } from './clients';
import { ACCESS_LIFE, type Consent, type Issue, Ledger, REFRESH_LIFE } from './ledger';
import { printableURL, shown } from './line';
import type { Links, PendingLink } from './links';
import { type Problem, ProtocolError } from './protocol-error';
import { sharedFields } from './users';

interface ProviderSettings {
  clients: readonly EmulatorClient[];
  links: Links;
  /** Unix milliseconds. */
  clock: () => number;
}

/** What Freedom ID knows and decides in its own flow. No HTTP in here. */
export class Provider {
  private readonly ledger: Ledger<Consent>;

  constructor(private readonly settings: ProviderSettings) {
    this.ledger = new Ledger(settings.clock, {
      code: ProtocolError.invalidCode,
      refreshToken: ProtocolError.invalidToken,
      accessToken: ProtocolError.invalidToken,
    });
  }

  /** @throws ProtocolError for a pair that is not registered */
  authenticate(credentials: Credentials): EmulatorClient {
    const client = authenticate(this.settings.clients, credentials);
    if (typeof client === 'string') throw ProtocolError.unknownClient(client);
    return client;
  }

  /**
   * Protocol 2 and 3.
   *
   * @param base - the address of the emulator, without a slash at its end
   * @throws ProtocolError that names each field that is wrong
   */
  createLink(client: EmulatorClient, request: Record<string, unknown>, base: string): PendingLink {
    const { redirect_uri: redirectURI, grants } = request;
    const problems = [...redirectURIProblems(redirectURI, client), ...grantProblems(grants, client)];
    if (problems.length > 0) throw ProtocolError.validation(problems);
    const login = {
      client,
      redirectURI: redirectURI as string,
      grants: grants as string[],
      agreed: (user: Consent['user'], shared: Consent['grants']) => ({
        authorization_code: this.ledger.addCode({ client, user, grants: shared }),
      }),
      refused: () => ({ error_code: '100102' }),
    };
    return this.settings.links.add(login, base);
  }

  /** Protocol 4. */
  exchangeCode(client: EmulatorClient, request: Record<string, unknown>): Issue {
    const { authorization_code: code } = request;
    const wrong = (message: string, why: string) =>
      ProtocolError.validation([{ field: 'authorization_code', message, why }]);
    if (code === undefined || code === null || code === '') {
      throw wrong('The authorization code field is required.', 'no authorization_code is in the JSON body');
    }
    if (typeof code !== 'string') {
      throw wrong('The authorization code must be a string.', 'authorization_code is not a string');
    }
    const consent = this.ledger.findCode(code, client);
    this.ledger.useCode(code, consent);
    return this.issueTokens(consent);
  }

  /** Protocol 6. Undocumented: when the old refresh token stops working. Here: at once, the harder case for apps. */
  refresh(refreshToken: string): Issue {
    return this.issueTokens(this.ledger.useRefreshToken(refreshToken));
  }

  /** Protocol 7: the fields of the record that the person shares. */
  userInfo(accessToken: string): Issue {
    const consent = this.ledger.findAccessToken(accessToken);
    const { user, grants } = consent;
    return { consent, json: { freedom_id: user.freedom_id, ...sharedFields(user, grants) } };
  }

  private issueTokens(consent: Consent): Issue {
    const { accessToken, refreshToken } = this.ledger.addTokens(consent);
    const now = this.settings.clock();
    const json = {
      id: randomUUID(),
      access_token: accessToken,
      refresh_token: refreshToken,
      access_expire_at: microseconds(now + ACCESS_LIFE),
      refresh_expire_at: microseconds(now + REFRESH_LIFE),
    };
    return { consent, json };
  }
}

function redirectURIProblems(value: unknown, { clientID, redirectURIs }: EmulatorClient): Problem[] {
  const problem = (message: string, why: string) => [{ field: 'redirect_uri', message, why }];
  if (value === undefined || value === null || value === '') {
    return problem('The redirect uri field is required.', 'no redirect_uri is in the JSON body');
  }
  if (typeof value !== 'string' || !isWebURL(value)) {
    const why = `redirect_uri ${shown(value)} is no absolute http(s) URL without a fragment`;
    return problem('The redirect uri format is invalid.', why);
  }
  const registered =
    !redirectURIs ||
    redirectURIs.some((uri) => value === uri || value.startsWith(`${uri}${uri.includes('?') ? '&' : '?'}`));
  if (registered) return [];
  const why = `${clientID} has not registered redirect_uri ${printableURL(value)}, only ${redirectURIs.join(' ')}`;
  return problem('The selected redirect uri is invalid.', why);
}

function grantProblems(value: unknown, client: EmulatorClient): Problem[] {
  const problem = (field: string, message: string, why: string) => ({ field, message, why });
  if (value === undefined || value === null) {
    return [problem('grants', 'The grants field is required.', 'no grants are in the JSON body')];
  }
  if (!Array.isArray(value)) {
    return [problem('grants', 'The grants must be an array.', 'grants is not an array')];
  }
  return value.flatMap((grant, index) => {
    const field = `grants.${index}`;
    const why = whyNotGranted(client, grant);
    return why ? problem(field, `The selected ${field} is invalid.`, `${field} ${why}`) : [];
  });
}

/** `2025-03-04T06:35:50.000000Z`, as in protocol 4. */
function microseconds(time: number): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
