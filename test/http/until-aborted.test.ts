import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { onAbort, untilAborted } from '../../lib/http/until-aborted';

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

describe('one signal that many wait for', () => {
  it('has one listener, calls all of them, and then has none', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const called: number[] = [];
    const stops = Array.from({ length: 20 }, (_, index) => onAbort(signal, () => called.push(index)));
    expect(getEventListeners(signal, 'abort')).to.have.length(1);
    for (const stop of stops.slice(0, 18)) stop();
    expect(getEventListeners(signal, 'abort')).to.have.length(1);
    controller.abort();
    expect(called).to.deep.equal([18, 19]);
    for (const stop of stops) stop();
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('may be waited for again when nobody does any more', () => {
    const controller = new AbortController();
    let calls = 0;
    onAbort(controller.signal, () => expect.fail('it was taken back'))();
    onAbort(controller.signal, () => {
      calls += 1;
    });
    controller.abort();
    expect(calls).to.equal(1);
  });
});
