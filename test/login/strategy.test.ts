import { expect } from 'chai';
import refresh from 'passport-oauth2-refresh';
import { FreedomIdError, type FreedomIdProfile, FreedomIdStrategy } from '../../lib';
import { endingOf } from '../support/ending';
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

/** As tools know it. */
interface OAuth2 {
  constructor: new (...args: unknown[]) => OAuth2;
  getOAuthAccessToken(token: string, params: object, done: (...args: unknown[]) => void): void;
  setAgent(agent: object): void;
}

describe('the base strategy', () => {
  useNock();

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

  it('exchanges a refresh token for tools that make their own object of the class of _oauth2', async () => {
    const sent = answerOnce('PATCH', '/api/v1/oauth/token', 200, TOKENS);
    // As Backstage's own helper does.
    const { _oauth2: own } = strategyWith() as unknown as { _oauth2: Record<string, string> & OAuth2 };
    expect(own).to.have.property('_baseSite', '');
    const another = new own.constructor(
      own._clientId,
      own._clientSecret,
      '',
      own._authorizeUrl,
      own._accessTokenUrl,
    );
    const result = await new Promise<unknown[]>((resolve) =>
      another.getOAuthAccessToken('old', { grant_type: 'refresh_token' }, (...args) => resolve(args)),
    );
    expect(result.slice(0, 3)).to.deep.equal([null, 'access', 'refresh']);
    expect(sent.headers).to.include({ authorization: 'Bearer old' });
  });

  it('is an error that names the option agent when an agent is given in the manner of passport-oauth2', () => {
    const { _oauth2 } = strategyWith() as unknown as { _oauth2: OAuth2 };
    expect(() => _oauth2.setAgent({})).to.throw(TypeError, /to the option agent/);
  });

  describe('as a base class', () => {
    it('sends what the hooks of a subclass add, and gives them the options of the call', async () => {
      const seen: object[] = [];
      class Revoking extends FreedomIdStrategy {
        readonly uri = 'https://app.example/gone';

        override authorizationParams(options: object) {
          seen.push(options);
          return { revoke_uri: this.uri, grants: ['mine'] };
        }

        override tokenParams(options: object) {
          seen.push(options);
          return { extra: this.uri, authorization_code: 'mine' };
        }
      }
      const strategy = new Revoking(minimalOptions, justProfile);
      const link = answerLink();
      const tokens = answerTokens();
      answerUser();
      const options = { state: 'app', mine: 1 };
      const session = {};
      await endingOf(strategy, request('/login', session), options);
      const { redirect_uri, grants, revoke_uri } = link.body as Record<string, string>;
      expect([grants, revoke_uri]).to.deep.equal([['read.firstname', 'read.lastname'], strategy.uri]);
      const callback = `/cb${new URL(redirect_uri as string).search}&authorization_code=C`;
      expect(await endingOf(strategy, request(callback, session), options)).to.include({ action: 'success' });
      expect(tokens.body).to.deep.equal({ extra: strategy.uri, authorization_code: 'C' });
      expect(seen).to.deep.equal([options, options]);
    });

    it('ends in an error when a hook throws, or returns anything but an object that JSON can express', async () => {
      const reason = new Error('own');
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      const throwing = () => {
        throw reason;
      };
      const hooks: (() => unknown)[] = [
        throwing,
        async () => ({}),
        () => undefined,
        () => [],
        () => circular,
      ];
      for (const [index, hook] of hooks.entries()) {
        for (const name of ['authorizationParams', 'tokenParams'] as const) {
          const strategy = Object.assign(strategyWith({ state: false }), { [name]: hook });
          const url = name === 'tokenParams' ? '/cb?authorization_code=C' : '/login';
          const { action, args } = await endingOf(strategy, request(url));
          expect(action).to.equal('error');
          if (index === 0) expect(args[0]).to.equal(reason);
          else expect(args[0], String(hook)).to.be.instanceOf(TypeError);
          if (index === 4) {
            expect(args[0]).to.have.property(
              'message',
              `passport-freedom-id: what ${name} returns must be JSON`,
            );
          }
          if (index > 0 && index < 4) {
            expect(args[0]).to.have.property(
              'message',
              `passport-freedom-id: ${name} must return an object, and not a promise of one`,
            );
          }
        }
      }
    });

    it('leaves the error parser of the base class as it is', () => {
      expect(strategyWith().parseErrorResponse('{"error":"own"}', 400)).to.have.property('code', 'own');
    });

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
