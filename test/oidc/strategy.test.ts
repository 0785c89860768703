import { expect } from 'chai';

import OAuth2Strategy = require('passport-oauth2');
import refresh = require('passport-oauth2-refresh');

import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { FreedomIdStrategy } from '../../lib';
import {
  FreedomIdOidcClient,
  FreedomIdOidcStrategy,
  type FreedomIdSubject,
  type OidcVerifyFunctionWithParams,
} from '../../lib/oidc';
import { endingOf } from '../support/ending';
import {
  ACCESS,
  expectError,
  ISSUER,
  justProfile,
  logIn,
  logInWith,
  oidcStrategyWith,
  openidProvider,
  REFRESH,
  SUB,
} from '../support/memory-openid';
import { CLIENT_SECRET, minimalOptions } from '../support/options';

describe('FreedomIdOidcStrategy', () => {
  it('is a strategy of passport-oauth2, with a name and a client of its own', () => {
    const strategy = oidcStrategyWith();
    expect(strategy).to.be.instanceOf(OAuth2Strategy);
    expect(strategy.name).to.equal('freedom-id-oidc');
    expect(strategy.client).to.be.instanceOf(FreedomIdOidcClient);
    expect(inspect(strategy, { depth: 10 })).to.not.include(CLIENT_SECRET);
  });

  describe('in its first leg', () => {
    const start = async (strategy: FreedomIdOidcStrategy, options?: object) => {
      const session: Record<string, unknown> = {};
      const ending = await endingOf(strategy, { url: '/login', session }, options);
      const url = ending.action === 'redirect' ? new URL(String(ending.args[0])) : undefined;
      return { ending, session, params: url?.searchParams ?? new URLSearchParams() };
    };

    it('sends the browser to Freedom ID, and asks the provider nothing', async () => {
      const provider = openidProvider();
      const { ending, params, session } = await start(oidcStrategyWith({ fetch: provider.fetch }));
      expect(String(ending.args[0])).to.match(new RegExp(`^${ISSUER}/openid\\?`));
      expect(provider.received).to.deep.equal([]);
      expect(Object.fromEntries(params)).to.include({
        response_type: 'code',
        client_id: 'demo',
        redirect_uri: minimalOptions.callbackURL,
        scope: 'openid read.firstname read.lastname',
      });
      expect(session).to.have.all.keys('freedom-id-oidc');
    });

    it('makes the nonce of the state, so that the session keeps no more', async () => {
      const { params, session } = await start(oidcStrategyWith());
      const state = params.get('state') ?? '';
      expect(params.get('nonce')).to.equal(createHash('sha256').update(state).digest('base64url'));
      expect(JSON.stringify(session)).to.include(state).and.not.include(params.get('nonce'));
    });

    it('asks for the scope of the option, or of the call', async () => {
      const strategy = oidcStrategyWith({ scope: 'read.email' });
      expect((await start(strategy)).params.get('scope')).to.equal('openid read.email');
      expect((await start(strategy, { scope: ['read.phone'] })).params.get('scope')).to.equal(
        'openid read.phone',
      );
    });

    it("adds a subclass's parameters, which do not replace its own", async () => {
      class Own extends FreedomIdOidcStrategy {
        override authorizationParams = () => ({
          prompt: 'login',
          nonce: 'x',
          state: 'x',
          redirect_uri: 'x',
          scope: 'x',
        });
      }
      const authorizationURL = `${ISSUER}/openid?prompt=none&tenant=1`;
      const { params } = await start(new Own({ ...minimalOptions, authorizationURL }, justProfile));
      expect([...params.keys()].sort()).to.deep.equal([
        'client_id',
        'nonce',
        'prompt',
        'redirect_uri',
        'response_type',
        'scope',
        'state',
        'tenant',
      ]);
      expect(params.get('prompt')).to.equal('login');
      expect([...params.values()]).to.not.include('x');
    });

    it('needs a state: a store that gives none is an error', async () => {
      for (const state of [undefined, null, '']) {
        const store = {
          store: (_req: unknown, done: (error: null, state: unknown) => void) => done(null, state),
          verify: (_req: unknown, _state: unknown, done: (error: null, ok: boolean) => void) =>
            done(null, true),
        };
        const { ending } = await start(oidcStrategyWith({ store }));
        expect(ending.action).to.equal('error');
        expect(String(ending.args[0])).to.match(
          /^TypeError: passport-freedom-id: the state that the option store gives must be a non-empty string/,
        );
        const callback = await endingOf(oidcStrategyWith({ store }), { url: '/callback?code=C' });
        expect(String(callback.args[0])).to.match(
          /^TypeError: passport-freedom-id: the state that the option store gives/,
        );
      }
    });
  });

  describe('in its second leg', () => {
    it('signs the user in, with the profile of the user info', async () => {
      const { action, args } = await logInWith({
        userInfo: { sub: SUB, given_name: 'John', family_name: 'Doe' },
      });
      expect(action).to.equal('success');
      expect(args[0]).to.deep.include({ provider: 'freedom-id', id: SUB, displayName: 'John Doe' });
      expect((args[0] as { _claims: object })._claims).to.include({ sub: SUB, iss: ISSUER });
    });

    it('gives verify the tokens, and the token response without the refresh token', async () => {
      const given: unknown[] = [];
      const provider = openidProvider();
      const verify: OidcVerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) => {
        given.push(accessToken, refreshToken, params);
        done(null, profile);
      };
      const strategy = new FreedomIdOidcStrategy({ ...minimalOptions, fetch: provider.fetch }, verify);
      expect(await logIn(strategy, provider)).to.include({ action: 'success' });
      expect(given.slice(0, 2)).to.deep.equal([ACCESS, REFRESH]);
      expect(given[2]).to.have.all.keys('access_token', 'token_type', 'expires_in', 'id_token');
    });

    it('takes an iss that is the issuer, and no other, before the code is sent', async () => {
      const provider = openidProvider();
      const strategy = oidcStrategyWith({ fetch: provider.fetch });
      const iss = (value: string) => `&iss=${encodeURIComponent(value)}`;
      expect(await logIn(strategy, provider, iss(ISSUER))).to.include({ action: 'success' });
      provider.received.length = 0;
      for (const wrong of [
        iss('https://evil.example'),
        iss(`${ISSUER}/`),
        iss(''),
        '&iss',
        `${iss('x')}&error=access_denied`,
      ]) {
        const error = expectError(
          await logIn(strategy, provider, wrong),
          'ERR_FREEDOM_ID_RESPONSE',
          'callback',
        );
        expect(error.message).to.match(
          /iss must be "https:\/\/passport\.freedompay\.kz"\. Check the option issuer/,
        );
      }
      expect(await logIn(strategy, provider, `${iss(ISSUER)}${iss(ISSUER)}`)).to.include({ action: 'fail' });
      expect(provider.received).to.deep.equal([]);
    });

    it('checks the state before the issuer', async () => {
      const url = '/callback?code=C&state=forged&iss=x';
      const { action, args } = await endingOf(oidcStrategyWith(), { url, session: {} });
      expect([action, args[1]]).to.deep.equal(['fail', 403]);
    });

    it('fails if the code is refused', async () => {
      for (const error of ['invalid_grant', { message: 'Invalid authorization_code.', code: 100101 }]) {
        const answer = (path: string) =>
          path === '/token' ? Response.json({ error }, { status: 400 }) : undefined;
        const { action, args } = await logInWith({ answer });
        expect(action).to.equal('fail');
        expect(args[0]).to.include({ reason: 'code-refused' });
      }
    });

    it('ends any other rejection in an error that says what to check', async () => {
      const answer = (path: string) =>
        path === '/token' ? Response.json({ error: 'invalid_request' }, { status: 400 }) : undefined;
      const error = expectError(await logInWith({ answer }), 'ERR_FREEDOM_ID_REJECTED', 'token');
      expect(error.message).to.include(
        `Check clientID, clientSecret, tokenRequest and callbackURL, which was sent as ${minimalOptions.callbackURL}; a code can be used only once.`,
      );
    });

    it('fails if the user refuses, by the codes that the option names', async () => {
      const provider = openidProvider();
      const end = async (options: object, query: string) => {
        const strategy = oidcStrategyWith(options);
        const session = {};
        const { args } = await endingOf(strategy, { url: '/login', session });
        const state = new URL(String(args[0])).searchParams.get('state');
        return endingOf(strategy, { url: `/callback?state=${state}&${query}`, session });
      };
      for (const query of ['error=access_denied', 'error_code=100102']) {
        expect((await end({}, query)).args[0]).to.include({ reason: 'cancelled' });
      }
      expect((await end({ refusalCodes: ['login_required'] }, 'error=login_required')).action).to.equal(
        'fail',
      );
      expect((await end({ refusalCodes: [] }, 'error=access_denied')).action).to.equal('error');
      expect(provider.received).to.deep.equal([]);
    });

    it('takes code alone for a callback only at its callback URL', async () => {
      const at = (url: string) => endingOf(oidcStrategyWith(), { url, session: {} });
      expect(await at('/cart?code=PROMO')).to.include({ action: 'redirect' });
      expect(await at('/login?iss=https://passport.freedompay.kz')).to.include({ action: 'redirect' });
      expect(await at('/auth/freedom-id/callback?code=C')).to.include({ action: 'fail' });
    });
  });

  describe('loads the profile', () => {
    class Own extends FreedomIdOidcStrategy {
      readonly given: unknown[] = [];
      profile: unknown;
      override userProfile(
        accessToken: string,
        done: (error?: unknown, profile?: never) => void,
        subject?: FreedomIdSubject,
      ): void {
        this.given.push(accessToken, subject);
        if (this.profile) done(null, this.profile as never);
        else super.userProfile(accessToken, done as never, subject);
      }
    }
    const own = (profile?: unknown) => {
      const provider = openidProvider();
      const strategy = new Own({ ...minimalOptions, fetch: provider.fetch }, justProfile);
      strategy.profile = profile;
      return { provider, strategy };
    };

    it('by a method that subclasses may override, and that knows whose it is', async () => {
      const { provider, strategy } = own();
      expect(await logIn(strategy, provider)).to.include({ action: 'success' });
      const [accessToken, subject] = strategy.given as [string, FreedomIdSubject];
      expect(accessToken).to.equal(ACCESS);
      expect(subject).to.have.all.keys('sub', 'claims');
      expect(subject.sub).to.equal(SUB);
      expect(subject.claims).to.include({ sub: SUB, iss: ISSUER });
    });

    it('and refuses one of another user, even from an override', async () => {
      for (const profile of [{ id: 'other' }, { displayName: 'John' }, 'text']) {
        const { provider, strategy } = own(profile);
        expectError(await logIn(strategy, provider), 'ERR_FREEDOM_ID_TOKEN', 'userinfo');
      }
      const { provider, strategy } = own({ id: SUB, own: true });
      expect((await logIn(strategy, provider)).args[0]).to.deep.equal({ id: SUB, own: true });
    });

    it('and does not let an override change whose it is', async () => {
      class Moving extends FreedomIdOidcStrategy {
        override userProfile(
          _token: string,
          done: (error?: unknown, profile?: never) => void,
          subject?: FreedomIdSubject,
        ): void {
          Reflect.set(subject ?? {}, 'sub', 'other');
          done(null, { id: 'other' } as never);
        }
      }
      const provider = openidProvider();
      const strategy = new Moving({ ...minimalOptions, fetch: provider.fetch }, justProfile);
      expectError(await logIn(strategy, provider), 'ERR_FREEDOM_ID_TOKEN', 'userinfo');
    });

    it('of the ID token where the user info is skipped', async () => {
      for (const skipUserProfile of [true, () => true, async () => true]) {
        const provider = openidProvider({
          claims: { given_name: 'John', email: 'j@x', email_verified: true },
        });
        const strategy = oidcStrategyWith({ fetch: provider.fetch, skipUserProfile });
        const { action, args } = await logIn(strategy, provider);
        expect(action).to.equal('success');
        const profile = args[0] as { _raw: string; _json: object; _claims: object };
        expect(profile).to.deep.include({
          id: SUB,
          displayName: 'John',
          emails: [{ value: 'j@x', verified: true }],
        });
        expect(profile._json).to.deep.equal(profile._claims);
        expect(JSON.parse(profile._raw)).to.deep.equal(profile._claims);
        expect(provider.to('/userinfo')).to.deep.equal([]);
      }
    });

    it('for every verify form, because there always is a profile', () => {
      const two = async (_accessToken: string, _refreshToken: string | undefined) => false as const;
      expect(() => oidcStrategyWith({ skipUserProfile: true }, two)).to.throw(TypeError, /verify must be/);
    });

    it('and says so if it is not known whose it is', async () => {
      const strategy = oidcStrategyWith();
      const error = await new Promise((resolve) => strategy.userProfile(ACCESS, resolve));
      expect(String(error)).to.match(
        /^TypeError: passport-freedom-id: the third argument of userProfile must be the subject that it was called with/,
      );
    });
  });

  describe('works with tools for passport-oauth2', () => {
    it('which refresh tokens', async () => {
      const provider = openidProvider();
      const strategy = oidcStrategyWith({ fetch: provider.fetch });
      refresh.use(strategy);
      const given = await new Promise<unknown[]>((resolve) =>
        refresh.requestNewAccessToken('freedom-id-oidc', 'old', (...args: unknown[]) => resolve(args)),
      );
      expect(given.slice(0, 3)).to.deep.equal([null, ACCESS, REFRESH]);
      expect(provider.to('/token')[0]?.body).to.include('"refresh_token":"old"');
    });

    it('but exchanges no code outside of its login', async () => {
      const { _oauth2: oauth2 } = oidcStrategyWith() as unknown as {
        _oauth2: { getOAuthAccessToken: (...args: unknown[]) => void };
      };
      const error = await new Promise((resolve) => oauth2.getOAuthAccessToken('C', {}, resolve));
      expect(String(error)).to.match(
        /^TypeError: passport-freedom-id: in the OpenID Connect flow a code can be exchanged only in its own login/,
      );
    });
  });

  it('shares a session with the other strategy, and neither sees the logins of the other', async () => {
    const oidc = oidcStrategyWith();
    const fetch = async () => Response.json({ redirect_uri: `${ISSUER}/login?track_id=1` });
    const oauth = new FreedomIdStrategy({ ...minimalOptions, fetch }, async () => false);
    const session: Record<string, unknown> = {};
    const { args } = await endingOf(oidc, { url: '/login', session });
    const state = new URL(String(args[0])).searchParams.get('state');
    await endingOf(oauth, { url: '/login', session });
    expect(session).to.have.all.keys('freedom-id', 'freedom-id-oidc');
    const other = await endingOf(oauth, { url: `/callback?authorization_code=C&state=${state}`, session });
    expect([other.action, other.args[1]]).to.deep.equal(['fail', 403]);
  });
});
