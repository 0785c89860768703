import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPage, root, snippets } from '../support/documents';

const readme = readPage('README.md');

describe('the README', () => {
  it('has at most 250 lines', () => {
    expect(readme.split('\n').length - 1).to.be.at.most(250);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm (?:run ([\w:]+)|(start|test))/g)].map(
      ([, script, short = '']) => script ?? short,
    );
    expect(named).to.include.members(['start', 'test']);
    expect(Object.keys(scripts)).to.include.members(named);
    expect(snippets('README.md', 'sh')).to.include.members(['npm ci && npm start\n', 'npm ci && npm test\n']);
  });
});
