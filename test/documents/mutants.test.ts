import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPage, root } from '../support/documents';

const page = readPage('docs/mutants.md');
const config = JSON.parse(readFileSync(join(root, 'stryker.config.json'), 'utf8')) as {
  mutate: string[];
  timeoutMS: number;
  thresholds: { break: number };
};

describe('docs/mutants.md', () => {
  it('says which files are not broken, how many mutants must be noticed, and when one is ended', () => {
    expect(config.mutate).to.deep.equal([
      'lib/**/*.ts',
      '!lib/index.ts',
      '!lib/cli/**',
      'lib/cli/{table,wrap}.ts',
      '!lib/emulator/**',
    ]);
    expect(page)
      .to.include('| `lib/index.ts` |')
      .and.include('| `lib/cli/`, but for `table.ts` and `wrap.ts`; `lib/emulator/` |');
    expect(page).to.include(`less than ${config.thresholds.break} %`);
    expect(config.timeoutMS, 'two seconds').to.equal(2000);
  });

  it('names of each survivor a file that exists and is broken', () => {
    const [, table = ''] = page.split(/^\| file \| the code .*\n/m);
    const files = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
      cell.match(/[\w-]+\/[\w-]+\.ts/g),
    );
    expect(files.length).to.be.above(50);
    for (const file of files) {
      expect(existsSync(join(root, 'lib', String(file))), String(file)).to.equal(true);
      expect(file).to.not.match(/^(cli|emulator)\//);
    }
  });
});
