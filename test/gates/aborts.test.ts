import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { startHangingServers } from '../support/hanging-server';

describe('a call that is given up', () => {
  it('rejects at once with the reason, whichever it is and however far it has come, and the process can end', async function () {
    this.timeout(60_000);
    let child: ReturnType<typeof fork> | undefined;
    await using servers = await startHangingServers(() => child?.send('arrived'));
    child = fork(join(__dirname, '../support/aborting.ts'), servers.urls, {
      execArgv: ['--import', 'tsx'],
      // Without the pending deprecations that other versions of Node.js are tested with: node-fetch has one.
      env: { ...process.env, NODE_V8_COVERAGE: '', NODE_OPTIONS: '' },
    });
    const ended = once(child, 'exit');
    const [report] = await once(child, 'message');
    expect(report.complaints).to.deep.equal([]);
    expect(report.left).to.deep.equal([]);
    expect(report.calls).to.equal(16);
    expect(await ended).to.deep.equal([0, null]);
  });
});
