import type { Bench } from '../bench';
import { type Finding, figureOf, median } from '../finding';
import type { PeerName } from '../peers/index';
import type { Provider } from '../provider';
import type { Remote } from '../remote';
import type { Cost, Worker } from '../worker';

const LOGINS = 1000;
const THINKS = 200;
const UNMEASURED_ROUNDS = 3;
const ROUNDS = 3;
const PEERS = ['ours', 'stock', 'openid-client', 'diy'] as const;
/** Two requests, one after the other. */
const LIMIT = 2 * THINKS;

interface Crowd extends Cost {
  reopened: number;
}

/** A thousand callbacks at once, after an earlier thousand has opened the connections. */
export function measureCrowd({ provider, withCasts }: Bench): Promise<Finding[]> {
  return withCasts(PEERS, async (casts) => {
    const crowds = new Map<PeerName, Crowd[][]>();
    for (const peer of PEERS) {
      const processes: Crowd[][] = [];
      for (const cast of casts) processes.push(await crowdsAt(provider, cast[peer]));
      crowds.set(peer, processes);
    }
    const finding = (
      unit: string,
      part: (crowd: Crowd) => number,
      bounds: Pick<Finding, 'limit' | 'goal'>,
    ): Finding => {
      const figures = [...crowds].map(
        ([peer, processes]) => [peer, figureOf(processes.map((rounds) => median(rounds.map(part))))] as const,
      );
      const [[, ours], ...others] = figures as [(typeof figures)[0], ...typeof figures];
      const peers = Object.fromEntries(others.map(([peer, { value }]) => [peer, value]));
      return { what: `${LOGINS} callbacks at once, second time`, unit, ...ours, ...bounds, peers };
    };
    return [
      finding('ms', ({ elapsed }) => elapsed, { limit: LIMIT }),
      finding('connections opened', ({ reopened }) => reopened, { limit: 0, goal: 0 }),
      finding('errors', ({ errors }) => errors.length, { limit: 0, goal: 0 }),
    ];
  });
}

async function crowdsAt(provider: Remote<Provider>, worker: Remote<Worker>): Promise<Crowd[]> {
  const url = await provider.call('open', { thinks: THINKS });
  await worker.call('connect', url);
  const rounds: Crowd[] = [];
  // The first rounds do not count: they open the connections, and compile the code.
  for (let round = -UNMEASURED_ROUNDS; round < ROUNDS; round += 1) {
    await worker.call('startMany', url, LOGINS, LOGINS);
    const before = await provider.call('connections', url);
    const cost = await worker.call('finishMany', url, LOGINS);
    const after = await provider.call('connections', url);
    if (round >= 0) rounds.push({ ...cost, reopened: after.opened - before.opened });
  }
  return rounds;
}
