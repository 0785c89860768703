import { expect } from 'chai';
import { PROBE_USAGE } from '../../lib/cli/probe';
import { BEHAVIOUR_NAMES, behaviourProblem } from '../../lib/emulator/behaviour';
import { OAUTH_QUESTIONS } from '../../lib/probe/oauth-questions';
import { OIDC_QUESTIONS } from '../../lib/probe/oidc-questions';
import { probe } from '../../lib/probe/probe';
import type { Report } from '../../lib/probe/report';
import { flagsIn, readPage, snippets, tableBelow } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { freePort } from '../support/free-port';

const PAGE = 'docs/probe.md';

describe('docs/probe.md', () => {
  const emulator = useEmulator();

  const questions = [...OAUTH_QUESTIONS, ...OIDC_QUESTIONS];
  const rows = [...readPage(PAGE).matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
    ([, id = '', wording, answers, toSet = '']) => ({ id, wording, answers, toSet }),
  );

  it('lists every question that the probe asks, in its order', () => {
    expect(rows.map(({ id, wording }) => [id, wording])).to.deep.equal(
      questions.map(({ id, wording }) => [id, wording]),
    );
  });

  it('has each value of a behaviour of the emulator for an answer to the question of the same name', () => {
    const behaviours = rows.filter(({ id }) => BEHAVIOUR_NAMES.includes(id));
    expect(behaviours.map(({ id }) => id)).to.have.members(BEHAVIOUR_NAMES);
    for (const { id, answers } of behaviours) {
      const values = behaviourProblem(id, null)?.match(/'[^']+'/g) ?? [];
      for (const value of values) expect(answers, id).to.include(value.replaceAll("'", '`'));
    }
  });

  it('says what to set, or has a dash where no option follows from an answer', () => {
    const withOption = questions.filter(({ option }) => option !== undefined);
    expect(rows.filter(({ toSet }) => !toSet.startsWith('–')).map(({ id }) => id)).to.deep.equal(
      withOption.map(({ id }) => id),
    );
  });

  it('lists every flag of the command with its default, and no other', () => {
    const listed = tableBelow(readPage(PAGE), '## Run it').map(([name, shown]) => [name, shown]);
    const required = ['--client', '--callback'];
    expect(listed.map((cells) => cells.map((cell) => cell?.replaceAll('`', '')))).to.deep.equal(
      flagsIn(PROBE_USAGE).map(({ name = '', default: usual }) => [
        name,
        required.includes(name) ? 'required' : (usual ?? ''),
      ]),
    );
  });

  it('has the report on the emulator as it starts without options', async () => {
    const { report, isComplete } = await probe({
      clientID: 'demo',
      clientSecret: 'demo-secret',
      baseURL: emulator.url,
      callbackURL: `http://127.0.0.1:${await freePort()}/callback`,
      version: '0.1.0',
      tell: () => {},
      show: async ({ link, task }) => {
        const person = { agree: () => emulator.approve(link), refuse: () => emulator.refuse(link) };
        await fetch(await person[task]());
      },
      signal: new AbortController().signal,
    });
    expect(isComplete).to.equal(true);
    const [example = ''] = snippets(PAGE, 'json');
    const { url, findings } = JSON.parse(example) as Report;
    const made = JSON.parse(JSON.stringify(report.findings).replaceAll(emulator.url, url));
    expect(findings).to.deep.equal(made);
  });
});
