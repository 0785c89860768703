import { inspect } from 'node:util';
import { expect } from 'chai';
import { EMULATOR_USAGE } from '../../lib/cli/emulator';
import { behaviourProblem, USUAL_BEHAVIOUR } from '../../lib/emulator/behaviour';
import { OPTION_NAMES } from '../../lib/emulator/options';
import { ERROR_STATUSES } from '../../lib/emulator/protocol-error';
import { readPage } from '../support/documents';

const page = readPage('docs/testing.md');

describe('docs/testing.md', () => {
  it('names every option of the emulator and of its command, and no other', () => {
    const flags = (text: string) => new Set(text.replaceAll('npx --yes', '').match(/--[a-z][a-z-]*/g));
    expect(flags(page)).to.deep.equal(flags(EMULATOR_USAGE));
    for (const name of OPTION_NAMES) expect(page).to.match(new RegExp(`\\b${name}\\b`));
  });

  it('lists every behaviour of the emulator, its default, and its other values', () => {
    const section = page.slice(page.indexOf('| `behaviour` | default |'));
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
});
