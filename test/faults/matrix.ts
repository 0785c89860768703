import { expect } from 'chai';
import { CELLS, expectedOf } from './cells';
import { check } from './check';
import { observe } from './observe';
import { type BreakableProvider, startProvider } from './provider';

describe('a login', () => {
  let provider: BreakableProvider;
  const unexpected: unknown[] = [];
  const note = (reason: unknown) => void unexpected.push(reason);
  before(async () => {
    process.on('unhandledRejection', note);
    provider = await startProvider();
  });
  after(async () => {
    await provider.close();
    process.off('unhandledRejection', note);
    expect(unexpected).to.deep.equal([]);
  });

  for (const cell of CELLS) {
    const { transport, fault, endpoint } = cell;
    it(`over ${transport} ends as "${expectedOf(cell).outcome}" when the fault at ${endpoint} is: ${fault.name}`, async () => {
      check(cell, await observe(cell, provider));
    });
  }
});
