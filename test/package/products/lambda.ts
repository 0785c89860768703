import { imported, type Product } from './product';

/** A gateway's part: makes an event of a request (payload format 2.0), and an answer of what the function returns. */
const GATEWAY = `
import { createServer } from 'node:http';
createServer(async (req, res) => {
  const [rawPath, rawQueryString = ''] = req.url.split('?');
  const { cookie, ...headers } = req.headers;
  const http = { method: req.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' };
  const event = {
    version: '2.0', rawPath, rawQueryString, headers, cookies: cookie ? cookie.split('; ') : [],
    requestContext: { http, stage: '$default' }, isBase64Encoded: false,
  };
  const { statusCode, headers: answered, cookies = [], body } = await handler(event, {});
  res.writeHead(statusCode, { ...answered, 'set-cookie': cookies }).end(body);
}).listen(process.env.PORT, '127.0.0.1', () => console.log('ready'));
`;

export const lambda: Product = {
  name: 'AWS Lambda with serverless-http 4',
  heading: 'AWS Lambda',
  packages: ['serverless-http@4.0.0', 'express@5.2.1', 'cookie-session@2.1.1'],
  files: ([app]) => ({ 'lambda.mjs': imported(app + GATEWAY) }),
  main: 'lambda.mjs',
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
