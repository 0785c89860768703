import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import session from 'express-session';
import { type AuthenticateOptions, Passport, type Strategy } from 'passport';

/** A server on a free port of this machine. */
export interface RunningApp {
  url: string;
  close(): void;
}

export async function listen(listener: RequestListener): Promise<RunningApp> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface AppOptions {
  /** Give Passport the strategy itself instead of its name. */
  byInstance?: boolean;
  /** For `passport.authenticate`. */
  authenticate?: AuthenticateOptions;
  /** Keeps the sessions. */
  store?: session.Store;
}

/** An Express app with one route for the login and one for the callback, which answers with user and info as JSON. */
export function loginApp(
  strategy: Strategy & { name: string },
  { byInstance = false, authenticate = {}, store }: AppOptions = {},
) {
  const passport = new Passport();
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  const guard = (options: AuthenticateOptions) =>
    passport.authenticate(byInstance ? strategy : strategy.name, options);

  const app = express();
  // Else it prints every error that nobody handles.
  app.set('env', 'test');
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, ...(store && { store }) }));
  app.use(passport.session());
  app.get('/login', guard(authenticate));
  // The state may come back in the path.
  app.get('/callback{/:state}', guard(authenticate), (req, res) => {
    res.json({ user: req.user, info: req.authInfo });
  });
  app.get('/me', (req, res) => {
    res.json({ user: req.user ?? null });
  });
  const showError: express.ErrorRequestHandler = (error, _req, res, next) => {
    if (res.headersSent) return next(error);
    return res.status(error.status ?? 500).json({ error: error.message });
  };
  app.use(showError);
  return app;
}
