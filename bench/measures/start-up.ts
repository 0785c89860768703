import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, median, medianRatio } from '../finding';
import { root } from '../root';

const ROUNDS = 15;
const OURS = ['passport-freedom-id'];
const BARE = ['passport-oauth2', 'node-fetch'];

/** What it costs to have the package, before anybody signs in. */
export async function measureStartUp(): Promise<Finding[]> {
  const [ours, bare] = [[] as Loaded[], [] as Loaded[]];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(load(OURS));
    bare.push(load(BARE));
  }
  const of = (rounds: Loaded[], part: keyof Loaded) => rounds.map((loaded) => loaded[part]);
  const [installed, without] = [installedBy(OURS), installedBy(BARE)];
  return [
    {
      what: 'import',
      unit: 'ms',
      value: median(of(ours, 'ms')),
      limit: median(of(bare, 'ms')),
    },
    { what: 'import', unit: 'x bare', value: medianRatio(of(ours, 'ms'), of(bare, 'ms')), goal: 1.1 },
    compare('import', 'files', median(of(ours, 'files')), median(of(bare, 'files'))),
    {
      what: 'install',
      unit: 'packages besides types',
      value: installed.packages,
      limit: without.packages,
      goal: 11,
    },
    compare('install', 'kB besides types', installed.bytes / 1000, without.bytes / 1000),
  ];
}

function compare(what: string, unit: string, value: number, limit: number): Finding {
  return { what, unit, value, limit, goal: 1.1 * limit };
}

interface Loaded {
  ms: number;
  files: number;
}

/** Loads packages in a new process, as an app does. */
function load(packages: string[]): Loaded {
  const script = `
    const start = performance.now();
    for (const name of ${JSON.stringify(packages)}) require(name);
    const ms = performance.now() - start;
    console.log(JSON.stringify({ ms, files: Object.keys(require.cache).length }));`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
  return JSON.parse(stdout);
}

interface Installed {
  packages: number;
  bytes: number;
}

function installedBy(names: string[]): Installed {
  const folders = new Set<string>();
  const add = (name: string) => {
    const folder = name === OURS[0] ? root : join(root, 'node_modules', name);
    if (name.startsWith('@types/') || folders.has(folder)) return;
    folders.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) add(dependency);
  };
  names.forEach(add);
  const bytes = [...folders].map((folder) => (folder === root ? packedSize() : sizeOf(folder)));
  return { packages: folders.size, bytes: bytes.reduce((sum, size) => sum + size, 0) };
}

function packedSize(): number {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(stdout)[0].unpackedSize;
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
