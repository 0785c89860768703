import { join } from 'node:path';
import { expect } from 'chai';
import { CookieJar, locationOf } from '../support/browser';
import { type RunningCommand, run } from '../support/child';
import { namedTests, readPage, root } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { freePort } from '../support/free-port';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';
import { useConsumer } from './consumer';
import { backstage, backstageInOpenID } from './products/backstage';
import { egg } from './products/egg';
import { h3 } from './products/h3';
import { hostsOwnState, hostsOwnStateInOpenID } from './products/hosts-own-state';
import { lambda } from './products/lambda';
import { loopBack } from './products/loopback';
import { ironSession, nextSession } from './products/next';
import { nodeRED } from './products/node-red';
import { nodeBB } from './products/nodebb';
import { COMMON_TYPES, common, KNOWN_USER, type Product, recipeFor } from './products/product';
import { restify } from './products/restify';
import { sails } from './products/sails';
import { strapi } from './products/strapi';
import { tsED } from './products/tsed';
import { wikiJS } from './products/wiki';

const products: readonly Product[] = [
  lambda,
  backstage,
  backstageInOpenID,
  egg,
  h3,
  loopBack,
  ironSession,
  nextSession,
  nodeRED,
  nodeBB,
  restify,
  sails,
  strapi,
  tsED,
  wikiJS,
  hostsOwnState,
  hostsOwnStateInOpenID,
];

const inTypeScript = products.map(({ main }) => main).filter((main) => /ts$/.test(main));

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  esModuleInterop: true,
  skipLibCheck: true,
  noEmit: true,
};

// Passport comes along as the peer dependency of this package.
const SHARED_PACKAGES = ['@types/express@4.17.25', '@types/express-session@1.18.2'];

const TSX = join(root, 'node_modules/tsx/dist/loader.mjs');

describe('the table of docs/frameworks.md', () => {
  it('has a line for each product that is tried', () => {
    const named = namedTests(readPage('docs/frameworks.md'));
    for (const { name } of products)
      expect(
        named.some((start) => `test/package/products.test.ts: the recipe for ${name} `.startsWith(start)),
        name,
      ).to.equal(true);
  });
});

describe('the recipe for', function () {
  this.timeout(180_000);
  const emulator = useEmulator({
    clients: [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET }],
    users: [
      { freedom_id: KNOWN_USER, firstname: 'Әсел', email: 'asel@mail.example' },
      { freedom_id: 'unknown', firstname: 'Dana', email: 'dana@company.kz' },
    ],
  });
  const packages = new Set(products.flatMap((product) => product.packages));
  // None needs an install script or an optional package here.
  const consumer = useConsumer('--ignore-scripts', '--omit=optional', ...SHARED_PACKAGES, ...packages);
  before(() => {
    consumer.write('common.cjs', common());
    consumer.write('common.d.cts', COMMON_TYPES);
    consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files: inTypeScript }));
  });

  it('each product in TypeScript compiles, strictly', () => {
    for (const { files, heading } of products)
      for (const [path, text] of Object.entries(files(recipeFor(heading)))) consumer.write(path, text);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(consumer.run(process.execPath, tsc, '--project', '.').stdout).to.equal('');
  });

  for (const product of products) {
    describe(product.name, () => {
      let url: string;
      let app: RunningCommand;

      before(async () => {
        const port = await freePort();
        url = `http://127.0.0.1:${port}`;
        const files = product.files(recipeFor(product.heading));
        for (const [path, text] of Object.entries(files)) consumer.write(path, text);
        app = run(process.execPath, ['--import', TSX, join(consumer.folder, product.main)], {
          PORT: port,
          FREEDOM_ID_URL: emulator.url,
          FREEDOM_ID_CLIENT_ID: CLIENT_ID,
          FREEDOM_ID_CLIENT_SECRET: CLIENT_SECRET,
          FREEDOM_ID_CALLBACK_URL: url + product.callbackPath,
          SESSION_SECRET: 'a secret of at least 32 characters',
          TSX_TSCONFIG_PATH: join(consumer.folder, 'tsconfig.json'),
          NODE_V8_COVERAGE: undefined,
        });
        await app.printed(/ready/);
      });
      after(async () => {
        app.process.kill('SIGKILL');
        await app.ended;
      });

      const start = async (browser: CookieJar) => locationOf(await browser.get(url + product.loginPath));
      const describeAnswer = async (answer: Response) => {
        if (product.read) return product.read(answer);
        const location = answer.headers.get('location') ?? '';
        return `${answer.status} ${location}`.trim();
      };
      const isSignedIn = async (browser: CookieJar, answer: Response) => {
        if (product.signsIn) return product.signsIn(answer, url);
        const home = await browser.get(url + (product.homePath ?? '/'));
        return (await home.text()).includes(product.user ?? KNOWN_USER);
      };
      /** Ends a login, and expects nobody to be signed in after it. */
      const expectFailure = async (browser: CookieJar, callback: string, expected: string) => {
        const answer = await browser.get(callback);
        expect(await describeAnswer(answer)).to.equal(expected);
        if (!product.signsIn) expect(await isSignedIn(browser, answer)).to.equal(false);
      };

      it('signs a user in', async () => {
        const browser = new CookieJar();
        const answer = await browser.get(await emulator.approve(await start(browser)));
        expect(await describeAnswer(answer)).to.equal(product.answers.signedIn);
        expect(await isSignedIn(browser, answer)).to.equal(true);
      });

      it('does not sign in a user who refuses', async () => {
        const browser = new CookieJar();
        await expectFailure(browser, await emulator.refuse(await start(browser)), product.answers.refused);
      });

      it('does not sign in a user whom the app does not know', async () => {
        const browser = new CookieJar();
        const callback = await emulator.approve(await start(browser), { as: 1 });
        await expectFailure(browser, callback, product.answers.unknownUser);
      });

      it('takes no callback of another browser, and then still takes its own', async () => {
        const browser = new CookieJar();
        const own = await start(browser);
        const foreign = await emulator.approve(await start(new CookieJar()));
        emulator.requests.length = 0;
        await expectFailure(browser, foreign, product.answers.forged);
        expect(emulator.requests).to.deep.equal([]);
        const answer = await browser.get(await emulator.approve(own));
        expect(await isSignedIn(browser, answer)).to.equal(true);
      });

      if (!product.signsIn && !product.signsInByItself)
        it('shows nothing to somebody who has put the session into the browser before the login', async () => {
          const browser = new CookieJar();
          const callback = await emulator.approve(await start(browser));
          const other = browser.copy();
          const answer = await browser.get(callback);
          expect(await isSignedIn(browser, answer)).to.equal(true);
          expect(await isSignedIn(other, answer)).to.equal(false);
        });

      it('signs nobody in while Freedom ID fails, and goes on working', async () => {
        const browser = new CookieJar();
        emulator.fault(product.tokenEndpoint ?? 'token', 'status-500');
        await expectFailure(browser, await emulator.approve(await start(browser)), product.answers.failed);
        const answer = await browser.get(await emulator.approve(await start(browser)));
        expect(await isSignedIn(browser, answer)).to.equal(true);
      });

      for (const [title, test] of Object.entries(product.more ?? {})) {
        it(title, async () => {
          const browser = new CookieJar();
          await browser.get(await emulator.approve(await start(browser)));
          await test({ url, browser, emulator });
        });
      }
    });
  }
});
