import {
  Configuration,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomNonce,
  randomState,
} from 'openid-client';
import { Strategy } from 'openid-client/passport';
import { CREDENTIALS, type Peer } from '../peer';

/** openid-client's OpenID Connect. Unlike by default, the signature is checked, as ours is. */
export const peer: Peer = (baseURL) => {
  const config = configurationFor(baseURL);
  enableNonRepudiationChecks(config);
  return strategyFor(config);
};

export function configurationFor(baseURL: string): Configuration {
  const { clientID, clientSecret } = CREDENTIALS;
  const server = {
    issuer: baseURL,
    authorization_endpoint: `${baseURL}/openid`,
    token_endpoint: `${baseURL}/api/v1/oidc/token`,
    userinfo_endpoint: `${baseURL}/api/v1/oidc/userinfo`,
    jwks_uri: `${baseURL}/api/v1/oidc/jwks`,
  };
  return new Configuration(server, clientID, clientSecret);
}

/** Its Passport strategy. It leaves user info to the app: verify reads it, and so compares its user with the ID token's. */
export function strategyFor(config: Configuration): Strategy {
  const { callbackURL } = CREDENTIALS;
  // Its default key contains the port, but a login here may begin at one provider and end at another.
  const options = { config, callbackURL, scope: 'openid profile email', sessionKey: 'openid-client' };
  return new AppStrategy(options, async (tokens, done) => {
    const { sub = '' } = tokens.claims() ?? {};
    const info = await fetchUserInfo(config, tokens.access_token, sub);
    done(null, { ...info, id: sub });
  });
}

/** By itself it relies on PKCE. What an app adds is checked as well: state and nonce, as ours are. */
class AppStrategy extends Strategy {
  override authorizationRequestParams(): Record<string, string> {
    return { state: randomState(), nonce: randomNonce() };
  }
}
