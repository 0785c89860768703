import { type Bench, byName } from './bench';
import { figureOf, mean, median, medianRatio } from './finding';
import type { PeerName } from './peers/index';
import type { Remote } from './remote';
import type { Worker } from './worker';

/** Code is compiled in several steps, the last of them after thousands of logins. */
const UNMEASURED_ROUNDS = 10;
const ROUNDS = 9;

/** One round of logins. @returns microseconds of processor time for each login */
type Round = () => Promise<number>;

/** What the rounds of one peer have cost, by process. */
export type Costs = readonly (readonly number[])[];

/** The peers' rounds alternate, so that a busy machine disturbs all peers. */
export function playRounds<P extends PeerName>(
  { provider, withCasts }: Bench,
  peers: readonly P[],
  prepare: (worker: Remote<Worker>, url: string, peer: P) => Promise<Round>,
): Promise<Record<P, Costs>> {
  return withCasts(peers, async (casts) => {
    const url = await provider.call('open');
    const costs = byName(peers, (): number[][] => []);
    const turns: { round: Round; costs: number[] }[] = [];
    for (const cast of casts) {
      for (const peer of peers) {
        await cast[peer].call('connect', url);
        const turn = { round: await prepare(cast[peer], url, peer), costs: [] };
        costs[peer].push(turn.costs);
        turns.push(turn);
      }
    }
    for (let count = -UNMEASURED_ROUNDS; count < ROUNDS; count += 1) {
      for (const turn of turns) {
        const cost = await turn.round();
        if (count >= 0) turn.costs.push(cost);
      }
    }
    return costs;
  });
}

/** Microseconds of processor time for each login, and how far the processes differ. */
export function costOf(costs: Costs) {
  return figureOf(costs.map(median));
}

/** The other peers' microseconds, by name. */
export function costsByName(peers: Record<string, Costs>): Record<string, number> {
  return Object.fromEntries(Object.entries(peers).map(([name, costs]) => [name, mean(costs.map(median))]));
}

/** How many times as much one costs as the other. */
export function ratioOf(ours: Costs, theirs: Costs) {
  return figureOf(ours.map((rounds, process) => medianRatio(rounds, theirs[process] ?? [])));
}
