import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPage, root, scriptsIn } from '../support/documents';

const page = readPage('CONTRIBUTING.md');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const release = readPage('.github/workflows/release.yml');

describe('CONTRIBUTING.md', () => {
  it('lists every npm script, and about how long it takes', () => {
    const rows = [...page.matchAll(/^\| `([^`]+)` \| .* \| about \d+ (?:s|min|h)(?:, .*)? \|$/gm)];
    expect(rows.flatMap(([, command = '']) => scriptsIn(command))).to.have.members(Object.keys(scripts));
  });

  it('names only files and folders that exist', () => {
    const named =
      page.match(/(?<=[`\s])(?:\.ci|\.github|lib|test|docs|examples|bench|scripts)\/[\w./-]*/g) ?? [];
    expect(named.length).to.be.above(15);
    expect(named.filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
  });

  it('names the Debian packages that .ci/run installs', () => {
    const [, needed = ''] = /^for needed in (.*); do$/m.exec(readPage('.ci/run')) ?? [];
    const packages = needed.split(' ').map((pair) => pair.split(':')[1]);
    expect(packages).to.have.length.above(2);
    expect(page).to.include(`\`apt-get install ${packages.join(' ')}\``);
  });

  it('tells of a release what its workflow does', () => {
    const [, command = ''] = /run: (npm publish .*)/.exec(release) ?? [];
    expect(page).to.include(`\`${command}\``);
    const [, node] = /node-version: (\d+)/.exec(release) ?? [];
    expect(page.replaceAll(/\s+/g, ' ')).to.include(`which Node.js ${node} brings`);
    const [, secret] = /secrets\.(\w+)/.exec(release) ?? [];
    expect(page).to.include(`\`${secret}\``);
  });
});
