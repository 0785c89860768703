import { type Product, required } from './product';

export const restify: Product = {
  name: 'restify 12',
  heading: 'restify',
  packages: ['restify@12.0.0', 'express-session@1.19.0'],
  files: ([app]) => ({
    'restify.cjs': required(
      `${app}server.listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));\n`,
    ),
  }),
  main: 'restify.cjs',
  loginPath: '/auth/freedom-id',
  callbackPath: '/auth/freedom-id/callback',
  answers: { signedIn: '302 /', refused: '401', unknownUser: '401', forged: '403', failed: '500' },
};
