import { FreedomIdStrategy } from 'passport-freedom-id';
import { CREDENTIALS, type Peer } from '../peer';

/** This package on the platform's own HTTP client. */
export const peer: Peer = (baseURL) =>
  new FreedomIdStrategy(
    { ...CREDENTIALS, baseURL, fetch: globalThis.fetch },
    async (_accessToken, _refreshToken, profile) => profile,
  );
