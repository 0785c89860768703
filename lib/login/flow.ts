import type { StateMetadata } from './state';

/**
 * What a login needs to know of the protocol that it speaks with Freedom ID. Everything else about a login is the same
 * whichever the protocol.
 *
 * @typeParam Profile - what {@link Flow.loadProfile} makes of the user
 */
export interface Flow<Profile = unknown> {
  /** The strategy's name, and where in the session its pending logins are kept. */
  readonly name: string;
  /** Told to state stores, together with the callback URL. */
  readonly client: Omit<StateMetadata, 'callbackURL'>;
  /** What a user is asked for where the app does not say. */
  readonly defaultScope: readonly string[];
  /** The callback's parameter that brings the authorization code. */
  readonly codeParameter: string;
  /** The error codes of the token endpoint by which it refuses an authorization code. */
  readonly refusedCodes: readonly string[];

  /** @returns where the browser signs in: a URL that is safe in a `Location` header */
  createLink(login: {
    callbackURL: string;
    state: string | undefined;
    scope: readonly string[];
  }): Promise<string>;
  exchangeCode(code: string): Promise<FlowTokens>;
  refreshTokens(refreshToken: string): Promise<FlowTokens>;
  loadProfile(accessToken: string): Promise<Profile>;
}

/** What an authorization code or a refresh token is exchanged for. */
export interface FlowTokens {
  accessToken: string;
  refreshToken: string | undefined;
  /** The token response as verify gets it: without the refresh token, which is an argument of its own. */
  params: object;
}
