import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fileOf, namedTests, root, testTitles } from '../support/documents';

const security = readFileSync(join(root, 'SECURITY.md'), 'utf8');

describe('SECURITY.md', () => {
  it('names an existing test for every promise, and every test of an attack', function () {
    this.timeout(60_000);
    const named = namedTests(security);
    const titles = testTitles([...named.map(fileOf), 'test/attacks/**/*.test.ts']);
    const promises = security.match(/^\| [A-Z].*[.] \|/gm);
    expect(named)
      .to.have.length(promises?.length ?? 0)
      .above(20);
    expect(named.filter((start) => !titles.some((title) => title.startsWith(start)))).to.deep.equal([]);

    const attacks = titles.filter((title) => title.startsWith('test/attacks/'));
    expect(attacks.length).to.be.above(25);
    expect(attacks.filter((attack) => !named.some((start) => attack.startsWith(start)))).to.deep.equal([]);
  });
});
