import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestListener, request } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { FreedomIdClient, FreedomIdStrategy } from 'passport-freedom-id';
import { listen } from '../support/app';
import { createAuthority } from '../support/authority';
import { CookieJar, locationOf } from '../support/browser';
import { runNode } from '../support/child';
import { useClosing } from '../support/closing';
import { readPage, snippets, tableBelow } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const PAGE = 'docs/proxies.md';

const codeOf = (start: string, language = 'ts') =>
  snippets(PAGE, language).find((snippet) => snippet.includes(start)) ??
  expect.fail(`no snippet has ${start}`);

describe('docs/proxies.md', () => {
  const emulator = useEmulator();
  const closing = useClosing();

  async function serve(listener: RequestListener) {
    const { url, close } = await listen(listener);
    closing.push(close);
    return url;
  }

  /** An app with a cookie that only https: has, behind a proxy that sets the headers of the page's snippet for nginx. */
  async function startBehindProxy(prefix: string, callbackURL: string, trust = true) {
    const app = express();
    app.set('env', 'test');
    if (trust) app.set('trust proxy', 1);
    const passport = new Passport();
    const options = { ...minimalOptions, callbackURL, baseURL: emulator.url };
    passport.use(new FreedomIdStrategy(options, async (_a, _r, { id }) => ({ id })));
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));
    const cookie = { secure: true };
    app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie }), passport.session());
    app.get('/auth/freedom-id', passport.authenticate('freedom-id'));
    app.get('/auth/freedom-id/callback', passport.authenticate('freedom-id'), (req, res) => {
      res.json(req.user);
    });
    const inner = await serve(app);
    const settings = [...codeOf('proxy_pass', 'nginx').matchAll(/proxy_set_header (\S+) (\S+);/g)];
    expect(settings).to.have.length(4);
    return serve((req, res) => {
      const values: Record<string, string> = {
        $http_host: 'example.kz',
        $scheme: 'https',
        $proxy_add_x_forwarded_for: '192.0.2.1',
      };
      const set = settings.map(([, name = '', value = '']) => [name.toLowerCase(), values[value] ?? '']);
      const headers = { ...req.headers, ...Object.fromEntries(set) };
      const path = (req.url ?? '').slice(prefix.length);
      request(new URL(path, inner), { headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      }).end();
    });
  }

  /** @returns the status of the callback, and the redirect URI that was sent */
  async function logIn(url: string, prefix: string) {
    const browser = new CookieJar();
    const link = locationOf(await browser.get(`${url}${prefix}/auth/freedom-id`));
    const { body = '' } = emulator.requests.at(-1) ?? {};
    const callback = new URL(await emulator.approve(link));
    const { status } = await browser.get(`${url}${callback.pathname}${callback.search}`);
    return { status, sent: JSON.parse(body).redirect_uri.replace(/\?.*/, '') };
  }

  it('has headers for nginx by which the session comes back, where the framework trusts them', async () => {
    const sent = 'https://example.kz/auth/freedom-id/callback';
    expect(await logIn(await startBehindProxy('', sent), '')).to.deep.equal({ status: 200, sent });
    expect(await logIn(await startBehindProxy('', sent, false), '')).to.deep.equal({ status: 403, sent });
  });

  it('and by which a relative callback URL is right', async () => {
    const relative = '/auth/freedom-id/callback';
    const sent = `https://example.kz${relative}`;
    expect(await logIn(await startBehindProxy('', relative), '')).to.deep.equal({ status: 200, sent });
    const untrusted = await logIn(await startBehindProxy('', relative, false), '');
    expect(untrusted.sent).to.equal(`http://example.kz${relative}`);
  });

  it('and by which nobody outside chooses the host', async () => {
    const url = await startBehindProxy('', '/auth/freedom-id/callback');
    const forwarded = { 'x-forwarded-host': 'rogue.example', 'x-forwarded-proto': 'http' };
    await new CookieJar().get(`${url}/auth/freedom-id`, forwarded);
    expect(emulator.requests.at(-1)?.body).to.include('https://example.kz/').and.not.include('rogue.example');
  });

  it('has a callback URL for a proxy that takes a prefix off', async () => {
    const { callbackURL } = await runSnippets([codeOf('const callbackURL', 'js')], {}, ['callbackURL']);
    const url = await startBehindProxy('/app', String(callbackURL));
    expect(await logIn(url, '/app')).to.deep.equal({ status: 200, sent: callbackURL });
  });

  it('names the settings of the frameworks that the tests of the hosts use', () => {
    const settings = tableBelow(readPage(PAGE), '## Behind nginx or another reverse proxy');
    // What each test of a host gives as `trustProxy` is `true` in the page; Express has the number of proxies.
    const used: Record<string, [setting: string, file: string, code: string]> = {
      'Express, Nest on Express': [
        "`app.set('trust proxy', 1)`",
        'express',
        "app.set('trust proxy', trustProxy)",
      ],
      Koa: ['`new Koa({ proxy: true })`, or `app.proxy = true`', 'koa', 'new Koa({ proxy: trustProxy })'],
      Fastify: ['`fastify({ trustProxy: true })`', 'fastify', 'fastify({ trustProxy,'],
      'Nest on Fastify': [
        '`new FastifyAdapter({ trustProxy: true })`',
        'nest',
        'new FastifyAdapter({ trustProxy })',
      ],
      'node:http': [
        'the option `proxy: true` of the strategy',
        'node-http',
        'makeStrategies({ proxy: trustProxy,',
      ],
    };
    expect(settings).to.deep.equal(
      Object.entries(used).map(([framework, [setting]]) => [framework, setting]),
    );
    for (const [, file, code] of Object.values(used))
      expect(readPage(`test/hosts/${file}.ts`)).to.include(code);
  });

  it('has two ways to trust a certificate authority of your own', async () => {
    const authority = await createAuthority();
    const server = https.createServer(await authority.certify('127.0.0.1'), (_req, res) => {
      res.end('{"freedom_id":"u-1"}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const folder = mkdtempSync(join(tmpdir(), 'authority-'));
    closing.push(() => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    });
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, authority.ca);
    const baseURL = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const code = codeOf('new https.Agent').replace('/path/to/ca.pem', ca);
    const given = { FreedomIdStrategy, options: minimalOptions, verify: async () => false };
    const { agent } = await runSnippets([code], given, ['agent']);
    closing.push(() => (agent as https.Agent).destroy());
    const client = new FreedomIdClient({ ...minimalOptions, baseURL, agent: agent as https.Agent });
    expect((await client.getUserInfo('t')).json).to.deep.equal({ freedom_id: 'u-1' });

    const [, variable = ''] = /^(\w+)=\/path\/to\/ca\.pem node app\.js$/m.exec(readPage(PAGE)) ?? [];
    const script = `
      const { FreedomIdClient } = require('passport-freedom-id');
      new FreedomIdClient(${JSON.stringify({ ...minimalOptions, baseURL })})
        .getUserInfo('t').then(({ raw }) => console.log(raw), (error) => console.log(error.message));`;
    const printed = async (env: NodeJS.ProcessEnv) => {
      const command = runNode(['-e', script], env);
      await command.ended;
      return command.stdout;
    };
    expect(await printed({ [variable]: ca })).to.equal('{"freedom_id":"u-1"}\n');
    expect(await printed({ [variable]: '' })).to.include('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});
