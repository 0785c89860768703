import { randomBytes, randomUUID } from 'node:crypto';
import { Expiring, type Found, WHY_GONE } from './expiring';
import { printableURL, shown } from './line';
import { type Problem, ProtocolError } from './protocol-error';
import type { EmulatorUser } from './users';

/** An app that is registered with the emulator. */
export interface EmulatorClient {
  clientID: string;
  clientSecret: string;
  /** The redirect URIs it may use, with any query added. Left out: any. */
  redirectURIs?: readonly string[];
  /** The grants it may ask for. Left out: all that Freedom ID documents. */
  grants?: readonly string[];
}

/** A login that waits for a person. */
export interface PendingLink {
  /** The link itself. */
  url: string;
  trackID: string;
  client: EmulatorClient;
  redirectURI: string;
  grants: readonly string[];
}

interface ProviderSettings {
  clients: readonly EmulatorClient[];
  /** Unix milliseconds. */
  clock: () => number;
  /** Joins the callback's parameter to a redirect URI that has a query. Undocumented: which one Freedom ID uses. */
  callbackJoin: '&' | '?';
}

/** Protocol 2. */
const GRANTS = [
  'read.email',
  'read.emails',
  'read.phone',
  'read.phones',
  'read.date_of_birth',
  'read.firstname',
  'read.lastname',
  'read.patronymic',
  'read.gender',
  'read.country',
  'read.nationality',
  'read.identifier',
  'read.profile',
  'read.cards',
  'openid',
];

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LINK_LIFE = 10 * MINUTE;
const CODE_LIFE = 5 * MINUTE;
/** As in the documentation's examples. */
const ACCESS_LIFE = 7 * DAY;
const REFRESH_LIFE = 28 * DAY;

/** What a person has agreed to. */
export interface Consent {
  client: EmulatorClient;
  user: EmulatorUser;
  grants: readonly string[];
}

/** What a client gets, and by whose consent. */
interface Issue {
  consent: Consent;
  json: object;
}

/** What Freedom ID knows and decides. No HTTP in here. */
export class Provider {
  private readonly links: Expiring<PendingLink>;

  private readonly codes: Expiring<Consent>;

  private readonly accessTokens: Expiring<Consent>;

  private readonly refreshTokens: Expiring<Consent>;

  constructor(private readonly settings: ProviderSettings) {
    this.links = new Expiring(settings.clock);
    this.codes = new Expiring(settings.clock);
    this.accessTokens = new Expiring(settings.clock);
    this.refreshTokens = new Expiring(settings.clock);
  }

  /** @throws ProtocolError for a pair that is not registered */
  authenticate(clientID: string, clientSecret: string): EmulatorClient {
    const { clients } = this.settings;
    const namesakes = clients.filter((one) => one.clientID === clientID);
    const client = namesakes.find((one) => one.clientSecret === clientSecret);
    if (client) return client;
    if (namesakes.length > 0) throw ProtocolError.unknownClient(`the clientSecret of ${clientID} is wrong`);
    // Only who knows the secret can have sent it, but it must not be printed all the same.
    if (clients.some((one) => one.clientSecret === clientID)) {
      throw ProtocolError.unknownClient('the clientSecret stands where the clientID belongs');
    }
    const known = clients.map((one) => one.clientID).join(', ');
    throw ProtocolError.unknownClient(`there is no client ${shown(clientID)}, only ${known}`);
  }

  /**
   * Protocol 2.
   *
   * @param base - the address of the emulator, without a slash at its end
   * @throws ProtocolError that names each field that is wrong
   */
  createLink(client: EmulatorClient, request: Record<string, unknown>, base: string): PendingLink {
    const { redirect_uri: redirectURI, grants } = request;
    const problems = [...redirectURIProblems(redirectURI, client), ...grantProblems(grants, client)];
    if (problems.length > 0) throw ProtocolError.validation(problems);
    const trackID = randomUUID();
    const expiresAt = Math.floor((this.settings.clock() + LINK_LIFE) / 1000);
    const link: PendingLink = {
      url: `${base}/login?track_id=${trackID}&expire_at=${expiresAt}`,
      trackID,
      client,
      redirectURI: redirectURI as string,
      grants: grants as string[],
    };
    this.links.add(trackID, link, LINK_LIFE);
    return link;
  }

  findLink(trackID: string): Found<PendingLink> {
    return this.links.find(trackID);
  }

  /** Protocol 3: the person agrees. @returns the callback URL */
  approve(link: PendingLink, user: EmulatorUser, grants: readonly string[]): string {
    this.links.use(link.trackID, link);
    const code = token(40);
    this.codes.add(code, { client: link.client, user, grants }, CODE_LIFE);
    return this.callbackURL(link, 'authorization_code', code);
  }

  /** Protocol 3: the person refuses. @returns the callback URL */
  refuse(link: PendingLink): string {
    this.links.use(link.trackID, link);
    return this.callbackURL(link, 'error_code', '100102');
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
    const found = this.codes.find(code);
    if (found.state !== 'good') throw ProtocolError.invalidCode(`the code ${WHY_GONE[found.state]}`);
    if (found.value.client !== client) {
      throw ProtocolError.invalidCode(
        `the code is for ${found.value.client.clientID}, not for ${client.clientID}`,
      );
    }
    this.codes.use(code, found.value);
    return this.issueTokens(found.value);
  }

  /** Protocol 6. Undocumented: when the old refresh token stops working. Here: at once, the harder case for apps. */
  refresh(refreshToken: string): Issue {
    const found = this.refreshTokens.find(refreshToken);
    if (found.state !== 'good')
      throw ProtocolError.invalidToken(`the refresh token ${WHY_GONE[found.state]}`);
    this.refreshTokens.use(refreshToken, found.value);
    return this.issueTokens(found.value);
  }

  /** Protocol 7: the fields of the record that the person shares. */
  userInfo(accessToken: string): Issue {
    const found = this.accessTokens.find(accessToken);
    if (found.state !== 'good') throw ProtocolError.invalidToken(`the access token ${WHY_GONE[found.state]}`);
    const { user, grants } = found.value;
    const shared = new Set(grants.map((grant) => grant.replace(/^read\./, '')));
    const fields = Object.entries(user).filter(([field]) => field === 'freedom_id' || shared.has(field));
    return { consent: found.value, json: Object.fromEntries(fields) };
  }

  private issueTokens(consent: Consent): Issue {
    const accessToken = token(128);
    const refreshToken = token(128);
    this.accessTokens.add(accessToken, consent, ACCESS_LIFE);
    this.refreshTokens.add(refreshToken, consent, REFRESH_LIFE);
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

  private callbackURL({ redirectURI }: PendingLink, name: string, value: string): string {
    const separator = redirectURI.includes('?') ? this.settings.callbackJoin : '?';
    return `${redirectURI}${separator}${name}=${value}`;
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

/** An absolute http(s) URL without a fragment, as a redirect URI must be. */
export function isWebURL(text: string): boolean {
  if (!URL.canParse(text) || /[\s\p{Cc}]/u.test(text)) return false;
  const { protocol, hash } = new URL(text);
  return /^https?:$/.test(protocol) && hash === '';
}

function grantProblems(value: unknown, { clientID, grants: registered }: EmulatorClient): Problem[] {
  const problem = (field: string, message: string, why: string) => ({ field, message, why });
  if (value === undefined || value === null) {
    return [problem('grants', 'The grants field is required.', 'no grants are in the JSON body')];
  }
  if (!Array.isArray(value)) {
    return [problem('grants', 'The grants must be an array.', 'grants is not an array')];
  }
  const allowed = registered ?? GRANTS;
  const why = registered
    ? `has not registered; it has ${registered.join(' ')}`
    : 'cannot have: no such grant is documented';
  return value.flatMap((grant, index) => {
    const field = `grants.${index}`;
    if (allowed.includes(grant)) return [];
    return problem(
      field,
      `The selected ${field} is invalid.`,
      `${field} is ${shown(grant)}, which ${clientID} ${why}`,
    );
  });
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function token(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** `2025-03-04T06:35:50.000000Z`, as in protocol 4. */
function microseconds(time: number): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
