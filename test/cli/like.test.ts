import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { linesOf, readLikeness } from '../../lib/cli/like';
import { UsageError } from '../../lib/cli/usage-error';
import { type RunningCommand, runNode } from '../support/child';
import { api, linkFor } from '../support/emulated-login';

/** The findings about a provider that behaves like the emulator by default. */
const USUAL = {
  redirectQuery: 'kept',
  callbackJoin: '&',
  refusal: { name: 'error_code', value: '100102' },
  errorStatus: { validation: 422, client: 401, code: 400, token: 401 },
  tokenId: 'new',
  oldRefreshToken: 'dead',
  oidcTokenRequest: 'both',
  discovery: true,
};

/** The findings about a provider that differs from the default in everything. */
const OTHER = {
  redirectQuery: 'exact',
  callbackJoin: '?',
  refusal: { name: 'error', value: 'access_denied' },
  errorStatus: { validation: 200, client: 200, code: 200, token: 200 },
  tokenId: 'same',
  oldRefreshToken: 'alive',
  oidcTokenRequest: 'form',
  discovery: false,
};

const reportOf = (answers: object, others: object[] = []) => ({
  version: '0.0.0',
  url: 'https://passport.freedompay.kz',
  date: '2026-01-01T00:00:00.000Z',
  findings: [
    ...Object.entries(answers).map(([id, answer]) => ({ id, question: 'Which?', answer, evidence: 'That' })),
    ...others,
  ],
});

describe('the option --like', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'freedom-id-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** @returns the name of a file that holds it */
  const fileOf = (content: object | string, encoding: BufferEncoding = 'utf8'): string => {
    const file = join(folder, 'report.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), encoding);
    return file;
  };
  const read = (content: object | string) => {
    const { behaviour, missing } = readLikeness(fileOf(content));
    return { behaviour, missing: Object.fromEntries(missing) };
  };
  const run = (...args: string[]): RunningCommand =>
    runNode(['lib/cli/index.ts', 'emulator', '--port=0', ...args]);

  it('turns each finding of a report into a behaviour, and leaves out the defaults', () => {
    expect(read(reportOf(USUAL))).to.deep.equal({ behaviour: {}, missing: {} });
    expect(read(reportOf(OTHER))).to.deep.equal({ behaviour: OTHER, missing: {} });
    // Otherwise the errors of OpenID Connect would have this flow's statuses.
    const mixed = { ...USUAL, errorStatus: { ...USUAL.errorStatus, code: 200 } };
    expect(read(reportOf(mixed))).to.deep.equal({ behaviour: { errorStatus: { code: 200 } }, missing: {} });
    expect(read(reportOf({ ...USUAL, errorStatus: 200 })).behaviour).to.deep.equal({ errorStatus: 200 });
    expect(read(reportOf({ ...USUAL, refusal: { name: 'error_code', value: '7' } })).behaviour).to.deep.equal(
      {
        refusal: { name: 'error_code', value: '7' },
      },
    );
  });

  it('lists what a report does not tell, and what the emulator cannot reproduce', () => {
    expect(
      read(
        reportOf({ ...USUAL, callbackJoin: 'other', tokenId: 'none', refusal: 'nothing', discovery: null }),
      ),
    ).to.deep.equal({
      behaviour: {},
      missing: { callbackJoin: 'other', tokenId: 'none', refusal: 'nothing', discovery: 'no answer' },
    });
    const { discovery: _1, oidcTokenRequest: _2, ...own } = OTHER;
    expect(read(reportOf(own)).missing).to.deep.equal({
      oidcTokenRequest: 'not asked',
      discovery: 'not asked',
    });
    expect(Object.keys(read({ findings: [] }).missing)).to.deep.equal(Object.keys(USUAL));
  });

  it('ignores other findings, whatever is in them', () => {
    const others = [
      { id: 'fields', answer: [{ name: 'email', type: 'string' }], option: 'userProfile' },
      { id: 'toString', answer: 7 },
      { id: '', answer: false },
      JSON.parse('{ "id": "__proto__", "answer": { "discovery": false }, "__proto__": { "id": "x" } }'),
    ];
    expect(read(reportOf(USUAL, others))).to.deep.equal({ behaviour: {}, missing: {} });
    expect({}).to.not.have.property('discovery');
  });

  it('reads what editors on Windows write: with a byte order mark, or in UTF-16', () => {
    const json = `\ufeff${JSON.stringify(reportOf(OTHER))}`;
    for (const encoding of ['utf8', 'utf16le'] as const) {
      expect(readLikeness(fileOf(json, encoding)).behaviour).to.deep.equal(OTHER);
    }
  });

  it('refuses a file that is not a report, in one line that says what to give', () => {
    const noReport = 'it is no report: it has no list of findings, each with an id and an answer';
    const many = { ...reportOf(OTHER), evidence: 'x'.repeat(50_000_000) };
    const long = 'x'.repeat(2_000_000);
    const deep = '['.repeat(1_000_000);
    for (const [content, why] of [
      ['', 'Unexpected end of JSON input'],
      ['no JSON', /.*not valid JSON/],
      ['\u001b[2J\u0007\r\n\u009b', /.*/],
      ['null', noReport],
      ['7', noReport],
      ['[]', noReport],
      [[reportOf(OTHER)], noReport],
      [{}, noReport],
      [{ findings: { id: 'tokenId', answer: 'new' } }, noReport],
      [{ findings: [null] }, noReport],
      [{ findings: [[]] }, noReport],
      [{ findings: [{ id: 7, answer: 'new' }] }, noReport],
      [{ findings: [{ id: 'tokenId' }] }, noReport],
      ['{ "__proto__": { "findings": [] } }', noReport],
      ['{ "findings": [{ "__proto__": { "id": "tokenId", "answer": "new" } }] }', noReport],
      [reportOf(OTHER, [{ id: 'tokenId', answer: 'new' }]), 'the finding "tokenId" is there twice'],
      [reportOf({}, Array(2).fill({ id: 'a\u001b[2J\n', answer: 1 })), /the finding "a.*" is there twice/],
      [
        reportOf({ redirectQuery: 'x' }),
        "redirectQuery must be 'kept', 'dropped', 'refused' or 'exact', but is \"x\"",
      ],
      [
        reportOf({ redirectQuery: '\u001b[2J\u009b\u202e' }),
        /redirectQuery must be .*, but is "\\u001b\[2J"/,
      ],
      [reportOf({ tokenId: ['new'] }), "tokenId must be 'new' or 'same', but is of type object"],
      [reportOf({ discovery: 'true' }), 'discovery must be true or false, but is "true"'],
      [reportOf({ refusal: { name: 'state', value: 'x' } }), /refusal must be \{ name, value \}, .*/],
      [reportOf({ errorStatus: { code: 302 } }), /errorStatus\.code must be a status .*, but is 302/],
      [reportOf({ errorStatus: { 'a\u001b': 200 } }), /errorStatus has no "a\\u001b", only validation, .*/],
      [
        '{ "findings": [{ "id": "errorStatus", "answer": { "__proto__": 200 } }] }',
        /errorStatus has no "__proto__", only .*/,
      ],
      [`${deep}${']'.repeat(1_000_000)}`, noReport],
      [deep, /.*/],
      [
        `{ "findings": [{ "id": "tokenId", "answer": ${deep}${']'.repeat(1_000_000)} }] }`,
        /tokenId must be .*/,
      ],
      [reportOf({ tokenId: long }), /tokenId must be 'new' or 'same', but is "x+…/],
      [reportOf({ refusal: { name: 7, value: long } }), /refusal must be .*/],
      [reportOf({}, Array(2).fill({ id: long, answer: 1 })), /the finding "x+… is there twice/],
      [long, /.*not valid JSON/],
      [{ ...many, findings: null }, noReport],
    ] as const) {
      const file = fileOf(content);
      let message = 'it was read';
      try {
        readLikeness(file);
      } catch (error) {
        expect(error).to.be.instanceOf(UsageError);
        message = (error as Error).message;
      }
      const [start, end] = [`--like ${file}: `, '; give a report as "passport-freedom-id probe" writes it'];
      expect(message.slice(0, start.length)).to.equal(start);
      expect(message.slice(-end.length)).to.equal(end);
      const told = message.slice(start.length, -end.length);
      if (typeof why === 'string') expect(told).to.equal(why);
      else expect(told).to.match(new RegExp(`^${why.source}$`));
      expect(message).to.not.match(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(message).to.have.length.below(700);
    }
    expect(read(many).behaviour).to.deep.equal(OTHER);
  });

  it('refuses a file that is not there in the same way', () => {
    expect(() => readLikeness('/nowhere\u001b.json')).to.throw(
      UsageError,
      /^--like \/nowhere\.json: ENOENT: .*'\/nowhere\.json'; give a report as "passport-freedom-id probe" writes it$/,
    );
  });

  it('is described in lines that are safe for a terminal', () => {
    const value = `\u009b\u202e${'x'.repeat(9000)}`;
    const report = reportOf({ ...USUAL, refusal: { name: '\u001b[2J', value }, tokenId: 'none' });
    const lines = linesOf({ ...readLikeness(fileOf(report)), file: 're\nport\u0007.json' });
    expect(lines[0]).to.equal('  Like     report.json; not reproduced: tokenId (none)');
    expect(lines[1]).to.match(/^ {11}other than by default: refusal \{"name":"\\u001b\[2J","value":"x+…$/);
    expect(lines.join('')).to.not.match(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(lines).to.have.length(2);
  });

  it('starts an emulator that behaves so, and prints what it reproduces and what it cannot', async () => {
    const file = fileOf(reportOf({ ...OTHER, callbackJoin: 'other', oidcTokenRequest: null }));
    const command = run('--like', file);
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(/Ctrl\+C/);
    expect(command.stdout).to.include(
      `  Like     ${file}; not reproduced: callbackJoin (other), oidcTokenRequest (no answer)
           other than by default: redirectQuery "exact", refusal {"name":"error","value":"access_denied"}, `,
    );
    expect((await api({ url }).data('x')).status).to.equal(200);
    expect(
      (await api({ url }).authorize({ redirect_uri: 'https://app.example/cb?x', grants: [] })).json,
    ).to.have.property('error');
    expect((await fetch(`${url}/.well-known/openid-configuration`)).status).to.equal(404);
    await command.printed(/redirectQuery is 'exact': it compares to the letter, path and query\n/);
    command.process.kill();
    expect(await command.ended).to.equal(0);
    expect(command.stderr).to.equal('');
  });

  it('changes nothing with the report of a provider that behaves like the emulator', async () => {
    const command = run('--like', fileOf(reportOf(USUAL)));
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(/ {2}Like {5}\S+report\.json\n\nCtrl\+C/);
    expect(await linkFor({ url })).to.include(url);
    expect((await api({ url }).data('x')).status).to.equal(401);
    command.process.kill();
    expect(await command.ended).to.equal(0);
  });

  it('with a file that is not a report ends the command in one line, with exit status 2, and starts nothing', async () => {
    for (const content of ['', '{}', '\u001b[2J', JSON.stringify(reportOf({ tokenId: '\u001b[2J' }))]) {
      const command = run('--like', fileOf(content));
      expect(await command.ended).to.equal(2);
      expect(command.stdout).to.equal('');
      expect(command.stderr).to.match(
        /^passport-freedom-id: --like \S+report\.json: [^\p{C}]+ writes it\n$/u,
      );
    }
  });
});
