import { imported, type Product } from './product';

const BOOTSTRAP = `
import { PlatformExpress } from '@tsed/platform-express';
const platform = await PlatformExpress.bootstrap(Server, {
  httpPort: '127.0.0.1:' + process.env.PORT, httpsPort: false, logger: { level: 'off' },
});
await platform.listen();
console.log('ready');
`;

const TSED_PACKAGES = [
  'core',
  'di',
  'passport',
  'platform-express',
  'platform-http',
  'platform-params',
  'schema',
];

export const tsED: Product = {
  name: 'Ts.ED 8',
  heading: 'Ts.ED',
  packages: [
    ...TSED_PACKAGES.map((name) => `@tsed/${name}@8.38.8`),
    'express@5.2.1',
    'express-session@1.19.0',
  ],
  files: ([app]) => ({ 'tsed.mts': imported(app + BOOTSTRAP) }),
  main: 'tsed.mts',
  loginPath: '/auth/freedom-id',
  callbackPath: '/auth/freedom-id/callback',
  answers: { signedIn: '302 /', refused: '401', unknownUser: '401', forged: '403', failed: '502' },
};
