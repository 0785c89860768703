import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { CookieJar, locationOf } from '../support/browser';
import { type RunningCommand, runNode } from '../support/child';
import { examples } from '../support/examples';
import { answerLoginPage } from '../support/login-page';
import { needsRedis, type RunningRedis, startRedis } from '../support/redis';

const root = join(__dirname, '..', '..');

/** A port on which nobody listens. */
const NOBODY = 'http://127.0.0.1:1';

const EMULATOR = { FREEDOM_ID_CLIENT_ID: '', FREEDOM_ID_CLIENT_SECRET: '', FREEDOM_ID_URL: '' };

const start = (name: string, env: NodeJS.ProcessEnv = {}): RunningCommand =>
  runNode(['examples/start.ts', name], { ...EMULATOR, PORT: '0', ...env });

for (const name of examples) {
  describe(`the example ${name}`, function () {
    this.timeout(20_000);
    let redis: RunningRedis | undefined;
    let example: RunningCommand | undefined;
    let url = '';
    let browser: CookieJar;

    before(async function () {
      if (name === 'express-redis') {
        needsRedis(this);
        redis = await startRedis();
      }
    });
    beforeEach(() => {
      browser = new CookieJar();
    });
    after(() => redis?.close());
    afterEach(async () => {
      example?.process.kill();
      await example?.ended;
    });

    async function open(env: NodeJS.ProcessEnv = {}): Promise<RunningCommand> {
      example = start(name, { REDIS_URL: redis?.url, ...env });
      [, url = ''] = await example.printed(/Open (\S+)\n/);
      return example;
    }

    /** The link to Freedom ID that a new login gets. */
    const startLogin = async () => locationOf(await browser.get(`${url}/auth/freedom-id`));

    /** Where the app first asks Freedom ID for something: for a link, or over OpenID Connect only once the person has agreed. */
    async function firstQuestion(): Promise<string> {
      if (name !== 'express-oidc') return `${url}/auth/freedom-id`;
      const state = new URL(await startLogin()).searchParams.get('state');
      return `${url}/auth/freedom-id/callback?code=y&state=${state}`;
    }

    it('signs a person in from two tabs, shows who they are, and signs them out', async () => {
      const { process, ended } = await open();
      expect((await browser.visit(url)).text).to.include('Sign in with Freedom ID');
      for (const link of [await startLogin(), await startLogin()]) {
        const profile = await answerLoginPage(browser, link, 'continue');
        expect(profile).to.include({ url: `${url}/profile`, status: 200 });
        expect(profile.text).to.include('<h1>Әсел Құнанбаева</h1>');
      }
      expect((await browser.visit(url)).text).to.include('Hello, Әсел Құнанбаева');

      expect((await browser.submit(`${url}/logout`)).text).to.include('<h1>Welcome</h1>');
      expect((await browser.visit(`${url}/profile`)).url).to.equal(`${url}/`);
      process.kill('SIGINT');
      expect(await ended).to.equal(0);
      expect(example?.stderr).to.equal('');
    });

    it('shows why a refused or forged login failed, and lets the person start again', async () => {
      await open();
      const refused = await answerLoginPage(browser, await startLogin(), 'refuse');
      expect(refused.status).to.equal(401);
      expect(refused.text)
        .to.include('<h1>The login failed</h1>')
        .and.include('The login was cancelled at Freedom ID.')
        .and.include('<a href="/auth/freedom-id">Start again</a>');
      const forged = await browser.visit(
        `${url}/auth/freedom-id/callback?state=x&authorization_code=y&code=y`,
      );
      expect(forged.status).to.equal(401);
      expect(forged.text).to.include('The login failed').and.include('please start again');
      expect((await browser.visit(`${url}/profile`)).url).to.equal(`${url}/`);
      expect((await answerLoginPage(browser, await startLogin(), 'continue')).url).to.equal(`${url}/profile`);
      // The forged one looks like a session that was lost, of which the library warns.
      const warning = /^.*\[FREEDOM_ID_NO_PENDING_LOGIN\].*\n\(Use `node --trace-warnings.*\n/;
      expect(example?.stderr.replace(warning, '')).to.equal('');
    });

    if (name === 'express-redis') {
      it('signs a person out who signs out of Freedom ID', async () => {
        await open();
        const link = await startLogin();
        const { text } = await answerLoginPage(browser, link, 'continue');
        expect(text).to.include('<h1>Әсел Құнанбаева</h1>');
        const account = new URL('/account', link).href;
        const [, user = ''] = /name="user" value="([^"]+)"/.exec((await browser.visit(account)).text) ?? [];
        await browser.submit(account, new URLSearchParams({ user }));
        expect((await browser.visit(url)).text).to.include('<h1>Welcome</h1>');
      });
    }

    it('shows a name as text, whatever is in it', async () => {
      const hostile = { freedom_id: 'u-1', firstname: '<script>alert(1)</script>', lastname: `"&'` };
      const emulator = await startEmulator({ users: [hostile] });
      try {
        const client = { FREEDOM_ID_CLIENT_ID: 'demo', FREEDOM_ID_CLIENT_SECRET: 'demo-secret' };
        await open({ FREEDOM_ID_URL: emulator.url, ...client });
        const profile = await answerLoginPage(browser, await startLogin(), 'continue');
        for (const { text } of [profile, await browser.visit(url)])
          expect(text)
            .to.include('&#60;script&#62;alert(1)&#60;/script&#62; &#34;&#38;&#39;')
            .and.not.include('<script');
      } finally {
        await emulator.close();
      }
    });

    it('shows an error page when Freedom ID cannot be used', async () => {
      await open({
        FREEDOM_ID_URL: NOBODY,
        FREEDOM_ID_CLIENT_ID: 'demo',
        FREEDOM_ID_CLIENT_SECRET: 's3cret',
      });
      const page = await browser.visit(await firstQuestion());
      expect(page.status).to.equal(502);
      expect(page.text).to.include('Freedom ID cannot be used at the moment.');
      expect(example?.stderr).to.include('ERR_FREEDOM_ID_NETWORK').and.not.include('s3cret');
    });
  });
}

describe('npm run example', function () {
  this.timeout(20_000);

  it('runs the file that these tests run, and npm start uses it for Express', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts.example).to.equal('npm run build && node --import tsx examples/start.ts');
    expect(scripts.start).to.equal('npm run example -- express');
  });

  it('says in one line what keeps an example from starting', async () => {
    const wrong: [name: string, env: NodeJS.ProcessEnv, message: RegExp][] = [
      [
        'hapi',
        {},
        /^The demo did not start: There is no example hapi\. Choose one of express, express-oidc, express-redis, fastify, koa, nest\.$/,
      ],
      ['toString', {}, /^The demo did not start: There is no example toString\./],
      ['koa', { FREEDOM_ID_URL: NOBODY }, /^The demo did not start: FREEDOM_ID_CLIENT_ID is not set/],
      ['fastify', { PORT: 'http' }, /^The demo did not start: PORT must be a whole number/],
      [
        'express-redis',
        { REDIS_URL: 'redis://:s3cret@127.0.0.1:1' },
        /^Redis cannot be used \(connect ECONNREFUSED 127\.0\.0\.1:1\)\. Set REDIS_URL to one that runs\.$/,
      ],
      [
        'express-redis',
        { REDIS_URL: 's3cret' },
        /^The demo did not start: REDIS_URL is not a URL, such as redis:\/\/127\.0\.0\.1:6379\.$/,
      ],
    ];
    await Promise.all(
      wrong.map(async ([name, env, message]) => {
        const example = start(name, env);
        expect(await example.ended, name).to.equal(1);
        expect(example.stderr).to.match(/^.*\n$/);
        expect(example.stderr.trimEnd()).to.match(message);
        expect(example.stderr).to.not.include('s3cret');
      }),
    );
  });
});
