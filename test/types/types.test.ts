import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';

describe('the types', () => {
  it('accept the correct code in test/types, and reject the wrong code', function () {
    this.timeout(60_000);
    const root = join(__dirname, '..', '..');
    const { stdout, status } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', root],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).to.equal('');
    expect(status).to.equal(0);
  });
});
