import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '..', '..');

describe('the coverage', () => {
  it('leaves out only files without code: types, and what lib/index.ts exports again', () => {
    const { exclude } = JSON.parse(readFileSync(join(root, '.c8rc.json'), 'utf8')) as { exclude: string[] };
    expect(exclude).to.include('lib/index.ts');
    for (const file of exclude) {
      const source = readFileSync(join(root, file), 'utf8');
      const statements = source.match(/^(?!import type|export (?:type|interface)\b)[a-z@].*/gm) ?? [];
      expect(
        statements.filter((line) => !/^export \{.* from/.test(line)),
        file,
      ).to.deep.equal([]);
    }
  });
});
