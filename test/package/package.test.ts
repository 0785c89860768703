import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { docs, links, readPage } from '../support/documents';
import { pack, useConsumer } from './consumer';

describe('the packed package', function () {
  this.timeout(180_000);
  const consumer = useConsumer('passport');

  it('holds what a user needs, and nothing else', () => {
    const { files } = pack();
    expect(files).to.include.members([
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/index.js',
      'dist/oidc/index.js',
      'dist/oidc/index.d.ts',
      'dist/oidc/jose.LICENSE.md',
      'dist/emulator/index.d.ts',
    ]);
    const others = files.filter(
      (file) => !/^(dist\/[\w/-]+\.(js|d\.ts|LICENSE\.md)|docs\/.*|examples\/.*)$/.test(file),
    );
    expect(others.sort()).to.deep.equal([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'README.ru.md',
      'SECURITY.md',
      'bench/README.md',
      'package.json',
    ]);
  });

  it('holds the pages, and whatever they link to, but for tests and settings of the repository', () => {
    const { files } = pack();
    expect(files).to.include.members(docs);
    const missing = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        links(readPage(file)).map((target) => join(dirname(file), target.replace(/#.*/, ''))),
      )
      .filter((target) => !files.includes(target) && !files.some((file) => file.startsWith(`${target}/`)));
    expect(missing).to.deep.equal([]);
  });

  it('installs at most 11 packages, not counting types', () => {
    const installed = readdirSync(join(consumer.folder, 'node_modules'));
    const others = ['passport', 'pause', 'undici-types'];
    const brought = installed.filter((name) => /^[a-z]/.test(name) && !others.includes(name));
    expect(brought).to.include('passport-freedom-id').and.to.have.length.of.at.most(11);
  });

  it('asks for no jose: npm installs none, and no code or declaration imports it', () => {
    const modules = join(consumer.folder, 'node_modules');
    const files = pack().files.filter((file) => /\.(js|d\.ts)$/.test(file));
    const importing = files.filter((file) => {
      const text = readFileSync(join(modules, 'passport-freedom-id', file), 'utf8');
      return /["']jose["'/]/.test(text);
    });
    expect(readdirSync(modules)).to.include('passport-oauth2').and.to.not.include('jose');
    expect(importing).to.deep.equal([]);
  });

  it('installs the command passport-freedom-id', () => {
    const { stdout } = consumer.runBin('passport-freedom-id', '--help');
    expect(stdout).to.match(/^Usage: passport-freedom-id <command> .*\n {2}emulator .*\n {2}probe /s);
    expect(consumer.runBin('passport-freedom-id', '--version').stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});
