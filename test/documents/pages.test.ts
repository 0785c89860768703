import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { EMULATOR_USAGE } from '../../lib/cli/emulator';
import { PROBE_USAGE } from '../../lib/cli/probe';
import {
  deadLinks,
  docs,
  flagsIn,
  links,
  pages,
  readmes,
  readPage,
  root,
  scriptsIn,
  snippets,
} from '../support/documents';

interface Snippet {
  name: string;
  code: string;
}

/** @returns what the compiler complains about */
function compile(files: Snippet[]): string {
  // Inside the repository, so that the packages imported by the snippets are found.
  const folder = join(root, 'test', '.pages');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const { name, code } of files) writeFileSync(join(folder, name), `${code}\nexport {};\n`);
  const tsconfig = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, noImplicitReturns: false },
    files: [...files.map(({ name }) => name), '../support/snippet-globals.d.ts'],
    include: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return stdout;
}

describe('the pages', () => {
  it('have snippets that compile', function () {
    this.timeout(60_000);
    const files = pages.flatMap((page) =>
      snippets(page).map((code, index) => ({ name: `${page.replaceAll('/', '-')}-${index + 1}.mts`, code })),
    );
    expect(files.length).to.be.at.least(30);
    // What a snippet declares for its whole app would count in the others, too.
    const isAlone = ({ code }: Snippet) => /^declare global/m.test(code);
    const together = files.filter((file) => !isAlone(file));
    const outputs = [together, ...files.filter(isAlone).map((file) => [file])].map(compile);
    expect(outputs.join('')).to.equal('');
  });

  it('have snippets in JSON that can be parsed', () => {
    const parsed = pages.flatMap((page) => snippets(page, 'json').map((text) => JSON.parse(text)));
    expect(parsed.length).to.be.above(10);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> };
    for (const page of pages)
      expect(Object.keys(scripts), page).to.include.members(scriptsIn(readPage(page)));
  });

  it('call the commands with flags that they have', () => {
    const usages: Record<string, string> = { emulator: EMULATOR_USAGE, probe: PROBE_USAGE };
    const calls = pages.flatMap((page) => [
      ...readPage(page).matchAll(/passport-freedom-id (emulator|probe)\b([^`\n]*)/g),
    ]);
    expect(calls.length).to.be.above(20);
    for (const [call, command = '', rest = ''] of calls) {
      const known = flagsIn(usages[command] ?? '').map(({ name }) => name);
      expect(known, call).to.include.members(rest.match(/--[\w-]+/g) ?? []);
    }
  });

  it('in docs/ are each linked from the README, and link back to its list', () => {
    for (const readme of readmes) {
      const linked = links(readPage(readme)).map((target) => target.replace(/#.*/, ''));
      expect(linked, readme).to.include.members(docs);
    }
    for (const page of docs) expect(links(readPage(page)), page).to.include('../README.md#pages');
  });

  it('link only to files and headings that exist', () => {
    for (const page of pages) expect(deadLinks(readPage(page), dirname(page)), page).to.deep.equal([]);
    const dead = ['#nowhere', 'nothing.md', '../README.md#nowhere', 'protocol.md#12-none'];
    const alive = ['protocol.md', '../README.md#security', 'protocol.md#5-the-revocation-webhook'];
    expect(
      deadLinks([...dead, ...alive].map((target) => `[a link](${target})`).join(), 'docs'),
    ).to.deep.equal(dead);
  });
});
