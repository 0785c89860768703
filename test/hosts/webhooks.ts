import { All, Controller, Module, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import express5, { type Request, type RequestHandler, type Response } from 'express';
import express4 from 'express4';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import type { RevocationHandler } from '../../lib';
import { listen, type RunningApp } from '../support/app';

/** An app that serves the revocation webhook, as users of a framework write it. */
export interface WebhookHost {
  name: string;
  start(handler: RevocationHandler): Promise<RunningApp>;
}

export const PATH = '/freedom-id/revoked';

function expressHosts(version: 4 | 5, express: typeof express5): WebhookHost[] {
  const behind = (name: string, ...parsers: RequestHandler[]): WebhookHost => ({
    name: `Express ${version} behind ${name}`,
    start(handler) {
      const app = express();
      // Else it prints the errors of its parsers.
      app.set('env', 'test');
      app.use(...parsers);
      app.all(PATH, handler);
      return listen(app);
    },
  });
  return [
    {
      name: `Express ${version} before express.json()`,
      start(handler) {
        const app = express();
        app.all(PATH, handler);
        app.use(express.json());
        return listen(app);
      },
    },
    behind('express.json()', express.json()),
    behind('express.json() that keeps the bytes', express.json({ verify: keepBytes })),
    behind('express.raw()', express.raw({ type: 'application/json' })),
    behind('express.text()', express.text({ type: '*/*' })),
    behind('parsers of other types', express.urlencoded({ extended: false }), express.raw(), express.text()),
  ];
}

function keepBytes(req: object, _res: unknown, rawBody: Buffer): void {
  Object.assign(req, { rawBody });
}

function koaHost(name: string, middleware: (handler: RevocationHandler) => Koa.Middleware[]): WebhookHost {
  return {
    name,
    start(handler) {
      const app = new Koa();
      app.silent = true;
      for (const one of middleware(handler)) app.use(one);
      return listen(app.callback());
    },
  };
}

const onPath = (act: (ctx: Koa.Context) => Promise<void>): Koa.Middleware => {
  return async (ctx, next) => (ctx.path === PATH ? act(ctx) : next());
};

const koaHosts = [
  koaHost('Koa before koa-bodyparser', (handler) => [
    onPath((ctx) => handler(ctx.req, ctx.res)),
    bodyParser(),
  ]),
  koaHost('Koa behind koa-bodyparser, with its body handed on', (handler) => [
    bodyParser(),
    onPath((ctx) => handler(Object.assign(ctx.req, { body: ctx.request.body }), ctx.res)),
  ]),
  koaHost('Koa behind koa-bodyparser, with its text handed on', (handler) => [
    bodyParser(),
    onPath((ctx) => handler(Object.assign(ctx.req, { rawBody: ctx.request.rawBody }), ctx.res)),
  ]),
];

const METHODS = ['GET', 'POST', 'PUT'];

function fastifyHost(
  name: string,
  mount: (app: FastifyInstance, handler: RevocationHandler) => void,
): WebhookHost {
  return {
    name,
    async start(handler) {
      const app = fastify({ forceCloseConnections: true });
      mount(app, handler);
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      return { url, close: () => app.close() };
    },
  };
}

const fastifyHosts = [
  fastifyHost('Fastify before its parser', (app, handler) => {
    app.route({
      method: METHODS,
      url: PATH,
      onRequest(request, reply) {
        reply.hijack();
        return handler(request.raw, reply.raw);
      },
      handler() {},
    });
  }),
  fastifyHost('Fastify behind its parser, with the body handed on', (app, handler) => {
    app.route({
      method: METHODS,
      url: PATH,
      handler(request, reply) {
        reply.hijack();
        return handler(Object.assign(request.raw, { body: request.body }), reply.raw);
      },
    });
  }),
];

/** @param act - what the controller's method does */
function moduleWith(act: (req: never, res: never) => Promise<void>) {
  @Controller()
  class RevocationController {
    @All(PATH)
    revoked(@Req() req: never, @Res() res: never) {
      return act(req, res);
    }
  }
  @Module({ controllers: [RevocationController] })
  class AppModule {}
  return AppModule;
}

@Module({})
class EmptyModule {}

const QUIET = { logger: false, forceCloseConnections: true } as const;

function nestHost(name: string, make: (handler: RevocationHandler) => Promise<NestApp>): WebhookHost {
  return {
    name,
    async start(handler) {
      const app = await make(handler);
      await app.listen(0, '127.0.0.1');
      return { url: await app.getUrl(), close: () => app.close() };
    },
  };
}

type NestApp = NestExpressApplication | NestFastifyApplication;

const onExpress = (module: object, options = {}) =>
  NestFactory.create<NestExpressApplication>(module, { ...QUIET, ...options });
const onFastify = (module: object, options = {}) =>
  NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { ...QUIET, ...options });

/** A controller hands the request to the handler. */
const inController = (handler: RevocationHandler) =>
  moduleWith((req: Request, res: Response) => handler(req, res));

/** The same on Fastify, whose requests have Node's in them. */
const inControllerOnFastify = (handler: RevocationHandler) =>
  moduleWith(({ raw, body, rawBody }: FastifyRequest & { rawBody?: Buffer }, reply: FastifyReply) => {
    reply.hijack();
    return handler(Object.assign(raw, { body, rawBody }), reply.raw);
  });

const nestHosts = [
  nestHost('Nest on Express, before its parser', async (handler) =>
    (await onExpress(EmptyModule)).use(PATH, handler),
  ),
  nestHost('Nest on Express, in a controller', (handler) => onExpress(inController(handler))),
  nestHost('Nest on Express, in a controller, with rawBody', (handler) =>
    onExpress(inController(handler), { rawBody: true }),
  ),
  nestHost('Nest on Express, in a controller, without a parser', (handler) =>
    onExpress(inController(handler), { bodyParser: false }),
  ),
  nestHost('Nest on Fastify, before its parser', async (handler) =>
    (await onFastify(EmptyModule)).use(PATH, handler),
  ),
  nestHost('Nest on Fastify, in a controller', (handler) => onFastify(inControllerOnFastify(handler))),
  nestHost('Nest on Fastify, in a controller, with rawBody', (handler) =>
    onFastify(inControllerOnFastify(handler), { rawBody: true }),
  ),
];

export const webhookHosts: readonly WebhookHost[] = [
  { name: 'node:http', start: (handler) => listen(handler) },
  ...expressHosts(4, express4),
  ...expressHosts(5, express5),
  ...koaHosts,
  ...fastifyHosts,
  ...nestHosts,
];

/** Mounted where a parser has taken the body, and has put it where the handler cannot see it. */
export const wrongHosts: readonly WebhookHost[] = [
  koaHost('Koa behind koa-bodyparser', (handler) => [
    bodyParser(),
    onPath((ctx) => handler(ctx.req, ctx.res)),
  ]),
  fastifyHost('Fastify behind its parser', (app, handler) => {
    app.post(PATH, (request, reply) => {
      reply.hijack();
      return handler(request.raw, reply.raw);
    });
  }),
  {
    name: 'Express behind a parser that keeps the body to itself',
    start(handler) {
      const app = express5();
      app.use(async (req, _res, next) => {
        for await (const _ of req);
        next();
      });
      app.post(PATH, handler);
      return listen(app);
    },
  },
];
