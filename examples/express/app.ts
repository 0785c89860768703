import { randomBytes } from 'node:crypto';
import express, { type ErrorRequestHandler } from 'express';
import session from 'express-session';
import passport from 'passport';
import { type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';
import type { Connection } from '../connection';
import { failedPage, homePage, messagePage, profilePage } from '../pages';

/** A whole app that signs users in with Freedom ID: Express 5, sessions in memory. */
export function createApp(connection: Connection): express.Express {
  passport.use(
    new FreedomIdStrategy(
      {
        ...connection,
        callbackURL: '/auth/freedom-id/callback',
        scope:
          'read.firstname read.lastname read.patronymic read.date_of_birth read.gender read.email read.phone',
      },
      async (_accessToken, _refreshToken, profile) => profile,
    ),
  );
  // The session keeps the whole user. With a database, keep the id, and look the user up.
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser<Express.User>((user, done) => done(null, user));

  const app = express();
  app.use(
    session({
      // In your app, use a fixed secret from its configuration: with a random one, a restart signs everybody out.
      secret: randomBytes(32).toString('hex'),
      resave: false,
      saveUninitialized: false,
      // Lax, not strict: the browser comes back from another site, and must bring the session.
      cookie: { sameSite: 'lax', secure: 'auto' },
    }),
  );
  app.use(passport.session());

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
      // Passport starts a new session at every login. This keeps the logins that wait in other tabs.
      keepSessionInfo: true,
    }),
    (_req, res) => res.redirect('/profile'),
  );

  app.get('/login-failed', (req, res) => {
    const { messages = [] } = req.session as { messages?: string[] };
    Object.assign(req.session, { messages: [] });
    const text = messages.at(-1) ?? 'Please start again.';
    res.status(401).send(failedPage(text, req.user as FreedomIdProfile | undefined));
  });

  app.post('/logout', (req, res, next) => {
    req.logout((error) => (error ? next(error) : res.redirect('/')));
  });

  // FreedomIdError has a status for the response: 502 or 504. Its message holds no secret, so it may be logged.
  const showError: ErrorRequestHandler = (error, req, res, _next) => {
    console.error(error);
    const text = 'Freedom ID cannot be used at the moment. Please try again later.';
    res
      .status(error.status ?? 500)
      .send(messagePage('Sorry', text, req.user as FreedomIdProfile | undefined));
  };
  app.use(showError);

  return app;
}
