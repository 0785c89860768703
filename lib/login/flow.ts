import type { StateMetadata } from './state';

/**
 * What a login needs to know of the protocol that it speaks with Freedom ID. Everything else about a login is the same
 * whichever the protocol. The methods never throw: they reject, with a `FreedomIdError` where Freedom ID is the reason.
 *
 * @typeParam Profile - what {@link Flow.loadProfile} makes of the user
 */
export interface Flow<Profile = unknown> {
  /** The strategy's name, and where in the session its pending logins are kept. */
  readonly name: string;
  /** What state stores and the base class are told. */
  readonly provider: Omit<StateMetadata, 'callbackURL'>;
  /** What a user is asked for where the app does not say. */
  readonly defaultScope: readonly string[];
  /** The callback's parameter that brings the authorization code. */
  readonly codeParameter: string;
  /** Whether that parameter alone makes a callback of a request to any path: apps have none of this name. */
  readonly isCodeUnmistakable: boolean;
  /**
   * Where in the URL of the callback the state comes back: as the parameter `state`, or as the last segment of the path. A `state`
   * in the query is then the app's own.
   */
  readonly stateIn: 'query' | 'path';
  /** What the callback's `iss` must be, where it is there (RFC 9207). Absent: `iss` is a parameter like any other. */
  readonly issuer?: string;
  /** The `providerCode`s of errors by which Freedom ID refuses an authorization code. */
  readonly invalidCodeErrors: readonly string[];

  /** @returns where the browser signs in: a URL that is safe in a `Location` header */
  createLink(login: FlowLogin, scope: readonly string[], params: MoreParams): Promise<string>;
  /** @param login - absent where a tool for passport-oauth2 has a code exchanged outside of a login */
  exchangeCode(code: string, login?: FlowLogin, params?: MoreParams): Promise<FlowTokens>;
  refreshTokens(refreshToken: string): Promise<FlowTokens>;
  /** @param subject - what {@link FlowTokens.subject} was */
  loadProfile(accessToken: string, subject?: unknown): Promise<Profile>;
  /** What the tokens alone say of the user. Absent: nothing, so that a login without the user's data has no profile. */
  profileOf?(tokens: FlowTokens): Profile;
  /** @throws FreedomIdError where a profile, made by a subclass perhaps, is not that of the tokens' user */
  checkProfile?(profile: unknown, subject: unknown): void;
}

/** What a subclass of the strategy adds to a request. The flow's own parameters win. */
export type MoreParams = Record<string, unknown>;

/** What the second leg of a login has in common with the first. */
export interface FlowLogin {
  /** Absolute. */
  callbackURL: string;
  /**
   * In the first leg what the store gave, in the second what came back and the store has accepted. With `state: false`, what the
   * host gave, or nothing, and nothing in the second.
   */
  state: string | undefined;
}

/** What an authorization code or a refresh token is exchanged for. */
export interface FlowTokens {
  accessToken: string;
  refreshToken: string | undefined;
  /** The token response as verify gets it: without the refresh token, which is an argument of its own. */
  params: object;
  /** Whose tokens these are, in a flow whose token response tells it. */
  subject?: unknown;
}
