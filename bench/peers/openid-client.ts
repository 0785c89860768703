import { Configuration, fetchUserInfo, skipSubjectCheck } from 'openid-client';
import { Strategy } from 'openid-client/passport';
import { CREDENTIALS, type Peer } from '../peer';

/** openid-client's strategy. It leaves user info to the app: verify reads it, so that every peer sends two requests. */
export const peer: Peer = (baseURL) => {
  const { clientID, clientSecret, callbackURL } = CREDENTIALS;
  const config = new Configuration(
    {
      issuer: baseURL,
      authorization_endpoint: `${baseURL}/oauth2/authorize`,
      token_endpoint: `${baseURL}/oauth2/token`,
      userinfo_endpoint: `${baseURL}/oauth2/userinfo`,
    },
    clientID,
    clientSecret,
  );
  // Its default key contains the port, but a login here may begin at one provider and end at another.
  const options = { config, callbackURL, scope: 'profile email', sessionKey: 'openid-client' };
  return new Strategy(options, async (tokens, done) => {
    const { sub, ...claims } = await fetchUserInfo(config, tokens.access_token, skipSubjectCheck);
    done(null, { ...claims, id: sub });
  });
};
