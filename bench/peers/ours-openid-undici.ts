import { FreedomIdOidcStrategy } from 'passport-freedom-id/oidc';
import { undiciFetch } from '../../examples/undici';
import { CREDENTIALS, type Peer } from '../peer';

/** This package's OpenID Connect on undici's `request`. */
export const peer: Peer = (baseURL) =>
  new FreedomIdOidcStrategy(
    { ...CREDENTIALS, baseURL, jwksURL: `${baseURL}/api/v1/oidc/jwks`, fetch: undiciFetch() },
    async (_accessToken, _refreshToken, profile) => profile,
  );
