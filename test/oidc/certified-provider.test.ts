import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import refresh from 'passport-oauth2-refresh';
import {
  FreedomIdError,
  FreedomIdOidcStrategy,
  type FreedomIdOidcStrategyOptions,
  type OidcVerifyFunctionWithParams,
} from '../../lib/oidc/index';
import { listen, loginApp, type RunningApp } from '../support/app';
import { CookieJar } from '../support/browser';
import {
  AIGERIM,
  agreement,
  type CertifiedProvider,
  DANIYAR,
  startCertifiedProvider,
} from '../support/certified-provider';
import { type Ending, endingOf } from '../support/ending';

/** An independent provider, and the app that is registered there. Both exist as soon as a test runs. */
interface Setting {
  provider: CertifiedProvider;
  app: RunningApp;
}

type ProviderOptions = Omit<Parameters<typeof startCertifiedProvider>[0], 'redirectURI'>;

function useProvider(options: ProviderOptions): Setting {
  const setting = {} as Setting;
  before(async () => {
    let listener: RequestListener;
    setting.app = await listen((req, res) => listener(req, res));
    setting.provider = await startCertifiedProvider({ ...options, redirectURI: callbackOf(setting) });
    listener = loginApp(strategyFor(setting));
  });
  afterEach(() => {
    setting.provider.requests.length = 0;
  });
  after(() => {
    setting.provider.close();
    setting.app.close();
  });
  return setting;
}

const callbackOf = ({ app }: Pick<Setting, 'app'>) => `${app.url}/callback`;

function optionsFor(setting: Setting, options: Partial<FreedomIdOidcStrategyOptions> = {}) {
  return { ...setting.provider.options, callbackURL: callbackOf(setting), ...options };
}

/** The user is all that verify gets. */
const verify: OidcVerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) =>
  done(null, { accessToken, refreshToken, params, profile });

function strategyFor(setting: Setting, options: Partial<FreedomIdOidcStrategyOptions> = {}) {
  return new FreedomIdOidcStrategy(optionsFor(setting, options), verify);
}

type Strategy = Pick<FreedomIdOidcStrategy, 'authenticate'>;
type Session = Record<string, unknown>;

/** The first leg, by a bare request. @returns where the browser is sent */
async function startLogin(strategy: Strategy, session: Session): Promise<string> {
  const { action, args } = await endingOf(strategy, request('/login', session));
  expect(action, String(args[0])).to.equal('redirect');
  return args[0] as string;
}

/** The second. */
function finishLogin(strategy: Strategy, session: Session, callback: string): Promise<Ending> {
  return endingOf(strategy, request(callback, session));
}

function request(url: string, session: Session) {
  const { pathname, search, host } = new URL(url, 'http://app.example');
  return { url: pathname + search, session, headers: { host } };
}

/** Both legs. @param act - what the person does at the link */
async function logIn(strategy: Strategy, act: (link: string) => Promise<string>): Promise<Ending> {
  const session = {};
  return finishLogin(strategy, session, await act(await startLogin(strategy, session)));
}

interface User {
  accessToken: string;
  refreshToken?: string;
  params: Record<string, unknown>;
  profile: Record<string, unknown>;
}

function userOf({ action, args }: Ending): User {
  expect(action, String(args[0])).to.equal('success');
  return args[0] as User;
}

function errorOf({ action, args }: Ending): FreedomIdError {
  expect(action).to.equal('error');
  expect(args[0]).to.be.instanceOf(FreedomIdError);
  return args[0] as FreedomIdError;
}

/** The callback URL with other parameters. */
function withParams(callback: string, params: Record<string, string>): string {
  const url = new URL(callback);
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

const paramIn = (url: string, name: string) => new URL(url).searchParams.get(name) ?? '';

describe('a login at a certified OpenID provider', () => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'] as const) {
    describe(`that signs with ${alg}`, () => {
      const setting = useProvider({ alg });

      it('signs the user in to an Express app', async () => {
        const { app, provider } = setting;
        const browser = new CookieJar();
        const question = await browser.visit(`${app.url}/login`);
        expect(question.url).to.match(new RegExp(`^${provider.options.issuer}/interaction/`));
        const { url, status, text } = await browser.submit(question.url, agreement());
        expect(status, text).to.equal(200);
        expect(url).to.match(new RegExp(`^${callbackOf(setting)}\\?`));
        const { user } = JSON.parse((await browser.visit(`${app.url}/me`)).text);
        expect(user.profile.id).to.equal(AIGERIM.sub);
      });

      it('gives verify the profile, the claims of the ID token and the token response', async () => {
        const { provider } = setting;
        const { clientID, issuer } = provider.options;
        const { refreshToken, params, profile } = userOf(await logIn(strategyFor(setting), provider.agree));
        const { _raw, _claims, ...rest } = profile as { _raw: string; _claims: Record<string, unknown> };
        expect(rest).to.deep.equal({
          provider: 'freedom-id',
          id: AIGERIM.sub,
          displayName: 'Айгерім Нұрланова',
          name: { givenName: 'Айгерім', familyName: 'Нұрланова', middleName: 'Серікқызы' },
          emails: [{ value: 'aigerim@example.kz', verified: true }],
          phoneNumbers: [{ value: '+77010000001' }],
          birthday: '1987-10-16',
          gender: 'female',
          _json: AIGERIM,
        });
        expect(JSON.parse(_raw)).to.deep.equal(AIGERIM);
        expect(_claims).to.include({ iss: issuer, sub: AIGERIM.sub, aud: clientID });
        expect(_claims).to.have.keys('iss', 'sub', 'aud', 'exp', 'iat', 'nonce', 'at_hash');
        expect(params).to.have.keys('access_token', 'expires_in', 'id_token', 'scope', 'token_type');
        expect(refreshToken).to.equal(undefined);
      });
    });
  }

  describe('whose keys change', () => {
    const setting = useProvider({ alg: 'RS256' });

    it('fetches the keys once for many logins, and anew for a key that it does not know', async () => {
      const { agree, requests, rotateKeys } = setting.provider;
      const strategy = strategyFor(setting);
      const fetches = () => requests.filter((request) => request === 'GET /jwks').length;
      const logInThrice = async () => {
        for (const ending of await Promise.all([1, 2, 3].map(() => logIn(strategy, agree)))) userOf(ending);
      };
      await logInThrice();
      await logInThrice();
      expect(fetches()).to.equal(1);
      await rotateKeys();
      await logInThrice();
      await logInThrice();
      expect(fetches()).to.equal(2);
    });
  });

  describe('as any other', () => {
    const setting = useProvider({ alg: 'ES256' });
    const agree = (link: string) => setting.provider.agree(link);
    const tokenRequests = () => setting.provider.requests.filter((request) => request === 'POST /token');

    it('calls a person by the name that the provider shows, where there is no other', async () => {
      const { profile } = userOf(
        await logIn(strategyFor(setting), (link) => setting.provider.agree(link, DANIYAR)),
      );
      expect(profile).to.include({ id: DANIYAR.sub, displayName: 'Данияр' });
      expect(profile.emails).to.deep.equal([{ value: 'daniyar@example.kz', verified: false }]);
      expect(profile).not.to.have.any.keys('name', 'phoneNumbers', 'birthday', 'gender');
    });

    it('checks the signature with a key that was given beforehand', async () => {
      const { jwksURL = '', ...options } = optionsFor(setting);
      const { keys } = (await (await fetch(jwksURL)).json()) as { keys: [Record<string, unknown>] };
      const strategy = new FreedomIdOidcStrategy(
        { ...options, publicKey: keys[0] },
        async (_accessToken, _refreshToken, profile) => profile,
      );
      const { action, args } = await logIn(strategy, agree);
      expect(action, String(args[0])).to.equal('success');
      expect(args[0]).to.include({ id: AIGERIM.sub });
    });

    it('needs no key where the connection vouches for the ID token', async () => {
      const { profile } = userOf(await logIn(strategyFor(setting, { jwksURL: undefined }), agree));
      expect(profile.id).to.equal(AIGERIM.sub);
      expect(setting.provider.requests).not.to.include('GET /jwks');
    });

    it('ends without a user where the person refuses', async () => {
      const { action, args } = await logIn(strategyFor(setting), setting.provider.refuse);
      expect(action).to.equal('fail');
      expect(args[0]).to.include({ reason: 'cancelled', code: 'access_denied' });
      expect(tokenRequests()).to.deep.equal([]);
    });

    it('ends without a user where the code was used before', async () => {
      const strategy = strategyFor(setting);
      const session = {};
      const first = await agree(await startLogin(strategy, session));
      const second = await agree(await startLogin(strategy, session));
      userOf(await finishLogin(strategy, session, first));
      const replay = withParams(second, { code: paramIn(first, 'code') });
      const { action, args } = await finishLogin(strategy, session, replay);
      expect(action, String(args[0])).to.equal('fail');
      expect(args[0]).to.include({ reason: 'code-refused', code: 'invalid_grant' });
    });

    it('fails with a wrong client secret, and says to check it', async () => {
      const error = errorOf(await logIn(strategyFor(setting, { clientSecret: 'wrong' }), agree));
      expect(error).to.include({
        code: 'ERR_FREEDOM_ID_REJECTED',
        endpoint: 'token',
        httpStatus: 401,
        providerCode: 'invalid_client',
      });
      expect(error.message).to.include('clientID and clientSecret');
    });

    it('fails with a token request in JSON, and says to check tokenRequest', async () => {
      const error = errorOf(await logIn(strategyFor(setting, { tokenRequest: 'json' }), agree));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'token' });
      expect(error.message).to.include('tokenRequest');
    });

    it('does not accept the callback of another browser', async () => {
      const strategy = strategyFor(setting);
      const [own, other] = [{}, {}];
      await startLogin(strategy, own);
      const callback = await agree(await startLogin(strategy, other));
      const { action, args } = await finishLogin(strategy, own, callback);
      expect(action).to.equal('fail');
      expect(args).to.have.nested.property('[0].reason', 'unknown-state');
      expect(args[1]).to.equal(403);
      expect(tokenRequests()).to.deep.equal([]);
    });

    it('does not accept the code of another login, because the nonce does not fit', async () => {
      const strategy = strategyFor(setting);
      const session = {};
      const callback = await agree(await startLogin(strategy, session));
      const stolen = await agree(await startLogin(strategy, {}));
      const forged = withParams(callback, { code: paramIn(stolen, 'code') });
      const error = errorOf(await finishLogin(strategy, session, forged));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token' });
      expect(error.message).to.include('nonce');
    });

    it('accepts the issuer that the callback names, and no other', async () => {
      const strategy = strategyFor(setting);
      const { issuer } = setting.provider.options;
      userOf(
        await logIn(strategy, async (link) => {
          const callback = await agree(link);
          expect(paramIn(callback, 'iss')).to.equal(issuer);
          return callback;
        }),
      );
      expect(tokenRequests()).to.have.length(1);
      const forge = async (link: string) => withParams(await agree(link), { iss: 'https://other.example' });
      const error = errorOf(await logIn(strategy, forge));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'callback' });
      expect(tokenRequests(), 'the code was not sent').to.have.length(1);
    });

    it('does not accept an algorithm that is not in the list', async () => {
      const error = errorOf(await logIn(strategyFor(setting, { algorithms: ['RS256'] }), agree));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token' });
      expect(error.message).to.include('alg').and.include('RS256');
    });

    it('knows of the user what the ID token says, under skipUserProfile', async () => {
      const { profile } = userOf(await logIn(strategyFor(setting, { skipUserProfile: true }), agree));
      expect(profile).to.include({ id: AIGERIM.sub, displayName: '' });
      expect(profile._json).to.deep.equal(profile._claims);
      expect(setting.provider.requests).not.to.include('GET /me');
    });
  });

  describe('that keeps users signed in', () => {
    const setting = useProvider({ alg: 'ES256' });

    /** OpenID Connect Core, 11: the person must be asked for it. */
    class OfflineStrategy extends FreedomIdOidcStrategy {
      override authorizationParams() {
        return { prompt: 'consent' };
      }
    }

    async function signIn() {
      const strategy = new OfflineStrategy(
        optionsFor(setting, { scope: ['email', 'offline_access'] }),
        verify,
      );
      const { accessToken, refreshToken, params } = userOf(await logIn(strategy, setting.provider.agree));
      expect(params).to.have.property('access_token', accessToken);
      expect(params).not.to.have.property('refresh_token');
      return { strategy, client: strategy.client, accessToken, refreshToken: refreshToken ?? '' };
    }

    it('gives new tokens for a refresh token, once', async () => {
      const { sub } = AIGERIM;
      const { client, ...old } = await signIn();
      const tokens = await client.refreshTokens(old.refreshToken, { sub });
      expect(tokens.accessToken).not.to.equal(old.accessToken);
      expect(tokens.refreshToken).to.be.a('string').and.not.equal(old.refreshToken);
      expect(tokens.accessExpiresAt).to.be.instanceOf(Date);
      const { json } = await client.getUserInfo(tokens.accessToken, { sub });
      expect(json).to.include({ sub, email: AIGERIM.email });

      const error = await client.refreshTokens(old.refreshToken, { sub }).catch((reason) => reason);
      expect(error).to.be.instanceOf(FreedomIdError);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', providerCode: 'invalid_grant' });
    });

    it('gives new tokens to passport-oauth2-refresh', async () => {
      const { strategy, client, refreshToken } = await signIn();
      refresh.use(strategy);
      const accessToken = await new Promise<string>((resolve, reject) => {
        refresh.requestNewAccessToken(strategy.name, refreshToken, (error, token) =>
          error ? reject(error) : resolve(token ?? ''),
        );
      });
      const { json } = await client.getUserInfo(accessToken, { sub: AIGERIM.sub });
      expect(json.email).to.equal(AIGERIM.email);
    });

    it('gives no tokens of another user', async () => {
      const { client, refreshToken } = await signIn();
      const error = await client.refreshTokens(refreshToken, { sub: DANIYAR.sub }).catch((reason) => reason);
      expect(error).to.be.instanceOf(FreedomIdError);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token' });
      expect(error.message).to.include('sub').and.not.include(AIGERIM.sub);
    });
  });

  describe('that puts everything into the ID token', () => {
    const setting = useProvider({ alg: 'ES256', claimsInIdToken: true });

    it('needs no user info, under skipUserProfile', async () => {
      const strategy = strategyFor(setting, { skipUserProfile: true });
      const { profile } = userOf(await logIn(strategy, setting.provider.agree));
      const { _json, _claims, _raw, ...rest } = profile;
      expect(rest).to.deep.equal({
        provider: 'freedom-id',
        id: AIGERIM.sub,
        displayName: 'Айгерім Нұрланова',
        name: { givenName: 'Айгерім', familyName: 'Нұрланова', middleName: 'Серікқызы' },
        emails: [{ value: 'aigerim@example.kz', verified: true }],
        phoneNumbers: [{ value: '+77010000001' }],
        birthday: '1987-10-16',
        gender: 'female',
      });
      expect(_json).to.deep.equal(_claims).and.include(AIGERIM);
      expect(JSON.parse(String(_raw))).to.deep.equal(_claims);
      expect(setting.provider.requests).not.to.include('GET /me');
    });
  });

  describe('that signs user info', () => {
    const setting = useProvider({ alg: 'ES256', signedUserInfo: true });

    it('fails, and says what is not supported', async () => {
      const error = errorOf(await logIn(strategyFor(setting), setting.provider.agree));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'userinfo' });
      expect(error.message).to.match(/signed/);
    });
  });
});
