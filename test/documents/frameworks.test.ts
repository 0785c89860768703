import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { namedTests, readPage, root, testTitles } from '../support/documents';

describe('docs/frameworks.md', () => {
  it('says what the package works with: each line names existing tests, and no host is missing', function () {
    this.timeout(60_000);
    const titles = testTitles();
    const table = readPage('docs/frameworks.md');
    const named = namedTests(table);
    expect(named.length).to.be.above(15);
    for (const start of named)
      expect(
        titles.some((title) => title.startsWith(start)),
        start,
      ).to.equal(true);
    const ofHosts = titles.filter((title) => title.startsWith('test/hosts/hosts.test.ts'));
    for (const title of ofHosts)
      expect(
        named.some((start) => title.startsWith(start)),
        title,
      ).to.equal(true);

    const [, versions = ''] =
      /const ALL = \[(.*)\]/.exec(readFileSync(join(root, 'scripts/test-nodes.ts'), 'utf8')) ?? [];
    expect(table).to.include(`| Node.js ${versions.replaceAll("'", '')} |`);
  });
});
