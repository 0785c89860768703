import { expect } from 'chai';
import express from 'express';
import { Passport } from 'passport';
import { Strategy as GoogleStrategy } from 'passport-google-oauth20';
import { Strategy as LocalStrategy } from 'passport-local';
import { FreedomIdStrategy } from '../../lib';
import { FreedomIdOidcStrategy } from '../../lib/oidc/index';
import { listen, type RunningApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { useEmulator } from '../support/emulator';
import { inMemory } from './express';
import { errorAnswer } from './host';

const clients = [
  { clientID: 'shop', clientSecret: 'shop-secret' },
  { clientID: 'bank', clientSecret: 'bank-secret' },
] as const;

/** The part of Google that a login needs: a login page that agrees at once, the token, the profile. */
function googleStandIn(): express.Express {
  const app = express();
  app.get('/authorize', ({ query }, res) => {
    res.redirect(`${query.redirect_uri}?code=${query.login_hint ?? 'good'}&state=${query.state}`);
  });
  app.post('/token', express.urlencoded(), ({ body }, res) => {
    if (body.code === 'good') res.json({ access_token: 'google-token', token_type: 'Bearer' });
    else res.status(400).json({ error: 'invalid_grant', error_description: 'Malformed auth code.' });
  });
  app.get('/userinfo', (_req, res) => void res.json({ sub: 'google-user', name: 'Asel' }));
  return app;
}

describe('one app with Freedom ID and other strategies', () => {
  const emulator = useEmulator({ clients });
  const running: RunningApp[] = [];
  let app: RunningApp;
  let browser: CookieJar;

  beforeEach(async () => {
    const google = await listen(googleStandIn());
    app = await listen(appWithFive(google.url));
    browser = new CookieJar();
    running.push(google, app);
  });
  afterEach(() => {
    for (const one of running.splice(0)) one.close();
  });

  /**
   * passport-local at `/local`, Google at `/google`, Freedom ID for one client at `/shop`, for the other at `/bank`, and for the
   * first over OpenID Connect at `/openid`.
   */
  function appWithFive(google: string): express.Express {
    const passport = new Passport();
    passport.use(
      new LocalStrategy((username, password, done) =>
        done(null, password === 'open sesame' && { by: 'local', id: username }),
      ),
    );
    passport.use(
      new GoogleStrategy(
        {
          clientID: 'google-client',
          clientSecret: 'google-secret',
          callbackURL: '/google/callback',
          authorizationURL: `${google}/authorize`,
          tokenURL: `${google}/token`,
          userProfileURL: `${google}/userinfo`,
          state: true,
        },
        (_accessToken, _refreshToken, { id }, done) => done(null, { by: 'google', id }),
      ),
    );
    const [shop, bank] = clients.map(
      (client) =>
        new FreedomIdStrategy(
          { ...client, callbackURL: `/${client.clientID}/callback`, baseURL: emulator.url },
          async (_accessToken, _refreshToken, { id }) => ({ by: client.clientID, id }),
        ),
    ) as [FreedomIdStrategy, FreedomIdStrategy];
    passport.use(shop);
    passport.use('freedom-id-b', bank);
    passport.use(
      new FreedomIdOidcStrategy(
        { ...clients[0], callbackURL: '/openid/callback', baseURL: emulator.url },
        async (_accessToken, _refreshToken, { id }) => ({ by: 'openid', id }),
      ),
    );
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));

    const server = express();
    server.use(...inMemory());
    server.use(passport.session());
    const answer: express.RequestHandler = ({ user }, res) => void res.json(user);
    const routes = {
      local: 'local',
      google: 'google',
      shop: 'freedom-id',
      bank: 'freedom-id-b',
      openid: 'freedom-id-oidc',
    };
    for (const [path, name] of Object.entries(routes)) {
      const guard = passport.authenticate(name, { keepSessionInfo: true });
      server.get([`/${path}`, `/${path}/callback`], guard, answer);
    }
    server.get('/me', ({ user = null }, res) => void res.json(user));
    server.get('/session', ({ session }, res) => void res.json(session));
    const showError: express.ErrorRequestHandler = (error, _req, res, _next) => {
      res.status(500).json({ name: error.name, ...errorAnswer(error) });
    };
    server.use(showError);
    return server;
  }

  const get = (path: string) => browser.get(new URL(path, app.url).href);
  const json = async (path: string) => (await get(path)).json();
  const start = async (path: string) => locationOf(await get(path));
  /** The callback URL to which Google's page leads. */
  const agreeAtGoogle = async (page: string) => locationOf(await browser.get(page));

  const freedomIdUser = (by: string, place: number) => ({ by, id: emulator.users[place]?.freedom_id });
  const googleUser = { by: 'google', id: 'google-user' };
  const localUser = { by: 'local', id: 'asel' };
  const localLogin = '/local?username=asel&password=open+sesame';

  it('signs in with each of them, one after the other in one session', async () => {
    expect(await json(localLogin)).to.deep.equal(localUser);
    expect(await json(await emulator.approve(await start('/shop')))).to.deep.equal(freedomIdUser('shop', 0));
    expect(await json(await agreeAtGoogle(await start('/google')))).to.deep.equal(googleUser);
    expect(await json(await emulator.approve(await start('/bank'), { as: 1 }))).to.deep.equal(
      freedomIdUser('bank', 1),
    );
    expect(await json('/me')).to.deep.equal(freedomIdUser('bank', 1));
    expect(await json(await emulator.approve(await start('/openid')))).to.deep.equal(
      freedomIdUser('openid', 0),
    );
    expect(await json('/me')).to.deep.equal(freedomIdUser('openid', 0));
    expect(await json(localLogin)).to.deep.equal(localUser);
    expect(await json('/me')).to.deep.equal(localUser);
  });

  it('finishes logins that wait in several tabs, in any order', async () => {
    const shop = [await start('/shop'), await start('/shop')] as const;
    const google = await start('/google');
    const bank = [await start('/bank'), await start('/bank')] as const;
    const openid = [await start('/openid'), await start('/openid')] as const;
    expect(await json(localLogin)).to.deep.equal(localUser);
    expect(await json(await emulator.approve(bank[1]))).to.deep.equal(freedomIdUser('bank', 0));
    expect(await json(await emulator.approve(openid[1]))).to.deep.equal(freedomIdUser('openid', 0));
    expect(await json(await emulator.approve(shop[0], { as: 1 }))).to.deep.equal(freedomIdUser('shop', 1));
    expect(await json(await agreeAtGoogle(google))).to.deep.equal(googleUser);
    expect(await json(await emulator.approve(shop[1], { as: 2 }))).to.deep.equal(freedomIdUser('shop', 2));
    expect(await json(await emulator.approve(bank[0], { as: 1 }))).to.deep.equal(freedomIdUser('bank', 1));
    expect(await json(await emulator.approve(openid[0], { as: 2 }))).to.deep.equal(
      freedomIdUser('openid', 2),
    );
  });

  it('keeps Freedom ID logins under one session key for each flow, with a separate part for each client', async () => {
    await start('/google');
    const before = (await json('/session')) as object;
    const links = [await start('/shop'), await start('/bank')] as const;
    const during = (await json('/session')) as Record<string, object>;
    expect(during).to.deep.include(before);
    expect(during).to.have.all.keys(...Object.keys(before), 'freedom-id');
    expect(during['freedom-id']).to.have.all.keys('shop', 'bank');
    const openid = await start('/openid');
    const beside = (await json('/session')) as Record<string, object>;
    expect(beside).to.deep.include(during);
    expect(beside).to.have.all.keys(...Object.keys(during), 'freedom-id-oidc');
    expect(beside['freedom-id-oidc']).to.have.all.keys('shop');
    await get(await emulator.refuse(openid));
    expect(await json('/session')).to.deep.equal({ ...during, 'freedom-id-oidc': {} });
    await get(await emulator.refuse(links[0]));
    const between = (await json('/session')) as Record<string, object>;
    expect(between['freedom-id']).to.have.all.keys('bank');
    await get(await emulator.refuse(links[1]));
    expect(await json('/session')).to.deep.equal({ ...before, 'freedom-id': {}, 'freedom-id-oidc': {} });
  });

  it("does not accept Google's callback at Freedom ID's route, nor the other way round", async () => {
    const google = await agreeAtGoogle(await start('/google'));
    const shop = await emulator.approve(await start('/shop'));
    emulator.requests.length = 0;
    // Google names its code differently, so the Freedom ID strategy sees only a state.
    expect((await get(google.replace('/google/', '/shop/'))).status).to.equal(400);
    // In OpenID Connect the names are the same, and only the state tells whose they are.
    expect((await get(google.replace('/google/', '/openid/'))).status).to.equal(403);
    expect(emulator.requests).to.deep.equal([]);
    // Google's strategy sees no code of its own, so it starts a new login.
    expect(await start(shop.replace('/shop/', '/google/'))).to.include('/authorize?');
    const openid = await emulator.approve(await start('/openid'));
    expect((await get(openid.replace('/openid/', '/google/'))).status).to.equal(403);
    expect(await json('/me')).to.equal(null);
    expect(await json(shop)).to.deep.equal(freedomIdUser('shop', 0));
    expect(await json(openid)).to.deep.equal(freedomIdUser('openid', 0));
  });

  it('gets a FreedomIdError only from Freedom ID, and the usual errors from the other strategies', async () => {
    const [google, shop, bank] = [await start('/google'), await start('/shop'), await start('/bank')];
    const openid = await start('/openid');
    emulator.fault('token', 'status-500');
    expect(await json(await emulator.approve(shop))).to.deep.include({ name: 'FreedomIdError', status: 502 });
    emulator.fault('oidc-token', 'status-500');
    expect(await json(await emulator.approve(openid))).to.deep.include({
      name: 'FreedomIdError',
      status: 502,
    });
    expect(await json(await agreeAtGoogle(`${google}&login_hint=bad`))).to.deep.include({
      name: 'TokenError',
      error: 'Malformed auth code.',
    });
    expect((await get('/local?username=asel&password=wrong')).status).to.equal(401);
    expect(await json('/me')).to.equal(null);
    expect(await json(await emulator.approve(bank))).to.deep.equal(freedomIdUser('bank', 0));
  });
});
