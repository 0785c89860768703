import { expect } from 'chai';
import { cellsOf, expectedOf } from './cells';
import { check } from './check';
import type { FlowUnderTest } from './flow';
import { observe } from './observe';
import { type BreakableProvider, startProvider } from './provider';

/** Adds a test for each cell of a flow. Each flow has a file of its own, so that they run side by side. */
export function testMatrix(flow: FlowUnderTest): void {
  describe(flow.name, () => {
    let provider: BreakableProvider;
    const unexpected: unknown[] = [];
    const note = (reason: unknown) => void unexpected.push(reason);
    before(async () => {
      process.on('unhandledRejection', note);
      provider = await startProvider(flow);
    });
    after(async () => {
      await provider.close();
      process.off('unhandledRejection', note);
      expect(unexpected).to.deep.equal([]);
    });

    for (const cell of cellsOf(flow)) {
      const { transport, fault, exchange } = cell;
      it(`over ${transport} ends as "${expectedOf(cell).outcome}" when the fault at ${exchange} is: ${fault.name}`, async () => {
        check(cell, await observe(cell, provider));
      });
    }
  });
}
