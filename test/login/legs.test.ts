import { expect } from 'chai';
import type { Request } from 'express';
import type nock from 'nock';
import {
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type FreedomIdTokenParams,
  type StateStore,
  type VerifyFunction,
  type VerifyFunctionWithParams,
} from '../../lib';
import type { AuthenticateOptions } from '../../lib/login/options';
import { endingOf } from '../support/ending';
import {
  answerTokens,
  answerUser,
  expectError,
  justProfile,
  logIn,
  request,
  startLogin,
  strategyWith,
  TOKENS,
  USER,
} from '../support/mocked-login';
import { answerOnce, useNock } from '../support/nock';
import { minimalOptions } from '../support/options';

describe('a login', () => {
  useNock();

  describe('in its first leg', () => {
    it('asks for a link with the callback URL and the state, and redirects to it', async () => {
      const { redirect_uri, grants, state, session } = await startLogin(strategyWith());
      expect(state).to.match(/^[\w-]{43}$/);
      expect(redirect_uri).to.equal(`https://app.example/auth/freedom-id/callback?state=${state}`);
      expect(grants).to.deep.equal(['read.firstname', 'read.lastname']);
      expect(session).to.have.all.keys('freedom-id');
    });

    it('uses the scope and the callback URL of the call, or else of the strategy', async () => {
      const strategy = strategyWith({ scope: 'openid,read.email' });
      expect((await startLogin(strategy)).grants).to.deep.equal(['openid', 'read.email']);
      const perCall = { scope: ['read.phone'], callbackURL: '/other?a=b' };
      const { grants, redirect_uri, state } = await startLogin(strategy, perCall);
      expect(grants).to.deep.equal(['read.phone']);
      expect(redirect_uri).to.equal(`http://app.example/other?a=b&state=${state}`);
    });

    it('uses the option of the strategy if that of the call is not set', async () => {
      for (const unset of ['', null, undefined]) {
        const options = { scope: unset, callbackURL: unset } as AuthenticateOptions;
        const { grants, redirect_uri, state } = await startLogin(strategyWith(), options);
        expect(grants).to.deep.equal(['read.firstname', 'read.lastname']);
        expect(redirect_uri).to.equal(`${minimalOptions.callbackURL}?state=${state}`);
      }
      expect(await startLogin(strategyWith(), null as never)).to.have.property('state');
    });

    it('starts for the parameters state and error of the app, unless the callback URL is asked for', async () => {
      for (const url of ['/login?state=/orders', '/login?error=cancelled']) {
        const req = request(url);
        expect((await startLogin(strategyWith(), {}, req)).state).to.match(/^[\w-]{43}$/);
      }
    });

    it('ends in an error that names a wrong option of the call', async () => {
      for (const [option, value] of [
        ['scope', 7],
        ['callbackURL', new URL('https://app.example/cb')],
        ['callbackURL', '/cb#x'],
      ]) {
        const { action, args } = await endingOf(strategyWith(), request(), { [String(option)]: value });
        expect(action).to.equal('error');
        expect(args[0]).to.be.instanceOf(TypeError).with.property('message').that.includes(option);
      }
    });

    it('keeps the state under the option sessionKey', async () => {
      expect((await startLogin(strategyWith({ sessionKey: 'mine' }))).session).to.have.all.keys('mine');
    });

    it('fails with 400 when a relative callback URL meets a request without a valid host', async () => {
      const req = { ...request(), headers: { host: 'a b' } };
      const ending = await endingOf(strategyWith({ callbackURL: '/cb' }), req);
      expect(ending).to.deep.equal({
        action: 'fail',
        args: [{ message: 'The request names no valid host.', reason: 'no-host' }, 400],
      });
    });

    it('ends in an error that tells what is missing when there is no session', async () => {
      const { action, args } = await endingOf(strategyWith(), { url: '/' });
      expect(action).to.equal('error');
      expect(args[0]).to.be.instanceOf(Error).with.property('message').that.includes('session middleware');
    });

    it('ends in an error when Freedom ID gives no link', async () => {
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

  describe('in its second leg', () => {
    it('signs in the user whom Freedom ID names', async () => {
      const token = answerTokens();
      const data = answerUser();
      const { action, args } = await logIn(strategyWith(), 'authorization_code=a%2Bb');
      expect(action).to.equal('success');
      expect(args[0]).to.deep.include({ id: USER.freedom_id, displayName: 'John Doe', _json: USER });
      expect(args[1]).to.deep.equal({});
      expect(token.body).to.deep.equal({ authorization_code: 'a+b' });
      expect(data.headers).to.include({ authorization: 'Bearer access' });
    });

    it('understands a code that was added with a second ?', async () => {
      answerTokens();
      answerUser();
      const strategy = strategyWith();
      const { session, state } = await startLogin(strategy);
      expect(
        await endingOf(strategy, request(`/cb?state=${state}?authorization_code=C`, session)),
      ).to.include({ action: 'success' });
    });

    it('understands a code that was added with a second ? when there is no state', async () => {
      const strategy = strategyWith({ state: false, callbackURL: 'https://app.example/cb?tenant=7' });
      answerTokens();
      answerUser();
      expect(await endingOf(strategy, request('/cb?tenant=7?authorization_code=C'))).to.include({
        action: 'success',
      });
    });

    it('fails, and says why, when the user has refused', async () => {
      for (const [query, code] of [
        ['error_code=100102', '100102'],
        ['error=access_denied', 'access_denied'],
      ]) {
        expect(await logIn(strategyWith(), query)).to.deep.equal({
          action: 'fail',
          args: [{ message: 'The login was cancelled at Freedom ID.', reason: 'cancelled', code }, undefined],
        });
      }
    });

    it('passes on what the callback says about a refusal or an error', async () => {
      const refusal = 'error=access_denied&error_description=Consent%0Aexpired';
      const { args } = await logIn(strategyWith(), refusal);
      expect(args[0]).to.include({ description: 'Consent expired' });
      const error = 'error=server_error&error_description=Consent+1.0+expired.';
      expect(expectError(await logIn(strategyWith(), error)).message).to.equal(
        'Freedom ID callback: the login failed with code server_error, "Consent 1.0 expired". Ask Freedom ID\'s support what it means.',
      );
      const empty = await logIn(strategyWith(), 'error=access_denied&error_description=');
      expect(empty.args[0]).to.not.have.property('description');
    });

    it("names the app's own options where a standard error is about them", async () => {
      const errors = ['invalid_request', 'unauthorized_client', 'unsupported_response_type', 'invalid_scope'];
      for (const code of errors) {
        const { message } = expectError(await logIn(strategyWith(), `error=${code}`));
        expect(message).to.equal(
          `Freedom ID callback: the login failed with code ${code}. Check clientID, scope and callbackURL.`,
        );
      }
    });

    it('fails with 405 on a HEAD request, and the login can still be finished', async () => {
      const strategy = strategyWith();
      const { session, state } = await startLogin(strategy);
      const url = `/auth/freedom-id/callback?state=${state}&authorization_code=C`;
      const { action, args } = await endingOf(strategy, { ...request(url, session), method: 'HEAD' });
      expect([action, args[1]]).to.deep.equal(['fail', 405]);
      expect(args[0]).to.deep.equal({
        message: 'A HEAD request cannot finish a login: open the link in a browser.',
        reason: 'head-request',
      });
      answerTokens();
      answerUser();
      expect(await endingOf(strategy, request(url, session))).to.include({ action: 'success' });
    });

    it('saves the session without the used state before it asks Freedom ID, and asks nothing if that fails', async () => {
      const strategy = strategyWith();
      const { session, state } = await startLogin(strategy);
      const reason = new Error('redis down');
      const saving = { regenerate() {}, save: (done: (error: Error) => void) => setImmediate(done, reason) };
      const req = request(`/cb?state=${state}&authorization_code=C`, Object.assign(session, saving));
      expect(await endingOf(strategy, req)).to.deep.equal({ action: 'error', args: [reason] });
      expect(session['freedom-id']).to.deep.equal({});
    });

    it('ends in an error when the callback reports one', async () => {
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

    it('shows no state and no code in the error of a callback, even if the callback repeats them', async () => {
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
        const url = `/auth/freedom-id/callback?${query}`;
        const { action, args } = await endingOf(strategy, request(url, session));
        expect(action, query).to.equal('fail');
        expect(args[0])
          .to.have.property('message')
          .that.matches(/start again/);
        expect(args[0]).to.have.property('reason', 'no-pending-login');
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
        const url = `/auth/freedom-id/callback?${query}`;
        const { action, args } = await endingOf(strategy, request(url, session));
        expect(action, query).to.equal('fail');
        expect(args[0])
          .to.have.property('message')
          .that.matches(/^The callback from Freedom ID /);
        expect(args[0]).to.have.property('reason', 'malformed-callback');
        expect(args[1]).to.equal(400);
      }
      answerTokens();
      answerUser();
      const good = await endingOf(strategy, request(`/cb?state=${state}&authorization_code=C`, session));
      expect(good.action, 'a malformed callback uses no state up').to.equal('success');
    });

    it('fails when Freedom ID does not accept the code, at any status below 500', async () => {
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
                reason: 'code-refused',
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

    it('ends in an error when the token request fails for another reason', async () => {
      answerOnce('POST', '/api/v1/oauth/token', 401, { error: { message: 'Client authentication failed.' } });
      const error = expectError(await logIn(strategyWith()));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'token', httpStatus: 401 });
      expect(error.message).to.include('Check clientID and clientSecret');
    });

    it('ends in an error when get-data gives no user, even with the error code of a refused authorization code', async () => {
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

  describe('calls verify', () => {
    it('with the tokens and the profile', async () => {
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

    it('with the token response without its refresh token, and with expires_in where the expiry is known', async () => {
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

    it('with the token response as an ordinary object, whatever its members are called', async () => {
      answerTokens('{"access_token":"access","__proto__":{"isAdmin":true}}');
      answerUser();
      let seen: FreedomIdTokenParams | undefined;
      const verify: VerifyFunctionWithParams = (_accessToken, _refreshToken, params, profile, done) => {
        seen = params;
        done(null, profile);
      };
      await logIn(new FreedomIdStrategy(minimalOptions, verify));
      expect(seen).to.not.have.property('isAdmin');
      expect(Object.getPrototypeOf(seen)).to.equal(Object.prototype);
    });

    it('with the original request object, under passReqToCallback', async () => {
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

    it('without a profile under skipUserProfile', async () => {
      const always: FreedomIdStrategyOptions['skipUserProfile'][] = [
        true,
        () => true,
        async () => true,
        (_token, done) => done(null, true),
        (_token, done) => void setImmediate(done, null, true),
        (_token?: string) => true,
        async (_token, _done) => true,
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
        () => undefined as never,
        (_token: string, done: (error: null, skip: boolean) => void) => done(null, false),
        async (_token: string, _done: unknown) => false,
      ]) {
        answerTokens();
        answerUser();
        expect(await logIn(strategyWith({ skipUserProfile }))).to.include({ action: 'success' });
      }
    });
  });

  describe('follows the result of verify:', () => {
    const answerOf = async (verify: VerifyFunction, options?: AuthenticateOptions) => {
      answerTokens();
      answerUser();
      return logIn(strategyWith({}, verify), undefined, options);
    };

    it('it fails without a user, and passes the reason on', async () => {
      for (const nobody of [false, null, undefined]) {
        expect(await answerOf(async () => nobody)).to.deep.equal({
          action: 'fail',
          args: [{ message: 'This account may not sign in here.', reason: 'verify' }, undefined],
        });
      }
      const info = { message: 'banned' };
      expect(await answerOf((_a, _r, _p, done) => done(null, false, info))).to.deep.equal({
        action: 'fail',
        args: [info, undefined],
      });
    });

    it('it ends in an error when verify fails', async () => {
      const reason = new Error('database down');
      expect(await answerOf(async () => Promise.reject(reason))).to.deep.equal({
        action: 'error',
        args: [reason],
      });
      const { action, args } = await answerOf(async () => Promise.reject(undefined));
      expect(action).to.equal('error');
      expect(args[0]).to.be.instanceOf(Error);
    });

    it('it adds the state of the app to the info', async () => {
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

    it('it adds the state of the app to the info of a failure, too', async () => {
      const state = { returnTo: '/cart' };
      const saying =
        (info?: object | string): VerifyFunction =>
        (_a, _r, _p, done) =>
          done(null, false, info);
      const infoOf = async (info?: object | string) => (await answerOf(saying(info), { state })).args[0];
      expect(await infoOf()).to.deep.equal({
        message: 'This account may not sign in here.',
        reason: 'verify',
        state,
      });
      expect(await infoOf('banned')).to.deep.equal({ message: 'banned', state });
      expect(await infoOf({ message: 'banned' })).to.deep.equal({ message: 'banned', state });
      expect((await answerOf(saying('banned'))).args[0]).to.equal('banned');
      for (const query of ['error_code=100102', 'error=access_denied']) {
        expect((await logIn(strategyWith(), query, { state })).args[0]).to.deep.include({ state });
      }
      answerOnce('POST', '/api/v1/oauth/token', 200, { error: { message: 'x', code: '100101' } });
      expect((await logIn(strategyWith(), undefined, { state })).args[0]).to.deep.include({ state });
    });

    it('it adds the state of the app to a copy of the info, of the same class', async () => {
      class Info extends Error {
        code = 'own';
      }
      const info = Object.freeze(new Info('banned'));
      const state = { returnTo: '/cart' };
      const { args } = await answerOf((_a, _r, _p, done) => done(null, false, info), { state });
      expect(args[0]).to.be.instanceOf(Info).and.not.equal(info);
      expect(args[0]).to.include({ message: 'banned', code: 'own' });
      expect(Object.getOwnPropertyDescriptor(args[0], 'state')).to.deep.equal({
        value: state,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      expect(info).to.not.have.property('state');
    });

    it('it adds the state of the app in place of a member of that name, and beside an info that is a list', async () => {
      const state = { returnTo: '/cart' };
      const infoOf = async (info: object) =>
        (await answerOf((_a, _r, _p, done) => done(null, false, info), { state })).args[0];
      const frozen = Object.freeze({ message: 'banned', state: 'locked' });
      expect(await infoOf(frozen)).to.deep.equal({ message: 'banned', state });
      expect(await infoOf(['a', 'b'])).to.deep.equal({ message: ['a', 'b'], state });
    });

    it('it takes state of the app that is false, null, empty or 0 as left out', async () => {
      for (const strategy of [strategyWith(), strategyWith({ state: false })]) {
        for (const state of [false, null, '', 0, undefined]) {
          answerTokens();
          answerUser();
          const { args } = await logIn(strategy, undefined, { state });
          expect(args[1]).to.deep.equal({});
        }
      }
    });

    it('it does not accept the state of the app in place of the protection', async () => {
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
    it('calls the store with the same metadata as passport-oauth2', async () => {
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

    it('fails with 403 when the store says no, and ends in an error when the store fails', async () => {
      const saying = (...answer: unknown[]): StateStore => ({
        store: () => {},
        verify: (_r, _s, done) => done(...answer),
      });
      const callback = request('/cb?state=x&authorization_code=C');
      const no = await endingOf(strategyWith({ store: saying(null, false, { message: 'no' }) }), callback);
      const info = { message: 'no', reason: 'unknown-state' };
      expect(no).to.deep.equal({ action: 'fail', args: [info, 403] });
      const reason = new Error('redis down');
      const down = await endingOf(strategyWith({ store: saying(reason) }), callback);
      expect(down).to.deep.equal({ action: 'error', args: [reason] });
    });
  });

  describe('with state: false', () => {
    it('sends a string of the app as it is', async () => {
      const { redirect_uri } = await startLogin(strategyWith({ state: false }), {
        state: 'nonce of the host',
      });
      expect(redirect_uri).to.equal(`${minimalOptions.callbackURL}?state=nonce%20of%20the%20host`);
      const { action, args } = await endingOf(strategyWith({ state: false }), request(), { state: { a: 1 } });
      expect(action).to.equal('error');
      expect(args[0]).to.be.instanceOf(TypeError).with.property('message').that.includes('option store');
    });

    it('accepts every callback', async () => {
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

  describe('with the state in the path', () => {
    /** Runs the first leg, and prepares the answers of the second. @returns where the browser comes back to, without the host */
    async function startInPath(strategy: FreedomIdStrategy, options?: AuthenticateOptions, url?: string) {
      const { redirect_uri, session } = await startLogin(strategy, options, request(url));
      answerTokens();
      answerUser();
      const { pathname, search } = new URL(redirect_uri);
      return { redirect_uri, session, pathname, search };
    }

    it('sends it behind the callback URL, and signs in by the state that comes back there', async () => {
      const strategy = strategyWith({ stateIn: 'path' });
      const { redirect_uri, session, pathname } = await startInPath(strategy);
      expect(redirect_uri).to.match(/^https:\/\/app\.example\/auth\/freedom-id\/callback\/[\w-]{43}$/);
      const req = request(`${pathname}?authorization_code=C`, session);
      expect((await endingOf(strategy, req)).action).to.equal('success');
      const { action, args } = await endingOf(strategy, req);
      expect([action, args[1]], 'the same again').to.deep.equal(['fail', 403]);
    });

    it('lets the callback URL have a query of its own, with a state of its own', async () => {
      const strategy = strategyWith({ stateIn: 'path', callbackURL: 'cb/?state=of-the-app' });
      for (const joint of ['&', '?']) {
        const { redirect_uri, session, pathname, search } = await startInPath(strategy);
        expect(redirect_uri).to.match(/^http:\/\/app\.example\/auth\/cb\/[\w-]{43}\?state=of-the-app$/);
        const req = request(`${pathname}${search}${joint}authorization_code=C`, session);
        expect((await endingOf(strategy, req)).action, joint).to.equal('success');
      }
    });

    it('asks a store about a state of any form, with the same callback URL in both legs', async () => {
      const calls: unknown[] = [];
      const store: StateStore = {
        store: (_req, meta, done) => done(null, calls.push(meta) && 'a handle/?&'),
        verify: (_req, state, meta, done) => done(null, calls.push(state, meta) > 0),
      };
      const strategy = strategyWith({ stateIn: 'path', store });
      for (const callbackURL of ['cb', 'cb/', 'login/cb?tenant=7', '/cb/']) {
        calls.length = 0;
        const { pathname, search } = await startInPath(strategy, { callbackURL }, '/auth/start');
        const req = request(`${pathname}${search || '?'}&authorization_code=C`);
        expect((await endingOf(strategy, req, { callbackURL })).action).to.equal('success');
        const [first, state, second] = calls;
        expect(state).to.equal('a handle/?&');
        expect(second).to.deep.equal(first);
        expect(first).to.have.property(
          'callbackURL',
          new URL(callbackURL, 'http://app.example/auth/start').href,
        );
      }
    });

    it('sends a string of the app as it is with state: false, and nothing if there is none', async () => {
      const strategy = strategyWith({ stateIn: 'path', state: false });
      const { redirect_uri, pathname } = await startInPath(strategy, { state: 'nonce of the host' });
      expect(redirect_uri).to.equal(`${minimalOptions.callbackURL}/nonce%20of%20the%20host`);
      const req = request(`${pathname}?authorization_code=C`);
      expect((await endingOf(strategy, req)).action).to.equal('success');
      expect((await startInPath(strategy)).redirect_uri).to.equal(minimalOptions.callbackURL);
      const without = request('/auth/freedom-id/callback?authorization_code=C');
      expect((await endingOf(strategy, without)).action).to.equal('success');
    });

    it('fails with 403 for a state of another session, and sends nothing', async () => {
      const strategy = strategyWith({ stateIn: 'path' });
      const { redirect_uri: lure } = await startLogin(strategy);
      const { redirect_uri, session, state } = await startLogin(strategy);
      expect(state, 'nothing is in the query').to.equal('');
      const own = new URL(redirect_uri).pathname;
      const folder = own.slice(0, own.lastIndexOf('/'));
      const forged = [
        `${new URL(lure).pathname}?authorization_code=C`,
        `${folder}?authorization_code=C`,
        `${folder}/?authorization_code=C&state=${own.slice(folder.length + 1)}`,
        `${own.toUpperCase()}?authorization_code=C`,
        `${folder}/__proto__?error_code=100102`,
      ];
      for (const url of forged) {
        const { action, args } = await endingOf(strategy, request(url, session));
        expect([action, args[1]], url).to.deep.equal(['fail', 403]);
      }
      answerTokens();
      answerUser();
      const req = request(`${own}?authorization_code=C`, session);
      expect((await endingOf(strategy, req)).action).to.equal('success');
    });

    it('fails with 400 if a good state comes without a code or an error, and the login can still be finished', async () => {
      const strategy = strategyWith({ stateIn: 'path' });
      const { session, pathname } = await startInPath(strategy);
      const { action, args } = await endingOf(strategy, request(pathname, session));
      expect([action, args[1]]).to.deep.equal(['fail', 400]);
      const req = request(`${pathname}?authorization_code=C`, session);
      expect((await endingOf(strategy, req)).action).to.equal('success');
    });

    it('shows no state of the path in the error that the callback reports', async () => {
      const store: StateStore = {
        store: (_req, done) => done(null, 'St-7'),
        verify: (_req, _state, done) => done(null, true),
      };
      const req = request('/auth/freedom-id/callback/St-7?error=server_error&error_description=No+St-7+here');
      const { message } = expectError(await endingOf(strategyWith({ stateIn: 'path', store }), req));
      expect(message).to.include('"No [redacted] here"');
    });
  });
});
