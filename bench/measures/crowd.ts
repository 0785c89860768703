import type { Bench } from '../bench';
import { type Finding, median } from '../finding';
import type { PeerName } from '../peers/index';
import type { Cost } from '../worker';

const LOGINS = 1000;
const THINKS = 200;
const ROUNDS = 3;
const PEERS = ['ours', 'stock', 'google', 'openid-client', 'diy'] as const;
/** Two requests, one after the other. */
const LIMIT = 2 * THINKS;

interface Crowd extends Cost {
  reopened: number;
}

/** A thousand callbacks at once, after an earlier thousand has opened the connections. */
export function measureCrowd({ provider, withWorkers }: Bench): Promise<Finding[]> {
  return withWorkers(PEERS, async (workers) => {
    const crowds = new Map<PeerName, Crowd[]>();
    for (const name of PEERS) {
      const worker = workers[name];
      const url = await provider.call('open', { thinks: THINKS });
      await worker.call('connect', url);
      const rounds: Crowd[] = [];
      // The first round does not count: it opens the connections.
      for (let round = -1; round < ROUNDS; round += 1) {
        await worker.call('startMany', url, LOGINS, LOGINS);
        const before = await provider.call('connections', url);
        const cost = await worker.call('finishMany', url, LOGINS);
        const after = await provider.call('connections', url);
        if (round >= 0) rounds.push({ ...cost, reopened: after.opened - before.opened });
      }
      crowds.set(name, rounds);
    }
    const finding = (
      unit: string,
      figure: (crowd: Crowd) => number,
      limit: number,
      goal: number,
    ): Finding => {
      const all = [...crowds].map(([name, rounds]) => [name, median(rounds.map(figure))] as const);
      const { ours = Number.NaN, ...peers } = Object.fromEntries(all);
      return { what: `${LOGINS} callbacks at once, second time`, unit, value: ours, limit, goal, peers };
    };
    return [
      finding('ms', ({ elapsed }) => elapsed, LIMIT, 1.5 * LIMIT),
      finding('connections opened', ({ reopened }) => reopened, 0, 0),
      finding('errors', ({ errors }) => errors.length, 0, 0),
    ];
  });
}
