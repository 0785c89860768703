import { expect } from 'chai';
import type { Request } from 'express';
import type nock from 'nock';
import OAuth2Strategy from 'passport-oauth2';
import refresh from 'passport-oauth2-refresh';
import {
  FreedomIdError,
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type StateStore,
  type VerifyFunction,
} from '../../lib';
import type { AuthenticateOptions } from '../../lib/login/options';
import { endingOf } from '../support/ending';
import { answerOnce, PROVIDER, useNock } from '../support/nock';
import { minimalOptions } from '../support/options';

const LINK = 'https://passport.freedompay.kz/login?track_id=1&expire_at=2';
const TOKENS = {
  id: 'token-id',
  access_token: 'access',
  refresh_token: 'refresh',
  access_expire_at: '2000-01-01T00:00:00.000000Z',
};
const USER = { freedom_id: '01e272c9', firstname: 'John', lastname: 'Doe' };

const justProfile: VerifyFunction = async (_accessToken, _refreshToken, profile) => profile;

function strategyWith(options: Partial<FreedomIdStrategyOptions> = {}, verify: VerifyFunction = justProfile) {
  return new FreedomIdStrategy({ ...minimalOptions, ...options, passReqToCallback: false }, verify);
}

interface TestRequest {
  url: string;
  session: Record<string, unknown>;
  headers: Record<string, string>;
}

const request = (url = '/auth/freedom-id', session = {}): TestRequest => ({
  url,
  session,
  headers: { host: 'app.example' },
});

const answerLink = (link: nock.Body = { redirect_uri: LINK }) =>
  answerOnce('POST', '/api/v1/oauth/authorize', 200, link);
const answerTokens = (tokens: nock.Body = TOKENS) => answerOnce('POST', '/api/v1/oauth/token', 200, tokens);
const answerUser = (user: nock.Body = USER) => answerOnce('GET', '/api/v1/oauth/get-data', 200, user);

/** Runs the first leg. @returns the session, and the state that went to Freedom ID */
async function startLogin(strategy: FreedomIdStrategy, options?: AuthenticateOptions, req = request()) {
  const sent = answerLink();
  expect(await endingOf(strategy, req, options)).to.deep.equal({ action: 'redirect', args: [LINK] });
  const body = sent.body as { redirect_uri: string; grants: string[] };
  return { ...body, session: req.session, state: new URL(body.redirect_uri).searchParams.get('state') ?? '' };
}

/** Runs both legs; the answers of the second must have been prepared. */
async function logIn(
  strategy: FreedomIdStrategy,
  callback = 'authorization_code=C',
  options?: AuthenticateOptions,
) {
  const { session, state } = await startLogin(strategy, options);
  return endingOf(strategy, request(`/callback?state=${state}&${callback}`, session), options);
}

function expectError(ending: { action: string; args: unknown[] }): FreedomIdError {
  expect(ending.action).to.equal('error');
  expect(ending.args[0]).to.be.instanceOf(FreedomIdError);
  return ending.args[0] as FreedomIdError;
}

describe('FreedomIdStrategy', () => {
  useNock();

  it('is a passport-oauth2 strategy', () => {
    expect(strategyWith()).to.be.instanceOf(OAuth2Strategy);
  });

  describe('at the start of a login', () => {
    it('asks for a link with the callback URL and the state, and redirects to it', async () => {
      const { redirect_uri, grants, state, session } = await startLogin(strategyWith());
      expect(state).to.match(/^[\w-]{43}$/);
      expect(redirect_uri).to.equal(`https://app.example/auth/freedom-id/callback?state=${state}`);
      expect(grants).to.deep.equal(['read.firstname', 'read.lastname']);
      expect(session).to.have.all.keys('freedom-id');
    });

    it('uses scope and callback URL of the strategy, or of the call', async () => {
      const strategy = strategyWith({ scope: 'openid,read.email' });
      expect((await startLogin(strategy)).grants).to.deep.equal(['openid', 'read.email']);
      const perCall = { scope: ['read.phone'], callbackURL: '/other?a=b' };
      const { grants, redirect_uri, state } = await startLogin(strategy, perCall);
      expect(grants).to.deep.equal(['read.phone']);
      expect(redirect_uri).to.equal(`http://app.example/other?a=b&state=${state}`);
    });

    it('names an option of the call that is wrong', async () => {
      for (const [option, value] of [
        ['scope', 7],
        ['callbackURL', ''],
        ['callbackURL', '/cb#x'],
      ]) {
        const { action, args } = await endingOf(strategyWith(), request(), { [String(option)]: value });
        expect(action).to.equal('error');
        expect(args[0]).to.be.instanceOf(TypeError).with.property('message').that.includes(option);
      }
    });

    it('uses another session key when told so', async () => {
      expect((await startLogin(strategyWith({ sessionKey: 'mine' }))).session).to.have.all.keys('mine');
    });

    it('fails with 400 when a relative callback URL meets a request without a valid host', async () => {
      const req = { ...request(), headers: { host: 'a b' } };
      const ending = await endingOf(strategyWith({ callbackURL: '/cb' }), req);
      expect(ending).to.deep.equal({
        action: 'fail',
        args: [{ message: 'The request names no valid host.' }, 400],
      });
    });

    it('says what is missing when there is no session', async () => {
      const { action, args } = await endingOf(strategyWith(), { url: '/' });
      expect(action).to.equal('error');
      expect(args[0]).to.be.instanceOf(Error).with.property('message').that.includes('session middleware');
    });

    it('is an error when the response was ended meanwhile, and cannot redirect any more', async () => {
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

    it('is an error when Freedom ID gives no link', async () => {
      answerOnce('POST', '/api/v1/oauth/authorize', 422, {
        error: { message: 'x', errors: { 'grants.0': ['Wrong.'] } },
      });
      expect(expectError(await endingOf(strategyWith(), request()))).to.deep.include({
        code: 'ERR_FREEDOM_ID_REJECTED',
        endpoint: 'authorize',
        fields: { 'grants.0': ['Wrong.'] },
      });
    });
  });

  describe('at the callback', () => {
    it('logs in whom Freedom ID names', async () => {
      const token = answerTokens();
      const data = answerUser();
      const { action, args } = await logIn(strategyWith(), 'authorization_code=a%2Bb');
      expect(action).to.equal('success');
      expect(args[0]).to.deep.include({ id: USER.freedom_id, displayName: 'John Doe', _json: USER });
      expect(args[1]).to.deep.equal({});
      expect(token.body).to.deep.equal({ authorization_code: 'a+b' });
      expect(data.headers).to.include({ authorization: 'Bearer access' });
    });

    it('understands a parameter that was joined with a second ?', async () => {
      answerTokens();
      answerUser();
      const strategy = strategyWith();
      const { session, state } = await startLogin(strategy);
      expect(
        await endingOf(strategy, request(`/cb?state=${state}?authorization_code=C`, session)),
      ).to.include({ action: 'success' });
    });

    it('understands it without a state as well, behind the query of the callback URL', async () => {
      const strategy = strategyWith({ state: false, callbackURL: 'https://app.example/cb?tenant=7' });
      answerTokens();
      answerUser();
      expect(await endingOf(strategy, request('/cb?tenant=7?authorization_code=C'))).to.include({
        action: 'success',
      });
    });

    it('fails when the user has refused, and says so', async () => {
      for (const [query, code] of [
        ['error_code=100102', '100102'],
        ['error=access_denied', 'access_denied'],
      ]) {
        expect(await logIn(strategyWith(), query)).to.deep.equal({
          action: 'fail',
          args: [{ message: 'The login was cancelled at Freedom ID.', code }, undefined],
        });
      }
    });

    it('is an error when Freedom ID reports one', async () => {
      for (const [query, providerCode] of [
        ['error_code=100999', '100999'],
        ['error=server_error', 'server_error'],
      ]) {
        const error = expectError(await logIn(strategyWith(), query));
        expect(error).to.include({
          code: 'ERR_FREEDOM_ID_REJECTED',
          endpoint: 'callback',
          providerCode,
          status: 502,
        });
        expect(error.message).to.equal(
          `Freedom ID callback: the login failed with code ${providerCode}. Ask Freedom ID's support what it means.`,
        );
      }
      const hostile = expectError(
        await logIn(strategyWith(), `error=${encodeURIComponent(`\n[31m${'x y '.repeat(99)}`)}`),
      );
      expect(hostile.message).to.not.match(/\p{Cc}/u);
      expect(hostile.message.length).to.be.below(320);
    });

    it('shows neither the state nor the code in that error, though the callback repeats them', async () => {
      const store = {
        store: (_req: unknown, done: (error: null, state: string) => void) => done(null, 'short-state'),
        verify: (_req: unknown, _state: string, done: (error: null, ok: boolean) => void) => done(null, true),
      };
      const query = 'error=no+short-state+short-code&authorization_code=short-code';
      const { providerCode } = expectError(await logIn(strategyWith({ store }), query));
      expect(providerCode).to.equal('no [redacted] [redacted]');
    });

    it('fails with 403 when the state is missing, forged or used, and sends nothing', async () => {
      const strategy = strategyWith();
      const { session, state } = await startLogin(strategy);
      const refused = await endingOf(strategy, request(`/cb?state=${state}&error_code=100102`, session));
      expect(refused.action).to.equal('fail');
      const queries = [
        'authorization_code=C',
        'authorization_code=C&state=',
        'authorization_code=C&state=x',
        `authorization_code=C&state=${state}`,
        'error=server_error',
      ];
      for (const query of queries) {
        const { action, args } = await endingOf(strategy, request(`/cb?${query}`, session));
        expect(action, query).to.equal('fail');
        expect(args[0])
          .to.have.property('message')
          .that.matches(/start again/);
        expect(args[1]).to.equal(403);
      }
    });

    it('fails with 400 on parameters that are repeated or not text, or on a state alone', async () => {
      const strategy = strategyWith();
      const { session, state } = await startLogin(strategy);
      for (const query of [
        `state=${state}`,
        `state=${state}&state=${state}`,
        `state=${state}&authorization_code[]=C`,
      ]) {
        const { action, args } = await endingOf(strategy, request(`/cb?${query}`, session));
        expect(action, query).to.equal('fail');
        expect(args[0])
          .to.have.property('message')
          .that.matches(/^The callback from Freedom ID /);
        expect(args[1]).to.equal(400);
      }
      answerTokens();
      answerUser();
      const good = await endingOf(strategy, request(`/cb?state=${state}&authorization_code=C`, session));
      expect(good.action, 'a malformed callback uses no state up').to.equal('success');
    });

    it('fails when Freedom ID does not accept the code, at any status but a server error', async () => {
      for (const code of [100101, '100101']) {
        for (const status of [200, 400, 422]) {
          answerOnce('POST', '/api/v1/oauth/token', status, {
            error: { message: 'Invalid authorization_code.', code },
          } as nock.Body);
          expect(await logIn(strategyWith())).to.deep.equal({
            action: 'fail',
            args: [
              {
                message: 'Freedom ID did not accept the authorization code; please start again.',
                code: '100101',
              },
              undefined,
            ],
          });
        }
      }
      answerOnce('POST', '/api/v1/oauth/token', 500, {
        error: { message: 'x', code: 100101 },
      } as unknown as nock.Body);
      expect(expectError(await logIn(strategyWith()))).to.include({
        code: 'ERR_FREEDOM_ID_RESPONSE',
        httpStatus: 500,
      });
    });

    it('is an error when the token request fails otherwise', async () => {
      answerOnce('POST', '/api/v1/oauth/token', 401, { error: { message: 'Client authentication failed.' } });
      const error = expectError(await logIn(strategyWith()));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'token', httpStatus: 401 });
      expect(error.message).to.include('Check clientID and clientSecret');
    });

    it('is an error when get-data does not say who it is, though it knows the code for a refused code', async () => {
      for (const answer of [
        { firstname: 'John' },
        { freedom_id: 7 },
        { error: { message: 'x', code: '100101' } },
      ]) {
        answerTokens();
        answerUser(answer as nock.Body);
        expect(expectError(await logIn(strategyWith()))).to.include({ endpoint: 'get-data' });
      }
    });
  });

  describe('hands to verify', () => {
    it('the tokens and the profile', async () => {
      answerTokens();
      answerUser();
      let seen: unknown[] = [];
      const verify: VerifyFunction = async (...args) => {
        seen = args;
        return args[2];
      };
      await logIn(strategyWith({}, verify));
      expect(seen.slice(0, 2)).to.deep.equal(['access', 'refresh']);
      expect(seen[2]).to.include({ id: USER.freedom_id });
    });

    it('the token answer without its refresh token, with the seconds until it expires', async () => {
      const inAnHour = new Date(Date.now() + 3_600_500).toISOString();
      const answers = [
        [TOKENS, 0],
        [{ ...TOKENS, access_expire_at: inAnHour }, 3600],
        [{ access_token: 'access' }, undefined],
      ] as const;
      for (const [answer, expiresIn] of answers) {
        answerTokens(answer as nock.Body);
        answerUser();
        let seen: Record<string, unknown> = {};
        const strategy = new FreedomIdStrategy(
          minimalOptions,
          (
            _accessToken: string,
            _refreshToken: string,
            params: object,
            profile: FreedomIdProfile,
            done: (error: null, user: object) => void,
          ) => {
            seen = { ...params };
            done(null, profile);
          },
        );
        await logIn(strategy);
        const { refresh_token: _, ...expected } = answer as Record<string, unknown>;
        expect(seen).to.deep.equal({
          ...expected,
          ...(expiresIn !== undefined && { expires_in: expiresIn }),
        });
      }
    });

    it('the very request, under passReqToCallback', async () => {
      answerTokens();
      answerUser();
      let seen: unknown;
      const strategy = new FreedomIdStrategy(
        { ...minimalOptions, passReqToCallback: true },
        (req, _access, _refresh, profile, done) => {
          seen = req;
          done(null, profile);
        },
      );
      const { session, state } = await startLogin(strategy);
      const req = request(`/cb?state=${state}&authorization_code=C`, session);
      expect(await endingOf(strategy, req)).to.include({ action: 'success' });
      expect(seen).to.equal(req);
    });

    it('no profile when it is to be skipped', async () => {
      const always: FreedomIdStrategyOptions['skipUserProfile'][] = [
        true,
        () => true,
        async () => true,
        (_token, done) => done(null, true),
        (_token, done) => void setImmediate(done, null, true),
        (_token?: string) => true,
      ];
      for (const skipUserProfile of always) {
        answerTokens();
        let seen: unknown = 'nothing yet';
        const verify: VerifyFunction = async (_access, _refresh, profile) => {
          seen = profile;
          return { id: 1 };
        };
        expect(await logIn(strategyWith({ skipUserProfile }, verify))).to.include({ action: 'success' });
        expect(seen).to.equal(undefined);
      }
      for (const skipUserProfile of [
        () => false,
        (_token: string, done: (error: null, skip: boolean) => void) => done(null, false),
      ]) {
        answerTokens();
        answerUser();
        expect(await logIn(strategyWith({ skipUserProfile }))).to.include({ action: 'success' });
      }
    });
  });

  describe('lets the app decide', () => {
    const answerOf = async (verify: VerifyFunction, options?: AuthenticateOptions) => {
      answerTokens();
      answerUser();
      return logIn(strategyWith({}, verify), undefined, options);
    };

    it('that there is no such user', async () => {
      expect(await answerOf(async () => false)).to.deep.equal({
        action: 'fail',
        args: [undefined, undefined],
      });
      const info = { message: 'banned' };
      expect(await answerOf((_a, _r, _p, done) => done(null, false, info))).to.deep.equal({
        action: 'fail',
        args: [info, undefined],
      });
    });

    it('and its failures are errors', async () => {
      const reason = new Error('database down');
      expect(await answerOf(async () => Promise.reject(reason))).to.deep.equal({
        action: 'error',
        args: [reason],
      });
      const { action, args } = await answerOf(async () => Promise.reject(undefined));
      expect(action).to.equal('error');
      expect(args[0]).to.be.instanceOf(Error);
    });

    it('what it wants back after the login', async () => {
      const state = { returnTo: '/cart' };
      expect((await answerOf(justProfile, { state })).args[1]).to.deep.equal({ state });
      const withInfo =
        (info?: object | string): VerifyFunction =>
        (_a, _r, p, done) =>
          done(null, p, info);
      expect((await answerOf(withInfo({ scope: 'x' }), { state })).args[1]).to.deep.equal({
        scope: 'x',
        state,
      });
      expect((await answerOf(withInfo('hello'), { state })).args[1]).to.deep.equal({
        message: 'hello',
        state,
      });
      expect((await answerOf(withInfo(null as never), { state })).args[1]).to.deep.equal({ state });
      expect((await answerOf(withInfo({ scope: 'x' }))).args[1]).to.deep.equal({ scope: 'x' });
    });

    it('and state of its own never stands in for the protection', async () => {
      const strategy = strategyWith();
      const { state, session } = await startLogin(strategy, { state: 'chosen' });
      expect(state).to.match(/^[\w-]{43}$/);
      expect(
        await endingOf(strategy, request('/cb?state=chosen&authorization_code=C', session), {
          state: 'chosen',
        }),
      ).to.deep.include({ action: 'fail' });
      answerTokens();
      answerUser();
      const { args } = await endingOf(strategy, request(`/cb?state=${state}&authorization_code=C`, session));
      expect(args[1]).to.deep.equal({ state: 'chosen' });
    });
  });

  describe('with a state store of the app', () => {
    it('asks that, with what passport-oauth2 tells it', async () => {
      const calls: unknown[][] = [];
      const store: StateStore = {
        store: (
          _req: Request,
          appState: unknown,
          meta: unknown,
          done: (error: null, state: string) => void,
        ) => {
          calls.push([appState, meta]);
          done(null, 'a handle/?&');
        },
        verify: (
          _req: Request,
          state: string,
          meta: unknown,
          done: (error: null, ok: boolean, state: unknown) => void,
        ) => {
          calls.push([state, meta]);
          done(null, true, 'from the store');
        },
      };
      const strategy = strategyWith({ store });
      const { state } = await startLogin(strategy, { state: 'app' });
      expect(state).to.equal('a handle/?&');
      answerTokens();
      answerUser();
      const { args } = await endingOf(
        strategy,
        request('/cb?state=a%20handle%2F%3F%26&authorization_code=C'),
      );
      expect(args[1]).to.deep.equal({ state: 'from the store' });
      const meta = {
        authorizationURL: strategy.client.authorizationURL,
        tokenURL: strategy.client.tokenURL,
        clientID: 'demo',
        callbackURL: minimalOptions.callbackURL,
      };
      expect(calls).to.deep.equal([
        ['app', meta],
        ['a handle/?&', meta],
      ]);
    });

    it('fails with 403 and its reason when it says no, and is an error when it fails', async () => {
      const saying = (...answer: unknown[]): StateStore => ({
        store: () => {},
        verify: (_r, _s, done) => done(...answer),
      });
      const callback = request('/cb?state=x&authorization_code=C');
      const no = await endingOf(strategyWith({ store: saying(null, false, { message: 'no' }) }), callback);
      expect(no).to.deep.equal({ action: 'fail', args: [{ message: 'no' }, 403] });
      const reason = new Error('redis down');
      const down = await endingOf(strategyWith({ store: saying(reason) }), callback);
      expect(down).to.deep.equal({ action: 'error', args: [reason] });
    });
  });

  describe('without state, knowingly', () => {
    it('takes any callback', async () => {
      const strategy = strategyWith({ state: false });
      const { redirect_uri } = await startLogin(strategy, undefined, {
        ...request(),
        session: undefined as never,
      });
      expect(redirect_uri).to.equal(minimalOptions.callbackURL);
      answerTokens();
      answerUser();
      expect(await endingOf(strategy, { url: '/cb?authorization_code=C' })).to.include({ action: 'success' });
    });
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

    it('says why when Freedom ID refuses', async () => {
      answerOnce('PATCH', '/api/v1/oauth/token', 401, {});
      const [error, ...nothing] = await refreshed(strategyWith());
      expect(error).to.be.instanceOf(FreedomIdError).with.property('httpStatus', 401);
      expect(nothing.filter((value) => value !== undefined)).to.deep.equal([]);
    });

    it('and whatever else asks passport-oauth2 for tokens, exchanges a code where no refresh is named', async () => {
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

    it('survives a subclass that throws or rejects', async () => {
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

    it('names userProfile when that answers nothing, and declares no done to wait for', async () => {
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

    it('lends it passport-oauth2 set up: the scope, the headers, the token in a header', async () => {
      const strategy = strategyWith({ scope: 'openid', customHeaders: { 'X-Trace': 'abc' } });
      expect(strategy).to.have.deep.property('_scope', ['openid']);
      const data = answerOnce('GET', '/api/v1/oauth/extra', 200, {});
      const { _oauth2 } = strategy as unknown as { _oauth2: { get(...args: unknown[]): void } };
      await new Promise((resolve) => _oauth2.get(`${PROVIDER}/api/v1/oauth/extra`, 'access', resolve));
      expect(data.headers).to.include({ 'x-trace': 'abc', authorization: 'Bearer access' });
    });

    it('leaves the other names to it: login, verify, settings', async () => {
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

    it('lets userProfile be called from outside, once per call', async () => {
      answerUser();
      const [error, profile] = await new Promise<unknown[]>((resolve) =>
        strategyWith().userProfile('t', (...args) => resolve(args)),
      );
      expect(error).to.equal(null);
      expect(profile).to.include({ id: USER.freedom_id });
      answerUser({ nothing: 'here' });
      const [failure] = await new Promise<unknown[]>((resolve) =>
        strategyWith().userProfile('t', (...args) => resolve(args)),
      );
      expect(failure).to.be.instanceOf(FreedomIdError);
    });
  });
});
