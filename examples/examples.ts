import type { RequestListener } from 'node:http';
import type { Connection } from './connection';

/** An app to be served, and how to close it. */
interface Example {
  listener: RequestListener;
  close(): Promise<unknown>;
}

const nothingToClose = async () => {};

/** Every example by its name. Only the one that is asked for is loaded. */
export const examples: Record<string, (connection: Connection) => Promise<Example>> = {
  async express(connection) {
    const { createApp } = await import('./express/app.js');
    return { listener: createApp(connection), close: nothingToClose };
  },
  async 'express-oidc'(connection) {
    const { createApp } = await import('./express-oidc/app.js');
    return { listener: createApp(connection), close: nothingToClose };
  },
  async 'express-redis'(connection) {
    const { createApp } = await import('./express-redis/app.js');
    const { app, close } = await createApp(connection, process.env);
    return { listener: app, close };
  },
  async fastify(connection) {
    const { createApp } = await import('./fastify/app.js');
    const app = await createApp(connection);
    await app.ready();
    return { listener: app.routing, close: () => app.close() };
  },
  async koa(connection) {
    const { createApp } = await import('./koa/app.js');
    return { listener: createApp(connection).callback(), close: nothingToClose };
  },
  async nest(connection) {
    const { createApp } = await import('./nest/app.js');
    const app = await createApp(connection);
    return { listener: app.getHttpAdapter().getInstance(), close: () => app.close() };
  },
};
