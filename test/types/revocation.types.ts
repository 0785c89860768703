/** Type-checked, never run: where the handler for the revocation webhook can be mounted, and what its functions get. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import express, { type Request, type RequestHandler } from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import {
  type RevocationHandler,
  type RevocationHandlerOptions,
  type RevocationRequest,
  type RevocationResponse,
  revocationHandler,
} from 'passport-freedom-id';
import { expectType } from './expect-type';

// One handler fits wherever Node's request and response are.
const handler = revocationHandler(async (tokenId, req) => {
  expectType<string>()(tokenId, true);
  expectType<RevocationRequest>()(req, true);
  expectType<string | undefined>()(req.headers['content-type'], true);
});
expectType<RevocationHandler>()(handler, true);
expectType<(req: RevocationRequest, res: RevocationResponse) => Promise<void>>()(handler, true);

createServer(handler);
createHttpsServer(handler);
createHttp2Server(handler);
const app = express();
app.post('/revoked', handler);
app.use('/revoked', express.json(), handler);
new Koa().use((ctx) => handler(ctx.req, ctx.res));
fastify().post('/revoked', (request, reply) => handler(request.raw, reply.raw));
fastify({ http2: true }).post('/revoked', (request, reply) => handler(request.raw, reply.raw));

// Where its function names the framework's request, it gets that, and so does onError.
app.post(
  '/revoked',
  revocationHandler(async (_id, req: Request) => req.ip, {
    onError(error, req) {
      expectType<unknown>()(error, true);
      expectType<Request>()(req, true);
    },
  }),
);
createServer(revocationHandler((_id, { socket }: IncomingMessage) => socket.remoteAddress));
createHttp2Server(revocationHandler((_id, { authority }: Http2ServerRequest) => authority));
const forExpress: RequestHandler = revocationHandler(async (_id, { app }: Request) => app);
app.post('/revoked', forExpress);

// Its functions may return anything, and need no parameter.
for (const returned of [undefined, true, Promise.resolve(3)]) revocationHandler(() => returned);
const options: RevocationHandlerOptions = { onError: undefined };
revocationHandler(async () => {}, options);

declare const res: ServerResponse;
// @ts-expect-error: that request is Express's
createServer(revocationHandler(async (_id, req: Request) => req.ip));
// @ts-expect-error: a framework's own request is not Node's
handler({ body: {} }, res);
// @ts-expect-error: the id is a string
revocationHandler((tokenId: number) => tokenId);
// @ts-expect-error: no function
revocationHandler();
// @ts-expect-error: no such option
revocationHandler(() => {}, { onerror() {} });
