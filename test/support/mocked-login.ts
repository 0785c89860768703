import { expect } from 'chai';
import type nock from 'nock';
import {
  FreedomIdError,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type VerifyFunction,
} from '../../lib';
import type { AuthenticateOptions } from '../../lib/login/options';
import { endingOf } from './ending';
import { answerOnce } from './nock';
import { minimalOptions } from './options';

/** Logins by bare requests, with nock in the place of Freedom ID. */

const LINK = 'https://passport.freedompay.kz/login?track_id=1&expire_at=2';
export const TOKENS = {
  id: 'token-id',
  access_token: 'access',
  refresh_token: 'refresh',
  access_expire_at: '2000-01-01T00:00:00.000000Z',
};
export const USER = { freedom_id: '01e272c9', firstname: 'John', lastname: 'Doe' };

export const justProfile: VerifyFunction = async (_accessToken, _refreshToken, profile) => profile;

export function strategyWith(
  options: Partial<FreedomIdStrategyOptions> = {},
  verify: VerifyFunction = justProfile,
) {
  return new FreedomIdStrategy({ ...minimalOptions, ...options, passReqToCallback: false }, verify);
}

interface TestRequest {
  url: string;
  session: Record<string, unknown>;
  headers: Record<string, string>;
}

export const request = (url = '/auth/freedom-id', session = {}): TestRequest => ({
  url,
  session,
  headers: { host: 'app.example' },
});

export const answerLink = (link: nock.Body = { redirect_uri: LINK }) =>
  answerOnce('POST', '/api/v1/oauth/authorize', 200, link);
export const answerTokens = (tokens: nock.Body = TOKENS) =>
  answerOnce('POST', '/api/v1/oauth/token', 200, tokens);
export const answerUser = (user: nock.Body = USER) => answerOnce('GET', '/api/v1/oauth/get-data', 200, user);

/** Runs the first leg. @returns the session, and the state that went to Freedom ID */
export async function startLogin(
  strategy: FreedomIdStrategy,
  options?: AuthenticateOptions,
  req = request(),
) {
  const sent = answerLink();
  expect(await endingOf(strategy, req, options)).to.deep.equal({ action: 'redirect', args: [LINK] });
  const body = sent.body as { redirect_uri: string; grants: string[] };
  return { ...body, session: req.session, state: new URL(body.redirect_uri).searchParams.get('state') ?? '' };
}

/** Runs both legs; the answers of the second must have been prepared. */
export async function logIn(
  strategy: FreedomIdStrategy,
  callback = 'authorization_code=C',
  options?: AuthenticateOptions,
) {
  const { session, state } = await startLogin(strategy, options);
  return endingOf(strategy, request(`/callback?state=${state}&${callback}`, session), options);
}

export function expectError(ending: { action: string; args: unknown[] }): FreedomIdError {
  expect(ending.action).to.equal('error');
  expect(ending.args[0]).to.be.instanceOf(FreedomIdError);
  return ending.args[0] as FreedomIdError;
}
