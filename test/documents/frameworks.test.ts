import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { nameOf } from '../../lib/emulator/users';
import { CookieJar, locationOf, type Page } from '../support/browser';
import { type RunningCommand, runNode } from '../support/child';
import { useClosing } from '../support/closing';
import { fileOf, namedTests, readPage, root, snippets, testTitles } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { freePort } from '../support/free-port';

const PAGE = 'docs/frameworks.md';

/** The first code block of a section that is in this language. */
function codeOf(heading: string, language = 'ts'): string {
  const [, section = ''] = readPage(PAGE).split(new RegExp(`^##+ ${heading}\n`, 'm'));
  const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(section) ?? [];
  if (code === undefined) throw new Error(`${heading} has no code`);
  return code;
}

const EXPRESS = codeOf('Express');
const NEST = codeOf('Nest');
const LOGIN_LINK = /<a href="\/auth\/freedom-id[?"]/;

/** The apps of the page, each as the text of one file. */
const apps: Record<string, string> = {
  Express: EXPRESS,
  'Express 4': EXPRESS.replace("from 'express'", "from 'express4'"),
  Koa: codeOf('Koa'),
  Fastify: codeOf('Fastify'),
  'node:http': codeOf('node:http and connect'),
  Nest: NEST,
  'Nest on Fastify': [
    codeOf('Nest on Fastify'),
    // Both name the same module.
    NEST.replace(/^import (\{ NestFactory \}|passport) .*\n/gm, '').replace(
      /^void start\(\);$/m,
      'void startOnFastify(AppModule);',
    ),
  ].join('\n'),
};

/** An app of the page with the callback of its own in place of the route that it has. */
function withOwnCallback(name: string, start: string): string {
  const route = /^(?:router|app)\.get\(\n {2}'\/auth\/freedom-id\/callback',\n.*\n\);$/m;
  const code = snippets(PAGE, 'typescript').find((snippet) => snippet.startsWith(start)) ?? '';
  const page = "const failedPage = (reason: string) => '<p>Why: ' + reason + '</p>';\n";
  return (apps[name] ?? '').replace(route, () => page + code);
}

const ownCallbacks: Record<string, string> = {
  Koa: withOwnCallback('Koa', "router.get('/auth/freedom-id/callback'"),
  Fastify: withOwnCallback('Fastify', 'const finish = '),
};

const SINGLE_PAGE = codeOf('A single-page app');

/** An app of the page that runs in a process of its own. */
interface RunningPageApp {
  url: string;
  command: RunningCommand;
  browser: CookieJar;
}

describe('docs/frameworks.md', function () {
  this.timeout(60_000);
  const emulator = useEmulator();
  const closing = useClosing();

  /** Starts an app, whose page says that it listens on port 3000. */
  async function start(code: string, sessionSecret = 'any long random text'): Promise<RunningPageApp> {
    // Inside the repository, where code may import the package by its name.
    const folder = join(root, 'test', '.snippets', randomUUID());
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const here = code
      .replace('listen(3000', `listen(${port}, '127.0.0.1'`)
      .replace('listen({ port: 3000 }', `listen({ port: ${port}, host: '127.0.0.1' }`);
    expect(here, 'no port to replace').not.to.equal(code);
    mkdirSync(folder, { recursive: true });
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, code.includes('@nestjs') ? 'main.ts' : 'app.mts');
    writeFileSync(file, here);
    const tsconfig = join(folder, 'tsconfig.json');
    writeFileSync(tsconfig, codeOf('Nest', 'json'));
    const command = runNode([file], {
      TSX_TSCONFIG_PATH: tsconfig,
      FREEDOM_ID_URL: emulator.url,
      FREEDOM_ID_CLIENT_ID: 'demo',
      FREEDOM_ID_CLIENT_SECRET: 'demo-secret',
      FREEDOM_ID_CALLBACK_URL: `${url}/auth/freedom-id/callback`,
      SESSION_SECRET: sessionSecret,
      API_SECRET: 'any random text of 32 characters',
    });
    closing.push(async () => {
      command.process.kill();
      await command.ended;
    });
    await command.printed(/^Open http/m);
    return { url, command, browser: new CookieJar() };
  }

  const startLogin = async ({ url, browser }: RunningPageApp) =>
    locationOf(await browser.get(`${url}/auth/freedom-id`));

  const userName = (place: number) => nameOf(emulator.users[place] ?? { freedom_id: '' });

  const signIn = async (app: RunningPageApp, as = 0): Promise<Page> =>
    app.browser.visit(await emulator.approve(await startLogin(app), { as }));

  for (const [name, code] of Object.entries(apps)) {
    it(`has an app for ${name} that signs in and out, shows a refusal, and tells where Freedom ID fails`, async () => {
      const app = await start(code);
      const { url, browser, command } = app;
      expect((await browser.visit(url)).text).to.match(LOGIN_LINK);

      const refused = await browser.visit(await emulator.refuse(await startLogin(app)));
      expect(refused.status).to.equal(name.startsWith('Nest') ? 401 : 200);
      expect(refused.text).to.match(LOGIN_LINK).and.include('cancelled');

      const forged = await browser.visit(`${url}/auth/freedom-id/callback?authorization_code=C`);
      expect(forged.status).to.equal(name.startsWith('Nest') ? 403 : 200);
      expect(forged.text)
        .to.match(/<p>.+<\/p>/)
        .and.match(LOGIN_LINK);

      for (const endpoint of ['authorize', 'token'] as const) {
        emulator.fault(endpoint, 'status-500');
        const failed =
          endpoint === 'token' ? await signIn(app) : await browser.visit(`${url}/auth/freedom-id`);
        expect(failed.status, endpoint).to.equal(502);
        expect(failed.text, endpoint).to.match(/^[^<]*Please try again later\.$/);
      }
      expect((await browser.visit(url)).text).to.match(LOGIN_LINK);

      expect((await signIn(app)).text).to.include(`Hello, ${userName(0)}!`);
      const { text } = await signIn(app, 1);
      expect(text).to.include(`Hello, ${userName(1)}!`);
      const [, action = ''] = /<form method="post" action="(.*?)">/.exec(text) ?? [];
      const left = await browser.submit(url + action, new URLSearchParams());
      expect(left.status).to.equal(200);
      expect((await browser.visit(url)).text).not.to.include('Hello');

      command.process.kill();
      await command.ended;
      expect(command.stderr).to.match(/Freedom ID authorize: [\s\S]*Freedom ID token: /);
    });
  }

  for (const [name, code] of Object.entries(apps)) {
    it(`has an app for ${name} that makes no session while the secret is empty, which everybody could guess`, async () => {
      const page = await start(code, '').then(
        ({ url }) => fetch(url),
        (error: Error) => error.message,
      );
      if (typeof page === 'string') expect(page).to.include('SESSION_SECRET is not set.');
      else expect(page.status).to.equal(500);
    });
  }

  for (const [name, code] of Object.entries(ownCallbacks)) {
    it(`has a callback of the app's own for ${name}, which says why a login failed and signs users in`, async () => {
      const app = await start(code);
      const refused = await app.browser.visit(await emulator.refuse(await startLogin(app)));
      expect(refused).to.include({ status: 401, text: '<p>Why: cancelled</p>' });
      const forged = await app.browser.visit(`${app.url}/auth/freedom-id/callback?authorization_code=C`);
      expect(forged).to.include({ status: 403, text: '<p>Why: no-pending-login</p>' });
      emulator.fault('token', 'status-500');
      expect(await signIn(app)).to.include({ status: 502 });
      expect((await signIn(app)).text).to.include(`Hello, ${userName(0)}!`);
      expect((await app.browser.visit(app.url)).text, 'still signed in').to.include('Hello');
    });
  }

  it('has apps that Node.js runs without a compiler, but for Nest', () => {
    const folder = join(root, 'test', '.snippets', randomUUID());
    mkdirSync(folder, { recursive: true });
    closing.push(() => rmSync(folder, { recursive: true }));
    const codes = ['Express', 'Koa', 'Fastify', 'node:http'].map((name) => apps[name] ?? '');
    const files = [...codes, ...Object.values(ownCallbacks), SINGLE_PAGE].map((code, index) => ({
      name: `${index}.mts`,
      code,
    }));
    for (const { name, code } of files) writeFileSync(join(folder, name), code);
    const onlyErased = { erasableSyntaxOnly: true, verbatimModuleSyntax: true };
    const tsconfig = {
      extends: '../../../tsconfig.json',
      compilerOptions: { ...onlyErased, noUnusedParameters: false, noImplicitReturns: false },
      files: files.map(({ name }) => name),
      include: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect(stdout).to.equal('');
  });

  it('lets the guard of Nest take the same paths as the page about the state', () => {
    const [path = ''] = /\/\^\\\/.*\$\/u/.exec(NEST) ?? [];
    expect(path).to.have.length.above(20);
    expect(readPage('docs/state.md')).to.include(path);
  });

  it("has an app for Nest whose guard takes the user back to a page of the app's own, and whose log has the reason", async () => {
    const { url, browser, command } = await start(NEST);
    const back = async (returnTo: string) => {
      const link = locationOf(
        await browser.get(`${url}/auth/freedom-id?returnTo=${encodeURIComponent(returnTo)}`),
      );
      return locationOf(await browser.get(await emulator.approve(link)));
    };
    expect(await back('/orders?page=2')).to.equal('/orders?page=2');
    for (const foreign of ['https://rogue.example/', '//rogue.example', '/\\rogue.example', 'orders'])
      expect(await back(foreign), foreign).to.equal('/');

    await browser.submit(`${url}/logout`);
    const login = locationOf(await browser.get(`${url}/orders?page=2`));
    const refused = await browser.visit(
      await emulator.refuse(locationOf(await browser.get(`${url}${login}`))),
    );
    const [, again = ''] = /href="(.*?)"/.exec(refused.text) ?? [];
    expect(again.replaceAll('&#38;', '&')).to.equal(login);
    const link = locationOf(await browser.get(`${url}${login}`));
    expect((await browser.visit(await emulator.approve(link))).text).to.include(
      `The orders of ${userName(0)}`,
    );

    await browser.visit(`${url}/auth/freedom-id/callback?authorization_code=1`);
    command.process.kill();
    await command.ended;
    expect(command.stdout + command.stderr)
      .to.include('A login failed: no-pending-login')
      .and.not.include('A login failed: cancelled');
  });

  it('tells Nest how validate refuses a user with a reason of its own', async () => {
    const [, refusal = ''] = /`validate` returns `(\[false, .*?\])`/.exec(readPage(PAGE)) ?? [];
    const code = NEST.replace(/(users\.set\(user\.id, user\);\s+return) user;/, `$1 ${refusal} as never;`);
    const app = await start(code);
    const refused = await signIn(app);
    expect(refused.status).to.equal(401);
    expect(refused.text).to.include('<p>This account is blocked.</p>');
    app.command.process.kill();
    await app.command.ended;
    expect(app.command.stdout + app.command.stderr).to.include('A login failed: blocked');
  });

  describe("its table of where the app's own state comes back", () => {
    const rows = (/^\| \| in the login's route[\s\S]*?\n\n/m.exec(readPage(PAGE))?.[0] ?? '')
      .trim()
      .split('\n')
      .slice(2)
      .map((row) => row.split(' | ').map((cell) => /`(.*?)`/.exec(cell)?.[1] ?? cell));
    const row = (name: string) => {
      const [, begins = '', state = '', finishes = ''] = rows.find(([first]) => first?.includes(name)) ?? [];
      return { begins: `const state = '/orders'; return ${begins};`, state, finishes };
    };

    const START =
      /'\/auth\/freedom-id', passport\.authenticate\('freedom-id'\)|passport\.authenticate\('freedom-id'\);/;
    const FINISH = /passport\.authenticate\('freedom-id', \{\s*successRedirect[^}]*\}\)/;

    /** The apps of the page with the cells of their row in place of their own two routes. */
    function changedApps(): Record<string, string> {
      const change = (
        name: string,
        begin: (code: string) => string,
        finish: (finishes: string, state: string) => string,
      ) => {
        const { begins, state, finishes } = row(name);
        return (apps[name] ?? '')
          .replace(START, () => begin(begins))
          .replace(FINISH, () => finish(finishes, state));
      };
      return {
        Express: change(
          'Express',
          (begins) => `'/auth/freedom-id', (req, res, next) => { ${begins} }`,
          (finishes, state) => `${finishes}, (req, res) => res.send(${state})`,
        ),
        Koa: change(
          'Koa',
          (begins) => `'/auth/freedom-id', (ctx, next) => { ${begins} }`,
          (finishes, state) => `${finishes}, (ctx) => { ctx.body = ${state}; }`,
        ),
        Fastify: change(
          'Fastify',
          (begins) => `'/auth/freedom-id', async function (request, reply) { ${begins} }`,
          (finishes, state) => `${finishes}, async (request) => ${state}`,
        ),
        'node:http': change(
          'node:http',
          (begins) => `(req, res, next) => { ${begins} };`,
          (finishes) => finishes,
        ).replace(
          'return run(finishLogin);',
          () => `return run(finishLogin).then(() => send(${row('node:http').state}));`,
        ),
        Nest: NEST,
      };
    }

    /** Starts two logins in two tabs. @returns what the app shows when they are finished */
    async function finishTwoTabs(code: string, path: string) {
      const app = await start(code);
      const links = [];
      for (let tab = 0; tab < 2; tab += 1) links.push(locationOf(await app.browser.get(app.url + path)));
      const shown = [];
      for (const link of links) {
        const response = await app.browser.get(await emulator.approve(link));
        shown.push(response.headers.get('location') ?? (await response.text()));
      }
      return shown;
    }

    it('has a row for each framework', () => {
      const named = rows.flatMap(([first = '']) => first.replace('| ', '').split(', '));
      expect(named).to.have.members(['Express', 'node:http', 'Koa', 'Fastify', 'Nest']);
    });

    it('names for Nest what the app above has', () => {
      const { state, finishes } = row('Nest');
      expect(NEST).to.include(finishes).and.to.include('getAuthenticateOptions');
      expect(state).to.equal('req.authInfo.state');
    });

    /** What each row says of several tabs. Without it, the second of two tabs has to start again. */
    const forTabs: Record<string, RegExp> = {
      Express: /keepSessionInfo: true/,
      Fastify: /clearSessionIgnoreFields: \[.*?\]/,
      'node:http': /keepSessionInfo: true/,
      Nest: /keepSessionInfo: true/,
    };

    for (const [name, code] of Object.entries(changedApps())) {
      it(`is right about ${name}, with two tabs`, async () => {
        const path = name === 'Nest' ? '/auth/freedom-id?returnTo=/orders' : '/auth/freedom-id';
        expect(await finishTwoTabs(code, path)).to.deep.equal(['/orders', '/orders']);
        const option = forTabs[name];
        if (!option) return;
        expect(code).to.match(option);
        const [first, second] = await finishTwoTabs(code.replace(option, ''), path);
        expect(first).to.equal('/orders');
        expect(second).not.to.equal('/orders');
      });
    }
  });

  describe('its single-page app', () => {
    const SCRIPT = /<script type="module">(.*)<\/script>/s;
    const html = snippets(PAGE, 'html').find((snippet) => SCRIPT.test(snippet)) ?? '';

    /** Runs the script of the page as the browser does. @returns the text that it puts into the greeting */
    async function greeting({ url, browser }: RunningPageApp): Promise<string> {
      const [, script = ''] = SCRIPT.exec((await browser.visit(`${url}/`)).text) ?? [];
      const element = { textContent: '' };
      const run = Object.getPrototypeOf(async () => {}).constructor('fetch', 'document', script);
      const ask = (path: string, init: RequestInit = {}) => {
        const cookie = path.startsWith('/auth/') ? browser.cookiesFor(url) : '';
        return fetch(url + path, { ...init, headers: { ...init.headers, cookie } });
      };
      await run(ask, {
        querySelector: (id: string) => (html.includes(`id="${id.slice(1)}"`) ? element : null),
      });
      return element.textContent;
    }

    /** It serves the folder `public` of where it is started. */
    const startApp = () =>
      start(
        SINGLE_PAGE.replace(
          "app.use(express.static('public'));",
          () => `app.get('/', (req, res) => res.send(${JSON.stringify(html)}));`,
        ),
      );

    it('gets a token for the API from a session on /auth alone', async () => {
      const app = await startApp();
      expect(await greeting(app)).to.equal('');
      const begin = await app.browser.get(`${app.url}/auth/freedom-id`);
      expect(begin.headers.getSetCookie().join()).to.include('Path=/auth;');
      const end = await app.browser.get(await emulator.approve(locationOf(begin)));
      expect(locationOf(end)).to.equal('/');
      expect(await greeting(app)).to.equal(`Hello, ${userName(0)}!`);
      await app.browser.post(`${app.url}/auth/logout`);
      expect(await greeting(app)).to.equal('');
    });

    it('has an API that knows no sessions, and refuses a token that it has not signed', async () => {
      const app = await startApp();
      await signIn(app);
      const me = (authorization = '') => app.browser.get(`${app.url}/api/me`, { authorization });
      expect((await me()).status).to.equal(401);
      const { token } = (await (await app.browser.post(`${app.url}/auth/token`)).json()) as { token: string };
      expect(await (await me(`Bearer ${token}`)).json()).to.include({ id: emulator.users[0]?.freedom_id });
      const [header, , signature] = token.split('.');
      const forged = [header, Buffer.from('{"sub":"somebody else"}').toString('base64url'), signature].join(
        '.',
      );
      expect((await me(`Bearer ${forged}`)).status).to.equal(401);
    });

    it('tells a refusal and a failure apart', async () => {
      const app = await startApp();
      const refused = await app.browser.get(await emulator.refuse(await startLogin(app)));
      expect(locationOf(refused)).to.equal('/?login=failed');
      emulator.fault('token', 'status-500');
      const failed = await signIn(app);
      expect(failed.status).to.equal(502);
      expect(failed.text).to.include('Please try again later.');
    });
  });

  it('says what the package works with: each line names existing tests, and no host is missing', () => {
    const table = readPage(PAGE);
    const named = namedTests(table);
    const titles = testTitles(named.map(fileOf));
    expect(named.length).to.be.above(15);
    for (const start of named)
      expect(
        titles.some((title) => title.startsWith(start)),
        start,
      ).to.equal(true);
    const ofHosts = titles.filter((title) => title.startsWith('test/hosts/hosts.test.ts'));
    for (const title of ofHosts)
      expect(
        named.some((start) => title.startsWith(start)),
        title,
      ).to.equal(true);

    const [, versions = ''] =
      /const ALL = \[(.*)\]/.exec(readFileSync(join(root, 'scripts/test-nodes.ts'), 'utf8')) ?? [];
    expect(table).to.include(`| Node.js ${versions.replaceAll("'", '')} |`);
  });
});
