import cookieSession from 'cookie-session';
import type express from 'express';
import session from 'express-session';
import { type AuthenticateOptions, Passport } from 'passport';
import { listen } from '../support/app';
import {
  answerOf,
  CONNECT,
  customAnswer,
  errorAnswer,
  type Host,
  loginOptions,
  makeStrategies,
  OR_PAGE,
  SIGN_IN,
  STRATEGIES,
  type StrategyName,
} from './host';

export function inMemory(): express.RequestHandler[] {
  return [session({ secret: 'test', resave: false, saveUninitialized: false })];
}

/** Adds the session methods that Passport 0.7 calls and cookie-session lacks. */
export function inCookie(): express.RequestHandler[] {
  return [
    cookieSession({ secret: 'test' }),
    (req, _res, next) => {
      const later = (done: () => void) => done();
      Object.defineProperties(req.session ?? {}, { regenerate: { value: later }, save: { value: later } });
      next();
    },
  ];
}

/** @param callback - the path of the callback in the framework's language: with one segment more, or none */
export function expressHost(
  name: string,
  framework: typeof express,
  sessions: () => express.RequestHandler[],
  callback: string,
): Host {
  return {
    name,
    forwardedValue: 'first',
    async start({ strategy, trustProxy }) {
      const passport = new Passport();
      for (const one of makeStrategies(strategy)) passport.use(one);
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user: Express.User, done) => done(null, user));

      const loginRoutes = (name: StrategyName) => {
        const guard = (options: AuthenticateOptions) => passport.authenticate(name, options);
        const answer: express.RequestHandler = (req, res) => void res.json(answerOf(req));
        const auth = framework.Router();
        auth.get('/login', (req, res, next) => guard(loginOptions(req.url))(req, res, next));
        auth.get(callback, guard(SIGN_IN), answer);
        auth.get('/callback-or-page', guard({ ...SIGN_IN, ...OR_PAGE }), answer);
        auth.get('/callback-custom', (req, res, next) => {
          const own = (...args: Parameters<typeof customAnswer>) => res.json(customAnswer(...args));
          passport.authenticate(name, own)(req, res, next);
        });
        auth.get('/connect', passport.authorize(name, CONNECT));
        auth.get('/connected', passport.authorize(name), answer);
        return auth;
      };

      const app = framework();
      app.set('trust proxy', trustProxy);
      app.use(...sessions());
      app.use(passport.session());
      for (const name of STRATEGIES) app.use(`/${name}`, loginRoutes(name));
      app.get('/me', ({ user = null }, res) => void res.json({ user }));
      app.get('/logout', (req, res, next) => {
        req.logout((error) => (error ? next(error) : res.json({ user: null })));
      });
      app.get('/sign-in', ({ session }, res) => {
        res.json({ messages: (session as { messages?: string[] } | undefined)?.messages });
      });
      const showError: express.ErrorRequestHandler = (error, _req, res, _next) => {
        const { status, ...answer } = errorAnswer(error);
        res.status(status).json(answer);
      };
      app.use(showError);
      return listen(app);
    },
  };
}
