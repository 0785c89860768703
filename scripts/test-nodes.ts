import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';

// Runs the tests under other versions of Node.js: all that are supported, or those given as arguments, e.g. 22 or 20.19.0.
// Fails if a test fails, or if this package's own code causes a warning, pending deprecations included.
// Node.js emits most warnings once per process, so a dependency's warning may hide the same warning from our code.

const ALL = ['20', '22', '24', '26'];

/** Tests that depend on a compiler, a browser or npm, and not on the version that runs the package. */
const ELSEWHERE = [
  'test/browser/**',
  'test/architecture.test.ts',
  // But for pages with code that Node.js 20 lacks.
  'test/documents/!(profile|verify).test.ts',
  'test/examples/demo.test.ts',
  'test/gates/build.test.ts',
  'test/gates/coverage.test.ts',
  'test/package/**',
  'test/types/**',
];

const root = join(__dirname, '..');

/** As test/support/warnings.cjs writes it down. */
interface Warning {
  name: string;
  code?: string;
  message: string;
  /** The first file on the stack that is not Node.js' own. */
  origin: string;
  stack: string;
}

/** Whether a warning is one that this package's code may cause. */
function isExpected({ code, name, message }: Warning): boolean {
  // This warning is meant for an app's developer, and tests cause it.
  if (code === 'FREEDOM_ID_NO_PENDING_LOGIN') return true;
  // The first releases of Node.js 20 and 22 give it whenever such a signature is checked.
  return name === 'ExperimentalWarning' && message.includes('Ed25519');
}

function main(versions: string[]): void {
  const failed = versions.filter((version) => !passes(version));
  if (failed.length === 0) return;
  console.error(`\nFailed under Node.js ${failed.join(', ')}`);
  process.exitCode = 1;
}

function passes(version: string): boolean {
  const node = install(version);
  console.log(`\n== Node.js ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout}`);
  const { status, warnings } = runTests(node);
  const isOwn = ({ origin }: Warning) => /^(lib|dist)\//.test(relative(root, origin));
  const own = warnings.filter((warning) => isOwn(warning) && !isExpected(warning));
  for (const line of new Set(warnings.map(inOneLine))) console.log(line);
  for (const stack of new Set(own.map(({ stack }) => stack)))
    console.error(`\nA warning from this package's own code:\n${stack}`);
  return status === 0 && own.length === 0;
}

/**
 * Installs the npm package `node`, once. It is not a dependency, because it takes 200 MB for each version,
 * which `npm ci` must not download.
 *
 * @returns the path of the program
 */
function install(version: string): string {
  const folder = join(root, 'node_modules', '.cache', 'node', version);
  const node = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    // Its install script downloads the program for this platform.
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }');
    const args = ['install', '--no-audit', '--no-fund', `node@${version}`];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm cannot install node@${version}: ${stderr}`);
  }
  return node;
}

function runTests(node: string): { status: number | null; warnings: Warning[] } {
  const folder = mkdtempSync(join(tmpdir(), 'warnings-'));
  const file = join(folder, 'warnings.jsonl');
  writeFileSync(file, '');
  const preload = join(root, 'test', 'support', 'warnings.cjs');
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    // Reaches the processes that tests start as well. Nothing is printed: some tests expect their stderr to be empty.
    NODE_OPTIONS: `--pending-deprecation --no-warnings --require ${JSON.stringify(preload)}`,
    WARNINGS_FILE: file,
  };
  const mocha = [join('node_modules', 'mocha', 'bin', 'mocha.js'), '--reporter', 'dot'];
  const ignored = ELSEWHERE.flatMap((files) => ['--ignore', files]);
  const { status } = spawnSync(node, [...mocha, ...ignored], { cwd: root, env, stdio: 'inherit' });
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  rmSync(folder, { recursive: true });
  return { status, warnings: lines.map((line) => JSON.parse(line)) };
}

function inOneLine({ name, code, message, origin }: Warning): string {
  return `${code ?? name} from ${relative(root, origin)}: ${message.split('\n')[0]}`;
}

main(process.argv.length > 2 ? process.argv.slice(2) : ALL);
