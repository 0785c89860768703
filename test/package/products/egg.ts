import { type Product, required } from './product';

const HOME = `
const mount = module.exports;
module.exports = (app) => {
  mount(app);
  app.get('/', (ctx) => {
    ctx.body = ctx.user ?? {};
  });
};
`;

const START = `
const { createServer } = require('node:http');
require('egg').start({ baseDir: __dirname + '/egg', mode: 'single', env: 'unittest' }).then((app) => {
  createServer(app.callback()).listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
});
`;

export const egg: Product = {
  name: 'Egg 3 with egg-passport',
  heading: 'Egg',
  packages: ['egg@3.34.0', 'egg-passport@2.1.1'],
  files: ([plugin, app, router]) => ({
    'egg/package.json': '{ "name": "app" }',
    'egg/config/config.default.js': "exports.keys = 'secret';\n",
    'egg/config/plugin.js': `${plugin}`,
    'egg/app.js': required(app, '..'),
    'egg/app/router.js': `${router}${HOME}`,
    'egg.cjs': START,
  }),
  main: 'egg.cjs',
  loginPath: '/passport/freedom-id',
  callbackPath: '/passport/freedom-id/callback',
  answers: {
    signedIn: '302 /',
    refused: '302 /login',
    unknownUser: '302 /login',
    forged: '302 /login',
    failed: '502',
  },
};
