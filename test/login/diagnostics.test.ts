import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { FreedomIdError, type FreedomIdLoginEvent } from '../../lib';
import { describeOutcome, type reportLogin } from '../../lib/login/diagnostics';
import type { FailureReason, Outcome } from '../../lib/login/outcome';
import { runNode } from '../support/child';
import { endingOf } from '../support/ending';
import { answerTokens, answerUser, logIn, request, startLogin, strategyWith } from '../support/mocked-login';
import { answerOnce, useNock } from '../support/nock';

const CHANNEL = 'passport-freedom-id:login';

describe('the report on a login', () => {
  useNock();
  const events: FreedomIdLoginEvent[] = [];
  const note = (event: unknown) => void events.push(event as FreedomIdLoginEvent);
  beforeEach(() => {
    events.splice(0);
    subscribe(CHANNEL, note);
  });
  afterEach(() => unsubscribe(CHANNEL, note));

  it('tells how each of its requests ended', async () => {
    answerTokens();
    answerUser();
    await logIn(strategyWith());
    expect(events).to.deep.equal([
      { leg: 'start', action: 'redirect' },
      { leg: 'callback', action: 'success' },
    ]);
  });

  it('tells why a login failed, and the status that goes with it', async () => {
    const strategy = strategyWith();
    const failures = [
      ['/cb?state=x&authorization_code=C', 'callback', 'no-pending-login', 403],
      ['/cb?state=x&state=y&authorization_code=C', 'callback', 'malformed-callback', 400],
      ['/cb?state=x&error_code=1', 'callback', 'no-pending-login', 403],
    ] as const;
    for (const [url, leg, reason, status] of failures) {
      await endingOf(strategy, request(url));
      expect(events.pop()).to.deep.equal({ leg, action: 'fail', reason, status });
    }
    await endingOf(strategy, { ...request('/cb?authorization_code=C'), method: 'HEAD' });
    expect(events.pop()).to.include({ reason: 'head-request', status: 405 });
    await endingOf(strategyWith({ callbackURL: '/cb' }), { url: '/login', session: {} });
    expect(events.pop()).to.deep.equal({ leg: 'start', action: 'fail', reason: 'no-host', status: 400 });
    const { session } = await startLogin(strategy);
    await endingOf(strategy, request('/cb?state=x&authorization_code=C', session));
    expect(events.pop()).to.include({ reason: 'unknown-state', status: 403 });
    await logIn(strategy, 'error_code=100102');
    expect(events.pop()).to.include({ reason: 'cancelled', status: 401 });
    answerOnce('POST', '/api/v1/oauth/token', 200, { error: { message: 'x', code: '100101' } });
    await logIn(strategy);
    expect(events.pop()).to.include({ reason: 'code-refused', status: 401 });
    for (const info of [undefined, { message: 'banned' }]) {
      answerTokens();
      answerUser();
      await logIn(strategyWith({}, (_a, _r, _p, done) => done(null, false, info)));
      expect(events.pop()).to.include({ reason: 'verify', status: 401 });
    }
  });

  it('tells the error if Freedom ID is the reason, and of any other error only that there was one', async () => {
    answerOnce('POST', '/api/v1/oauth/authorize', 500, {});
    await endingOf(strategyWith(), request());
    const { error, ...event } = events.pop() ?? expect.fail('no event');
    expect(event).to.deep.equal({ leg: 'start', action: 'error', status: 502 });
    expect(error).to.be.instanceOf(FreedomIdError);
    answerTokens();
    answerUser();
    await logIn(strategyWith({}, async () => Promise.reject(new Error('personal data'))));
    expect(events.pop()).to.deep.equal({ leg: 'callback', action: 'error' });
    await endingOf(strategyWith(), request('/login'), { callbackURL: '/cb#' });
    expect(events.pop()).to.deep.equal({ leg: 'start', action: 'error' });
  });

  it('tells an action that throws as the error that it becomes', async () => {
    const error = await new Promise((resolve) => {
      const copy = Object.create(strategyWith());
      copy.fail = () => {
        throw new Error('already answered');
      };
      copy.error = resolve;
      copy.authenticate(request('/cb?authorization_code=C'));
    });
    expect(error).to.have.property('message', 'already answered');
    expect(events).to.deep.equal([{ leg: 'callback', action: 'error' }]);
  });

  it('says in words what to check, and what verify gave in place of a user', () => {
    const failed = (reason: FailureReason, more = {}) =>
      describeOutcome({ action: 'fail', reason, info: 'personal data', ...more });
    expect(failed('no-pending-login')).to.match(
      /^fail, no-pending-login: the session has no .* cookie .*too$/,
    );
    expect(failed('cancelled')).to.equal('fail, cancelled: the user refused at Freedom ID; nothing is wrong');
    const verify = 'fail, verify: the verify function gave no user';
    expect(failed('verify', { user: false })).to.equal(`${verify}, but false`);
    expect(failed('verify', { user: null })).to.equal(`${verify}, but null`);
    expect(failed('verify', { user: undefined })).to.equal(
      `${verify}, but undefined: did it forget to return?`,
    );
    expect(describeOutcome({ action: 'success', user: {}, info: {} })).to.equal('success');
    expect(describeOutcome({ action: 'redirect', url: 'secret' })).to.equal('redirect');
    const error = new FreedomIdError('Freedom ID token: why', {
      code: 'ERR_FREEDOM_ID_NETWORK',
      endpoint: 'token',
    });
    expect(describeOutcome({ action: 'error', error })).to.equal('error, Freedom ID token: why');
    expect(describeOutcome({ action: 'error', error: new Error('personal data') })).to.equal(
      'error, made by the app, its session store or this host',
    );
  });

  describe('warns of a login that came back to a session without one', () => {
    const warnings: unknown[][] = [];
    const { emitWarning } = process;
    const { NODE_ENV } = process.env;
    beforeEach(() => {
      warnings.splice(0);
      process.emitWarning = (...args: unknown[]) => void warnings.push(args);
    });
    afterEach(() => {
      process.emitWarning = emitWarning;
      if (NODE_ENV === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = NODE_ENV;
    });

    /** The module as a new process has it. */
    function fresh(env?: string): typeof reportLogin {
      if (env === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = env;
      const file = require.resolve('../../lib/login/diagnostics');
      const { [file]: loaded } = require.cache;
      delete require.cache[file];
      const { reportLogin: report } = require('../../lib/login/diagnostics');
      require.cache[file] = loaded;
      return report;
    }
    const lost = (reason: FailureReason = 'no-pending-login'): Outcome => ({
      action: 'fail',
      reason,
      info: {},
    });

    it('once, outside production', () => {
      for (const env of [undefined, 'development']) {
        const report = fresh(env);
        warnings.splice(0);
        report('callback', lost());
        report('callback', lost());
        expect(warnings).to.have.length(1);
        const [[message, options]] = warnings as [[string, object]];
        for (const cause of ['sameSite', 'secure', 'localhost', 'memory of another process'])
          expect(message).to.include(cause);
        expect(options).to.deep.equal({ type: 'FreedomIdWarning', code: 'FREEDOM_ID_NO_PENDING_LOGIN' });
      }
    });

    it('and of nothing else, and of nothing in production', () => {
      fresh('production')('callback', lost());
      const report = fresh();
      report('callback', lost('unknown-state'));
      report('callback', { action: 'error', error: new Error('x') });
      report('start', { action: 'redirect', url: 'x' });
      expect(warnings).to.deep.equal([]);
    });
  });

  describe('for the operator of the server', function () {
    this.timeout(20_000);

    /** Runs requests of a strategy in a process of their own. @returns what it prints on stderr */
    async function stderrOf(urls: string[], env: NodeJS.ProcessEnv): Promise<string> {
      const script = `
        const { FreedomIdStrategy } = require('./lib');
        const fetch = async (url) => Response.json(url.includes('token') ? { access_token: 'access-s3cret' } : { freedom_id: 'person-s3cret' });
        const options = { clientID: 'a', clientSecret: 'client-s3cret', callbackURL: 'https://app.example/cb', fetch };
        const verifies = { undefined: async () => {}, false: async () => false, throws: async () => { throw new Error('own-s3cret') }, user: async () => ({}) };
        (async () => {
          for (const url of ${JSON.stringify(urls)}) {
            const store = url.includes('good') ? { store: (req, done) => done(), verify: (req, state, done) => done(null, true) } : true;
            const verify = verifies[url.split('verify=')[1] ?? 'user'];
            await new Promise((resolve) => {
              const host = Object.assign(Object.create(new FreedomIdStrategy({ ...options, store }, verify)), { redirect: resolve, success: resolve, fail: resolve, error: resolve });
              host.authenticate({ url, session: {}, headers: { host: 'app.example' } });
            });
          }
        })();`;
      const command = runNode(['-e', script], { NODE_ENV: undefined, NODE_DEBUG: undefined, ...env });
      expect(await command.ended).to.equal(0);
      return command.stderr;
    }

    it('warns once in a process of the first login that came back to a session without one', async () => {
      const urls = ['/cb?state=x&authorization_code=C', '/cb?state=y&authorization_code=C'];
      // Without the options that silence warnings.
      const printed = await stderrOf(urls, { NODE_OPTIONS: '' });
      expect(printed.match(/A login came back/g)).to.have.length(1);
    });

    it('prints each outcome with what to check under NODE_DEBUG, and nothing secret', async () => {
      const urls = [
        '/cb?state=x-s3cret&authorization_code=C-s3cret',
        '/cb?state=good&authorization_code=C-s3cret&verify=undefined',
        '/cb?state=good&authorization_code=C-s3cret&verify=false',
        '/cb?state=good&authorization_code=C-s3cret&verify=throws',
        '/cb?state=good&authorization_code=C-s3cret',
        '/login',
      ];
      const env = { NODE_DEBUG: 'passport-freedom-id', NODE_ENV: 'production' };
      const printed = await stderrOf(urls, env);
      const lines = printed.split('\n').filter((line) => line.includes(': login, '));
      const outcomes = lines.map((line) => line.replace(/^.*?: login, /, ''));
      expect(outcomes).to.have.length(6);
      expect(outcomes[0]).to.match(/^callback: fail, no-pending-login: .*cookie/);
      expect(outcomes[1]).to.match(/^callback: fail, verify: .*undefined: did it forget to return\?$/);
      expect(outcomes[2]).to.match(/^callback: fail, verify: .*but false$/);
      expect(outcomes[3]).to.match(/^callback: error, made by the app/);
      expect(outcomes[4]).to.equal('callback: success');
      expect(outcomes[5]).to.match(/^start: error, Freedom ID authorize: /);
      expect(printed).to.not.include('s3cret');
    });
  });
});
