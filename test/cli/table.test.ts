import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { table } from '../../lib/cli/table';
import type { Finding } from '../../lib/probe/report';
import { property } from '../support/property';

function finding(answer: Finding['answer'], more: Partial<Finding> = {}): Finding {
  return { id: 'id', question: 'How is it?', answer, evidence: 'seen', ...more };
}

const plain = (findings: Finding[], width = 80) => table(findings, { width, isColored: false });

/** By line, without the last line's end. */
const linesOf = (findings: Finding[], width?: number) => plain(findings, width).split('\n');

const FINDINGS = [
  finding('kept', {
    question: 'Does the query of the redirect URI survive?',
    evidence: 'a state was sent in it, and kept, and that is a sentence which is longer than a line',
  }),
  finding(null, { question: 'Where is it?', evidence: 'the login was skipped' }),
  finding(
    { freedom_id: 'string of 36', code: 401 },
    { evidence: 'asked for it', option: 'override userProfile, and read _json' },
  ),
];

describe('the table of a report', () => {
  it('has a column each for the questions, the answers and the evidence', () => {
    expect(
      plain(FINDINGS, 80),
    ).to.equal(`Question                Answer                    Evidence, and what to set
----------------------  ------------------------  ------------------------------
Does the query of the   kept                      a state was sent in it, and
redirect URI survive?                             kept, and that is a sentence
                                                  which is longer than a line

Where is it?            no answer                 the login was skipped

How is it?              freedom_id: string of 36  asked for it
                        code: 401                 Set: override userProfile, and
                                                  read _json
`);
  });

  it('has all three down to 72 columns', () => {
    expect(linesOf(FINDINGS, 72).slice(0, 3)).to.deep.equal([
      'Question                Answer                    Evidence, and what to',
      '                                                  set',
      '----------------------  ------------------------  ----------------------',
    ]);
  });

  it('is a list where there is less room', () => {
    expect(plain(FINDINGS, 71)).to.equal(`Does the query of the redirect URI survive?
  kept
  a state was sent in it, and kept, and that is a sentence which is
  longer than a line

Where is it?
  no answer
  the login was skipped

How is it?
  freedom_id: string of 36
  code: 401
  asked for it
  Set: override userProfile, and read _json
`);
  });

  it('fits into 20 columns', () => {
    expect(plain(FINDINGS.slice(1), 20)).to.equal(`Where is it?
  no answer
  the login was
  skipped

How is it?
  freedom_id: string
  of 36
  code: 401
  asked for it
  Set: override
  userProfile, and
  read _json
`);
  });

  it('uses 120 columns of a wider terminal', () => {
    expect(plain(FINDINGS, 500)).to.equal(plain(FINDINGS, 120));
    expect(plain(FINDINGS, 120)).to.not.equal(plain(FINDINGS, 119));
    const [, rule = ''] = linesOf(FINDINGS, 500);
    expect(rule).to.have.length(120);
  });

  it('makes the column of the answers as wide as the longest of them, up to 30', () => {
    const ruleFor = (answer: string) => {
      const rule = linesOf([finding(answer)]).find((line) => line.startsWith('-'));
      return rule?.split('  ').map(({ length }) => length);
    };
    expect(ruleFor('a'.repeat(12))).to.deep.equal([22, 12, 42]);
    expect(ruleFor('a'.repeat(30))).to.deep.equal([22, 30, 24]);
    expect(ruleFor('a'.repeat(31))).to.deep.equal([22, 30, 24]);
    expect(ruleFor('&'), 'or as their heading').to.deep.equal([22, 6, 48]);
  });

  it('has only its head if there is nothing to show', () => {
    const lines = [
      'Question                Answer  Evidence, and what to set',
      `${'-'.repeat(22)}  ------  ${'-'.repeat(48)}`,
    ];
    expect(linesOf([])).to.deep.equal(lines);
    expect(plain([], 40)).to.equal('');
  });

  it('prints every kind of answer', () => {
    const shown = (answer: Finding['answer']) => linesOf([finding(answer)], 40).slice(1, -2);
    expect(shown(true)).to.deep.equal(['  true']);
    expect(shown(false)).to.deep.equal(['  false']);
    expect(shown(401)).to.deep.equal(['  401']);
    expect(shown('?')).to.deep.equal(['  ?']);
    expect(shown({ name: 'error_code', value: '100102' })).to.deep.equal([
      '  name: error_code',
      '  value: 100102',
    ]);
    expect(shown({}), 'an object without members').to.deep.equal(['  none']);
    expect(shown(null)).to.deep.equal(['  no answer']);
  });

  it('breaks words that are longer than a line, and no others', () => {
    const url = 'https://id.example/.well-known/jwks';
    expect(
      linesOf([finding('none', { question: `See ${url} now`, option: `jwksURL: '${url}'` })], 30),
    ).to.deep.equal([
      'See',
      'https://id.example/.well-known',
      '/jwks now',
      '  none',
      '  seen',
      '  Set: jwksURL:',
      "  'https://id.example/.well-kn",
      "  own/jwks'",
      '',
    ]);
    expect(linesOf([finding('none', { evidence: 'a  b \n c\nd' })], 30)[2], 'white space').to.equal(
      '  a b c d',
    );
  });

  it('has colors where they are wanted: for an answer, for none, and for what is to be set', () => {
    for (const width of [40, 80]) {
      const colored = table(FINDINGS, { width, isColored: true });
      const text = stripVTControlCharacters(colored);
      expect(text, `in ${width} columns`).to.equal(plain(FINDINGS, width));
      for (const part of [
        '\u001b[1mWhere is it?',
        '\u001b[32mkept',
        '\u001b[33mno answer',
        '\u001b[36mSet: override userProfile, and',
      ]) {
        expect(colored, `in ${width} columns`).to.include(part);
      }
    }
    const [head = '', rule = ''] = table(FINDINGS, { width: 80, isColored: true }).split('\n');
    for (const part of ['\u001b[2mQuestion', '\u001b[2mAnswer', '\u001b[2mEvidence, and what to set']) {
      expect(head).to.include(part);
    }
    expect(rule.startsWith('\u001b[2m-')).to.equal(true);
  });

  it('has none where they are not', () => {
    expect(plain(FINDINGS, 80)).to.not.include('\u001b');
    expect(plain(FINDINGS, 40)).to.not.include('\u001b');
  });

  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  const answer = fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null), fc.dictionary(text, text));
  const findings = fc.array(
    fc
      .record({ question: text, answer, evidence: text, option: fc.option(text, { nil: undefined }) })
      .map(
        ({ option, ...rest }): Finding => ({ id: 'id', ...rest, ...(option !== undefined && { option }) }),
      ),
    { maxLength: 5 },
  );

  property(
    'has no line that is longer than the terminal is wide, from 20 columns on',
    fc.record({ findings, width: fc.integer({ min: 20, max: 200 }), isColored: fc.boolean() }),
    ({ findings, ...options }) => {
      for (const line of stripVTControlCharacters(table(findings, options)).split('\n')) {
        expect(line.length, line).to.be.at.most(options.width);
      }
    },
  );

  property(
    'has all that was found, character by character',
    fc.record({ findings, width: fc.integer({ min: 20, max: 71 }) }),
    ({ findings, width }) => {
      const shown = findings.flatMap(({ question, answer, evidence, option }) => [
        question,
        answer === null ? 'no answer' : typeof answer !== 'object' ? String(answer) : membersOf(answer),
        evidence,
        option === undefined ? '' : `Set: ${option}`,
      ]);
      expect(plain(findings, width).replaceAll(/\s/g, '')).to.equal(shown.join('').replaceAll(/\s/g, ''));
    },
  );
});

function membersOf(answer: object): string {
  const members = Object.entries(answer).map(([name, value]) => `${name}: ${value}`);
  return members.join('') || 'none';
}
