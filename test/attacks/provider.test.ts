import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import { listen, loginApp, type RunningApp } from '../support/app';
import { CookieJar } from '../support/browser';
import { CLIENT_SECRET, minimalOptions } from '../support/options';
import { logIn, type RogueAnswers, rogue, says } from '../support/rogue';

describe('a server that pretends to be Freedom ID gets nowhere with', () => {
  const running: RunningApp[] = [];
  afterEach(() => {
    for (const app of running.splice(0)) app.close();
  });

  async function run(listener: RequestListener): Promise<RunningApp> {
    const app = await listen(listener);
    running.push(app);
    return app;
  }

  /** An app that keeps the user's whole profile in the session, and its strategy. */
  async function appAt(answers: RogueAnswers, options: Partial<FreedomIdStrategyOptions> = {}) {
    const { url } = await run(rogue(answers));
    const strategy = new FreedomIdStrategy(
      { ...minimalOptions, callbackURL: '/callback', baseURL: url, ...options, passReqToCallback: false },
      async (_accessToken, _refreshToken, profile) => profile,
    );
    return Object.assign(await run(loginApp(strategy)), { strategy });
  }

  /** Logs in, and expects that this signs nobody in and that the app still responds. @returns how the login ended */
  async function expectFailure(
    answers: RogueAnswers,
    options?: Partial<FreedomIdStrategyOptions>,
    status = 502,
  ) {
    const app = await appAt(answers, options);
    const browser = new CookieJar();
    const response = await logIn(browser, app);
    expect(response.status).to.equal(status);
    expect(await (await browser.get(`${app.url}/me`)).json()).to.deep.equal({ user: null });
    const { error } = (await response.json()) as { error: string };
    return { headers: response.headers, error };
  }

  it('an open redirect through the login link', async () => {
    for (const link of [
      'javascript:alert(document.cookie)',
      'data:text/html,<script>alert(1)</script>',
      'http://evil.example/',
      '//evil.example/',
      '/\\evil.example/',
      'evil.example',
      'ftp://evil.example/',
      'blob:https://evil.example/1',
      'java\tscript:alert(1)',
      '\u0001javascript:alert(1)',
      ['https://evil.example'],
      { href: 'https://evil.example' },
      null,
      7,
    ]) {
      const { headers, error } = await expectFailure({ authorize: says({ redirect_uri: link }) });
      expect(error, String(link)).to.match(
        /^Freedom ID authorize: HTTP 200 without a redirect_uri that is an https: URL/,
      );
      expect(headers.has('location')).to.equal(false);
    }
  });

  it('header injection through the login link or the token', async () => {
    let asked = 0;
    for (const text of ['\r\nX-Injected: yes', '\n', '\0', '\u2028', ' x', '\u00a0']) {
      const { headers } = await expectFailure({
        authorize: says({ redirect_uri: `https://passport.freedompay.kz/${text}` }),
      });
      expect(headers.has('x-injected')).to.equal(false);
      await expectFailure({
        token: says({ access_token: `access${text}` }),
        'get-data': (_req, res) => {
          asked += 1;
          res.end('{"freedom_id":"u-1"}');
        },
      });
    }
    expect(asked).to.equal(0);
  });

  it('prototype pollution through any response', async () => {
    const poison =
      '{"freedom_id":"u-1","access_token":"a","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    await expectFailure({
      authorize: says('{"error":{"errors":{"__proto__":["x"],"constructor":["y"]}}}', 422),
    });
    const app = await appAt({ token: says(poison), 'get-data': says(poison) });
    const { user } = (await (await logIn(new CookieJar(), app)).json()) as { user: Record<string, unknown> };
    expect(user).to.include({ id: 'u-1' }).and.not.have.property('admin');
    expect({ ...(user._json as object) }).to.not.have.property('admin');
    expect({}).to.not.have.property('admin');
  });

  it('secret leaking by a redirect', async () => {
    const stolen: unknown[] = [];
    const thief = await run((req, res) => {
      stolen.push(req.headers);
      res.end('{"freedom_id":"u-1","access_token":"a"}');
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const elsewhere: RequestListener = (_req, res) => res.writeHead(status, { location: thief.url }).end();
      for (const endpoint of ['authorize', 'token', 'get-data']) {
        for (const fetch of [undefined, globalThis.fetch]) {
          const { error, headers } = await expectFailure({ [endpoint]: elsewhere }, { fetch });
          expect(error).to.match(new RegExp(`^Freedom ID ${endpoint}: HTTP ${status}, a redirect`));
          expect(headers.has('location')).to.equal(false);
        }
      }
    }
    expect(stolen).to.deep.equal([]);
  });

  it('secret leaking by an error response that repeats secrets: in the message, stack, JSON or printed form of the error, or in diagnostics', async () => {
    const accessToken = 'Acce55'.repeat(20);
    const echo: RequestListener = async (req, res) => {
      const { authorization = '' } = req.headers;
      const body = await text(req);
      const decoded = Buffer.from(authorization.replace(/^\w+ /, ''), 'base64').toString();
      const message = [authorization, decoded, encodeURIComponent(decoded), body, JSON.stringify(body)].join(
        ' ',
      );
      says({ error: { message, code: authorization, errors: { [authorization]: [body, decoded] } } }, 400)(
        req,
        res,
      );
    };
    const events: object[] = [];
    const note = (event: unknown) => void events.push(event as object);
    subscribe('passport-freedom-id:request', note);
    try {
      for (const endpoint of ['authorize', 'token', 'get-data']) {
        const { error } = await expectFailure({
          token: says({ access_token: accessToken }),
          [endpoint]: echo,
        });
        const failed = events.at(-1) as { error: Error };
        expect(failed.error).to.be.an('error').with.property('message', error);
        const printed = [
          error,
          failed.error.stack,
          inspect(failed, { depth: 9, showHidden: true }),
          JSON.stringify(events),
        ].join('\n');
        const basic = Buffer.from(`${minimalOptions.clientID}:${CLIENT_SECRET}`).toString('base64');
        for (const secret of [CLIENT_SECRET, basic, basic.replace(/=+$/, ''), accessToken, 'C0de']) {
          expect(printed, endpoint).to.not.include(secret);
        }
      }
    } finally {
      unsubscribe('passport-freedom-id:request', note);
    }
  });

  it('secret leaking by a strategy or a client that is printed, or by the debug log', async () => {
    const { strategy } = await appAt({});
    const copy = Object.create(strategy);
    for (const printed of [strategy, copy, strategy.client, { ...strategy }]) {
      expect(inspect(printed, { depth: 9 })).to.not.include(CLIENT_SECRET);
      expect(JSON.stringify(printed) ?? '').to.not.include(CLIENT_SECRET);
      expect(String(printed)).to.not.include(CLIENT_SECRET);
    }
    const script = `
      const { FreedomIdClient } = require('./lib');
      const fetch = async (_url, { headers, body }) =>
        Response.json({ error: { message: 'No: ' + headers.authorization + ' ' + body } }, { status: 400 });
      const client = new FreedomIdClient({ clientID: 'demo', clientSecret: 's3cret', fetch });
      client.exchangeCode('s3cret-code').catch(() => client.getUserInfo('s3cret-token')).catch(() => {});`;
    const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
      env: { ...process.env, NODE_DEBUG: 'passport-freedom-id' },
      encoding: 'utf8',
    });
    expect(stderr).to.match(/token POST .*: Freedom ID token: rejected with HTTP 400, "No: /);
    expect(stderr).to.match(/get-data GET .*: Freedom ID get-data: rejected with HTTP 400, "No: /);
    for (const secret of ['s3cret', Buffer.from('demo:s3cret').toString('base64')]) {
      expect(stderr).to.not.include(secret);
    }
  });

  it('log injection by the text of an error', async () => {
    const injected = 'Not so.\r\n2026-01-01 INFO login of admin\u001b[2K\u0000\u2028\u202eeman\u200b\u0085';
    for (const endpoint of ['authorize', 'token', 'get-data']) {
      const { error } = await expectFailure({
        [endpoint]: says(
          { error: { message: injected, code: injected, errors: { [injected]: [injected] } } },
          422,
        ),
      });
      expect(error).to.include('Not so. 2026-01-01 INFO login of admin [2K eman');
      expect(error).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });

  it('denial of service by responses that never come or never end: sockets stay few, and every login ends', async () => {
    const open = new Set<Socket>();
    let most = 0;
    let broken = true;
    const silent: RequestListener = (req, res) => {
      if (!open.has(req.socket)) req.socket.once('close', () => open.delete(req.socket));
      most = Math.max(most, open.add(req.socket).size);
      if (!broken) rogue()(req, res);
      // Half of the responses start and then stall: the deadline is for the whole response.
      else if (most % 2 === 0) res.writeHead(200).write('{');
    };
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const app = await appAt({ authorize: silent }, { agent, timeout: 200 });
    const logins = Array.from({ length: 20 }, () => logIn(new CookieJar(), app));
    for (const { status } of await Promise.all(logins)) expect(status).to.equal(504);
    expect(most).to.be.within(1, 4);
    broken = false;
    expect((await logIn(new CookieJar(), app)).status).to.equal(200);
    agent.destroy();
  });

  it('denial of service by huge responses: endless, compressed, in headers, nested, with countless messages', async () => {
    const filler = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const endless: RequestListener = (_req, res) => {
      const more = () => {
        while (!res.destroyed && res.write(filler)) sent += filler.length;
      };
      res.on('drain', more);
      more();
    };
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, ' '));
    const compressed: RequestListener = (_req, res) =>
      res.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    const headers: RequestListener = (_req, res) =>
      res.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end('{}');
    const nested = says(
      `{"freedom_id":"u-1","access_token":"a","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    );
    const messages = says({ error: { errors: { grants: Array(80_000).fill('') } } });
    for (const endpoint of ['authorize', 'token', 'get-data']) {
      for (const answer of [endless, compressed, headers, nested, messages]) {
        const { error } = await expectFailure({ [endpoint]: answer });
        expect(error.length).to.be.below(500);
      }
    }
    expect(sent).to.be.below(20 * 1024 * 1024);
  });

  it('id confusion by a freedom_id that is missing, is not a string, or looks like another one', async () => {
    const wrong: unknown[] = [undefined, null, 42, '', ' ', true, [], ['u-1'], {}, { toString: 'u-1' }];
    const lookalikes = [
      'u-1 ',
      '\tu-1',
      'u-1\0',
      'u-1\u200b',
      '\u202e1-u',
      'u\u20101',
      'ü-1',
      'аdmin',
      `u-${'1'.repeat(300)}`,
    ];
    for (const freedom_id of [...wrong, ...lookalikes]) {
      const { error } = await expectFailure({
        token: says({ access_token: 'a', id: 'u-1', freedom_id: 'u-1', user_id: 'u-1' }),
        'get-data': says({ freedom_id, id: 'u-1', sub: 'u-1', user_id: 'u-1', freedomId: 'u-1' }),
      });
      expect(error, inspect(freedom_id)).to.match(/^Freedom ID get-data: the response has no freedom_id of/);
    }
  });

  it('id confusion with the id of the token', async () => {
    const app = await appAt({
      token: says({ access_token: 'a', id: 'of-the-token', freedom_id: 'of-the-token' }),
      'get-data': says({ freedom_id: 'u-1', id: 'other', sub: 'other' }),
    });
    const { user } = (await (await logIn(new CookieJar(), app)).json()) as { user: { id: string } };
    expect(user.id).to.equal('u-1');
  });
});
