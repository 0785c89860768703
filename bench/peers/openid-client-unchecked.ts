import type { Peer } from '../peer';
import { configurationFor, strategyFor } from './openid-client-openid';

/** openid-client's OpenID Connect as it comes: TLS vouches for the ID token, and its signature is not checked. */
export const peer: Peer = (baseURL) => strategyFor(configurationFor(baseURL));
