import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { byName } from '../bench';
import { type Finding, figureOf, mean, median, medianRatio } from '../finding';
import { CREDENTIALS } from '../peer';
import { root } from '../root';

/** Each script runs in a series of new processes, so that it is loaded cold, and once. */
const SERIES = 3;
const ROUNDS = 9;

const OURS = 'passport-freedom-id';
const BARE = ['passport-oauth2', 'node-fetch'];

const SCRIPTS = {
  bare: BARE.map((name) => `require('${name}')`).join(';'),
  import: `require('${OURS}')`,
  openid: `require('${OURS}/oidc')`,
  // With node-fetch, which the import alone does not load.
  strategy: `new (require('${OURS}').FreedomIdStrategy)(${JSON.stringify(CREDENTIALS)}, async () => ({}))`,
};
const NAMES = ['bare', 'import', 'openid', 'strategy'] as const;

/** What it costs to load the package, before any login. */
export async function measureStartUp(): Promise<Finding[]> {
  const series = Array.from({ length: SERIES }, loadInTurns);
  const limit = mean(series.map(({ bare }) => median(bare)));
  const loading = (what: string, name: keyof Series, goal?: number): Finding[] => [
    { what, unit: 'ms', ...figureOf(series.map((one) => median(one[name]))), limit },
    {
      what,
      unit: 'x the two packages it is built on',
      ...figureOf(series.map((one) => medianRatio(one[name], one.bare))),
      ...(goal !== undefined && { goal }),
    },
  ];
  const [installed, without] = [installedBy([OURS]), installedBy(BARE)];
  return [
    ...loading('import, cold', 'import', 1.1),
    ...loading('import of /oidc, cold', 'openid'),
    ...loading('import and a strategy, cold', 'strategy'),
    {
      what: 'install',
      unit: 'packages besides types',
      value: installed.packages,
      limit: without.packages,
      goal: 11,
    },
    {
      what: 'install',
      unit: 'kB besides types',
      value: installed.bytes / 1000,
      limit: without.bytes / 1000,
    },
  ];
}

/** Milliseconds of each round, by script. */
type Series = Record<(typeof NAMES)[number], number[]>;

function loadInTurns(): Series {
  const series = byName(NAMES, (): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of NAMES) series[name].push(millisecondsOf(SCRIPTS[name]));
  }
  return series;
}

/** Runs a script in a new process, as an app starts. */
function millisecondsOf(script: string): number {
  const program = `const start = performance.now(); ${script}; console.log(performance.now() - start)`;
  return Number(spawnSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' }).stdout);
}

interface Installed {
  packages: number;
  bytes: number;
}

function installedBy(names: string[]): Installed {
  const folders = new Set<string>();
  const add = (name: string) => {
    const folder = name === OURS ? root : join(root, 'node_modules', name);
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
