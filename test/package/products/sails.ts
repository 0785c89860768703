import { type Product, required } from './product';

const LIFT = `
const { Sails } = require('sails');
const { routes } = require('./sails/config/routes.js');
new Sails().lift(
  {
    appPath: __dirname + '/sails', port: process.env.PORT, explicitHost: '127.0.0.1', environment: 'test',
    log: { level: 'silent' }, globals: false, hooks: { grunt: false }, session: { secret: process.env.SESSION_SECRET },
    routes: { ...routes, 'GET /': (req, res) => res.json(req.user ?? null) },
  },
  (error) => console.log(error ?? 'ready'),
);
`;

export const sails: Product = {
  name: 'Sails 1',
  heading: 'Sails',
  packages: ['sails@1.5.18'],
  files: ([http, routes]) => ({
    'sails/config/http.js': required(http, '../..'),
    'sails/config/routes.js': required(routes, '../..'),
    'sails.cjs': LIFT,
  }),
  main: 'sails.cjs',
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
