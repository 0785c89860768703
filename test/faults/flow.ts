import type { FreedomIdEndpoint, FreedomIdStrategyOptions } from '../../lib';

/** The exchanges of all flows, each with its endpoint in errors. */
export const ENDPOINTS = {
  authorize: 'authorize',
  token: 'token',
  'get-data': 'get-data',
  'oidc-token': 'token',
  jwks: 'jwks',
  userinfo: 'userinfo',
  'get-profile': 'get-profile',
  'profile-status': 'profile-status',
  'create-user': 'user',
  'update-user': 'user',
  refresh: 'token',
} as const satisfies Record<string, FreedomIdEndpoint>;

export type ExchangeName = keyof typeof ENDPOINTS;

/** A series of exchanges with Freedom ID: a login of one kind, or calls of the client, which need no login. */
export interface FlowUnderTest {
  /** Its name in the titles of its tests. */
  name: string;
  /** Its exchanges, in their order. */
  exchanges: readonly ExchangeName[];
  /** Whether the exchanges are independent: then each run makes only one of them. */
  isAnyOf?: true;
  /** The exchanges that several runs at once share: the request is sent once. */
  shared: readonly ExchangeName[];
  /** What no error may show, besides the secrets that all flows have. */
  secrets: readonly string[];
  /** What it yields when all is well. */
  yields(exchange: ExchangeName): object;
  start(): StartedFlow;
}

/** A flow with a Freedom ID of its own. */
export interface StartedFlow {
  /** Answers when all is well. @returns undefined where the request is not the right one */
  answer(name: ExchangeName, request: SentRequest): Record<string, unknown> | undefined;
  /** Makes everything useless that clients have kept from earlier runs. */
  rotateKeys(): void;
  /** @returns a function that runs it once */
  connect(exchange: ExchangeName, connection: Connection): () => Promise<Run>;
}

/** How to reach Freedom ID. */
export interface Connection {
  urls: Readonly<Record<ExchangeName, string>>;
  options: Pick<FreedomIdStrategyOptions, 'agent' | 'fetch' | 'timeout'>;
}

/** A request, as it was received. */
export interface SentRequest {
  /** Its method, endpoint, authorization and body. */
  line: string;
  body: string;
}

/** One time through a flow, up to where it ended. */
export interface Run {
  /** In a word or two, as the table shows it: `ok`, `fail 100101`, `error NETWORK`. */
  outcome: string;
  /** What it yielded, or why it failed. */
  result: unknown;
  /** All that an app might log. */
  loggable: unknown[];
  /** What no error of this one may show. */
  secrets: string[];
}

/** The user that a login signed in, with what verify was given. */
export interface LoggedIn {
  id: string;
  displayName: string;
  birthday?: string;
  accessToken: string;
  tokenId?: unknown;
  /** Whether the app is told when the access token expires. */
  expires: boolean;
}
