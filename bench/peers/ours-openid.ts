import { FreedomIdOidcStrategy } from 'passport-freedom-id/oidc';
import { CREDENTIALS, type Peer } from '../peer';

/** This package's OpenID Connect. The signature is checked. */
export const peer: Peer = (baseURL) =>
  new FreedomIdOidcStrategy(
    { ...CREDENTIALS, baseURL, jwksURL: `${baseURL}/api/v1/oidc/jwks` },
    async (_accessToken, _refreshToken, profile) => profile,
  );
