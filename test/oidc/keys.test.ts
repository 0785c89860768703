import { expect } from 'chai';
import { RemoteKeys } from '../../lib/oidc/keys';

const MINUTE = 60_000;

/** Keys behind a URL, by their names, and a clock that the test moves. */
function remote(...names: string[]) {
  const self = { names, fetched: 0, failure: undefined as Error | undefined };
  const keys = new RemoteKeys(async () => {
    self.fetched += 1;
    if (self.failure) throw self.failure;
    return self.names.map((kid) => ({ kid }));
  });
  /** Whether the key of a name is found. */
  const find = (name: string) =>
    keys.try(async (known) => known.some(({ kid }) => kid === name) || undefined);
  return Object.assign(self, { keys, find });
}

describe('the keys behind a URL', () => {
  const { now } = Date;
  let time = 0;
  beforeEach(() => {
    time = 1_000_000;
    Date.now = () => time;
  });
  afterEach(() => {
    Date.now = now;
  });

  it('are fetched when one is needed first', async () => {
    const one = remote('a');
    expect(one.fetched).to.equal(0);
    expect(await one.find('a')).to.equal(true);
    expect(one.fetched).to.equal(1);
  });

  it('are fetched once for all who wait', async () => {
    const one = remote('a');
    expect(await Promise.all([one.find('a'), one.find('a'), one.find('b')])).to.deep.equal([
      true,
      true,
      undefined,
    ]);
    expect(one.fetched).to.equal(1);
  });

  it('are kept for ten minutes', async () => {
    const one = remote('a');
    await one.find('a');
    time += 10 * MINUTE - 1;
    await one.find('a');
    expect(one.fetched).to.equal(1);
    one.names = ['b'];
    time += 1;
    expect(await one.find('a'), 'a key that was withdrawn').to.equal(undefined);
    expect(one.fetched).to.equal(2);
  });

  it('are used for longer while a new fetch fails', async () => {
    const one = remote('a');
    await one.find('a');
    time += 60 * MINUTE;
    one.failure = new Error('down');
    expect(await one.find('b').catch((error) => error), 'first').to.equal(one.failure);
    time += MINUTE;
    expect(await one.find('a')).to.equal(true);
    expect(await one.find('b').catch((error) => error)).to.equal(one.failure);
    one.failure = undefined;
    one.names = ['b'];
    time += MINUTE / 2;
    expect(await one.find('b')).to.equal(true);
    expect(one.fetched).to.equal(5);
  });

  it('are fetched again 30 s after a fetch has failed, so that an endpoint that hangs delays few logins', async () => {
    const one = remote('a');
    await one.find('a');
    time += 10 * MINUTE;
    one.failure = new Error('down');
    for (const later of [0, 1, 29_998]) {
      time += later;
      expect(await one.find('a')).to.equal(true);
      expect(one.fetched).to.equal(2);
    }
    time += 1;
    expect(await one.find('a')).to.equal(true);
    expect(one.fetched).to.equal(3);
  });

  it('are an error where the first fetch fails, and fetched anew for the next login', async () => {
    const one = remote('a');
    one.failure = new Error('down');
    const both = [one.find('a'), one.find('a')].map((found) => found.catch((error) => error));
    expect(await Promise.all(both)).to.deep.equal([one.failure, one.failure]);
    expect(one.fetched).to.equal(1);
    one.failure = undefined;
    expect(await one.find('a')).to.equal(true);
  });

  it('are not fetched twice for one login', async () => {
    const one = remote('a');
    expect(await one.find('b')).to.equal(undefined);
    expect(one.fetched).to.equal(1);
  });

  it('are fetched anew for a key that is unknown, though not more often than every 30 s', async () => {
    const one = remote('a');
    await one.find('a');
    one.names = ['b'];
    expect(await one.find('b')).to.equal(true);
    expect(one.fetched).to.equal(2);
    one.names = ['c'];
    time += 29_999;
    expect(await one.find('c')).to.equal(undefined);
    expect(one.fetched).to.equal(2);
    time += 1;
    expect(await one.find('c')).to.equal(true);
    expect(one.fetched).to.equal(3);
  });

  it('count the 30 s from the last fetch for a key that is unknown, and from no other', async () => {
    const one = remote('a');
    await one.find('a');
    one.names = ['b'];
    await one.find('b');
    time += 10 * MINUTE;
    await one.find('b');
    one.names = ['c'];
    expect(await one.find('c')).to.equal(true);
    expect(one.fetched).to.equal(4);
  });

  it('are an error where an unknown key is needed and the fetch fails, which does not count', async () => {
    const one = remote('a');
    await one.find('a');
    one.failure = new Error('down');
    expect(await one.find('b').catch((error) => error)).to.equal(one.failure);
    expect(await one.find('a'), 'a key that is known').to.equal(true);
    one.failure = undefined;
    one.names = ['b'];
    expect(await one.find('b')).to.equal(true);
    expect(await one.find('c'), 'too soon').to.equal(undefined);
    expect(one.fetched).to.equal(3);
  });

  it('are fetched anew where the clock was set back', async () => {
    const one = remote('a');
    await one.find('a');
    one.names = ['b'];
    await one.find('b');
    time -= 1;
    one.names = ['c'];
    expect(await one.find('c'), 'a new key').to.equal(true);
    expect(one.fetched).to.equal(3);
    time -= 1;
    await one.find('c');
    expect(one.fetched, 'of any age').to.equal(4);
    one.names = ['d'];
    expect(await one.find('d'), 'searched for in the future').to.equal(true);
  });

  it('are fetched once for all who wait for an unknown key', async () => {
    const one = remote('a');
    await one.find('a');
    one.names = ['b'];
    expect(await Promise.all([one.find('b'), one.find('b'), one.find('a')])).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(one.fetched).to.equal(2);
  });

  it('are not fetched for a key that is there and has made no good signature', async () => {
    const one = remote('a');
    await one.find('a');
    expect(await one.keys.try(async () => false)).to.equal(false);
    expect(one.fetched).to.equal(1);
  });

  it('are those that another login has fetched meanwhile', async () => {
    const one = remote('a');
    await one.find('a');
    one.names = ['b'];
    let proceed = () => {};
    const slow = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const tried: string[][] = [];
    const waiting = one.keys.try(async (known) => {
      tried.push(known.map(({ kid }) => String(kid)));
      if (tried.length === 1) await slow;
      return known.some(({ kid }) => kid === 'b') || undefined;
    });
    expect(await one.find('b')).to.equal(true);
    proceed();
    expect(await waiting).to.equal(true);
    expect(tried).to.deep.equal([['a'], ['b']]);
    expect(one.fetched).to.equal(2);
  });

  describe('whose waiting callers give up', () => {
    /** Keys whose fetch goes on until its signal aborts. The first fetch works, where `known` says so. */
    function hanging(known: boolean) {
      const signals: AbortSignal[] = [];
      const keys = new RemoteKeys((signal) => {
        signals.push(signal);
        if (known && signals.length === 1) return Promise.resolve([{ kid: 'a' }]);
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      });
      const find = (name: string, signal?: AbortSignal) =>
        keys.try(async (all) => all.some(({ kid }) => kid === name) || undefined, signal);
      return { signals, find };
    }
    const reasonOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

    it('are still fetched for the others, and given up when the last one gives up', async () => {
      const { signals, find } = hanging(false);
      const controllers = [new AbortController(), new AbortController()] as const;
      const [one, two] = controllers.map(({ signal }) => reasonOf(find('a', signal)));
      controllers[0].abort('enough');
      expect(await one).to.equal('enough');
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
      controllers[1].abort('enough, too');
      expect(await two).to.equal('enough, too');
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
      void find('a');
      expect(signals).to.have.length(2);
    });

    it('are not the known ones if those are too old, or if another one is needed', async () => {
      const { signals, find } = hanging(true);
      await find('a');
      for (const [name, later] of [
        ['b', 0],
        ['a', 10 * MINUTE],
      ] as const) {
        time += later;
        const controller = new AbortController();
        const found = reasonOf(find(name, controller.signal));
        await new Promise(setImmediate);
        controller.abort('enough');
        expect(await found).to.equal('enough');
      }
      const [, ...givenUp] = signals.map(({ aborted }) => aborted);
      expect(givenUp).to.deep.equal([true, true]);
    });
  });
});
