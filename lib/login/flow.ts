import type { StateMetadata } from './state';

/**
 * The part of a login that depends on its protocol: OAuth or OpenID Connect. Everything else is the same for both. The
 * asynchronous methods never throw: they reject, with a `FreedomIdError` if Freedom ID is the reason.
 *
 * @typeParam Profile - what {@link Flow.loadProfile} makes of the user
 */
export interface Flow<Profile = unknown> {
  /** The strategy's name, and where in the session its pending logins are kept. */
  readonly name: string;
  /** What state stores and the base class get. */
  readonly provider: Omit<StateMetadata, 'callbackURL'>;
  /** The scope if the app gives none. */
  readonly defaultScope: readonly string[];
  /** The callback's parameter that brings the authorization code. */
  readonly codeParameter: string;
  /** Whether that parameter alone makes a request a callback, whatever its path: apps have no parameter of this name. */
  readonly isCodeUnmistakable: boolean;
  /**
   * Where in the URL of the callback the state comes back: as the parameter `state`, or as the last segment of the path. A `state`
   * in the query is then the app's own.
   */
  readonly stateIn: 'query' | 'path';
  /** What the callback's `iss` must be, if it has one (RFC 9207). If this is absent, `iss` has no meaning in the flow. */
  readonly issuer?: string;
  /** The `providerCode`s of errors by which Freedom ID refuses an authorization code. */
  readonly invalidCodeErrors: readonly string[];

  /** @returns the URL where the browser signs in, safe in a `Location` header */
  createLink(login: FlowLogin, scope: readonly string[], params: MoreParams): Promise<string>;
  /** @param login - absent if a tool for passport-oauth2 exchanges a code outside of a login */
  exchangeCode(code: string, login?: FlowLogin, params?: MoreParams): Promise<FlowTokens>;
  refreshTokens(refreshToken: string): Promise<FlowTokens>;
  /** @param subject - that of the tokens: {@link FlowTokens.subject} */
  loadProfile(accessToken: string, subject?: unknown): Promise<Profile>;
  /** The profile that the tokens alone give. Absent if they say nothing about the user: a login that skips the profile has none then. */
  profileOf?(tokens: FlowTokens): Profile;
  /** @throws FreedomIdError if a profile, which a subclass may have made, is not that of the tokens' user */
  checkProfile?(profile: unknown, subject: unknown): void;
}

/** What a subclass of the strategy adds to a request. The flow's own parameters win. */
export type MoreParams = Record<string, unknown>;

/** What the second leg of a login has in common with the first. */
export interface FlowLogin {
  /** Absolute. */
  callbackURL: string;
  /**
   * In the first leg, what the store gave. In the second, what came back and the store has accepted. With `state: false`: in the
   * first leg what the app gave, if anything; in the second nothing.
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
