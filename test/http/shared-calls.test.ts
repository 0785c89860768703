import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { SharedCalls } from '../../lib/http/shared-calls';

/** What a call is made of: the test says how it ends. */
function callToEnd() {
  const made: { signal: AbortSignal; resolve(value: string): void; reject(reason: unknown): void }[] = [];
  const start = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      made.push({ signal, resolve, reject });
    });
  const [one, two] = [0, 1].map((index) => () => made[index] ?? expect.fail(`no call ${index}`));
  return { made, start, one: one ?? expect.fail(), two: two ?? expect.fail() };
}

describe('calls that are shared', () => {
  const reasonOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
  let calls: SharedCalls<string>;
  beforeEach(() => {
    calls = new SharedCalls();
  });

  it('are one while it is under way, and each caller gets its result', async () => {
    const { made, start, one } = callToEnd();
    const joined = [1, 2, 3].map(() => calls.join('a', start, undefined));
    one().resolve('result');
    expect(await Promise.all(joined)).to.deep.equal(['result', 'result', 'result']);
    expect(made).to.have.length(1);
  });

  it('are two for two things, and one after the other for one', async () => {
    const { made, start, one, two } = callToEnd();
    const first = calls.join('a', start, undefined);
    const other = calls.join('b', start, undefined);
    one().resolve('1');
    two().resolve('2');
    expect(await Promise.all([first, other])).to.deep.equal(['1', '2']);
    void calls.join('a', start, undefined);
    expect(made).to.have.length(3);
  });

  it('fail for all callers, and a caller that asks again at once gets a new one', async () => {
    const { made, start, one, two } = callToEnd();
    const { signal } = new AbortController();
    const again = calls.join('a', start, undefined).catch(() => calls.join('a', start, undefined));
    // With a signal, this one hears later.
    const failed = reasonOf(calls.join('a', start, signal));
    const reason = new Error('no');
    one().reject(reason);
    expect(await failed).to.equal(reason);
    expect(made).to.have.length(2);
    two().resolve('yes');
    expect(await again).to.equal('yes');
  });

  it('go on for the others when one caller gives up', async () => {
    const { start, one } = callToEnd();
    const controller = new AbortController();
    const patient = calls.join('a', start, undefined);
    const impatient = reasonOf(calls.join('a', start, controller.signal));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await impatient).to.equal(reason);
    expect(one().signal.aborted).to.equal(false);
    one().resolve('result');
    expect(await patient).to.equal('result');
    expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
  });

  it('are given up when the last caller gives up, and then nobody joins them', async () => {
    const { made, start, one, two } = callToEnd();
    const controllers = [new AbortController(), new AbortController()];
    const joined = controllers.map(({ signal }) => reasonOf(calls.join('a', start, signal)));
    for (const controller of controllers) controller.abort('enough');
    expect(await Promise.all(joined)).to.deep.equal(['enough', 'enough']);
    expect(one().signal.aborted).to.equal(true);
    const next = calls.join('a', start, undefined);
    expect(made).to.have.length(2);
    // The late result of a call that nobody waits for: it does not end the process, and does not replace the next call.
    one().reject(new Error('late'));
    await new Promise(setImmediate);
    const joiner = calls.join('a', start, undefined);
    expect(made).to.have.length(2);
    two().resolve('result');
    expect(await Promise.all([next, joiner])).to.deep.equal(['result', 'result']);
  });

  it('are not begun for a caller that has given up already, or whose signal is not a signal', async () => {
    const { made, start } = callToEnd();
    expect(await reasonOf(calls.join('a', start, AbortSignal.abort('enough')))).to.equal('enough');
    for (const wrong of [null, {}, 'signal']) {
      const error = await reasonOf(calls.join('a', start, wrong as never));
      expect(error).to.be.instanceOf(TypeError);
      expect(error).to.have.property('message').that.includes('signal must be an AbortSignal');
    }
    expect(made).to.deep.equal([]);
  });
});
