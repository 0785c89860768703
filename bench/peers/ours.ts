import { FreedomIdStrategy } from 'passport-freedom-id';
import { CREDENTIALS, type Peer } from '../peer';

/** This package, as its README shows it. */
export const peer: Peer = (baseURL) =>
  new FreedomIdStrategy({ ...CREDENTIALS, baseURL }, async (_accessToken, _refreshToken, profile) => profile);
