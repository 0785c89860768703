import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdStrategy } from '../../lib';
import { memoryProvider } from '../support/memory-provider';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';

const ACTIONS = ['redirect', 'success', 'fail', 'error'] as const;
type Action = (typeof ACTIONS)[number];

/** How a host gives an action: not at all, one that works, or one that throws. */
const given = fc.oneof(
  fc.constant('absent' as const),
  fc.constant('works' as const),
  fc.record({ throws: fc.anything() }),
);
const host = fc.record(
  Object.fromEntries(ACTIONS.map((name) => [name, given])) as Record<Action, typeof given>,
);

/** Requests, and the action that each of them ends in on a host that gives all. */
const requests: Record<string, Action> = {
  '/login': 'redirect',
  '/cb?authorization_code=C': 'success',
  '/cb?authorization_code=C&nobody': 'fail',
  '/cb?authorization_code=C&broken': 'error',
  '/cb?error=access_denied': 'fail',
  '/cb?error=server_error': 'error',
  '/cb?state=S&state=S&error=x': 'fail',
};

const options = {
  ...minimalOptions,
  fetch: memoryProvider(),
  callbackURL: 'https://app.example/cb',
  state: false,
  passReqToCallback: true,
} as const;
const strategy = new FreedomIdStrategy(options, async (req: { url: string }, _a, _r, profile) => {
  if (req.url.endsWith('broken')) throw new Error('broken');
  return req.url.endsWith('nobody') ? false : profile;
});

/** Runs one request. @returns the actions that were called, in order, and what surfaced */
async function run(url: string, actions: Record<Action, unknown>) {
  const called: Action[] = [];
  const surfaced: unknown[] = [];
  const copy = Object.create(strategy);
  for (const [name, how] of Object.entries(actions)) {
    if (how === 'absent') continue;
    copy[name] = () => {
      called.push(name as Action);
      if (how !== 'works') throw (how as { throws: unknown }).throws;
    };
  }
  const mochas = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (reason) => surfaced.push(reason));
  try {
    copy.authenticate({ url, headers: {} });
    for (let turn = 0; turn < 30 && called.length + surfaced.length === 0; turn += 1) await setImmediate();
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of mochas) process.on('uncaughtException', listener as () => void);
  }
  return { called, surfaced };
}

describe('whichever actions a host gives, and whichever of them throw', () => {
  const all = fc.tuple(fc.constantFrom(...Object.entries(requests)), host);

  property(
    'a request ends in its action, else once in error, and only error surfaces',
    all,
    async ([[url, action], actions]) => {
      const { called, surfaced } = await run(url, actions);
      const works = (name: Action) => actions[name] === 'works';
      const isGiven = (name: Action) => actions[name] !== 'absent';
      const tried: Action[] = isGiven(action) ? [action] : [];
      if (action !== 'error' && !works(action) && isGiven('error')) tried.push('error');
      expect(called).to.deep.equal(tried);
      const endsWell = works(action) || (action !== 'error' && works('error'));
      expect(surfaced).to.have.length(endsWell ? 0 : 1);
    },
  );
});
