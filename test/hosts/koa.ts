import Router from '@koa/router';
import Koa from 'koa';
import { KoaPassport } from 'koa-passport';
import session from 'koa-session';
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

export const koa: Host = {
  name: 'Koa 3 with koa-session and koa-passport',
  forwardedValue: 'first',
  async start({ strategy, trustProxy }) {
    const passport = new KoaPassport();
    for (const one of makeStrategies(strategy)) passport.use(one);
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));
    const answer: Koa.Middleware = (ctx) => {
      ctx.body = answerOf(ctx.state);
    };

    const loginRoutes = (name: StrategyName) => {
      const auth = new Router({ prefix: `/${name}` });
      auth.get('/login', (ctx, next) => passport.authenticate(name, loginOptions(ctx.url))(ctx, next));
      auth.get('/callback{/:state}', passport.authenticate(name, SIGN_IN), answer);
      auth.get('/callback-or-page', passport.authenticate(name, { ...SIGN_IN, ...OR_PAGE }), answer);
      auth.get('/callback-custom', (ctx, next) =>
        passport.authenticate(name, (...args: Parameters<typeof customAnswer>) => {
          ctx.body = customAnswer(...args);
        })(ctx, next),
      );
      auth.get('/connect', passport.authorize(name, CONNECT));
      auth.get('/connected', passport.authorize(name, {}), answer);
      return auth.routes();
    };

    const pages = new Router();
    pages.get('/me', (ctx) => {
      ctx.body = { user: ctx.state.user ?? null };
    });
    pages.get('/logout', async (ctx) => {
      await ctx.logout();
      ctx.body = { user: null };
    });
    pages.get('/sign-in', (ctx) => {
      ctx.body = { messages: ctx.session?.messages };
    });

    const app = new Koa({ proxy: trustProxy });
    app.keys = ['test'];
    app.use(async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        const { status, ...answer } = errorAnswer(error);
        Object.assign(ctx, { status, body: answer });
      }
    });
    app.use(session(app));
    app.use(passport.initialize());
    app.use(passport.session());
    for (const name of STRATEGIES) app.use(loginRoutes(name));
    app.use(pages.routes());
    return listen(app.callback());
  },
};
