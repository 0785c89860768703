import { type Product, required } from './product';

/** A host that makes the state, keeps it in its session, and compares it before it calls the strategy. */
const HOST = `
const { randomUUID } = require('node:crypto');
const app = require('express')();
app.set('env', 'test');
app.use(require('express-session')({ secret: 'secret', resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get('/:name/login', (req, res, next) => {
  req.session.ssoState = randomUUID();
  passport.authenticate(req.params.name, { state: req.session.ssoState })(req, res, next);
});
app.get('/:name/callback', (req, res, next) => {
  if (req.query.state !== req.session.ssoState) return res.status(403).end();
  passport.authenticate(req.params.name, { successRedirect: '/', failureRedirect: '/login' })(req, res, next);
});
app.get('/', (req, res) => res.json(req.user ?? null));
app.listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

const hostOf = (name: string): Omit<Product, 'name'> => ({
  heading: 'Hosts that keep the state',
  packages: ['express@5.2.1', 'express-session@1.19.0'],
  files: ([strategies]) => ({
    'host.cjs': required(
      `const passport = require('passport');
      passport.serializeUser((user, done) => done(null, user.id));
      passport.deserializeUser((id, done) => done(null, { id }));
      ${strategies}${HOST}`,
    ),
  }),
  main: 'host.cjs',
  loginPath: `/${name}/login`,
  callbackPath: `/${name}/callback`,
  answers: {
    signedIn: '302 /',
    refused: '302 /login',
    unknownUser: '302 /login',
    forged: '403',
    failed: '502',
  },
});

export const hostsOwnState: Product = {
  ...hostOf('freedom-id'),
  name: 'a host that keeps the state',
};

export const hostsOwnStateInOpenID: Product = {
  ...hostOf('freedom-id-oidc'),
  name: 'a host that keeps the state, in OpenID Connect',
  tokenEndpoint: 'oidc-token',
};
