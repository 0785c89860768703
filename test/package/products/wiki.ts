import { type Product, required } from './product';

/** The part of Wiki.js 2: how it starts the module, and calls Passport from one function for login and callback. */
const WIKI = (definition: string) => `
const express = require('express');
const passport = require('passport4');
const session = require('express-session');
const { init } = require('./wiki-authentication.cjs');

const scope = ${JSON.stringify(definition.match(/read\.\w+/g))};
const key = 'freedom-id';
const processProfile = async ({ providerKey, profile }) => {
  if (providerKey !== key || !profile.emails) throw new Error('Missing or invalid email address from profile.');
  const user = await users.find(profile.id);
  if (!user) throw new Error('You are not authorized to login.');
  return user;
};
globalThis.WIKI = { models: { users: { processProfile } } };
init(passport, { ...options, clientId: options.clientID, key });

passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, { id }));
const app = express();
app.set('env', 'test');
app.use(session({ secret: 'secret', resave: false, saveUninitialized: false }));
app.use(passport.initialize());
app.use(passport.session());
const login = (req, res) => new Promise((resolve, reject) => {
  passport.authenticate(key, { session: true, scope }, (error, user) => {
    if (error) return reject(error);
    if (!user) return reject(new Error('AuthLoginFailed'));
    req.login(user, (failed) => (failed ? reject(failed) : resolve()));
  })(req, res, () => {});
});
app.get(['/login/:strategy', '/login/:strategy/callback'], (req, res, next) => {
  login(req, res).then(() => res.redirect('/'), next);
});
app.get('/', (req, res) => res.json(req.user ?? null));
app.listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

export const wikiJS: Product = {
  name: "Wiki.js 2's calling code",
  heading: 'Wiki.js',
  packages: ['express@5.2.1', 'express-session@1.19.0', 'passport4@npm:passport@0.4.1'],
  files: ([module, definition = '']) => ({
    'wiki-authentication.cjs': required(module),
    'wiki.cjs': required(WIKI(definition)),
  }),
  main: 'wiki.cjs',
  loginPath: '/login/freedom-id',
  callbackPath: '/login/freedom-id/callback',
  signsInByItself: true,
  answers: { signedIn: '302 /', refused: '500', unknownUser: '500', forged: '500', failed: '502' },
};
