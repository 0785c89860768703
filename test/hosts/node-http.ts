import type { RequestListener, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import session from 'express-session';
import { Passport } from 'passport';
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

/** The middleware used here is typed for requests of Express, but needs only those of Node.js. */
type Middleware = (req: Request, res: Response, next: (error?: unknown) => void) => unknown;

/** Runs the middleware one after the other, as Connect does, until one responds. */
function chain(middleware: (path: string) => Middleware[]): RequestListener {
  return (req, res) => {
    const rest = middleware(new URL(req.url ?? '', 'http://localhost').pathname);
    const next = (error?: unknown): unknown => {
      const { status, ...answer } = errorAnswer(
        error ?? Object.assign(new Error('Not found'), { status: 404 }),
      );
      const step = error ? undefined : rest.shift();
      return step ? step(req as Request, res as Response, next) : sendJSON(res, answer, status);
    };
    next();
  };
}

function sendJSON(res: ServerResponse, body: object, status = 200): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Adds `res.redirect`: Passport calls it for `failureRedirect`, and Node.js does not have it. */
const redirects: Middleware = (_req, res, next) => {
  res.redirect = (location: unknown) => {
    (res as ServerResponse).writeHead(302, { location: String(location) }).end();
  };
  next();
};

const answer: Middleware = (req, res) => sendJSON(res, answerOf(req));

export const nodeHttp: Host = {
  name: 'node:http with express-session',
  forwardedValue: 'first',
  async start({ strategy, trustProxy }) {
    const passport = new Passport();
    // There is no framework to ask whether the client is trusted.
    for (const one of makeStrategies({ proxy: trustProxy, ...strategy })) passport.use(one);
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));

    const loginRoutes = (name: StrategyName): Record<string, Middleware[]> => ({
      [`/${name}/login`]: [
        (req, res, next) => passport.authenticate(name, loginOptions(req.url))(req, res, next),
      ],
      [`/${name}/callback`]: [passport.authenticate(name, SIGN_IN), answer],
      [`/${name}/callback-or-page`]: [passport.authenticate(name, { ...SIGN_IN, ...OR_PAGE }), answer],
      [`/${name}/callback-custom`]: [
        (req, res, next) => {
          const own = (...args: Parameters<typeof customAnswer>) => sendJSON(res, customAnswer(...args));
          passport.authenticate(name, own)(req, res, next);
        },
      ],
      [`/${name}/connect`]: [passport.authorize(name, CONNECT)],
      [`/${name}/connected`]: [passport.authorize(name), answer],
    });
    const routes: Record<string, Middleware[] | undefined> = {
      ...Object.assign({}, ...STRATEGIES.map(loginRoutes)),
      '/me': [({ user = null }, res) => sendJSON(res, { user })],
      '/logout': [
        (req, res, next) => req.logout((error) => (error ? next(error) : sendJSON(res, { user: null }))),
      ],
      '/sign-in': [
        ({ session }, res) => sendJSON(res, { messages: (session as { messages?: string[] }).messages }),
      ],
    };
    const common = [
      session({ secret: 'test', resave: false, saveUninitialized: false }),
      passport.initialize(),
      passport.session(),
      redirects,
    ];
    // The state may stand behind the callback's path.
    const routeOf = (path: string) =>
      routes[path] ?? routes[path.replace(/(?<=\/callback)\/[^/]+$/, '')] ?? [];
    return listen(chain((path) => [...common, ...routeOf(path)]));
  },
};
