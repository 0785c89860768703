import { expect } from 'chai';
import { readPage } from '../support/documents';

/** What a page says, and the constants of the code that make it true. */
const FIGURES: [page: string, sentence: string, file: string, constants: Record<string, string>][] = [
  [
    'docs/state.md',
    'The ten newest logins of a client are kept, each for one hour.',
    'lib/login/session-store.ts',
    { MAX_PENDING: '10', MAX_AGE: '3600' },
  ],
  [
    'docs/state.md',
    'All pending logins of the session together need 1,536 bytes at most',
    'lib/login/session-store.ts',
    { MAX_SIZE: '1536' },
  ],
  [
    'docs/state.md',
    'any JSON value of up to 1,024 bytes',
    'lib/login/session-store.ts',
    { MAX_APP_STATE_SIZE: '1024' },
  ],
  ['docs/errors.md', 'Values of eight or more characters', 'lib/http/redact.ts', { MIN_TELLING: '8' }],
  [
    'docs/sign-out.md',
    'the body has not arrived completely within 10 seconds',
    'lib/revocation/handler.ts',
    { MAX_MILLISECONDS: '10_000' },
  ],
  [
    'docs/sign-out.md',
    'the body has more than 4,096 bytes',
    'lib/revocation/token-id.ts',
    { MAX_BYTES: '4096' },
  ],
  [
    'docs/tokens.md',
    'pauses that grow from 1 to 10 seconds',
    'lib/oauth/wait-for-profile.ts',
    { FIRST_PAUSE: '1000', LONGEST_PAUSE: '10_000' },
  ],
  ['docs/tokens.md', 'the default is 120,000', 'lib/oauth/wait-for-profile.ts', { TIMEOUT: '120_000' }],
  [
    'docs/oidc.md',
    'The keys are fetched when they are needed, and kept for ten minutes.',
    'lib/oidc/keys.ts',
    { MAX_AGE: '600_000' },
  ],
  [
    'docs/testing.md',
    '`emulator.requests` has the newest 10,000 requests',
    'lib/emulator/emulator.ts',
    { MAX_REQUESTS: '10_000' },
  ],
  ['docs/testing.md', 'the usual response, 200 ms late', 'lib/emulator/faults.ts', { DELAY: '200' }],
  ['docs/testing.md', 'more than 1 MiB of JSON', 'lib/emulator/faults.ts', { OVERSIZE: '1024 * 1024' }],
];

describe('the figures of the pages', () => {
  for (const [page, sentence, file, constants] of FIGURES) {
    it(`are those of ${file}: "${sentence}"`, () => {
      expect(readPage(page).replaceAll(/\s+/g, ' ')).to.include(sentence);
      for (const [name, value] of Object.entries(constants))
        expect(readPage(file), `${page} says: ${sentence}`).to.include(`const ${name} = ${value};`);
    });
  }

  it('are those of the built-in agent: "up to 1,024 idle connections open, for up to 60 s"', () => {
    expect(readPage('docs/options.md')).to.include('keeps up to 1,024 idle connections open, for up to 60 s');
    expect(readPage('lib/http/node-fetch.ts')).to.include('maxFreeSockets: 1024, timeout: 60_000');
  });
});
