import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { EMULATOR_USAGE } from '../../lib/cli/emulator';
import { behaviourProblem, USUAL_BEHAVIOUR } from '../../lib/emulator/behaviour';
import { OPTION_NAMES } from '../../lib/emulator/options';
import { ERROR_STATUSES } from '../../lib/emulator/protocol-error';
import { readLoginOptions } from '../../lib/login/options';
import { OAuthFlow } from '../../lib/oauth/flow';
import { readClientOptions } from '../../lib/oauth/options';
import { DEFAULT_ALGORITHMS, readClientOptions as readOidcClientOptions } from '../../lib/oidc/options';
import { namedTests, readPage, root, snippets, testTitles } from '../support/documents';
import { minimalOptions } from '../support/options';

const readme = readPage('README.md');

describe('the README', () => {
  it('shows the same undici transport that the tests use', () => {
    expect(snippets('README.md')).to.include(readFileSync(join(root, 'examples/undici.ts'), 'utf8'));
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

  it('says what the package works with: each line names existing tests, and no host is missing', function () {
    this.timeout(60_000);
    const titles = testTitles();
    const table = readme.slice(readme.indexOf('## What it works with'), readme.indexOf('## Behind a proxy'));
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

  it('names every option of the emulator and of its command, and no other', () => {
    const section = readme.slice(readme.indexOf('## Testing your own app'), readme.indexOf('## TypeScript'));
    const flags = (text: string) => new Set(text.replaceAll('npx --yes', '').match(/--[a-z][a-z-]*/g));
    expect(flags(section)).to.deep.equal(flags(EMULATOR_USAGE));
    for (const name of OPTION_NAMES) expect(section).to.match(new RegExp(`\\b${name}\\b`));
  });

  it('lists every behaviour of the emulator, its default, and its other values', () => {
    const section = readme.slice(
      readme.indexOf('| `behaviour` | default |'),
      readme.indexOf('What waits for a server'),
    );
    const rows = [...section.matchAll(/^\| `(\w+)` \| `([^`]+)` \| (.*) \|$/gm)];
    const usual = { ...USUAL_BEHAVIOUR, errorStatus: ERROR_STATUSES };
    expect(rows.map(([, name]) => name)).to.deep.equal(Object.keys(usual));
    for (const [row, name = '', shown] of rows) {
      expect(shown).to.equal(inspect(usual[name as keyof typeof usual]));
      if (name === 'refusal') continue;
      const values = behaviourProblem(name, null)?.match(/'[^']+'/g) ?? [];
      expect(row.match(/(?<=`)'[^`]+'(?=`)/g) ?? [], name).to.have.members(values);
    }
  });

  it('lists every option, and its default', () => {
    const table = readme.slice(readme.indexOf('## Options'), readme.indexOf('## The profile'));
    const flow = new OAuthFlow(new FreedomIdClient(minimalOptions), 'query');
    const { callbackReader: _1, stateStore: _2, ...login } = readLoginOptions(minimalOptions, () => {}, flow);
    const settings: Record<string, unknown> = { ...readClientOptions(minimalOptions), ...login };
    for (const name of [...Object.keys(settings), 'state', 'stateIn', 'store']) {
      expect(table, name).to.match(new RegExp(`^\\|[^|]*\`${name}\``, 'm'));
    }
    for (const name of ['timeout', 'maxResponseSize', 'proxy', 'passReqToCallback', 'skipUserProfile']) {
      expect(table).to.include(`| \`${name}\` | \`${settings[name]}\` |`);
    }
  });

  it('lists every option that is OpenID Connect’s own, and its default', () => {
    const table = readme.slice(readme.indexOf('## OpenID Connect'), readme.indexOf('## The profile'));
    const settings: Record<string, unknown> = { ...readOidcClientOptions(minimalOptions) };
    const shared = Object.keys(readClientOptions(minimalOptions)).filter((name) => !name.endsWith('URL'));
    const own = Object.keys(settings).filter(
      (name) => !shared.includes(name) && !['baseURL', 'signature'].includes(name),
    );
    for (const name of [...own, 'jwksURL', 'publicKey', 'algorithms']) {
      expect(table, name).to.match(new RegExp(`^\\|[^|]*\`${name}\``, 'm'));
    }
    expect(table).to.include(`| \`clockTolerance\` | \`${settings.clockTolerance}\` |`);
    expect(table).to.include(`| \`tokenRequest\` | \`'${settings.tokenRequest}'\` |`);
    const list = `['${DEFAULT_ALGORITHMS.join("', '")}']`;
    expect(table).to.include(`| \`algorithms\` | \`${list}\` |`);
  });
});
