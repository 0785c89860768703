import { FreedomIdError } from '../errors';
import { isOutage } from '../http/outage';
import { FreedomIdClient } from '../oauth/client';
import { withState } from '../oauth/flow';
import type { FreedomIdTokens } from '../oauth/tokens';
import type { FreedomIdUserInfo } from '../profile';
import { type CallbackContent, readArrival } from './arrival';
import type { Task } from './logins';
import { madeUp } from './made-up';
import { once } from './once';
import { isRefusal } from './refusal';
import type { StepSettings } from './settings';
import { CALLBACK_REFUSED, CLIENT_REFUSED, Unanswered } from './unanswered';

/** Grants that every client can probably ask for. */
const BASIC_GRANTS = ['read.firstname', 'read.lastname'];

/** Protocol 2: every grant that is documented. */
const GRANTS = [
  ...BASIC_GRANTS,
  'read.patronymic',
  'read.email',
  'read.emails',
  'read.phone',
  'read.phones',
  'read.date_of_birth',
  'read.gender',
  'read.country',
  'read.nationality',
  'read.identifier',
  'read.profile',
  'read.cards',
  'openid',
];

/** The grants that the client may ask for. */
interface Grants {
  given: readonly string[];
  refused: readonly string[];
}

/** Where in the redirect URI the state is sent. */
type Place = 'query' | 'path' | 'nowhere';

/** A link to the login page, with the state in the first place that is not refused. */
interface Link {
  url: string;
  state: string;
  refused: readonly Place[];
}

/** What becomes of an addition to the redirect URI. If it is refused, there is no login link. */
export type Fate = 'kept' | 'dropped' | 'refused';

/** What can be wrong with a request. */
export const MISTAKES = ['validation', 'client', 'code', 'token'] as const;
export type Mistake = (typeof MISTAKES)[number];

/** The steps through Freedom ID's own flow. */
export class OAuthSteps {
  private readonly client: FreedomIdClient;

  /** A client with a wrong secret. */
  private readonly stranger: FreedomIdClient;

  constructor(private readonly settings: StepSettings) {
    const { clientID, clientSecret, baseURL, timeout } = settings;
    this.client = new FreedomIdClient({ clientID, clientSecret, baseURL, timeout });
    this.stranger = new FreedomIdClient({ clientID, clientSecret: madeUp(), baseURL, timeout });
  }

  readonly grants = once(async (): Promise<Grants> => {
    const { callbackURL, tell } = this.settings;
    tell('Asking for a login link with every documented grant');
    let given: readonly string[] = GRANTS;
    for (;;) {
      const error = await errorOf(this.askForLink(callbackURL, given));
      const isBasic = given.length <= BASIC_GRANTS.length;
      if (!error) return { given, refused: GRANTS.filter((grant) => !given.includes(grant)) };
      // The error says nothing about the grants: it is an outage, or a server error that comes for the basic ones, too.
      if (!isRefusal(error) || (isOutage(error) && isBasic)) return { given: BASIC_GRANTS, refused: [] };
      const allowed = withoutRefused(given, error);
      if (allowed.length === given.length && isBasic) throw await this.whyNoLink(error);
      given = allowed.length < given.length ? allowed : BASIC_GRANTS;
    }
  });

  /** @throws where the client is refused, whatever it asks for */
  readonly accepted = once(async (): Promise<void> => {
    const outcome = await this.grants().catch((error: unknown) => error);
    if (outcome === CLIENT_REFUSED) throw CLIENT_REFUSED;
  });

  readonly linkToAgree = once(() => this.findLink(['query', 'path', 'nowhere']));

  readonly linkToRefuse = once(() => this.findLink(['path', 'query', 'nowhere']));

  readonly agreed = once(async () => {
    const back = await this.goThrough(await this.linkToAgree(), 'agree');
    // Exchanged at once, because a code expires soon, and the next login may take minutes.
    const [exchange] = await Promise.allSettled([this.exchangeCode(back.params)]);
    return { ...back, exchange };
  });

  readonly refused = once(async () => this.goThrough(await this.linkToRefuse(), 'refuse'));

  readonly fateOfPath = once(async (): Promise<Fate> => {
    const { refused } = await this.linkToRefuse();
    if (refused.includes('path')) return 'refused';
    return (await this.refused()).stateIn === 'path' ? 'kept' : 'dropped';
  });

  readonly tokens = once(async (): Promise<FreedomIdTokens> => {
    const { exchange } = await this.agreed();
    if (exchange.status === 'rejected') throw exchange.reason;
    return exchange.value;
  });

  readonly userInfo = once(async (): Promise<FreedomIdUserInfo> => {
    const { accessToken } = await this.tokens();
    const { client, settings } = this;
    settings.tell("Reading the user's data");
    const info = await client.getUserInfo(accessToken, settings);
    settings.discretion.hide(info.json);
    return info;
  });

  readonly refreshed = once(async (): Promise<FreedomIdTokens> => {
    // A refresh may end the access token, which is needed first.
    await this.userInfo().catch(() => {});
    return this.refresh('Refreshing the tokens');
  });

  /** Refreshes with a refresh token that was used before. @returns the error; undefined if the token is accepted again */
  readonly refreshedAgain = once(async (): Promise<FreedomIdError | undefined> => {
    await this.refreshed();
    return errorOf(this.refresh('Refreshing once more with the old refresh token'));
  });

  /** Makes a mistake. @returns the error that comes; undefined where the mistake is not noticed */
  readonly mistakes: Record<Mistake, () => Promise<FreedomIdError | undefined>> = {
    validation: once(() => {
      this.settings.tell('Sending an invalid redirect URI');
      return errorOf(this.askForLink('none', BASIC_GRANTS));
    }),
    client: once(() => {
      const { stranger, settings } = this;
      settings.tell('Sending a wrong client secret');
      const request = { redirectURI: settings.callbackURL, grants: BASIC_GRANTS, signal: settings.signal };
      return errorOf(stranger.createAuthorizationLink(request));
    }),
    code: once(() => {
      const { client, settings } = this;
      settings.tell('Sending a made-up code');
      return errorOf(client.exchangeCode(madeUp(), settings));
    }),
    token: once(() => {
      const { client, settings } = this;
      settings.tell('Sending a made-up access token');
      return errorOf(client.getUserInfo(madeUp(96), settings));
    }),
  };

  private askForLink(redirectURI: string, grants: readonly string[], state?: string): Promise<string> {
    return this.client.createAuthorizationLink({ redirectURI, state, grants, signal: this.settings.signal });
  }

  /** Why not even the plain callback URL gets a link. */
  private async whyNoLink(error: FreedomIdError): Promise<Error> {
    if (isOfRedirectURI(error)) {
      return this.settings.logins.giveUp(CALLBACK_REFUSED);
    }
    // These errors may come before the secret is checked. A wrong secret then has the same error, which proves nothing.
    if (error.fields || error.httpStatus === 404 || error.httpStatus === 405) return error;
    const stranger = await this.mistakes.client();
    return error.message === stranger?.message ? this.settings.logins.giveUp(CLIENT_REFUSED) : error;
  }

  private async findLink(places: readonly Place[]): Promise<Link> {
    const { given } = await this.grants();
    const refused: Place[] = [];
    let refusal: unknown;
    for (const place of places) {
      const state = madeUp();
      this.settings.tell(`Asking for a login link with ${WORDS[place]}`);
      const redirectURI = redirectURIOf(this.settings.callbackURL, state, place);
      const link = await this.linkUnlessRefused(redirectURI, given, state);
      if (typeof link === 'string') return { url: link, state, refused };
      refused.push(place);
      refusal = link;
    }
    throw refusal;
  }

  /** An error that does not name the redirect URI may be temporary: it counts as a refusal if it comes twice. */
  private async linkUnlessRefused(
    ...request: Parameters<OAuthSteps['askForLink']>
  ): Promise<string | FreedomIdError> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.askForLink(...request);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (attempt > 0 || isOfRedirectURI(error)) return error;
      }
    }
  }

  private async goThrough({ url, state }: Link, task: Task): Promise<CallbackContent> {
    const { logins, callbackURL, discretion } = this.settings;
    const back = readArrival(await logins.go(url, task, state), state, callbackURL);
    discretion.hide(['authorization_code', 'code'].map((name) => back.params.get(name)));
    return back;
  }

  private async exchangeCode(params: URLSearchParams): Promise<FreedomIdTokens> {
    const code = params.get('authorization_code');
    if (!code) throw new Unanswered('the callback brought no authorization_code');
    const { client, settings } = this;
    settings.tell('Exchanging the code for tokens');
    return this.hidden(await client.exchangeCode(code, settings));
  }

  private async refresh(what: string): Promise<FreedomIdTokens> {
    const { refreshToken } = await this.tokens();
    if (refreshToken === undefined) throw new Unanswered('no refresh token came');
    this.settings.tell(what);
    return this.hidden(await this.client.refreshTokens(refreshToken, this.settings));
  }

  private hidden(tokens: FreedomIdTokens): FreedomIdTokens {
    this.settings.discretion.hide(tokens.raw);
    return tokens;
  }
}

const WORDS: Record<Place, string> = {
  query: 'a state in the query of the redirect URI',
  path: 'a state behind the path of the redirect URI',
  nowhere: 'the bare callback URL',
};

function redirectURIOf(callbackURL: string, state: string, place: Place): string {
  return place === 'nowhere' ? callbackURL : withState(callbackURL, state, place);
}

/** Protocol 2: the messages are by the path of the field. */
function isOfRedirectURI({ fields }: FreedomIdError): boolean {
  return fields !== undefined && Object.hasOwn(fields, 'redirect_uri');
}

/** Without the grants that the error names: `grants.3` (protocol 2). */
function withoutRefused(grants: readonly string[], { fields = {} }: FreedomIdError): readonly string[] {
  return grants.filter((_, index) => !Object.hasOwn(fields, `grants.${index}`));
}

/** @returns the error with which a call ends; undefined if it succeeds */
async function errorOf(call: Promise<unknown>): Promise<FreedomIdError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof FreedomIdError) return error;
    throw error;
  }
}
