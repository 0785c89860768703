import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CookieJar, locationOf } from '../support/browser';
import { type RunningCommand, run } from '../support/child';
import { readmes, readPage, root, snippets } from '../support/documents';
import { freePort } from '../support/free-port';
import { answerLoginPage } from '../support/login-page';
import { quickStartOf } from '../support/quick-start';

/** What the README says to run, but for the port: others may use that one. */
const EMULATOR = 'npx passport-freedom-id emulator';
const START_JS = 'node --env-file=.env app.js';
const START_TS = 'npx tsx --env-file=.env app.ts';

for (const readme of readmes) {
  describe(`the quick start of ${readme}`, function () {
    this.timeout(60_000);
    // Inside the repository, where code may import the package by its name.
    const folder = join(root, 'test', `.quick-start-${readme}`);
    const running: RunningCommand[] = [];
    let url = '';

    const { javascript, javascriptModule, typescript } = quickStartOf(readme);
    // The endings say that they are ES modules, as `npm pkg set type=module` does in a folder of its own.
    const codes = { 'app.js': javascript, 'app.mjs': javascriptModule, 'app.mts': typescript };
    const [env = ''] = snippets(readme, 'ini');

    /** Writes the files of the quick start, and starts what it starts. */
    async function start(file: string, args: string[]): Promise<void> {
      const [app, emulator] = [await freePort(), await freePort()];
      const withPorts = (text: string) => text.replaceAll('3000', app).replaceAll('4400', emulator);
      for (const [name, code] of Object.entries(codes)) writeFileSync(join(folder, name), withPorts(code));
      writeFileSync(join(folder, '.env'), withPorts(env));
      running.push(run(process.execPath, [join(root, 'dist/cli/index.js'), 'emulator', '--port', emulator]));
      await running[0]?.printed(/Ctrl\+C/);
      running.push(
        run(process.execPath, [`--env-file=${join(folder, '.env')}`, ...args, join(folder, file)]),
      );
      [, url = ''] = (await running[1]?.printed(/Open (\S+)\n/)) ?? [];
      expect(url).to.equal(`http://localhost:${app}`);
    }

    beforeEach(() => mkdirSync(folder));
    afterEach(async () => {
      for (const command of running.splice(0)) {
        command.process.kill();
        await command.ended;
      }
      rmSync(folder, { recursive: true });
    });

    for (const [file, command, args] of [
      ['app.js', START_JS, []],
      ['app.mjs', 'npm pkg set type=module', []],
      ['app.mts', START_TS, ['--import', 'tsx']],
    ] as const) {
      it(`runs as pasted into ${file}: it greets by name, says why a login failed, and signs out`, async () => {
        expect(snippets(readme, 'sh').join('')).to.include(`${EMULATOR}\n`).and.include(command);
        await start(file, [...args]);
        const browser = new CookieJar();
        const startLogin = async () => locationOf(await browser.get(`${url}/auth/freedom-id`));

        const refused = await answerLoginPage(browser, await startLogin(), 'refuse');
        expect(refused).to.deep.include({ url: `${url}/login`, status: 200 });
        expect(refused.text).to.include('The login was cancelled at Freedom ID.');
        expect((await browser.visit(url)).text)
          .to.include('Sign in with')
          .and.not.include('cancelled');

        const greeting = await answerLoginPage(browser, await startLogin(), 'continue');
        expect(greeting).to.deep.include({ url: `${url}/`, status: 200 });
        expect(greeting.text).to.include('Hello, Әсел Құнанбаева!');

        expect((await browser.submit(`${url}/logout`)).url).to.equal(`${url}/login`);
        expect((await browser.visit(url)).url).to.equal(`${url}/login`);
      });
    }

    it('is accepted by a strict TypeScript compiler', () => {
      writeFileSync(join(folder, 'app.mts'), typescript);
      // As `tsc --init` sets it, but for what it finds by itself.
      const ofInit = { module: 'nodenext', strict: true, verbatimModuleSyntax: true, skipLibCheck: true };
      const options = { ...ofInit, noEmit: true, types: ['node'] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
      expect(stdout).to.equal('');
    });

    it('names every setting to replace for the real Freedom ID, among them the secret of the sessions', () => {
      const [paragraph = ''] =
        /^\*\*(With the real|С настоящим) Freedom ID\*\*[\s\S]*?\n\n/m.exec(readPage(readme)) ?? [];
      expect(paragraph).to.match(/`SESSION_SECRET`.*?`openssl rand -hex 32`/s);
    });

    it('installs the packages that it imports, and no other', () => {
      const commands = snippets(readme, 'sh').join('');
      const [, installed = ''] = /npm init -y && npm install (.*)/.exec(commands) ?? [];
      const required = [...javascript.matchAll(/require\('([^']+)'\)/g)].map(([, name]) => name);
      expect(installed.split(' ')).to.have.members(required);
      expect(readPage(readme)).to.include('npm install passport-freedom-id passport\n');
    });
  });
}
