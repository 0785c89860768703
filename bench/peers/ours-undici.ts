import { FreedomIdStrategy } from 'passport-freedom-id';
import { undiciFetch } from '../../examples/undici';
import { CREDENTIALS, type Peer } from '../peer';

/** This package on undici's `request`, as docs/options.md shows it. */
export const peer: Peer = (baseURL) =>
  new FreedomIdStrategy(
    { ...CREDENTIALS, baseURL, fetch: undiciFetch() },
    async (_accessToken, _refreshToken, profile) => profile,
  );
