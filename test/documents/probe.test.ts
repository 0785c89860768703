import { expect } from 'chai';
import { OAUTH_QUESTIONS } from '../../lib/probe/oauth-questions';
import { OIDC_QUESTIONS } from '../../lib/probe/oidc-questions';
import { probe } from '../../lib/probe/probe';
import type { Report } from '../../lib/probe/report';
import { readPage, snippets } from '../support/documents';
import { useEmulator } from '../support/emulator';
import { freePort } from '../support/free-port';

const PAGE = 'docs/probe.md';

describe('docs/probe.md', () => {
  const emulator = useEmulator();

  it('lists every question that the probe asks, in its order', () => {
    const rows = [...readPage(PAGE).matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)];
    const questions = [...OAUTH_QUESTIONS, ...OIDC_QUESTIONS];
    expect(rows.map(([, id, wording]) => [id, wording])).to.deep.equal(
      questions.map(({ id, wording }) => [id, wording]),
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
