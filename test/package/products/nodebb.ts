import { type Product, required } from './product';

/** NodeBB 4's part: what its routes of login do with what the plugin adds. */
const NODEBB = `
const express = require('express');
const passport = require('passport');
const session = require('express-session');
const { addStrategy } = require('./nodebb-plugin.cjs');

passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, { id }));
const app = express();
app.set('env', 'test');
app.use(session({ secret: 'secret', resave: false, saveUninitialized: false }));
app.use(passport.session());
addStrategy([]).then(([{ name, url, callbackURL, scope, checkState }]) => {
  if (checkState !== false) throw new Error('NodeBB would compare a state of its own');
  app.get(url, (req, res, next) => passport.authenticate(name, { scope, prompt: undefined })(req, res, next));
  app.get(callbackURL, (req, res, next) => {
    passport.authenticate(name, (error, user) => {
      if (error) return next(error);
      if (!user) return res.redirect('/login');
      req.login(user, { keepSessionInfo: true }, (failed) => (failed ? next(failed) : res.redirect('/')));
    })(req, res, next);
  });
  app.get('/', (req, res) => res.json(req.user ?? null));
  app.listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
});
`;

export const nodeBB: Product = {
  name: "NodeBB 4's calling code",
  heading: 'NodeBB',
  packages: ['express@5.2.1', 'express-session@1.19.0'],
  files: ([plugin]) => ({ 'nodebb-plugin.cjs': required(plugin), 'nodebb.cjs': NODEBB }),
  main: 'nodebb.cjs',
  loginPath: '/auth/freedom-id',
  callbackPath: '/auth/freedom-id/callback',
  answers: {
    signedIn: '302 /',
    refused: '302 /login',
    unknownUser: '302 /login',
    forged: '302 /login',
    failed: '502',
  },
};
