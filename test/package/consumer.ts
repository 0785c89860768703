import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../support/needs';

const root = join(__dirname, '..', '..');
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/;

/** A throwaway project that has installed the packed package. */
export interface Consumer {
  folder: string;
  write(file: string, text: string): void;
  /** Runs a command in the project, until it ends or three minutes are over. */
  run(command: string, ...args: string[]): { stdout: string; stderr: string; status: number | null };
  /** Runs the command that an installed package has under this name. */
  runBin(name: string, ...args: string[]): ReturnType<Consumer['run']>;
}

/** Gives the tests of a `describe` block a project with the packed package and these npm packages. */
export function useConsumer(...packages: string[]): Consumer {
  const consumer: Consumer = {
    folder: '',
    write(file, text) {
      mkdirSync(dirname(join(consumer.folder, file)), { recursive: true });
      writeFileSync(join(consumer.folder, file), text);
    },
    run: (command, ...args) => runIn(consumer.folder, command, args),
    runBin: (name, ...args) => consumer.run(join(consumer.folder, 'node_modules', '.bin', name), ...args),
  };
  before(function () {
    consumer.folder = mkdtempSync(join(tmpdir(), 'consumer-'));
    consumer.write('package.json', '{ "private": true }');
    const options = ['--prefer-offline', '--no-audit', '--no-fund'];
    const install = consumer.run('npm', 'install', ...options, pack().tarball, ...packages);
    needs(this, 'npm registry that it can reach', install.status === 0 || !OFFLINE.test(install.stderr));
    expect(install.status, install.stderr).to.equal(0);
  });
  after(() => rmSync(consumer.folder, { recursive: true, force: true }));
  return consumer;
}

/** The package as npm would publish it. */
export interface Packed {
  tarball: string;
  files: string[];
}

let packed: Packed | undefined;

/** Packs dist/ as it is, once for all the tests. */
export function pack(): Packed {
  packed ??= packAnew();
  return packed;
}

function packAnew(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { stdout } = runIn(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  // npm 11 lists packages by name, npm 10 in an array.
  const [{ files, filename }] = Object.values(JSON.parse(stdout)) as [
    { files: { path: string }[]; filename: string },
  ];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}

function runIn(folder: string, command: string, args: string[]) {
  // A consumer's processes have no part in this repository's coverage.
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  const options = { cwd: folder, env, encoding: 'utf8', timeout: 180_000 } as const;
  const { stdout, stderr, status } = spawnSync(command, args, options);
  return { stdout, stderr, status };
}
