import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { GRANTS } from '../../lib/emulator/clients';
import { parseProfile } from '../../lib/oauth/user-info';
import { parseProfile as parseOidcProfile } from '../../lib/oidc/user-info';
import { namesRead, readPage, snippets, tableBelow } from '../support/documents';
import { api, codeIn, linkFor } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { withoutNewerNode } from '../support/needs';
import { minimalOptions } from '../support/options';
import { runSnippets } from '../support/run-snippets';

const page = readPage('docs/profile.md');
const words = (cell = '') => [...cell.matchAll(/`([\w.[\]]+)`/g)].map(([, word = '']) => word);

/** The rows of the table of fields. */
const rows = tableBelow(page, '## Fields').map(([profile = '', own = '', grants, standard]) => ({
  path: words(profile)[0] ?? '',
  isInJSON: profile.endsWith(' only'),
  // Behind the colon stand values.
  fields: words(own.split(':')[0]),
  grants: words(grants),
  standard: words(standard?.split(':')[0]).filter((name) => name !== 'sub'),
}));

const claims = { sub: 'id' } as never;
const parse = {
  oauth: (json: object) => parseProfile({ raw: '', json: { ...json, freedom_id: 'id' } }),
  oidc: (json: object) => parseOidcProfile({ raw: '', json: { ...json } }, { sub: 'id', claims }),
};

const values: Record<string, unknown> = {
  freedom_id: 'id',
  date_of_birth: '2000-01-31',
  birthdate: '2000-01-31',
  emails: ['one', 'two'],
  phones: ['one', 'two'],
  gender: 'M',
};
const sampleOf = (field: string) => values[field] ?? `the ${field}`;

/** What a profile has at a path of the table. Where the path has `[]`, that is a list. */
function at(profile: object, path: string): unknown {
  const [first = '', ...rest] = path.split('.');
  const found = (profile as Record<string, unknown>)[first.replace('[]', '')];
  if (found === undefined || rest.length === 0) return found;
  return Array.isArray(found)
    ? found.map((entry) => at(entry, rest.join('.')))
    : at(found as object, rest.join('.'));
}

describe('docs/profile.md', () => {
  const emulator = useEmulator();

  it('shows a profile as it comes', async () => {
    const client = new FreedomIdClient({ ...minimalOptions, baseURL: emulator.url });
    const grants = [
      'read.firstname',
      'read.lastname',
      'read.patronymic',
      'read.date_of_birth',
      'read.email',
      'read.phone',
      'read.gender',
      'read.country',
    ];
    const code = codeIn(await emulator.approve(await linkFor(emulator, grants)));
    const { json } = await api(emulator).token({ authorization_code: code });
    const profile = parseProfile(await client.getUserInfo(json.access_token as never));
    const [shown = ''] = snippets('docs/profile.md', 'json');
    expect(JSON.parse(shown)).to.deep.equal({ ...profile, _raw: `${profile._raw.slice(0, 30)}…` });
  });

  it('lists every field that is read, and no other', async () => {
    const own = rows.filter(({ isInJSON }) => !isInJSON).flatMap(({ fields }) => fields);
    const standard = rows.flatMap((row) => row.standard);
    const info = (json: Record<string, unknown>) => ({ raw: '', json });
    expect(await namesRead({ freedom_id: 'id' }, (json) => parseProfile(info(json)))).to.have.members(own);
    // Without the standard's names, Freedom ID's own are looked at.
    const read = await namesRead({ email: 'one', email_verified: true }, (json) =>
      parseOidcProfile(info(json), { sub: 'id', claims }),
    );
    expect(read).to.have.members([...own.filter((name) => name !== 'freedom_id'), ...standard]);
  });

  it('says where each field goes', () => {
    for (const { path, fields, standard, isInJSON } of rows) {
      for (const field of isInJSON ? [] : [...fields, ...standard]) {
        // These three depend on others.
        if (['freedom_id', 'name', 'email_verified'].includes(field)) continue;
        const profile = (fields.includes(field) ? parse.oauth : parse.oidc)({ [field]: sampleOf(field) });
        const expected = field === 'gender' ? 'male' : sampleOf(field);
        expect([at(profile, path)].flat(), `${field}: ${path}`).to.deep.equal([expected].flat());
        expect(at(parse.oauth({}), path), path).to.equal(undefined);
      }
    }
    expect(parse.oidc({ name: 'Әсел' }).displayName).to.equal('Әсел');
    expect(parse.oauth({}).displayName).to.equal('');
    expect(parse.oidc({ gender: 'female' }).gender).to.equal('female');
    expect(parse.oidc({ email: 'a@b.kz', email_verified: false }).emails).to.deep.equal([
      { value: 'a@b.kz', verified: false },
    ]);
  });

  it('lists every member of a profile, and no other', () => {
    const full = parse.oidc(
      Object.fromEntries(rows.flatMap(({ fields }) => fields).map((name) => [name, sampleOf(name)])),
    );
    const listed = new Set(rows.map(({ path }) => path.replace(/[.[].*/, '')));
    expect(Object.keys(full)).to.have.members([...listed]);
  });

  it('has the grant of each field, and each grant that brings one', () => {
    for (const { path, fields, grants } of rows) {
      const named = fields.filter((field) => field !== 'freedom_id').map((field) => `read.${field}`);
      expect(grants, path).to.deep.equal(named);
    }
    const bringing = GRANTS.filter((grant) => !['openid', 'read.profile'].includes(grant));
    expect(rows.flatMap(({ grants }) => grants)).to.have.members(bringing);
  });

  it('says that both flows name the same provider', () => {
    expect(page).to.include(
      `| \`provider\` | always \`'${parse.oauth({}).provider}'\` | | always \`'${parse.oidc({}).provider}'\` |`,
    );
  });

  it('reads a number that is too large for JavaScript', async function () {
    if (!('rawJSON' in JSON)) withoutNewerNode(this, 'gives no source text in JSON.parse');
    const profile = { _raw: '{"a":9007199254740993,"b":1,"c":1.5,"d":"2"}' };
    const { exact } = await runSnippets(snippets('docs/profile.md', 'js'), { profile }, ['exact']);
    expect(exact).to.deep.equal({ a: '9007199254740993', b: 1, c: 1.5, d: '2' });
  });
});
