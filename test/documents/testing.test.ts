import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { EMULATOR_USAGE } from '../../lib/cli/emulator';
import { behaviourProblem, USUAL_BEHAVIOUR } from '../../lib/emulator/behaviour';
import { type EmulatorEndpoint, type EmulatorFault, startEmulator } from '../../lib/emulator/index';
import { ACCESS_LIFE, REFRESH_LIFE } from '../../lib/emulator/ledger';
import { OPTION_NAMES, readOptions } from '../../lib/emulator/options';
import { ERROR_STATUSES } from '../../lib/emulator/protocol-error';
import { flagsIn, readPage, root, snippets, tableBelow } from '../support/documents';
import { linkFor } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { minimalOptions } from '../support/options';
import { quickStartOf } from '../support/quick-start';

const page = readPage('docs/testing.md');
const words = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

/** The names that an error message lists behind its last `only` or `one of`. */
function namesIn(use: () => unknown): string[] {
  try {
    use();
  } catch (error) {
    return (/(?:only|one of) ([^:]*)$/.exec((error as Error).message)?.[1] ?? '').split(', ');
  }
  throw new Error('there was no error');
}

describe('docs/testing.md', () => {
  describe('has a test file for the quick start that passes', () => {
    const [exported = '', file = '', exportedModule = ''] = snippets('docs/testing.md', 'js');

    function runTest(test: string, program: string[]) {
      const changed = quickStartOf('README.md').javascript.replace(/^app\.listen\(.*$/m, exported);
      expect(changed)
        .to.include('module.exports = app;')
        .and.not.match(/^app\.listen/m);
      return runFiles({ 'app.js': changed, 'app.test.js': test }, [...program, 'app.test.js']);
    }

    /** In a folder inside the repository, where the files may import the package by its name. */
    function runFiles(files: Record<string, string>, args: string[]) {
      const folder = join(root, 'test', '.snippets', randomUUID());
      mkdirSync(folder, { recursive: true });
      for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
      const env = { ...process.env, NODE_ENV: 'test', NODE_TEST_CONTEXT: undefined };
      // It must exit by itself.
      const ended = spawnSync(process.execPath, args, {
        cwd: folder,
        env,
        encoding: 'utf8',
        timeout: 60_000,
      });
      rmSync(folder, { recursive: true });
      return ended;
    }

    it('with node:test', function () {
      this.timeout(60_000);
      const { status, stdout } = runTest(file, ['--test', '--test-reporter=tap']);
      expect(stdout).to.include('# pass 3').and.include('# fail 0');
      expect(status).to.equal(0);
    });

    it('in TypeScript, changed as it says', function () {
      this.timeout(60_000);
      const app = quickStartOf('README.md').typescript.replace(/^app\.listen\(.*$/m, exportedModule);
      const start = /`(\(await import.*?\.default\.listen\(0\))`/.exec(page)?.[1] ?? '';
      const test = file
        .replaceAll(/^const (.*) = require\((.*)\);$/gm, 'import $1 from $2;')
        .replace("require('./app').listen(0)", start);
      // In the repository, the names of the files say that they are ES modules.
      const files = { 'app.mts': app, 'app.test.mjs': test.replace('./app.ts', './app.mts') };
      const { status, stdout } = runFiles(files, [
        '--import',
        'tsx',
        '--test',
        '--test-reporter=tap',
        'app.test.mjs',
      ]);
      expect(stdout).to.include('# pass 3').and.include('# fail 0');
      expect(status).to.equal(0);
    });

    it('with Mocha, changed as it says', function () {
      this.timeout(60_000);
      const changed = file.replace(/^.*require\('node:test'\).*\n/m, '').replaceAll(/^test\(/gm, 'it(');
      const { status, stdout } = runTest(changed, [
        join(root, 'node_modules/mocha/bin/mocha.js'),
        '--no-config',
      ]);
      expect(stdout).to.include('3 passing');
      expect(status).to.equal(0);
    });
  });

  it('lists every flag of the command with its default, and no other', () => {
    const rows = tableBelow(page, '## Run the emulator from the command line').flatMap(
      ([names = '', shown]) => words(names).map((name) => ({ name, shown })),
    );
    const flags = flagsIn(EMULATOR_USAGE);
    expect(rows.map(({ name }) => name)).to.have.members(flags.map(({ name }) => name));
    for (const flag of flags.filter((one) => one.default !== undefined)) {
      const shown = rows.find(({ name }) => name === flag.name)?.shown?.replaceAll('`', '');
      expect(shown, flag.name).to.equal(flag.default);
    }
  });

  it('lists every option of the emulator with its default, and no other', () => {
    const rows = tableBelow(page, '## Options').map(([name = '', shown = '']) => ({
      name: words(name)[0],
      shown,
    }));
    expect(rows.map(({ name }) => name)).to.have.members(OPTION_NAMES);
    const settings: Record<string, unknown> = { ...readOptions({}) };
    for (const { name = '', shown } of rows) {
      const value = settings[name];
      if (typeof value === 'number' || typeof value === 'string')
        expect(shown, name).to.equal(`\`${inspect(value)}\``);
    }
    const shownOf = (option: string) => rows.find(({ name }) => name === option)?.shown;
    const [clientID, clientSecret] = words(shownOf('clients'));
    expect(settings.clients).to.deep.equal([{ clientID, clientSecret }]);
    expect(shownOf('users')).to.equal('three sample users');
    expect(settings.users).to.have.length(3);
    expect(shownOf('clock')).to.equal('`Date.now`');
    expect(settings.clock).to.equal(Date.now);
    expect(shownOf('url')).to.equal('where it listens');
    expect(settings.url).to.equal(undefined);
  });

  it('lists every member of a client with its default, and no other', () => {
    const client = { clientID: 'demo', clientSecret: 'demo-secret' };
    const members = namesIn(() => readOptions({ clients: [{ ...client, wrong: 1 } as never] }));
    const rows = tableBelow(page, '### Clients').map(([name, shown]) => [words(name)[0], shown]);
    expect(['clientID', 'clientSecret', ...rows.map(([name]) => name)]).to.have.members(members);
    // What is not given is what the flag of the same meaning calls its default.
    const flag = (name: string) => flagsIn(EMULATOR_USAGE).find((one) => one.name === name)?.default;
    expect(rows).to.deep.equal([
      ['redirectURIs', flag('--redirect-uri')],
      ['grants', flag('--grant')],
      ['revokeURI', 'none'],
    ]);
  });

  it('shows every member of a running emulator', async () => {
    const emulator = await startEmulator();
    await emulator.close();
    for (const name of Object.keys(emulator).filter((name) => name !== 'clients')) {
      expect(page).to.match(new RegExp(`\\b(?:emulator\\.${name}\\b|\`${name}\\()`));
    }
  });

  describe('on faults', () => {
    const emulator = useEmulator();
    const kinds = tableBelow(page, '## Faults').map(([kind = '', , seen = '']) => ({
      kind: words(kind)[0],
      seen,
    }));

    it('lists every kind and what the app sees, and no other', async () => {
      const known = namesIn(() => emulator.fault('token', 'wrong' as EmulatorFault));
      expect(kinds.map(({ kind }) => kind)).to.have.members(known);
      for (const { kind, seen } of kinds) {
        const timeout = seen.includes('`timeout`') ? 50 : 10_000;
        const client = new FreedomIdClient({ ...minimalOptions, baseURL: emulator.url, timeout });
        emulator.fault('authorize', kind as EmulatorFault);
        const link = client.createAuthorizationLink({ redirectURI: 'https://app.example/cb', grants: [] });
        const code = await link.then(
          () => 'none',
          (error) => error.code,
        );
        expect(code, kind).to.equal(words(seen)[0] ?? seen);
      }
    });

    it('lists every endpoint and its requests, and no other', async () => {
      const table = /^\| endpoint \|.*\n.*\n((?:\|.*\n)+)/m.exec(page)?.[1] ?? '';
      const rows = table
        .trim()
        .split('\n')
        .map((row) => words(row));
      const known = namesIn(() => emulator.fault('wrong' as EmulatorEndpoint, 'reset'));
      expect(rows.map(([endpoint]) => endpoint)).to.have.members(known);
      for (const [endpoint, ...requests] of rows) {
        for (const request of requests) {
          const [method = '', path = ''] = request.split(' ');
          emulator.fault(endpoint as EmulatorEndpoint, 'status-500');
          const response = await fetch(emulator.url + path, { method });
          expect(response.status, request).to.equal(500);
        }
      }
    });
  });

  it('says how long links, codes and tokens are good', async () => {
    const [, link, code, access, refresh] =
      /valid for (\d+) minutes, codes for (\d+), access tokens for (\d+) days and refresh tokens for (\d+)\./.exec(
        page.replaceAll(/\s+/g, ' '),
      ) ?? [];
    const day = 24 * 60 * 60_000;
    expect([Number(access) * day, Number(refresh) * day]).to.deep.equal([ACCESS_LIFE, REFRESH_LIFE]);
    let ahead = 0;
    const emulator = await startEmulator({ clock: () => Date.now() + ahead });
    const client = new FreedomIdClient({ ...minimalOptions, baseURL: emulator.url });
    /** Whether it is good a second before its time is over, and a second after. */
    const around = async (minutes: number, use: () => Promise<() => Promise<unknown>>) => {
      const good: boolean[] = [];
      for (const seconds of [-1, 1]) {
        ahead = 0;
        const later = await use();
        ahead = minutes * 60_000 + seconds * 1000;
        good.push(
          await later().then(
            () => true,
            () => false,
          ),
        );
      }
      return good;
    };
    const linkLives = await around(Number(link), async () => {
      const one = await linkFor(emulator);
      return () => emulator.approve(one);
    });
    const codeLives = await around(Number(code), async () => {
      const callback = await emulator.approve(await linkFor(emulator));
      return () => client.exchangeCode(new URL(callback).searchParams.get('authorization_code') ?? '');
    });
    await emulator.close();
    expect([linkLives, codeLives]).to.deep.equal([
      [true, false],
      [true, false],
    ]);
  });

  it('lists every behaviour of the emulator, its default, and its other values', () => {
    const section = page.slice(page.indexOf('| `behaviour` | default |'));
    const rows = [...section.matchAll(/^\| `(\w+)` \| `([^`]+)` \| (.*) \|$/gm)];
    const usual = { ...USUAL_BEHAVIOUR, errorStatus: ERROR_STATUSES };
    expect(rows.map(([, name]) => name)).to.deep.equal(Object.keys(usual));
    for (const [row, name = '', shown] of rows) {
      expect(shown).to.equal(inspect(usual[name as keyof typeof usual]));
      if (name === 'refusal') continue;
      const values = behaviourProblem(name, null)?.match(/'[^']+'/g) ?? [];
      expect(row.match(/(?<=`)'[^`]+'(?=`)/g) ?? [], name).to.have.members(values);
    }
  });
});
