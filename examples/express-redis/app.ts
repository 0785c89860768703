import { randomBytes } from 'node:crypto';
import express, { type ErrorRequestHandler } from 'express';
import session from 'express-session';
import passport from 'passport';
import {
  type FreedomIdProfile,
  FreedomIdStrategy,
  revocationHandler,
  type VerifyFunctionWithParams,
} from 'passport-freedom-id';
import type { Connection } from '../connection';
import { failedPage, homePage, messagePage, profilePage } from '../pages';
import { connectRedis } from './redis';
import { Sessions, type Tokens } from './sessions';

// The tokens are no part of the user. As info, they come to the route of the callback in `req.authInfo`.
const verify: VerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) => {
  const { id, access_expire_at: accessExpiresAt } = params;
  done(null, profile, { id, accessToken, refreshToken, accessExpiresAt });
};

/**
 * The Express app with its sessions in Redis: any number of processes may serve it behind a balancer, and whoever leaves
 * Freedom ID is signed out at all of them.
 */
export async function createApp(connection: Connection, env: NodeJS.ProcessEnv) {
  const redis = await connectRedis(env.REDIS_URL ?? 'redis://127.0.0.1:6379');
  const strategy = new FreedomIdStrategy({ ...connection, callbackURL: '/auth/freedom-id/callback' }, verify);
  const sessions = new Sessions(redis, strategy.client);
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser<Express.User>((user, done) => done(null, user));

  const app = express();
  // Freedom ID posts here when somebody leaves it: its support must know this URL.
  app.post(
    '/freedom-id/revoked',
    revocationHandler((tokenId) => sessions.revoke(tokenId), { onError: (error) => console.error(error) }),
  );

  app.use(
    session({
      // Every process needs the same one.
      secret: env.SESSION_SECRET ?? randomBytes(32).toString('hex'),
      store: sessions,
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax', secure: 'auto' },
    }),
  );
  app.use(passport.session());
  app.use(async (req, _res, next) => {
    if (!req.user || (await sessions.keep(req.sessionID))) next();
    else req.logout(next);
  });

  app.get('/', (req, res) => {
    res.send(homePage(req.user as FreedomIdProfile | undefined));
  });
  app.get('/profile', (req, res) => {
    if (req.user) res.send(profilePage(req.user as FreedomIdProfile));
    else res.redirect('/');
  });

  app.get('/auth/freedom-id', passport.authenticate('freedom-id'));
  app.get(
    '/auth/freedom-id/callback',
    passport.authenticate('freedom-id', {
      failureRedirect: '/login-failed',
      failureMessage: true,
      keepSessionInfo: true,
    }),
    async (req, res) => {
      await sessions.signIn(req.sessionID, req.authInfo as Tokens);
      res.redirect('/profile');
    },
  );
  app.get('/login-failed', (req, res) => {
    const { messages = [] } = req.session as { messages?: string[] };
    Object.assign(req.session, { messages: [] });
    const text = messages.at(-1) ?? 'Please start again.';
    res.status(401).send(failedPage(text, req.user as FreedomIdProfile | undefined));
  });
  // The store ends the login together with the session.
  app.post('/logout', (req, res, next) => {
    req.logout((error) => (error ? next(error) : res.redirect('/')));
  });

  const showError: ErrorRequestHandler = (error, req, res, _next) => {
    console.error(error);
    const text = 'Freedom ID cannot be used at the moment. Please try again later.';
    res
      .status(error.status ?? 500)
      .send(messagePage('Sorry', text, req.user as FreedomIdProfile | undefined));
  };
  app.use(showError);

  return { app, close: () => redis.close() };
}
