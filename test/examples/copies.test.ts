import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { CookieJar, locationOf, type Page } from '../support/browser';
import { type RunningCommand, run } from '../support/child';
import { links, readPage, root, snippets } from '../support/documents';
import { examples } from '../support/examples';
import { freePort } from '../support/free-port';
import { answerLoginPage } from '../support/login-page';
import { needsRedis, type RunningRedis, startRedis } from '../support/redis';

/** The most lines that somebody reads in five minutes; the example with Redis takes ten. */
const LENGTH = { 'express-redis': 340 } as Record<string, number>;

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

interface Instructions {
  install: string[];
  /** Packages of types, which the app runs without. */
  types: string[];
  env: string;
  emulator: string;
  start: string;
  tsconfig?: string | undefined;
}

function instructionsOf(example: string): Instructions {
  const page = `examples/${example}/README.md`;
  const [install = '', emulator = '', start = '', ...rest] = snippets(page, 'sh');
  const [env = ''] = snippets(page, 'ini');
  expect(rest, page).to.have.length(0);
  const [, types = ''] = /`npm install --save-dev ([^`]*)`/.exec(readPage(page)) ?? [];
  return {
    install: /^npm init -y\nnpm install (.*)\n$/.exec(install)?.[1]?.split(' ') ?? [],
    types: types.split(' ').filter(Boolean),
    env,
    emulator: emulator.trim(),
    start: start.trim(),
    tsconfig: snippets(page, 'json')[0],
  };
}

const sourceOf = (example: string) => readPage(`examples/${example}/app.ts`);

/** The packages that a file imports. Those of `types` alone are gone when it runs. */
function importsOf(source: string): { values: string[]; types: string[] } {
  const imports = [...source.matchAll(/^import (type )?(?:[^;]*? from )?'([^']+)';$/gms)].map(
    ([, type, path = '']) => ({ isType: type !== undefined, name: packageOf(path) }),
  );
  const isPackage = ({ name }: { name: string }) =>
    !name.startsWith('node:') && !builtinModules.includes(name);
  const names = (ofTypes: boolean) => [
    ...new Set(
      imports
        .filter(isPackage)
        .filter(({ isType }) => isType === ofTypes)
        .map(({ name }) => name),
    ),
  ];
  return { values: names(false), types: names(true) };
}

/** `@koa/router` for `@koa/router/x`. */
const packageOf = (path: string) => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** What a file says under this name, at its left margin. */
const functionOf = (source: string, name: string) =>
  new RegExp(`^function ${name}\\(.*?^}\\n`, 'ms').exec(source)?.[0];

for (const name of examples) {
  describe(`a copy of the example ${name}`, function () {
    this.timeout(30_000);
    let folder = '';
    let redis: RunningRedis | undefined;
    const running: RunningCommand[] = [];

    before(async function () {
      if (name === 'express-redis') {
        needsRedis(this);
        redis = await startRedis();
      }
      folder = mkdtempSync(join(tmpdir(), 'copy-'));
    });
    after(async () => {
      for (const { process } of running) process.kill();
      await Promise.all(running.map(({ ended }) => ended));
      await redis?.close();
      rmSync(folder, { recursive: true });
    });

    /** Links a package of this repository, as if npm had installed it. */
    function install(path: string): void {
      const target = join(folder, 'node_modules', path);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(path === 'passport-freedom-id' ? root : join(root, 'node_modules', path), target);
    }

    /** Runs a command of a package that is installed there. */
    function npx(command: string, env: NodeJS.ProcessEnv = {}): RunningCommand {
      const [, bin = '', ...args] = command.split(' ');
      const file = {
        tsx: 'tsx/dist/cli.mjs',
        'passport-freedom-id': 'passport-freedom-id/dist/cli/index.js',
      }[bin];
      const program = join(folder, 'node_modules', file ?? bin);
      const child = run(process.execPath, [program, ...args], env, 'empty', folder);
      running.push(child);
      return child;
    }

    it('runs by itself in an empty folder, as its README says', async () => {
      const { install: packages, env, emulator, start, tsconfig } = instructionsOf(name);
      expect(packages).to.include.members(['passport-freedom-id', 'tsx']);
      for (const path of packages) install(path);
      // As `npm init -y` makes it.
      writeFileSync(join(folder, 'package.json'), '{ "name": "copy", "type": "commonjs" }');
      if (tsconfig) writeFileSync(join(folder, 'tsconfig.json'), tsconfig);
      writeFileSync(join(folder, 'app.ts'), sourceOf(name));
      const ports = { app: await freePort(), emulator: await freePort() };
      const withPorts = (text: string) =>
        text.replaceAll(':3000', `:${ports.app}`).replaceAll(':4400', `:${ports.emulator}`);
      const settings = withPorts(env).replace(/^REDIS_URL=.*$/m, `REDIS_URL=${redis?.url}`);
      writeFileSync(join(folder, '.env'), `${settings}PORT=${ports.app}\n`);

      const freedomId = npx(withPorts(`${emulator} --port ${ports.emulator}`));
      await freedomId.printed(/demo-secret/);
      expect(start).to.equal('npx tsx --env-file=.env app.ts');
      const app = npx(start);
      const [, url = ''] = await app.printed(/Open (\S+)\n/);
      expect(url).to.equal(`http://localhost:${ports.app}`);

      const browser = new CookieJar();
      const link = locationOf(await browser.get(`${url}/auth/freedom-id`));
      const profile = await answerLoginPage(browser, link, 'continue');
      expect(profile.url).to.equal(`${url}/profile`);
      expect(profile.text).to.include('<h1>Әсел Құнанбаева</h1>').and.include('asel@example.kz');
      expect((await browser.visit(url)).text).to.include('Hello, Әсел Құнанбаева!');
      if (name === 'express-redis') {
        const port = await freePort();
        const [, other = ''] = await npx(start, { PORT: port }).printed(/Open (\S+)\n/);
        const home = async (at: string) =>
          (await fetch(at, { headers: { cookie: browser.cookiesFor(url) } })).text();
        expect(await home(other)).to.include('Hello, Әсел Құнанбаева!');
        const account = `http://localhost:${ports.emulator}/account`;
        const [, user = ''] = /name="user" value="([^"]+)"/.exec((await browser.visit(account)).text) ?? [];
        await browser.submit(account, new URLSearchParams({ user }));
        expect(await home(other)).to.include('<h1>Welcome</h1>');
        expect(await home(url)).to.include('<h1>Welcome</h1>');
      } else {
        expect((await browser.submit(`${url}/logout`)).text).to.include('<h1>Welcome</h1>');
      }
      expect(app.stderr).to.equal('');

      const error =
        name === 'express-oidc' ? await loginWithoutKeys(app, url) : await loginWhileDown(freedomId, url);
      expect(error.status).to.equal(502);
      expect(error.text).to.include('Freedom ID cannot be used at the moment.');
    });

    async function loginWhileDown(freedomId: RunningCommand, url: string): Promise<Page> {
      freedomId.process.kill();
      await freedomId.ended;
      return new CookieJar().visit(`${url}/auth/freedom-id`);
    }

    async function loginWithoutKeys(app: RunningCommand, url: string): Promise<Page> {
      app.process.kill();
      await app.ended;
      await npx(instructionsOf(name).start, { FREEDOM_ID_JWKS_URL: 'http://localhost:1' }).printed(/Open/);
      const browser = new CookieJar();
      return answerLoginPage(browser, locationOf(await browser.get(`${url}/auth/freedom-id`)), 'continue');
    }

    it('needs the packages that its README installs, and no others', () => {
      const { install: packages, types } = instructionsOf(name);
      const imports = importsOf(sourceOf(name));
      const toRun = packages.filter((path) => path !== 'tsx');
      expect(toRun).to.include.members(imports.values);
      // Nest loads its platform by itself.
      expect([...imports.values, ...imports.types]).to.include.members(toRun);
      const untyped = toRun
        .map((path) => `@types/${path}`)
        .filter((path) => existsSync(join(root, 'node_modules', path)) && !(path in dependencies));
      expect(types).to.have.members(untyped);
    });

    it('reads the settings that its README sets, and no others', () => {
      const read = [...sourceOf(name).matchAll(/setting\('(\w+)'\)|process\.env\.(\w+)/g)].map(
        ([, required, optional]) => required ?? optional,
      );
      const set = [...instructionsOf(name).env.matchAll(/^(\w+)=/gm)].map(([, key]) => key);
      expect([...set, 'PORT']).to.have.members(read);
    });

    it('names every setting to replace for the real Freedom ID, among them the secret of the sessions', () => {
      expect(readPage(`examples/${name}/README.md`)).to.match(
        /For the real Freedom ID, [^.]* set your own\s+client, callback URL and\s+`SESSION_SECRET`\.\n/,
      );
    });

    it('says which setting is missing, and has no other in its place', async () => {
      const required = [...sourceOf(name).matchAll(/setting\('(\w+)'\)/g)].map(([, key = '']) => key);
      expect(required).to.include.members([
        'FREEDOM_ID_CLIENT_ID',
        'FREEDOM_ID_CLIENT_SECRET',
        'FREEDOM_ID_CALLBACK_URL',
        'SESSION_SECRET',
      ]);
      const empty = Object.fromEntries(required.map((key) => [key, '']));
      const app = run(process.execPath, ['--import', 'tsx', `examples/${name}/app.ts`], empty);
      expect(await app.ended).to.equal(1);
      expect(app.stderr).to.match(
        /Error: \w+ is not set\. README\.md says what to set, and how to start the app\./,
      );
      expect(app.stdout).to.equal('');
    });

    it('is one file that can be read in five minutes, in the list of examples', () => {
      const source = sourceOf(name);
      expect(source).to.not.match(/from '\.|import\('\.|require\('\./);
      expect(source.split('\n').length).to.be.below(LENGTH[name] ?? 210);
      expect(links(readPage('examples/README.md'))).to.include(`${name}/README.md`);
      expect(readPage(`examples/${name}/README.md`)).to.include(`\`npm run example -- ${name}\``);
      expect(links(readPage(`examples/${name}/README.md`)).join()).to.match(/\.\.\/\.\.\/docs\//);
    });

    it('has the same functions as the others', () => {
      for (const part of ['setting', 'homePage', 'failedPage', 'errorPage', 'dataOf', 'html', 'page']) {
        expect(functionOf(sourceOf(name), part), part)
          .to.be.a('string')
          .and.equal(functionOf(sourceOf('express'), part));
      }
    });
  });
}
