import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import * as first from 'passport-freedom-id';
import * as oidc from 'passport-freedom-id/oidc';
import { type OutputAsset, type OutputChunk, type RolldownOptions, rolldown } from 'rolldown';

const root = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };

describe('the build', () => {
  let chunks: OutputChunk[];
  let assets: OutputAsset[];

  before(async () => {
    const config: { default: RolldownOptions } = await import(join(root, 'rolldown.config.mjs'));
    const bundle = await rolldown({ ...config.default, cwd: root });
    const { output } = await bundle.generate(config.default.output as object);
    chunks = output.filter((file) => file.type === 'chunk');
    assets = output.filter((file) => file.type === 'asset');
  });

  const sources = () => chunks.flatMap(({ moduleIds }) => moduleIds.map((id) => relative(root, id)));

  it('puts a source that several entries share into one file', () => {
    expect(chunks.map(({ fileName }) => fileName)).to.include.members(['index.js', 'oidc/index.js']);
    expect(sources())
      .to.include('lib/errors.ts')
      .and.to.deep.equal([...new Set(sources())]);
  });

  it('makes FreedomIdError the same class in every entry', async () => {
    expect(oidc.FreedomIdError).to.equal(first.FreedomIdError);
    const fetch = () => Promise.reject(new Error('offline'));
    const client = new oidc.FreedomIdOidcClient({ clientID: 'a', clientSecret: 'b', fetch });
    const error = await client.refreshTokens('token').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(first.FreedomIdError);
  });

  it('puts jose into the file of OpenID Connect, and no other package into any', () => {
    const packages = sources().filter((source) => !source.startsWith('lib/'));
    expect(packages.filter((source) => !source.startsWith('node_modules/jose/'))).to.deep.equal([]);
    const withJose = chunks.filter(({ moduleIds }) => moduleIds.some((id) => id.includes('node_modules')));
    expect(withJose.map(({ fileName }) => fileName)).to.deep.equal(['oidc.js']);
  });

  it('takes from jose what checks a signature, and nothing that encrypts, signs or fetches', () => {
    const parts = sources().filter((source) => source.startsWith('node_modules/jose/'));
    expect(parts.filter((part) => /jwe|jwks|encrypt|sign(?!ature)|remote/.test(part))).to.deep.equal([]);
  });

  it('requires only the dependencies, and what Node.js has', () => {
    const required = chunks.flatMap(({ code }) => [
      ...code.matchAll(/\b(?:require|import)\("([^".][^"]*)"\)/g),
    ]);
    const names = new Set(required.map(([, path = '']) => path.split('/')[0] ?? ''));
    const others = [...names].filter((name) => !name.startsWith('node:') && !(name in dependencies));
    expect(names).to.include('passport-oauth2').and.to.include('node-fetch');
    expect(others).to.deep.equal([]);
  });

  describe('goes with jose:', () => {
    it('its license, letter by letter', () => {
      const license = assets.find(({ fileName }) => fileName === 'oidc/jose.LICENSE.md');
      expect(license?.source).to.equal(read('node_modules', 'jose', 'LICENSE.md'));
    });

    it('its version, in the changelog, for audits', () => {
      const { version } = JSON.parse(read('node_modules', 'jose', 'package.json')) as { version: string };
      // The newest release stands first.
      const [latest = ''] = read('CHANGELOG.md').match(/\bjose \d+\.\d+\.\d+/) ?? [];
      expect(latest).to.equal(`jose ${version}`);
    });
  });
});
