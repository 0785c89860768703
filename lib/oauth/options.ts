import {
  BASE_URL,
  type ConnectionOptions,
  type ConnectionSettings,
  readConnectionOptions,
  readEndpoint,
} from '../http/options';
import type { LoginOptions } from '../login/options';
import { requireThat } from '../require-that';

/** The options of {@link FreedomIdClient}: how to reach Freedom ID, and as which client. See docs/options.md. */
export interface FreedomIdClientOptions extends ConnectionOptions {
  /** The endpoint that gives login links. @defaultValue `baseURL` + `/api/v1/oauth/authorize` */
  authorizationURL?: string | undefined;
  /** The endpoint that gives tokens. @defaultValue `baseURL` + `/api/v1/oauth/token` */
  tokenURL?: string | undefined;
  /** The endpoint of the user info. @defaultValue `baseURL` + `/api/v1/oauth/get-data` */
  userProfileURL?: string | undefined;
  /** The endpoint of the full profile. Its status is at `/status` below it. @defaultValue `baseURL` + `/api/v1/oauth/get-profile` */
  profileURL?: string | undefined;
  /**
   * The endpoint that creates and updates users.
   *
   * @defaultValue `https://api.freedompay.kz/api/v1/oauth/user`, or with a `baseURL` of your own `baseURL` + `/api/v1/oauth/user`
   */
  usersURL?: string | undefined;
}

/** What {@link LoginOptions} has besides in this flow. */
interface OwnLoginOptions extends LoginOptions {
  /**
   * Where in the redirect URI the state is: the parameter `state` of the query, or the last segment of the path, for a Freedom ID
   * that does not keep the query (protocol 2). With `'path'`, the route of the callback must take one more segment.
   * See docs/state.md#where-the-state-travels.
   *
   * @defaultValue `'query'`
   */
  stateIn?: 'query' | 'path' | undefined;
}

/** The options of {@link FreedomIdStrategy}. See docs/options.md. */
export interface FreedomIdStrategyOptions extends FreedomIdClientOptions, OwnLoginOptions {
  /** Whether verify gets the request first: with `true`, the type is {@link FreedomIdStrategyOptionsWithRequest}. @defaultValue `false` */
  passReqToCallback?: false | undefined;
}

/** The options of a {@link FreedomIdStrategy} whose verify function gets the request first. */
export interface FreedomIdStrategyOptionsWithRequest extends FreedomIdClientOptions, OwnLoginOptions {
  /** Verify gets the request first. */
  passReqToCallback: true;
}

/** Protocol 9. */
const USERS_HOST = 'https://api.freedompay.kz';

/** {@link FreedomIdClientOptions}, checked and complete. */
export interface ClientSettings extends ConnectionSettings {
  authorizationURL: string;
  tokenURL: string;
  userProfileURL: string;
  profileURL: string;
  usersURL: string;
}

/** @throws `TypeError` that names the option and what it should be */
export function readClientOptions(options: FreedomIdClientOptions): ClientSettings {
  const connection = readConnectionOptions(options);
  const endpoint = (name: 'authorizationURL' | 'tokenURL' | 'userProfileURL', path: string) =>
    readEndpoint(options[name], name, path, connection);
  // No login needs these two. An agent for logins may not fit their default URLs, so only a URL that was given is checked.
  const optional = (name: 'profileURL' | 'usersURL', url: string) =>
    options[name] === undefined ? url : readEndpoint(options[name], name, '', connection);
  const { baseURL } = connection;
  const usersHost = baseURL === BASE_URL ? USERS_HOST : baseURL;
  return {
    ...connection,
    authorizationURL: endpoint('authorizationURL', '/api/v1/oauth/authorize'),
    tokenURL: endpoint('tokenURL', '/api/v1/oauth/token'),
    userProfileURL: endpoint('userProfileURL', '/api/v1/oauth/get-data'),
    profileURL: optional('profileURL', `${baseURL}/api/v1/oauth/get-profile`),
    usersURL: optional('usersURL', `${usersHost}/api/v1/oauth/user`),
  };
}

/** @throws `TypeError` where it is neither of the two */
export function readStateIn({ stateIn = 'query' }: OwnLoginOptions): 'query' | 'path' {
  requireThat(stateIn === 'query' || stateIn === 'path', 'stateIn', "'query' or 'path'", stateIn);
  return stateIn;
}

/** The URL of the full profile's status: `/status` is added to the path of `profileURL` (protocol 8), before a query. */
export function statusURLOf(profileURL: string): string {
  const url = new URL(profileURL);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/status`;
  return url.href;
}
