import { expect } from 'chai';
import { Revocations } from '../../lib/emulator/revocations';
import { startWebhook } from '../support/webhook';

const user = { freedom_id: 'u-1', firstname: 'Әсел' };
const tokensAt = (revokeURI: string, id: string) => ({
  client: { clientID: 'shop', clientSecret: 's', revokeURI },
  user,
  grants: [],
  id,
});

describe('the emulator’s calls to a revoke URI', () => {
  it('wait no longer than their deadline', async () => {
    const lines: string[] = [];
    const silent = await startWebhook(() => {});
    const revocations = new Revocations({ tell: (line) => lines.push(line), deadline: 20 });
    await revocations.send(tokensAt(silent.url, 't-1'));
    expect(revocations.calls).to.deep.equal([
      { url: silent.url, id: 't-1', error: 'it takes longer than 20 ms' },
    ]);
    expect(lines).to.deep.equal([
      `shop is told at ${silent.url} that Әсел signs out; there is no answer: it takes longer than 20 ms`,
    ]);
    await silent.close();
  });

  it('are told in one line each, whatever an app is called', async () => {
    const lines: string[] = [];
    const revocations = new Revocations({ tell: (line) => lines.push(line) });
    const { client: _, ...tokens } = tokensAt('', 't-1');
    for (const revokeURI of [undefined, 'http://127.0.0.1:1/']) {
      const evil = { clientID: '\u001b[2J\r\nforged'.padEnd(9000), clientSecret: 's' };
      await revocations.send({ ...tokens, client: { ...evil, ...(revokeURI && { revokeURI }) } });
    }
    expect(lines).to.have.length(2);
    for (const line of lines) {
      expect(line)
        .to.have.length.below(700)
        .and.not.match(/[\p{C}\p{Zl}\p{Zp}]/u);
    }
  });

  it('are listed, the newest 10,000', async function () {
    this.timeout(60_000);
    const revocations = new Revocations({ tell: () => {} });
    // None of them leaves this machine: no call may start.
    revocations.close();
    for (let i = 0; i <= 10_000; i += 1) await revocations.send(tokensAt('http://127.0.0.1:9/', `t-${i}`));
    expect(revocations.calls).to.have.length(10_000);
    expect(revocations.calls[0]).to.deep.equal({
      url: 'http://127.0.0.1:9/',
      id: 't-1',
      error: 'the emulator was closed',
    });
    expect(revocations.calls.at(-1)).to.include({ id: 't-10000' });
  });
});
