import { expect } from 'chai';
import { type Actions, act, type Outcome } from '../../lib/login/outcome';

const ACTIONS = ['redirect', 'success', 'fail', 'error'] as const;

const outcomes: Record<(typeof ACTIONS)[number], Outcome> = {
  redirect: { action: 'redirect', url: 'https://provider.example/login' },
  success: { action: 'success', user: { id: 1 }, info: {} },
  fail: { action: 'fail', reason: 'cancelled', info: { message: 'no' }, status: 403 },
  error: { action: 'error', error: new Error('own') },
};

const expectedArgs = {
  redirect: ['https://provider.example/login'],
  success: [{ id: 1 }, {}],
  fail: [{ message: 'no' }, 403],
};

/** Takes an action on a host that gives only some of them. */
function actOn(given: readonly Outcome['action'][], outcome: Outcome, override: Partial<Actions> = {}) {
  const taken: unknown[][] = [];
  const reported: Outcome[] = [];
  const actions = Object.fromEntries(
    given.map((name) => [name, (...args: unknown[]) => taken.push([name, ...args])]),
  );
  let surfaced: unknown;
  try {
    act({ ...actions, ...override }, outcome, (one) => reported.push(one));
  } catch (reason) {
    surfaced = reason;
  }
  return { taken, reported, surfaced };
}

const subsets = Array.from({ length: 2 ** ACTIONS.length }, (_, bits) =>
  ACTIONS.filter((_name, index) => bits & (1 << index)),
);

describe('an outcome', () => {
  for (const name of ['redirect', 'success', 'fail'] as const) {
    it(`of ${name} calls that action, or error if the host does not give it, and throws without both`, () => {
      for (const given of subsets) {
        const { taken, reported, surfaced } = actOn(given, outcomes[name]);
        if (given.includes(name)) {
          expect(taken, String(given)).to.deep.equal([[name, ...expectedArgs[name]]]);
          expect(reported).to.deep.equal([outcomes[name]]);
          continue;
        }
        const error = given.includes('error') ? taken[0]?.[1] : surfaced;
        expect(taken, String(given)).to.have.length(given.includes('error') ? 1 : 0);
        expect(error).to.be.instanceOf(Error);
        expect(error).to.have.property('message').that.includes(`this host gave the strategy no \`${name}\``);
        expect(reported).to.deep.equal([{ action: 'error', error }]);
      }
    });
  }

  it('of error calls error, or throws if the host does not give it', () => {
    for (const given of subsets) {
      const { taken, surfaced } = actOn(given, outcomes.error);
      const { error } = outcomes.error as { error: Error };
      expect(taken, String(given)).to.deep.equal(given.includes('error') ? [['error', error]] : []);
      expect(surfaced).to.equal(given.includes('error') ? undefined : error);
    }
  });

  it('tells a host without an action what happened, and with which status', () => {
    const error = (outcome: Outcome) => actOn(['error'], outcome).taken[0]?.[1];
    expect(error(outcomes.fail)).to.include({
      message: 'passport-freedom-id: the login failed (cancelled), and this host gave the strategy no `fail`',
      status: 403,
    });
    expect(error({ action: 'fail', reason: 'verify', info: 'banned' })).to.include({ status: 401 });
    expect(error(outcomes.success)).to.not.have.property('status');
    const rest = 'and this host gave the strategy no';
    expect(error(outcomes.success)).to.have.property(
      'message',
      `passport-freedom-id: the login succeeded, ${rest} \`success\``,
    );
    expect(error(outcomes.redirect)).to.have.property(
      'message',
      `passport-freedom-id: the login can start, ${rest} \`redirect\``,
    );
  });

  it('ends in error, once, when its action throws anything', () => {
    for (const name of ['redirect', 'success', 'fail'] as const) {
      for (const reason of [new Error('own'), 'route', undefined]) {
        const throwing = () => {
          throw reason;
        };
        const { taken, reported, surfaced } = actOn(ACTIONS, outcomes[name], { [name]: throwing });
        expect(surfaced).to.equal(undefined);
        expect(taken).to.have.length(1);
        const [[action, error]] = taken as [[string, unknown]];
        expect(action).to.equal('error');
        expect(error).to.be.instanceOf(Error);
        expect(reported).to.deep.equal([{ action: 'error', error }]);
      }
    }
  });

  it('is the same whatever its report does', () => {
    for (const outcome of [outcomes.redirect, outcomes.error]) {
      const taken: string[] = [];
      const actions = { redirect: () => taken.push('redirect'), error: () => taken.push('error') };
      const failing = () => {
        throw new Error('from a subscriber');
      };
      act(actions as unknown as Actions, outcome, failing);
      expect(taken).to.deep.equal([outcome.action]);
    }
  });

  it('does not catch what error throws', () => {
    const reason = new Error('from the handler');
    const throwing = () => {
      throw reason;
    };
    for (const outcome of [outcomes.error, outcomes.fail]) {
      const { surfaced } = actOn([], outcome, { fail: throwing, error: throwing });
      expect(surfaced).to.equal(reason);
    }
  });
});
