import express from 'express';
import express4 from 'express4';
import type { RunningApp } from '../support/app';
import { useEmulator } from '../support/emulator';
import { expressHost, inCookie, inMemory } from './express';
import { fastifyHost, inCookie as inFastifyCookie, inMemory as inFastifyMemory } from './fastify';
import type { Host } from './host';
import { koa } from './koa';
import { nest, nestOnFastify } from './nest';
import { nodeHttp } from './node-http';
import { protocols } from './protocols';
import { ownScenarios, type Stage, scenarios } from './scenarios';

const hosts: Host[] = [
  expressHost('Express 5 with express-session', express, inMemory, '/callback{/:state}'),
  expressHost('Express 5 with cookie-session', express, inCookie, '/callback{/*rest}'),
  expressHost('Express 4 with express-session', express4, inMemory, '/callback/:state?'),
  expressHost('Express 4 with cookie-session', express4, inCookie, '/callback/:state?'),
  koa,
  fastifyHost('Fastify 5 with @fastify/session', inFastifyMemory),
  fastifyHost('Fastify 5 with @fastify/secure-session', inFastifyCookie),
  nest,
  nestOnFastify,
  nodeHttp,
];

for (const host of hosts) {
  describe(host.name, () => {
    // Its key is made in no time.
    const emulator = useEmulator({ signing: 'ES256' });
    const running: RunningApp[] = [];
    afterEach(async () => {
      for (const app of running.splice(0)) await app.close();
    });

    const start: Stage['start'] = async ({ strategy, trustProxy } = {}) => {
      const app = await host.start({
        strategy: { baseURL: emulator.url, ...strategy },
        trustProxy: trustProxy ?? false,
      });
      running.push(app);
      return app.url;
    };

    for (const protocol of protocols) {
      describe(protocol.title, () => {
        for (const [title, scenario] of Object.entries({ ...scenarios, ...ownScenarios[protocol.name] })) {
          it(title, () => scenario({ host, protocol, emulator, start }));
        }
      });
    }
  });
}
