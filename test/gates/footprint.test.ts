import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect } from 'chai';
import { FreedomIdStrategy } from '../../lib';
import { endingOf } from '../support/ending';
import { minimalOptions } from '../support/options';

const root = join(__dirname, '..', '..');

/** The files that a new process loads by a script, as paths from the root of this package. */
function filesLoadedBy(script: string): string[] {
  // NODE_OPTIONS may have loaded something before.
  const program = `const before = new Set(Object.keys(require.cache));
    ${script};
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !before.has(file))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' });
  expect(stderr).to.equal('');
  return JSON.parse(stdout).map((file: string) => relative(root, file).split(sep).join('/'));
}

describe('the footprint', () => {
  const core = 'dist/core.js';
  const filesOfBaseClass = () => filesLoadedBy("require('passport-oauth2')");
  const strategyWith = (options: string) =>
    `const { FreedomIdStrategy } = require('passport-freedom-id');
    new FreedomIdStrategy({ ...${JSON.stringify(minimalOptions)}, ${options} }, async () => ({}))`;

  /** An entry, and the files of its own: no entry loads anything of another, nor of jose. */
  const entries = {
    'passport-freedom-id': ['dist/index.js', 'dist/oauth.js', core],
    'passport-freedom-id/oidc': ['dist/oidc/index.js', 'dist/oidc.js', core],
  };
  for (const [entry, own] of Object.entries(entries)) {
    it(`of an import of ${entry} is passport-oauth2 and three files of its own`, () => {
      expect(filesLoadedBy(`require('${entry}')`)).to.have.members([...own, ...filesOfBaseClass()]);
    });
  }

  it('of an import of the emulator is two files of its own, and no package', () => {
    const own = ['dist/emulator/index.js', 'dist/emulator.js'];
    expect(filesLoadedBy("require('passport-freedom-id/emulator')")).to.have.members(own);
  });

  it('of a strategy is also node-fetch, unless the app gives a fetch of its own', () => {
    const nodeFetch = filesLoadedBy("require('node-fetch')");
    const imported = [...entries['passport-freedom-id'], ...filesOfBaseClass()];
    expect(filesLoadedBy(strategyWith(''))).to.have.members([...imported, ...nodeFetch]);
    expect(filesLoadedBy(strategyWith('fetch'))).to.have.members(imported);
  });

  it('has node-fetch by its file, because Bun replaces the package with its own fetch, which ignores the agent', () => {
    const own = readFileSync(join(root, core), 'utf8');
    expect(own.match(/require\("node-fetch[^"]*"\)/g)).to.deep.equal(['require("node-fetch/lib/index.js")']);
  });

  describe('in the session', () => {
    async function bytesAfter(tabs: number): Promise<number> {
      const fetch = async () => Response.json({ redirect_uri: 'https://provider.example/login' });
      const strategy = new FreedomIdStrategy({ ...minimalOptions, fetch }, () => false);
      const session = {};
      for (let tab = 0; tab < tabs; tab += 1) {
        expect(await endingOf(strategy, { url: '/login', session })).to.include({ action: 'redirect' });
      }
      return JSON.stringify(session).length;
    }

    it('of a login that has started is at most 110 bytes', async () => {
      expect(await bytesAfter(1)).to.be.at.most(110);
    });

    it('of any number of tabs is at most 900 bytes', async () => {
      const ten = await bytesAfter(10);
      expect(ten).to.be.at.most(900);
      expect(await bytesAfter(30)).to.equal(ten);
    });
  });
});
