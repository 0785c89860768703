import type { LoginStrategy } from '../../lib/login/strategy';

/** The exchanges of the logins of both flows, each with the option that holds its URL. */
export const URL_OPTIONS = {
  authorize: 'authorizationURL',
  token: 'tokenURL',
  'get-data': 'userProfileURL',
  'oidc-token': 'tokenURL',
  jwks: 'jwksURL',
  userinfo: 'userInfoURL',
} as const;

export type ExchangeName = keyof typeof URL_OPTIONS;

/** A flow, and what a login by it consists of. */
export interface FlowUnderTest {
  /** In the title of its tests. */
  name: string;
  /** In the order of a login. */
  exchanges: readonly ExchangeName[];
  /** Of these, what is asked for once for all the logins that wait for it. */
  shared: readonly ExchangeName[];
  /** Where the browser is sent to sign in. */
  link: RegExp;
  /** The callback's parameter that brings the code. */
  codeParameter: string;
  /** What no error may show, besides the secrets that both flows have. */
  secrets: readonly string[];
  /** @param options - the connection's */
  strategyWith(options: object): Strategy;
  startService(): Service;
}

export type Strategy = Pick<LoginStrategy<unknown>, 'authenticate' | 'name'>;

/** What Freedom ID does when all is well. */
export interface Service {
  /** The user agrees on the login page. @returns the code that the browser brings back */
  agree(link: string): string;
  /** @returns undefined where the request is not the right one */
  answer(name: ExchangeName, request: SentRequest): Record<string, unknown> | undefined;
  /** Whatever clients keep of earlier logins is of no use from now on. */
  rotateKeys(): void;
}

/** A request, as it was received. */
export interface SentRequest {
  /** Its method, path, authorization and body. */
  line: string;
  body: string;
}

/** The user that a login signed in, with what verify was given. */
export interface LoggedIn {
  id: string;
  displayName: string;
  birthday: string | undefined;
  accessToken: string;
  tokenId: unknown;
  /** Whether the app is told when the access token expires. */
  expires: boolean;
}
