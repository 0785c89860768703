import { expect } from 'chai';
import refresh from 'passport-oauth2-refresh';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from '../../lib';
import {
  answerLink,
  answerTokens,
  answerUser,
  justProfile,
  logIn,
  request,
  strategyWith,
  TOKENS,
} from '../support/mocked-login';
import { answerOnce, PROVIDER, useNock } from '../support/nock';
import { minimalOptions } from '../support/options';

describe('the base strategy', () => {
  useNock();

  it('ends in an error when the redirect throws, because the response has ended meanwhile', async () => {
    answerLink();
    const reason = new Error('headers already sent');
    const error = await new Promise((resolve) => {
      const copy = Object.create(strategyWith());
      copy.redirect = () => {
        throw reason;
      };
      copy.error = resolve;
      copy.authenticate(request());
    });
    expect(error).to.equal(reason);
  });

  describe('with passport-oauth2-refresh', () => {
    const refreshed = (strategy: FreedomIdStrategy) => {
      refresh.use(strategy);
      return new Promise<unknown[]>((resolve) =>
        refresh.requestNewAccessToken('freedom-id', 'old', (...args) => resolve(args)),
      );
    };

    it('exchanges a refresh token for new ones', async () => {
      const sent = answerOnce('PATCH', '/api/v1/oauth/token', 200, TOKENS);
      const [error, accessToken, refreshToken, params] = await refreshed(strategyWith());
      expect(error).to.equal(null);
      expect([accessToken, refreshToken]).to.deep.equal(['access', 'refresh']);
      expect(params).to.include({ access_token: 'access', expires_in: 0 });
      expect(sent.headers).to.include({ authorization: 'Bearer old' });
    });

    it('passes on the error when Freedom ID refuses', async () => {
      answerOnce('PATCH', '/api/v1/oauth/token', 401, {});
      const [error, ...nothing] = await refreshed(strategyWith());
      expect(error).to.be.instanceOf(FreedomIdError).with.property('httpStatus', 401);
      expect(nothing.filter((value) => value !== undefined)).to.deep.equal([]);
    });

    it('exchanges an authorization code for any caller that does not ask for a refresh', async () => {
      const { _oauth2 } = strategyWith() as unknown as {
        _oauth2: {
          getOAuthAccessToken(code: string, params: object | null, done: (...args: unknown[]) => void): void;
        };
      };
      for (const params of [null, {}, { grant_type: 'authorization_code' }]) {
        const sent = answerTokens();
        const [error, accessToken] = await new Promise<unknown[]>((resolve) =>
          _oauth2.getOAuthAccessToken('C', params, (...args) => resolve(args)),
        );
        expect([error, accessToken]).to.deep.equal([null, 'access']);
        expect(sent.body).to.deep.equal({ authorization_code: 'C' });
      }
    });
  });

  describe('as a base class', () => {
    it('lets a subclass load the profile, by callback or by promise', async () => {
      class ByCallback extends FreedomIdStrategy {
        override userProfile(
          accessToken: string,
          done: (error?: unknown, profile?: FreedomIdProfile) => void,
        ) {
          super.userProfile(accessToken, (error, profile) =>
            done(error, profile && { ...profile, displayName: 'mine' }),
          );
        }
      }
      class ByPromise extends FreedomIdStrategy {
        override async userProfile(accessToken: string) {
          return { ...(await this.client.getUserInfo(accessToken)), displayName: 'mine' };
        }
      }
      for (const Subclass of [ByCallback, ByPromise]) {
        answerTokens();
        answerUser();
        const { args } = await logIn(new Subclass(minimalOptions, justProfile));
        expect(args[0]).to.include({ displayName: 'mine' });
      }
    });

    it('ends in an error when the userProfile of a subclass throws or rejects', async () => {
      const reason = new Error('own');
      class Throwing extends FreedomIdStrategy {
        override userProfile() {
          throw reason;
        }
      }
      class Rejecting extends FreedomIdStrategy {
        override async userProfile() {
          throw reason;
        }
      }
      for (const Subclass of [Throwing, Rejecting]) {
        answerTokens();
        expect(await logIn(new Subclass(minimalOptions, justProfile))).to.deep.equal({
          action: 'error',
          args: [reason],
        });
      }
    });

    it('ends in an error that names userProfile when it returns nothing and declares no done', async () => {
      class Forgetful extends FreedomIdStrategy {
        override userProfile(_accessToken: string) {}
      }
      answerTokens();
      const { action, args } = await logIn(new Forgetful(minimalOptions, justProfile));
      expect(action).to.equal('error');
      expect(args[0])
        .to.have.property('message')
        .that.matches(/^passport-freedom-id: userProfile returned nothing/);
    });

    it('gives a subclass a configured base class: the scope, the headers, the token in a header', async () => {
      const strategy = strategyWith({ scope: 'openid', customHeaders: { 'X-Trace': 'abc' } });
      expect(strategy).to.have.deep.property('_scope', ['openid']);
      const data = answerOnce('GET', '/api/v1/oauth/extra', 200, {});
      const { _oauth2 } = strategy as unknown as { _oauth2: { get(...args: unknown[]): void } };
      await new Promise((resolve) => _oauth2.get(`${PROVIDER}/api/v1/oauth/extra`, 'access', resolve));
      expect(data.headers).to.include({ 'x-trace': 'abc', authorization: 'Bearer access' });
    });

    it('lets a subclass use names such as login, verify and settings', async () => {
      class Crowded extends FreedomIdStrategy {
        verify = 'mine';

        settings = 'mine';

        login() {
          return 'mine';
        }
      }
      answerTokens();
      answerUser();
      expect(await logIn(new Crowded(minimalOptions, justProfile))).to.include({ action: 'success' });
    });
  });
});
