import { randomBytes } from 'node:crypto';
import Router from '@koa/router';
import Koa from 'koa';
import passport from 'koa-passport';
import session from 'koa-session';
import { type FreedomIdProfile, FreedomIdStrategy } from 'passport-freedom-id';
import type { Connection } from '../connection';
import { failedPage, homePage, messagePage, profilePage } from '../pages';

/** The demo with Koa 3: sessions in a signed cookie. */
export function createApp(connection: Connection): Koa {
  // In place of your app's database.
  const users = new Map<string, FreedomIdProfile>();

  passport.use(
    new FreedomIdStrategy(
      {
        ...connection,
        callbackURL: '/auth/freedom-id/callback',
        scope: ['read.firstname', 'read.lastname', 'read.email'],
      },
      async (_accessToken, _refreshToken, profile) => {
        users.set(profile.id, profile);
        return profile;
      },
    ),
  );
  passport.serializeUser<string>((user, done) => done(null, (user as FreedomIdProfile).id));
  passport.deserializeUser<string>((id, done) => done(null, users.get(id) ?? false));

  const app = new Koa();
  // In your app, use fixed keys from its configuration: with random ones, a restart signs everybody out.
  app.keys = [randomBytes(32).toString('hex')];

  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // FreedomIdError has a status for the response: 502 or 504. Its message holds no secret, so it may be logged.
      console.error(error);
      ctx.status = (error as { status?: number }).status ?? 500;
      const text = 'Freedom ID cannot be used at the moment. Please try again later.';
      ctx.body = messagePage('Sorry', text, ctx.state.user);
    }
  });
  // Lax, not strict: the browser comes back from another site, and must bring the session.
  app.use(session({ sameSite: 'lax' }, app));
  app.use(passport.initialize());
  app.use(passport.session());

  const router = new Router();
  router.get('/', (ctx) => {
    ctx.body = homePage(ctx.state.user);
  });

  router.get('/profile', (ctx) => {
    if (ctx.state.user) ctx.body = profilePage(ctx.state.user);
    else ctx.redirect('/');
  });

  router.get('/auth/freedom-id', passport.authenticate('freedom-id'));

  router.get(
    '/auth/freedom-id/callback',
    passport.authenticate('freedom-id', {
      successRedirect: '/profile',
      failureRedirect: '/login-failed',
      failureMessage: true,
    }),
  );

  router.get('/login-failed', (ctx) => {
    const { messages = [] } = ctx.session as { messages?: string[] };
    Object.assign(ctx.session ?? {}, { messages: [] });
    const text = messages.at(-1) ?? 'Please start again.';
    ctx.status = 401;
    ctx.body = failedPage(text, ctx.state.user);
  });

  router.post('/logout', async (ctx) => {
    await ctx.logout();
    ctx.redirect('/');
  });

  app.use(router.routes());
  return app;
}
