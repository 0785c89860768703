import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPage, root } from '../support/documents';

const page = readPage('docs/api.md');
const ENTRIES = { '': 'index', '/oidc': 'oidc/index', '/emulator': 'emulator/index' };

/** The names that an entry exports, by its source: the page is made from the declarations. */
function exportsOf(entry: string): string[] {
  const source = readFileSync(join(root, `lib/${entry}.ts`), 'utf8');
  const listed = [...source.matchAll(/^export (?:type )?\{(.*?)\}/gms)].flatMap(([, list = '']) =>
    list.split(','),
  );
  const declared = [...source.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name = '']) => name);
  return [...listed, ...declared]
    .map((name) => name.trim().replace(/^.*\s/, ''))
    .filter((name) => name !== '');
}

describe('docs/api.md', function () {
  this.timeout(60_000);

  it('is what `npm run api` writes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'api-'));
    const file = join(folder, 'api.md');
    const command = ['--import', 'tsx', join(root, 'scripts/api.ts'), file];
    const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
    // Not compared by chai, which would print both whole.
    const isCurrent = readFileSync(file, 'utf8') === page;
    rmSync(folder, { recursive: true });
    expect(isCurrent, 'docs/api.md is out of date: run `npm run api`').to.equal(true);
  });

  it('lists each name that an entry exports, and no other', () => {
    const described = new Set<string>();
    for (const [path, entry] of Object.entries(ENTRIES)) {
      const names = exportsOf(entry);
      const [, lists = ''] = new RegExp(`^## passport-freedom-id${path}$(.*?)^### `, 'ms').exec(page) ?? [];
      const listed = [...lists.matchAll(/\[`(\w+)`\]/g)].map(([, name]) => name);
      expect(listed, path).to.have.members(names);
      for (const name of names) described.add(name);
    }
    const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, name]) => name);
    expect(headings).to.have.members([...described]);
  });

  it('says of each name and of each member what it is: each has a TSDoc comment', () => {
    const [, ...sections] = page.split(/^#{3,} /m);
    const silent = sections.filter((section) => !/^[^\n]*\n\n(```[^`]*```\n\n)?[A-Z]/.test(section));
    expect(silent.map((section) => section.split('\n')[0])).to.deep.equal([]);
    expect(page.match(/^ *- `[^`]+`: *(Default: .*)?$/gm) ?? []).to.deep.equal([]);
  });
});
