import type { Peer } from '../peer';
import { configurationFor, strategyFor } from './openid-client-openid';

/** openid-client's OpenID Connect with its defaults: it relies on TLS, and does not check the signature of the ID token. */
export const peer: Peer = (baseURL) => strategyFor(configurationFor(baseURL));
