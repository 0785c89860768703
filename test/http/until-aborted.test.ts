import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { untilAborted } from '../../lib/http/until-aborted';

describe('work that a caller may give up', () => {
  const never = new Promise<never>(() => {});
  const reason = new Error('given up');
  const reasonOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

  it('gives its result, with a signal or without', async () => {
    expect(await untilAborted(Promise.resolve(7), undefined)).to.equal(7);
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(7), signal)).to.equal(7);
    expect(await reasonOf(untilAborted(Promise.reject(reason), signal))).to.equal(reason);
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('is given up when the signal aborts, or has aborted', async () => {
    const controller = new AbortController();
    const work = reasonOf(untilAborted(never, controller.signal));
    controller.abort(reason);
    expect(await work).to.equal(reason);
    expect(await reasonOf(untilAborted(never, controller.signal))).to.equal(reason);
    expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
  });

  it('may still fail after that, and nobody is told', async () => {
    const late = new Promise((_, reject) => setImmediate(() => reject(new Error('late'))));
    expect(await reasonOf(untilAborted(late, AbortSignal.abort(reason)))).to.equal(reason);
    await new Promise(setImmediate);
  });
});
