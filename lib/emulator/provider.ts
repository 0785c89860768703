import type { BehaviourSettings } from './behaviour';
import { authenticate, type Credentials, type EmulatorClient, whyNotGranted } from './clients';
import { instant, readFields, refuseProblems, uuid } from './fields';
import { ACCESS_LIFE, type Consent, type Held, type Issue, Ledger, REFRESH_LIFE } from './ledger';
import { list } from './line';
import type { Links, PendingLink } from './links';
import type { ProfileState, Profiles } from './profiles';
import { type Problem, ProtocolError } from './protocol-error';
import { redirectURIProblems } from './redirect-uri';
import type { UserRecords } from './user-records';
import { type EmulatorUser, sharedFields } from './users';

interface ProviderSettings {
  clients: readonly EmulatorClient[];
  links: Links;
  profiles: Profiles;
  records: UserRecords;
  behaviour: BehaviourSettings;
  /** Unix milliseconds. */
  clock: () => number;
}

interface ProfileAnswer {
  request_id: string;
  status: string;
  status_message?: string | undefined;
  freedom_id: string;
}

/** What Freedom ID knows and decides in its own flow. No HTTP in here. */
export class Provider {
  private readonly ledger: Ledger<Consent>;

  constructor(private readonly settings: ProviderSettings) {
    const { clock, behaviour } = settings;
    this.ledger = new Ledger(clock, behaviour, {
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
    const { redirect_uri: asked, grants } = request;
    const { redirectQuery, refusal } = this.settings.behaviour;
    refuseProblems([...redirectURIProblems(asked, client, redirectQuery), ...grantProblems(grants, client)]);
    const redirectURI = asked as string;
    const login = {
      client,
      redirectURI: redirectQuery === 'dropped' ? redirectURI.replace(/\?.*/s, '') : redirectURI,
      grants: grants as string[],
      agreed: (user: Consent['user'], shared: Consent['grants']) => ({
        authorization_code: this.ledger.addCode({ client, user, grants: shared }),
      }),
      refused: () => ({ [refusal.name]: refusal.value }),
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

  /** Protocol 6. Undocumented: whether the id stays, and when the old refresh token stops working. The default is the harder case for apps. */
  refresh(refreshToken: string): Issue {
    const held = this.ledger.useRefreshToken(refreshToken);
    return this.issueTokens(held, this.settings.behaviour.tokenId === 'same' ? held.id : undefined);
  }

  /** Protocol 7: the fields of the record that the person shares. */
  userInfo(accessToken: string): Issue {
    const consent = this.ledger.findAccessToken(accessToken);
    const { user, grants } = consent;
    return { consent, json: { freedom_id: user.freedom_id, ...sharedFields(user, grants) } };
  }

  /** Protocol 8. */
  requestProfile(accessToken: string, request: Record<string, unknown>): Issue<ProfileAnswer> {
    const consent = this.findProfileConsent(accessToken);
    const { request_id } = readFields(request, { request_id: uuid, created_at: instant });
    const state = this.settings.profiles.request(consent, request_id);
    return { consent, json: profileAnswer(consent, request_id, state) };
  }

  /**
   * Protocol 8. Undocumented: the cipher of the payload, and which time `datetime` is. Here: the whole record in Base64, and
   * the time of the response.
   */
  profileStatus(accessToken: string, request: Record<string, unknown>): Issue<ProfileAnswer> {
    const consent = this.findProfileConsent(accessToken);
    const { request_id } = readFields(request, { request_id: uuid });
    const state = this.settings.profiles.status(consent, request_id);
    const json = {
      ...profileAnswer(consent, request_id, state),
      ...(state.status === 'completed' && { profile: fullProfile(consent.user) }),
      datetime: microseconds(this.settings.clock()),
    };
    return { consent, json };
  }

  /**
   * Protocol 9. Undocumented: which token is needed, which users it may create, and the shape of the response. Here: any access
   * token, any user, and the new `freedom_id`.
   */
  createUser(accessToken: string, request: Record<string, unknown>): Issue & { user: EmulatorUser } {
    const consent = this.ledger.findAccessToken(accessToken);
    return { consent, ...recordAnswer(this.settings.records.create(request)) };
  }

  /** Protocol 9. Undocumented: the same as with {@link createUser}, and whether a token may change another user's record. */
  updateUser(accessToken: string, request: Record<string, unknown>): Issue & { user: EmulatorUser } {
    const consent = this.ledger.findAccessToken(accessToken);
    return { consent, ...recordAnswer(this.settings.records.update(request)) };
  }

  /** @returns one for each set of tokens that apps use for this user */
  tokensInUse(user: EmulatorUser): Held[] {
    return this.ledger.tokensInUse(user);
  }

  /** @returns what {@link tokensInUse} was before */
  signOut(user: EmulatorUser): Held[] {
    return this.ledger.signOut(user);
  }

  private findProfileConsent(accessToken: string): Consent {
    const consent = this.ledger.findAccessToken(accessToken);
    if (consent.grants.includes('read.profile')) return consent;
    throw ProtocolError.notGranted(`the login shares ${list(consent.grants)}, but read.profile is needed`);
  }

  private issueTokens(consent: Consent, oldID?: string): Issue {
    const { id, accessToken, refreshToken } = this.ledger.addTokens(consent, oldID);
    const now = this.settings.clock();
    const json = {
      id,
      access_token: accessToken,
      refresh_token: refreshToken,
      access_expire_at: microseconds(now + ACCESS_LIFE),
      refresh_expire_at: microseconds(now + REFRESH_LIFE),
    };
    return { consent, json };
  }
}

function profileAnswer({ user }: Consent, requestID: string, state: ProfileState): ProfileAnswer {
  const { status, statusMessage } = state;
  return { request_id: requestID, status, status_message: statusMessage, freedom_id: user.freedom_id };
}

function fullProfile(user: EmulatorUser): { payload: string } {
  return { payload: Buffer.from(JSON.stringify(user)).toString('base64') };
}

function recordAnswer(user: EmulatorUser): { json: object; user: EmulatorUser } {
  return { json: { freedom_id: user.freedom_id }, user };
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
