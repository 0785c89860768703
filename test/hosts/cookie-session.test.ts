import { expect } from 'chai';
import cookieSession from 'cookie-session';
import express from 'express';
import { Passport } from 'passport';
import { FreedomIdStrategy } from '../../lib';
import { listen } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { useEmulator } from '../support/emulator';
import { minimalOptions } from '../support/options';

describe('Express with cookie-session', () => {
  const emulator = useEmulator();

  it('signs in and out, with what Passport 0.7 wants added to the session', async () => {
    const passport = new Passport();
    passport.use(
      new FreedomIdStrategy(
        { ...minimalOptions, callbackURL: '/callback', baseURL: emulator.url },
        async (_access, _refresh, { id }) => ({ id }),
      ),
    );
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));

    const app = express();
    app.use(cookieSession({ secret: 'test' }));
    app.use((req, _res, next) => {
      const later = (done: () => void) => done();
      Object.defineProperties(req.session ?? {}, { regenerate: { value: later }, save: { value: later } });
      next();
    });
    app.use(passport.session());
    app.get('/login', passport.authenticate('freedom-id'));
    app.get('/callback', passport.authenticate('freedom-id'), (req, res) => void res.json(req.user));
    app.get('/me', (req, res) => void res.json(req.user ?? null));
    app.get('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.json('bye'))));

    const { url, close } = await listen(app);
    const browser = new CookieJar();
    // Ten tabs fit into a cookie, and each of them works.
    const links: string[] = [];
    for (let tab = 0; tab < 10; tab += 1) links.push(locationOf(await browser.get(`${url}/login`)));
    for (const link of links) {
      expect(await (await browser.get(await emulator.approve(link))).json()).to.have.property('id');
    }
    expect(await (await browser.get(`${url}/me`)).json()).to.have.property('id');
    await browser.get(`${url}/logout`);
    expect(await (await browser.get(`${url}/me`)).json()).to.equal(null);
    close();
  });
});
