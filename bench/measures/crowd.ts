import { type Bench, byName } from '../bench';
import { type Finding, figureOf, median, worstOf } from '../finding';
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
    const crowds = byName(PEERS, (): Crowd[][] => []);
    for (const peer of PEERS) {
      for (const cast of casts) crowds[peer].push(await crowdsAt(provider, cast[peer]));
    }
    const what = `${LOGINS} callbacks at once, second time`;
    return [
      { what, unit: 'ms', limit: LIMIT, ...compare(crowds, millisecondsIn, figureOf) },
      { what, unit: 'connections opened', limit: 0, goal: 0, ...compare(crowds, reopenedIn, worstOf) },
      { what, unit: 'errors', limit: 0, goal: 0, ...compare(crowds, errorsIn, worstOf) },
    ];
  });
}

const millisecondsIn = (rounds: Crowd[]) => median(rounds.map(({ elapsed }) => elapsed));
const reopenedIn = (rounds: Crowd[]) => Math.max(...rounds.map(({ reopened }) => reopened));
const errorsIn = (rounds: Crowd[]) => Math.max(...rounds.map(({ errors }) => errors.length));

/** @param ofProcess - what one process has found in its rounds */
function compare(
  { ours, ...others }: Record<(typeof PEERS)[number], Crowd[][]>,
  ofProcess: (rounds: Crowd[]) => number,
  merge: typeof worstOf,
) {
  const peers = Object.entries(others).map(([peer, crowds]) => [peer, merge(crowds.map(ofProcess)).value]);
  return { ...merge(ours.map(ofProcess)), peers: Object.fromEntries(peers) };
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
