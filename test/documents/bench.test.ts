import { expect } from 'chai';
import { readPage } from '../support/documents';

const page = readPage('bench/README.md');

/** The names in a list of the bench, which cannot be imported: it would start. */
function namesIn(file: string, list: string): string[] {
  const [, body = ''] = new RegExp(`^const ${list}\\b[^\n]*\\{\n(.*?)^\\}`, 'ms').exec(readPage(file)) ?? [];
  return [...body.matchAll(/^ {2}(?:'([^']+)'|([\w-]+)): /gm)].map(
    ([, quoted, plain = '']) => quoted ?? plain,
  );
}

describe('bench/README.md', () => {
  it('explains every measure, and names it for --only', () => {
    const measures = namesIn('bench/index.ts', 'MEASURES');
    expect(measures).to.have.length.above(5);
    expect(
      [...page.matchAll(/^### (.*?):|^### (\w+)$/gm)].map(([, name, plain]) => name ?? plain),
    ).to.deep.equal(measures);
    const [, listed = ''] = /# one measure: (.*?)\. Repeat/s.exec(page) ?? [];
    expect(listed.replaceAll(/\s*#\s*/g, ' ').split(/,\s+| or /)).to.deep.equal(measures);
  });

  it('says of everyone who is measured who that is', () => {
    const peers = namesIn('bench/peers/index.ts', 'PEERS');
    expect(peers).to.have.length.above(10);
    const [, table = ''] = page.split('| name | what it is |\n| --- | --- |\n');
    const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
    expect(rows.map((row) => row.split('|')[1]?.trim())).to.deep.equal(peers);
  });
});
