import { Strategy } from 'passport-google-oauth20';
import { CREDENTIALS, type Peer } from '../peer';

/** passport-google-oauth20: the most used of passport-oauth2's strategies. */
export const peer: Peer = (baseURL) =>
  new Strategy(
    {
      ...CREDENTIALS,
      authorizationURL: `${baseURL}/oauth2/authorize`,
      tokenURL: `${baseURL}/oauth2/token`,
      userProfileURL: `${baseURL}/oauth2/userinfo`,
      scope: ['profile', 'email'],
      state: true,
    },
    (_accessToken, _refreshToken, profile, done) => done(null, profile),
  );
