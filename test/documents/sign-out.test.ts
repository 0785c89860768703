import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import type { FastifyInstance } from 'fastify';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { Passport } from 'passport';
import { FreedomIdStrategy, revocationHandler } from 'passport-freedom-id';
import type { Emulator } from '../../lib/emulator/index';
import { startEmulator } from '../../lib/emulator/index';
import { listen } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { useClosing } from '../support/closing';
import { readPage, snippets } from '../support/documents';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

describe('docs/sign-out.md', () => {
  const closing = useClosing();

  const codeOf = (start: string) => {
    const code = snippets('docs/sign-out.md').find((snippet) => snippet.includes(start));
    if (code === undefined) throw new Error(`no snippet has ${start}`);
    return code;
  };

  const serve = async (listener: RequestListener) => {
    const { url, close } = await listen(listener);
    closing.push(close);
    return url;
  };

  const send = async (url: string, body: string | Buffer<ArrayBuffer>, init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${url}/freedom-id/revoked`, { method: 'POST', headers, body, ...init });
  };

  describe('its recipe', () => {
    interface Login {
      id: string;
      userId: string;
      tokenId: string;
    }

    /** An app with the recipe, the database that the recipe asks for, and an emulator that tells the app of sign-outs. */
    async function start() {
      const app = express();
      const url = await serve(app);
      const emulator = await startEmulator({
        clients: [
          { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, revokeURI: `${url}/freedom-id/revoked` },
        ],
      });
      closing.push(() => emulator.close());

      const rows = new Map<string, Login>();
      const logins = {
        async begin(login: Omit<Login, 'id'>) {
          const row = { ...login, id: randomUUID() };
          rows.set(row.id, row);
          return row;
        },
        find: async (id: string) => rows.get(id),
        async endAllOf(tokenId: string) {
          for (const row of rows.values()) if (row.tokenId === tokenId) rows.delete(row.id);
        },
      };
      const passport = new Passport();
      app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
      app.use(passport.session());
      const options = { ...minimalOptions, callbackURL: '/callback', baseURL: emulator.url };
      await runSnippets([codeOf('logins.begin')], { app, passport, options, logins, FreedomIdStrategy });
      app.get('/login', passport.authenticate('freedom-id'));
      app.get('/callback', passport.authenticate('freedom-id'), (req, res) => void res.json(req.user));
      app.get('/me', (req, res) => void res.json(req.user ?? null));
      return { url, emulator, rows };
    }

    async function signIn(url: string, emulator: Emulator, as: number): Promise<CookieJar> {
      const browser = new CookieJar();
      const link = locationOf(await browser.get(`${url}/login`));
      expect((await browser.get(await emulator.approve(link, { as }))).status).to.equal(200);
      return browser;
    }

    const areSignedIn = (url: string, browsers: CookieJar[]) =>
      Promise.all(browsers.map(async (browser) => (await (await browser.get(`${url}/me`)).json()) !== null));

    it('signs a user out of the app who signs out of Freedom ID, and nobody else', async () => {
      const { url, emulator } = await start();
      const browsers = [
        await signIn(url, emulator, 0),
        await signIn(url, emulator, 0),
        await signIn(url, emulator, 1),
      ];
      expect(await areSignedIn(url, browsers)).to.deep.equal([true, true, true]);
      await emulator.signOut(0);
      expect(emulator.revocations.map(({ httpStatus }) => httpStatus)).to.deep.equal([204, 204]);
      expect(await areSignedIn(url, browsers)).to.deep.equal([false, false, true]);
    });

    it('ends the logins of one token, whose id may come in capitals', async () => {
      const { url, emulator, rows } = await start();
      const browsers = [await signIn(url, emulator, 0), await signIn(url, emulator, 0)];
      const [first] = rows.values();
      expect((await send(url, JSON.stringify({ id: first?.tokenId.toUpperCase() }))).status).to.equal(204);
      expect(await areSignedIn(url, browsers)).to.deep.equal([false, true]);
    });

    it('answers an id that it does not know in the same way, and ends nothing', async () => {
      const { url, emulator } = await start();
      const browser = await signIn(url, emulator, 0);
      expect((await send(url, JSON.stringify({ id: randomUUID() }))).status).to.equal(204);
      expect(await areSignedIn(url, [browser])).to.deep.equal([true]);
    });
  });

  describe('its handler, mounted as it says', () => {
    const ended: string[] = [];
    const endSessions = async (tokenId: string) => void ended.push(tokenId);
    beforeEach(() => {
      ended.length = 0;
    });

    async function startNest(adapter: ExpressAdapter | FastifyAdapter) {
      class AppModule {}
      Module({})(AppModule);
      const app = await NestFactory.create(AppModule, adapter, {
        logger: false,
        forceCloseConnections: true,
      });
      closing.push(() => app.close());
      const given = { revocationHandler, endSessions };
      const { mountRevocation } = await runSnippets([codeOf('mountRevocation')], given, ['mountRevocation']);
      (mountRevocation as (app: INestApplication) => void)(app);
      await app.listen(0, '127.0.0.1');
      return app.getUrl();
    }

    async function startKoa(app: Koa, code: string) {
      const { router } = await runSnippets([code], { revocationHandler, endSessions }, ['router']);
      return serve(app.use((router as { routes(): Koa.Middleware }).routes()).callback());
    }

    const hosts: Record<string, () => Promise<string>> = {
      async Express() {
        const app = express();
        await runSnippets([codeOf("app.post('/freedom-id/revoked', revocationHandler(endSessions))")], {
          app,
          revocationHandler,
          endSessions,
        });
        return serve(app);
      },
      async 'Express behind express.json()'() {
        const app = express().use(express.json());
        await runSnippets([codeOf("app.post('/freedom-id/revoked', revocationHandler(endSessions))")], {
          app,
          revocationHandler,
          endSessions,
        });
        return serve(app);
      },
      Koa: async () => startKoa(new Koa(), codeOf("from '@koa/router'")),
      async 'Koa behind koa-bodyparser'() {
        const [, call = ''] =
          /^Behind koa-bodyparser.*`(handle\(.*\))`/m.exec(readPage('docs/sign-out.md')) ?? [];
        const code = codeOf("from '@koa/router'").replace('handle(ctx.req, ctx.res)', call);
        expect(code).to.include('ctx.request.body');
        return startKoa(new Koa().use(bodyParser()), code);
      },
      async Fastify() {
        const code = codeOf("from 'fastify'");
        const { app } = await runSnippets([code], { revocationHandler, endSessions }, ['app']);
        const instance = app as FastifyInstance;
        closing.push(() => instance.close());
        return instance.listen({ host: '127.0.0.1', port: 0 });
      },
      Nest: async () => startNest(new ExpressAdapter()),
      'Nest on Fastify': async () => startNest(new FastifyAdapter()),
      async 'node:http'() {
        const { server } = await runSnippets(
          [codeOf("from 'node:http'")],
          { revocationHandler, endSessions },
          ['server'],
        );
        return serve((req, res) => (server as NodeJS.EventEmitter).emit('request', req, res));
      },
    };

    for (const [name, start] of Object.entries(hosts)) {
      it(`answers in ${name}`, async () => {
        const url = await start();
        const id = randomUUID();
        const answer = await send(url, JSON.stringify({ id }));
        expect([answer.status, await answer.text()]).to.deep.equal([204, '']);
        expect(ended).to.deep.equal([id]);
        const wrong = await send(url, JSON.stringify({ id: 'nobody' }));
        expect([wrong.status, await wrong.text()]).to.deep.equal([400, '']);
        const untyped = await send(url, Buffer.from(JSON.stringify({ id })), { headers: {} });
        expect(untyped.status).to.equal(415);
        expect(ended).to.have.length(1);
      });
    }
  });

  it('has a table of the answers', async () => {
    const table = /^\| status \| when \|[\s\S]*?\n\n/m.exec(readPage('docs/sign-out.md'))?.[0] ?? '';
    const listed = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
    const known = randomUUID();
    const handle = revocationHandler(async (tokenId) => {
      if (tokenId !== known) throw new Error('from the app');
    });
    const url = await serve(handle);
    const right = JSON.stringify({ id: known });
    const answers = [
      await send(url, right),
      await send(url, '{}'),
      await send(url, right, { method: 'PUT' }),
      await send(url, right.padEnd(4097)),
      await send(url, right, { headers: { 'content-type': 'text/plain' } }),
      await send(url, JSON.stringify({ id: randomUUID() })),
    ];
    // The one that takes ten seconds has its own test.
    expect(listed.filter((status) => status !== 408)).to.deep.equal(answers.map(({ status }) => status));
    expect(listed).to.include(408);
  });
});
