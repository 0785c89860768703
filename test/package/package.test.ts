import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../support/needs';

const root = join(__dirname, '..', '..');
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/;

/** Signs a user in, given the package and the emulator in whatever way they were imported. */
const LOGIN = `
async function logIn({ FreedomIdStrategy, Strategy, FreedomIdClient, FreedomIdError }, { startEmulator }) {
  if (Strategy !== FreedomIdStrategy || !FreedomIdClient || !FreedomIdError) throw new Error('exports');
  const emulator = await startEmulator();
  const options = { clientID: 'demo', clientSecret: 'demo-secret', callbackURL: 'https://app.example/cb', baseURL: emulator.url };
  const strategy = Object.create(new FreedomIdStrategy(options, async (access, refresh, profile) => profile));
  const session = {};
  const run = (url) => new Promise((resolve, reject) => {
    Object.assign(strategy, { redirect: resolve, success: resolve, fail: reject, error: reject });
    strategy.authenticate({ url, session, headers: {} });
  });
  const callback = await emulator.approve(await run('/login'));
  const { displayName } = await run(callback.replace('https://app.example', ''));
  await emulator.close();
  console.log('hello', displayName);
}`;

const TYPED = `
import passport from 'passport';
import { FreedomIdStrategy, type FreedomIdProfile } from 'passport-freedom-id';
import { startEmulator, type Emulator } from 'passport-freedom-id/emulator';

passport.use(
  new FreedomIdStrategy({ clientID: 'a', clientSecret: 'b', callbackURL: '/cb' }, async (accessToken, refreshToken, profile) => {
    const known: FreedomIdProfile = profile;
    return { id: known.id, token: accessToken.length };
  }),
);
export const emulator: Promise<Emulator> = startEmulator({ port: 0 });
`;

describe('the packed package', function () {
  this.timeout(180_000);
  let folder = '';
  let files: string[] = [];

  const run = (command: string, ...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    return { stdout, stderr, status };
  };

  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'consumer-'));
    const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    // npm 11 lists packages by name, npm 10 in an array.
    const [{ files: listed, filename }] = Object.values(JSON.parse(packed.stdout)) as [
      { files: { path: string }[]; filename: string },
    ];
    files = listed.map(({ path }) => path);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const install = run(
      'npm',
      'install',
      '--no-audit',
      '--no-fund',
      join(folder, filename),
      'passport',
      'typescript@7',
    );
    needs(this, 'npm registry that it can reach', install.status === 0 || !OFFLINE.test(install.stderr));
    expect(install.status, install.stderr).to.equal(0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what a user needs, and nothing else', () => {
    expect(files).to.include.members([
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli.js',
      'dist/emulator/index.d.ts',
    ]);
    const others = files.filter((file) => !/^dist\/[\w/-]+\.(js|d\.ts)$/.test(file));
    expect(others.sort()).to.deep.equal(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
  });

  it('brings at most 11 packages, types aside', () => {
    const installed = readdirSync(join(folder, 'node_modules')).filter((name) => /^[a-z]/.test(name));
    const hosts = ['passport', 'pause', 'typescript', 'undici-types'];
    const brought = installed.filter((name) => !hosts.includes(name));
    expect(brought).to.include('passport-freedom-id').and.to.have.length.of.at.most(11);
  });

  it('logs in from CommonJS and from ES modules, by named imports', () => {
    writeFileSync(
      join(folder, 'app.cjs'),
      `const id = require('passport-freedom-id'), emulator = require('passport-freedom-id/emulator');${LOGIN}\nlogIn(id, emulator);`,
    );
    writeFileSync(
      join(folder, 'app.mjs'),
      `import { FreedomIdStrategy, Strategy, FreedomIdClient, FreedomIdError } from 'passport-freedom-id';
      import { startEmulator } from 'passport-freedom-id/emulator';${LOGIN}
      logIn({ FreedomIdStrategy, Strategy, FreedomIdClient, FreedomIdError }, { startEmulator });`,
    );
    for (const file of ['app.cjs', 'app.mjs']) {
      expect(run(process.execPath, file), file).to.deep.equal({
        stdout: 'hello Әсел Құнанбаева\n',
        stderr: '',
        status: 0,
      });
    }
  });

  it('compiles under strict TypeScript that checks every declaration', () => {
    for (const file of ['app.mts', 'app.cts']) writeFileSync(join(folder, file), TYPED);
    const options = { strict: true, skipLibCheck: false, module: 'nodenext', target: 'es2022', noEmit: true };
    const compilerOptions = { ...options, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['app.mts', 'app.cts'] }),
    );
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
    expect(run(process.execPath, tsc)).to.deep.equal({ stdout: '', stderr: '', status: 0 });
  });

  it('brings the command', () => {
    const bin = join(folder, 'node_modules', '.bin', 'passport-freedom-id');
    expect(existsSync(bin)).to.equal(true);
    expect(run(bin, '--help').stdout).to.match(/^Usage: passport-freedom-id emulator/);
  });
});
