import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readLikeness } from '../../../lib/cli/like';
import { type EmulatorBehaviour, type EmulatorOptions, startEmulator } from '../../../lib/emulator/index';
import { obey, type ProbedHere, probeHere } from '../../support/scripted-person';

const ERRORS = { validation: 422, client: 401, code: 400, token: 401 };

/** What a report says of the emulator's default. */
const USUAL = {
  redirectQuery: 'kept',
  callbackJoin: '&',
  refusal: { name: 'error_code', value: '100102' },
  errorStatus: ERRORS,
  tokenId: 'new',
  oldRefreshToken: 'dead',
  oidcTokenRequest: 'both',
  discovery: true,
};

/** Every value, and what it changes in the report besides itself. */
const BEHAVIOURS: [EmulatorBehaviour, changes?: Record<string, unknown>][] = [
  [{}],
  [{ redirectQuery: 'dropped' }, { callbackJoin: 'none' }],
  [{ redirectQuery: 'refused' }, { callbackJoin: 'none' }],
  [{ redirectQuery: 'exact' }, { callbackJoin: 'none' }],
  [{ callbackJoin: '?' }],
  [{ refusal: { name: 'error', value: 'access_denied' } }],
  [{ refusal: { name: 'error_code', value: '4711' } }],
  [{ refusal: { name: 'error', value: 'USER_CANCELLED' } }],
  [{ refusal: { name: 'reason', value: 'cancelled' } }],
  [{ errorStatus: 200 }],
  [{ errorStatus: 418 }],
  [{ errorStatus: 500 }],
  [{ errorStatus: { validation: 400 } }, { errorStatus: { ...ERRORS, validation: 400 } }],
  [{ errorStatus: { client: 403 } }, { errorStatus: { ...ERRORS, client: 403 } }],
  [{ errorStatus: { code: 200 } }, { errorStatus: { ...ERRORS, code: 200 } }],
  [{ errorStatus: { token: 599 } }, { errorStatus: { ...ERRORS, token: 599 } }],
  [{ tokenId: 'same' }],
  [{ oldRefreshToken: 'alive' }],
  [{ oidcTokenRequest: 'json' }],
  [{ oidcTokenRequest: 'form' }],
  [{ discovery: false }],
  // Several at once: one must not hide another.
  [
    {
      ...{ redirectQuery: 'refused', errorStatus: 200, refusal: { name: 'error', value: 'denied' } },
      ...{ tokenId: 'same', oldRefreshToken: 'alive', oidcTokenRequest: 'form', discovery: false },
    },
    { callbackJoin: 'none' },
  ],
  [{ redirectQuery: 'exact', errorStatus: 500, oidcTokenRequest: 'json' }, { callbackJoin: 'none' }],
  [{ redirectQuery: 'dropped', callbackJoin: '?', errorStatus: 404 }, { callbackJoin: 'none' }],
];

describe('a probe of a provider that behaves', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'freedom-id-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const probeOf = async (options: EmulatorOptions): Promise<ProbedHere> => {
    // Its keys are made faster than RSA's.
    const emulator = await startEmulator({ signing: 'ES256', ...options });
    try {
      return await probeHere(emulator.url, obey(emulator));
    } finally {
      await emulator.close();
    }
  };
  const behaviourIn = ({ answers }: ProbedHere) =>
    Object.fromEntries(Object.keys(USUAL).map((name) => [name, answers[name]]));

  /** Two emulators differ in where they listen. */
  const findingsOf = ({ report: { url, findings } }: ProbedHere) =>
    JSON.parse(JSON.stringify(findings).replaceAll(url, 'http://provider')) as object[];

  for (const [behaviour, changes = {}] of BEHAVIOURS) {
    const name = JSON.stringify(behaviour);
    it(`so has it in the report, and so has an emulator that is started like the report: ${name}`, async () => {
      const probed = await probeOf({ behaviour });
      expect(behaviourIn(probed)).to.deep.equal({ ...USUAL, ...behaviour, ...changes });
      expect(probed.report.findings.filter(({ answer }) => answer === null)).to.deep.equal([]);
      expect(probed.isComplete).to.equal(true);
      expect(probed.logins.map(({ task }) => task)).to.have.members(['agree', 'refuse', 'agree', 'agree']);

      const file = join(folder, 'report.json');
      writeFileSync(file, JSON.stringify(probed.report));
      const likeness = readLikeness(file);
      const again = await probeOf({ behaviour: likeness.behaviour });
      expect(findingsOf(again)).to.deep.equal(findingsOf(probed));
    });
  }

  it('with a status that says nothing about the request has no answer for it, and all other answers', async () => {
    for (const status of [429, 503]) {
      const { answers, evidence, isComplete } = await probeOf({ behaviour: { errorStatus: status } });
      expect(answers.errorStatus).to.equal(null);
      expect(evidence.errorStatus).to.include(`HTTP ${status}, no usable answer`);
      expect(answers).to.include({ redirectQuery: 'kept', tokenId: 'new', discovery: true });
      expect(isComplete).to.equal(false);
    }
  });
});
