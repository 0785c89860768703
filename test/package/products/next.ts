import { imported, type Product } from './product';

/** Next 15's part of an API route: what it adds to Node's response. */
const NEXT = `
import { createServer } from 'node:http';
createServer((req, res) => {
  res.status = (status) => Object.assign(res, { statusCode: status });
  res.json = (value) => res.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  res.redirect = (status, url) => {
    if (typeof status === 'string') return res.redirect(307, status);
    res.writeHead(status, { location: url }).end();
    return res;
  };
  handler(req, res);
}).listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

const withNext = (code = '') => imported(code.replace('export default', 'const handler =') + NEXT);

const pagesApi = {
  heading: 'Next.js (Pages API)',
  loginPath: '/api/auth/login',
  callbackPath: '/api/auth/callback',
  homePath: '/api/auth/me',
  answers: {
    signedIn: '307 /',
    refused: '307 /login',
    unknownUser: '307 /login',
    forged: '307 /login',
    failed: '502',
  },
};

export const ironSession: Product = {
  ...pagesApi,
  name: 'next-connect 1 and iron-session 8',
  packages: ['next-connect@1.0.0', 'iron-session@8.0.4'],
  files: ([route]) => ({ 'iron-session.mjs': withNext(route) }),
  main: 'iron-session.mjs',
};

export const nextSession: Product = {
  ...pagesApi,
  name: 'next-connect 1 and next-session 4',
  packages: ['next-connect@1.0.0', 'next-session@4.0.5'],
  files: ([route = '', sessions = '']) => ({
    'next-session.mjs': withNext(
      route
        .replace(/^import .* from 'iron-session';$/m, '')
        .replace(/^async function sessions.*?^}$/ms, sessions),
    ),
  }),
  main: 'next-session.mjs',
};
