import { type Product, required } from './product';

/** Strapi 5's part: its one route for login and callback, and how it finds administrators. */
const STRAPI = `
const Koa = require('koa');
const passport = require('koa-passport');
const session = require('koa-session').default ?? require('koa-session');

const [provider] = require('./strapi-admin.cjs')().auth.providers;
const getStrategyCallbackURL = () => process.env.FREEDOM_ID_CALLBACK_URL;
const strategy = provider.createStrategy({ admin: { services: { passport: { getStrategyCallbackURL } } } });
passport.use(provider.uid, strategy);

const administrators = ['asel@company.kz', 'dana@company.kz'];
const app = new Koa();
app.keys = ['secret'];
app.use(session(app));
app.use(passport.initialize());
app.use(async (ctx, next) => {
  if (ctx.path !== '/admin/connect/' + provider.uid) {
    ctx.body = String(ctx.session.administrator);
    return;
  }
  await passport.authenticate(provider.uid, null, async (error, profile) => {
    if (error || !administrators.includes(profile?.email)) return ctx.redirect('/admin/auth/login?info=error');
    ctx.session.administrator = profile.email;
    ctx.redirect('/admin');
  })(ctx, next);
});
app.listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

const ERROR = '302 /admin/auth/login?info=error';

export const strapi: Product = {
  name: "Strapi 5's calling code",
  heading: 'Strapi',
  packages: ['koa@2.16.4', 'koa-passport@6.0.0', 'koa-session@6.4.0'],
  files: ([admin]) => ({ 'strapi-admin.cjs': required(admin), 'strapi.cjs': STRAPI }),
  main: 'strapi.cjs',
  loginPath: '/admin/connect/freedom-id',
  callbackPath: '/admin/connect/freedom-id',
  user: 'asel@company.kz',
  answers: { signedIn: '302 /admin', refused: ERROR, unknownUser: ERROR, forged: ERROR, failed: ERROR },
};
