import { imported, type Product } from './product';

const SERVER = `
import { createServer } from 'node:http';
import { toNodeListener } from 'h3';
createServer(toNodeListener(app)).listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

export const h3: Product = {
  name: 'h3 1',
  heading: 'h3 and Nitro',
  packages: ['h3@1.15.11', 'express-session@1.19.0'],
  files: ([app]) => ({ 'h3.mjs': imported(app + SERVER) }),
  main: 'h3.mjs',
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
