import { spawnSync } from 'node:child_process';
import http from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  FreedomIdError,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type VerifyFunction,
} from '../lib';
import type { Emulator, EmulatorFault } from '../lib/emulator/index';
import { listen, loginApp } from './support/app';
import { CookieJar, locationOf } from './support/browser';
import { useEmulator } from './support/emulator';
import { endingOf } from './support/ending';
import { CLIENT_SECRET, minimalOptions } from './support/options';

const justProfile: VerifyFunction = async (_accessToken, _refreshToken, profile) => profile;

function strategyFor(
  emulator: Emulator,
  options: Partial<FreedomIdStrategyOptions> = {},
  verify = justProfile,
) {
  return new FreedomIdStrategy(
    { ...minimalOptions, baseURL: emulator.url, ...options, passReqToCallback: false },
    verify,
  );
}

/** Runs the first leg with a bare request. @returns the link */
async function linkFrom(strategy: FreedomIdStrategy, session: object): Promise<string> {
  const { action, args } = await endingOf(strategy, { url: '/login', session });
  expect(action, inspect(args)).to.equal('redirect');
  return args[0] as string;
}

const callbackRequest = (callback: string, session: object) => ({
  url: callback.replace('https://app.example', ''),
  session,
});

describe('the invariants', () => {
  const users = Array.from({ length: 20 }, (_, index) => ({
    freedom_id: `user-${index}`,
    firstname: `User ${index}`,
  }));
  const emulator = useEmulator({ users });

  describe('1. one action for each request, whatever fails', () => {
    const unexpected: unknown[] = [];
    const note = (reason: unknown) => void unexpected.push(reason);
    before(() => process.on('unhandledRejection', note));
    after(() => process.off('unhandledRejection', note));

    it('holds for every fault, request and verify function, in any combination', async function () {
      this.timeout(60_000);
      const faults: EmulatorFault[] = [
        'reset',
        'status-500',
        'html',
        'invalid-json',
        'error-200',
        'oversized',
      ];
      const fault = fc.option(
        fc.tuple(fc.constantFrom('authorize', 'token', 'get-data'), fc.constantFrom(...faults)),
      );
      const query = fc.constantFrom(
        '',
        '&error=x',
        '&error_code=100102',
        '&state=x',
        '&authorization_code=x',
        '&x=y',
      );
      const verifies: VerifyFunction[] = [
        justProfile,
        async () => false,
        () => null,
        async () => Promise.reject(undefined),
        () => {
          throw new Error('thrown');
        },
        (_a, _r, profile, done) => {
          done(null, profile);
          done(new Error('second'));
        },
        (_a, _r, _p, done) => done('route'),
      ];
      await fc.assert(
        fc.asyncProperty(fault, query, fc.constantFrom(...verifies), async (planned, more, verify) => {
          const strategy = strategyFor(emulator, {}, verify);
          if (planned) emulator.fault(planned[0] as 'token', planned[1]);
          const session = {};
          const start = await endingOf(strategy, { url: '/login', session });
          if (start.action === 'redirect') {
            const callback = await emulator.approve(start.args[0] as string);
            const end = await endingOf(strategy, callbackRequest(callback + more, session));
            expect(end.action).to.be.oneOf(['success', 'fail', 'error']);
            if (end.action === 'error') expect(end.args[0]).to.be.an('error');
          } else {
            expect(start.action).to.equal('error');
          }
          emulator.clearFaults();
        }),
        { numRuns: 200 },
      );
      expect(unexpected).to.deep.equal([]);
    });

    it('holds when an action throws: the error is told once, and what `error` throws surfaces', () => {
      const script = `
        const { FreedomIdStrategy } = require('./lib');
        const strategy = new FreedomIdStrategy({ clientID: 'a', clientSecret: 'b', callbackURL: '/cb' }, async () => ({}));
        process.on('uncaughtException', (error) => console.log('uncaught', error.message));
        process.on('unhandledRejection', (error) => console.log('unhandled', error.message));
        let calls = 0;
        for (const name of ['redirect', 'success', 'fail', 'pass', 'error']) {
          strategy[name] = () => { console.log(name, ++calls); throw new Error('from the app'); };
        }
        strategy.authenticate({ url: '/?state=x&authorization_code=y', session: {}, headers: { host: 'a' } });`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
        encoding: 'utf8',
        env: { ...process.env, NODE_ENV: 'production' },
      });
      expect(stderr).to.equal('');
      expect(stdout.trim().split('\n')).to.deep.equal(['fail 1', 'error 2', 'uncaught from the app']);
    });
  });

  describe('2. two logins at once never swap users', () => {
    for (const byInstance of [false, true]) {
      it(`in 200 interleaved logins with the strategy given by ${byInstance ? 'instance' : 'name'}`, async function () {
        this.timeout(60_000);
        const strategy = strategyFor(emulator, { callbackURL: '/callback', scope: 'read.firstname' });
        const app = await listen(loginApp(strategy, { byInstance }));
        const keys = Object.keys(strategy).sort();
        // All first legs run at once; when all of them have ended, all second legs run at once.
        const browsers = Array.from({ length: 200 }, () => new CookieJar());
        const links = await Promise.all(
          browsers.map((browser) => browser.get(`${app.url}/login`).then(locationOf)),
        );
        const callbacks = await Promise.all(
          links.map((link, index) => emulator.approve(link, { as: index % users.length })),
        );
        const names = await Promise.all(
          browsers.map(async (browser, index) => {
            const response = await browser.get(callbacks[index] ?? '');
            const { user } = (await response.json()) as { user?: { displayName: string } };
            const me = (await (await browser.get(`${app.url}/me`)).json()) as {
              user?: { displayName: string };
            };
            return [user?.displayName, me.user?.displayName];
          }),
        );
        app.close();
        expect(names).to.deep.equal(
          browsers.map((_, index) => Array(2).fill(`User ${index % users.length}`)),
        );
        const passportsOwn = ['redirect', 'success', 'fail', 'pass', 'error'];
        expect(
          Object.keys(strategy)
            .filter((key) => !passportsOwn.includes(key))
            .sort(),
        ).to.deep.equal(keys);
      });
    }
  });

  it('3. every tab has its own pending login, and a forged callback destroys none', async () => {
    const strategy = strategyFor(emulator);
    const session = {};
    const links: string[] = [];
    for (let tab = 0; tab < 10; tab += 1) links.push(await linkFrom(strategy, session));
    expect(JSON.stringify(session).length).to.be.below(900);
    const forged = await endingOf(
      strategy,
      callbackRequest('/cb?state=forged&authorization_code=x', session),
    );
    expect(forged).to.deep.include({ action: 'fail' });
    for (const link of links.reverse()) {
      const callback = await emulator.approve(link);
      expect(await endingOf(strategy, callbackRequest(callback, session))).to.include({ action: 'success' });
      expect(await endingOf(strategy, callbackRequest(callback, session))).to.include({ action: 'fail' });
    }
  });

  it('4. the request object reaches verify and the stores as it came in, and is never written to', async () => {
    const seen: unknown[] = [];
    const strategy = new FreedomIdStrategy(
      {
        ...minimalOptions,
        callbackURL: '/callback',
        baseURL: emulator.url,
        passReqToCallback: true,
        store: {
          store: (req, done) => done(null, seen.push(req) && 'handle'),
          verify: (req, _state, done) => done(null, Boolean(seen.push(req))),
        },
      },
      async (req: object, _accessToken, _refreshToken, profile) => {
        seen.push(req);
        return profile;
      },
    );
    // Like real requests: Fastify's has no `connection`, and in Express 5 `query` is a getter.
    const frozen = (url: string) =>
      Object.freeze(
        Object.defineProperty(
          { url, headers: Object.freeze({ host: 'app.example' }), socket: Object.freeze({}) },
          'query',
          {
            get: () => Object.freeze({}),
          },
        ),
      );
    const start = frozen('/login');
    const { action, args } = await endingOf(strategy, start);
    expect(action, inspect(args)).to.equal('redirect');
    const { pathname, search } = new URL(await emulator.approve(args[0] as string));
    const callback = frozen(pathname + search);
    expect(await endingOf(strategy, callback)).to.include({ action: 'success' });
    expect(seen).to.have.length(3);
    expect(seen[0]).to.equal(start);
    expect(seen[1]).to.equal(callback);
    expect(seen[2]).to.equal(callback);
  });

  it('5. an error found in a body counts at any status, 200 included', async () => {
    for (const endpoint of ['authorize', 'token', 'get-data'] as const) {
      const strategy = strategyFor(emulator);
      const session = {};
      emulator.fault(endpoint, 'error-200');
      let ending = await endingOf(strategy, { url: '/login', session });
      if (endpoint !== 'authorize') {
        ending = await endingOf(
          strategy,
          callbackRequest(await emulator.approve(ending.args[0] as string), session),
        );
      }
      expect(ending.args[0]).to.be.instanceOf(FreedomIdError);
      expect(ending.args[0]).to.include({ endpoint, httpStatus: 200, providerCode: '100500' });
    }
  });

  it('6. credentials go to the configured endpoints only: a redirect is not followed', async () => {
    let asked = 0;
    const elsewhere = await listen((_req, res) => {
      asked += 1;
      res.end('{}');
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const redirecting = await listen((_req, res) =>
        res.writeHead(status, { location: elsewhere.url }).end(),
      );
      for (const fetch of [undefined, globalThis.fetch]) {
        const strategy = strategyFor(emulator, { baseURL: redirecting.url, fetch });
        const { action, args } = await endingOf(strategy, { url: '/login', session: {} });
        expect(action).to.equal('error');
        expect(inspect(args, { depth: 9 }))
          .to.include(`HTTP ${status}`)
          .and.not.include(CLIENT_SECRET);
        await strategy.client.getUserInfo('token').catch(() => {});
      }
      redirecting.close();
    }
    elsewhere.close();
    expect(asked).to.equal(0);
  });

  it('7. the browser is sent to an https: link, or to the provider itself, and nowhere else', async () => {
    for (const link of [
      'javascript:alert(1)',
      'http://evil.example/',
      '//evil.example',
      'https://a.example/\r\nX: y',
    ]) {
      const provider = await listen((_req, res) => res.end(JSON.stringify({ redirect_uri: link })));
      const { action, args } = await endingOf(strategyFor(emulator, { baseURL: provider.url }), {
        url: '/login',
        session: {},
      });
      provider.close();
      expect(action, link).to.equal('error');
      expect(args[0]).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'authorize' });
    }
  });

  it('9. listeners on kept-alive sockets do not accumulate', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const strategy = strategyFor(emulator, { agent });
    const listeners = async (logins: number) => {
      for (let login = 0; login < logins; login += 1) {
        const session = {};
        const callback = await emulator.approve(await linkFrom(strategy, session));
        expect(await endingOf(strategy, callbackRequest(callback, session))).to.include({
          action: 'success',
        });
      }
      const sockets = Object.values(agent.freeSockets).flatMap((free) => free ?? []);
      return sockets.map((socket) => socket.eventNames().map((name) => [name, socket.listenerCount(name)]));
    };
    const few = await listeners(3);
    expect(few).to.have.length(1);
    expect(await listeners(60)).to.deep.equal(few);
    agent.destroy();
  });

  it('9. memory is flat over 100,000 logins', function () {
    this.timeout(120_000);
    const script = join(__dirname, 'support', 'memory.ts');
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', script], {
      encoding: 'utf8',
      env: { ...process.env, NODE_V8_COVERAGE: '' },
    });
    expect(stderr).to.equal('');
    const { logins, bytesPerLogin } = JSON.parse(stdout);
    expect(logins).to.equal(100_000);
    expect(bytesPerLogin).to.be.below(5);
  });
});
