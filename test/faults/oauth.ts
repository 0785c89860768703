import {
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdTokenParams,
  type VerifyCallback,
} from '../../lib';
import { compact } from '../../lib/profile';
import { minimalOptions } from '../support/options';
import type { ExchangeName, LoggedIn } from './flow';
import { loginFlow } from './login';
import { ACCESS_TOKEN, BASIC, BIRTHDAY, CODE, FIRST_NAME, REFRESH_TOKEN, TOKEN_ID, USER_ID } from './values';

const LINK = 'https://passport.freedompay.kz/login?track_id=1&expire_at=1727246098&name=Ә';

const RIGHT_ANSWERS: Partial<Record<ExchangeName, Record<string, unknown>>> = {
  authorize: { redirect_uri: LINK },
  token: {
    id: TOKEN_ID,
    access_token: ACCESS_TOKEN,
    refresh_token: REFRESH_TOKEN,
    access_expire_at: '2100-01-01T00:00:00.000000Z',
    refresh_expire_at: '2100-02-01T00:00:00.000000Z',
  },
  'get-data': { freedom_id: USER_ID, firstname: FIRST_NAME, date_of_birth: BIRTHDAY },
};

const RIGHT_REQUESTS: Partial<Record<ExchangeName, RegExp>> = {
  authorize: new RegExp(`^POST authorize Basic ${BASIC} {"redirect_uri":".+","grants":\\[.+\\]}$`),
  token: new RegExp(`^POST token Basic ${BASIC} {"authorization_code":"${CODE}"}$`),
  'get-data': new RegExp(`^GET get-data Bearer ${ACCESS_TOKEN} $`),
};

/** Freedom ID's own flow (protocol 2 to 7). */
export const OAUTH = loginFlow({
  name: 'a login',
  exchanges: ['authorize', 'token', 'get-data'],
  shared: [],
  link: new RegExp(`^${new URL(LINK).href.replaceAll('?', '\\?')}$`),
  codeParameter: 'authorization_code',
  secrets: [],
  strategyWith: ({ urls, options }) =>
    new FreedomIdStrategy(
      {
        ...minimalOptions,
        ...options,
        authorizationURL: urls.authorize,
        tokenURL: urls.token,
        userProfileURL: urls['get-data'],
        passReqToCallback: false,
      },
      (
        accessToken: string,
        _refreshToken: string | undefined,
        { id: tokenId, expires_in }: FreedomIdTokenParams,
        { id, displayName, birthday }: FreedomIdProfile,
        done: VerifyCallback,
      ) => {
        const expires = expires_in !== undefined;
        done(null, compact({ id, displayName, birthday, accessToken, tokenId, expires }) satisfies LoggedIn);
      },
    ),
  startService: () => ({
    agree: () => CODE,
    answer: (name, { line }) => (RIGHT_REQUESTS[name]?.test(line) ? RIGHT_ANSWERS[name] : undefined),
    rotateKeys() {},
  }),
});
