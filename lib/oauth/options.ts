import {
  type ConnectionOptions,
  type ConnectionSettings,
  readConnectionOptions,
  readEndpoint,
} from '../http/options';
import type { LoginOptions } from '../login/options';

/** How to reach Freedom ID, and as whom. The strategy's options include these. */
export interface FreedomIdClientOptions extends ConnectionOptions {
  /** Where login links are asked for. @defaultValue `baseURL` + `/api/v1/oauth/authorize` */
  authorizationURL?: string | undefined;
  /** Where codes and refresh tokens become access tokens. @defaultValue `baseURL` + `/api/v1/oauth/token` */
  tokenURL?: string | undefined;
  /** Where the user's data are. @defaultValue `baseURL` + `/api/v1/oauth/get-data` */
  userProfileURL?: string | undefined;
}

/** The options of the strategy. The default scope is `['read.firstname', 'read.lastname']`. */
export interface FreedomIdStrategyOptions extends FreedomIdClientOptions, LoginOptions {
  /** Call verify with the request first: see {@link FreedomIdStrategyOptionsWithRequest}. @defaultValue `false` */
  passReqToCallback?: false | undefined;
}

/** The options of a strategy whose verify function gets the request first. */
export interface FreedomIdStrategyOptionsWithRequest extends FreedomIdClientOptions, LoginOptions {
  passReqToCallback: true;
}

/** {@link FreedomIdClientOptions}, checked and complete. */
export interface ClientSettings extends ConnectionSettings {
  authorizationURL: string;
  tokenURL: string;
  userProfileURL: string;
}

/** @throws `TypeError` that names the option and what it should be */
export function readClientOptions(options: FreedomIdClientOptions): ClientSettings {
  const connection = readConnectionOptions(options);
  const endpoint = (name: 'authorizationURL' | 'tokenURL' | 'userProfileURL', path: string) =>
    readEndpoint(options[name], name, path, connection);
  return {
    ...connection,
    authorizationURL: endpoint('authorizationURL', '/api/v1/oauth/authorize'),
    tokenURL: endpoint('tokenURL', '/api/v1/oauth/token'),
    userProfileURL: endpoint('userProfileURL', '/api/v1/oauth/get-data'),
  };
}
