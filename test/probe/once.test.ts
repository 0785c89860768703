import { expect } from 'chai';
import { once } from '../../lib/probe/once';

describe('a step of the probe', () => {
  it('is not taken until it is needed', async () => {
    let taken = 0;
    const step = once(async () => {
      taken += 1;
      return taken;
    });
    expect(taken).to.equal(0);
    expect(await step()).to.equal(1);
  });

  it('is taken once, for all callers, meanwhile and later', async () => {
    let taken = 0;
    const step = once(async () => {
      taken += 1;
      return taken;
    });
    expect(await Promise.all([step(), step()])).to.deep.equal([1, 1]);
    expect(await step()).to.equal(1);
  });

  it('is not taken again where it has failed', async () => {
    let taken = 0;
    const step = once(async () => {
      taken += 1;
      throw new Error(`failure ${taken}`);
    });
    for (const when of ['first', 'later']) {
      expect(await step().catch((error: Error) => error.message), when).to.equal('failure 1');
    }
  });
});
