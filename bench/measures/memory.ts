import { type Bench, byName } from '../bench';
import { type Finding, figureOf } from '../finding';
import type { Remote } from '../remote';
import type { Worker } from '../worker';

const EARLY = 20_000;
const LATE = 100_000;

/** Of the option `maxResponseSize`, its default. */
const ANSWER_SIZE = 262_144;
const CHUNK_SIZES = [1, 100, 10_000, 65_536, ANSWER_SIZE];

/** What a login leaves in the heap and on a kept connection, what it takes in the session, and what one response can hold. */
export async function measureMemory(bench: Bench): Promise<Finding[]> {
  return [
    ...(await heap(bench)),
    ...(await listeners(bench)),
    ...(await sessions(bench)),
    ...(await answers(bench)),
  ];
}

function heap({ withCasts }: Bench): Promise<Finding[]> {
  const url = 'https://provider.example';
  return withCasts(['ours, no network'], async (casts) => {
    const kept: number[] = [];
    for (const { 'ours, no network': worker } of casts) {
      await worker.call('connect', url);
      await signInManyTimes(worker, url, EARLY);
      const early = await worker.call('heap');
      await signInManyTimes(worker, url, LATE - EARLY);
      kept.push(((await worker.call('heap')) - early) / (LATE - EARLY));
    }
    return [{ what: 'heap', unit: 'bytes kept of a login', ...figureOf(kept), limit: 0, goal: 5 }];
  });
}

async function signInManyTimes(worker: Remote<Worker>, url: string, logins: number): Promise<void> {
  for (let left = logins; left > 0; left -= 1000) {
    await worker.call('startMany', url, 1000, 1);
    await worker.call('finishMany', url, 1);
  }
}

function listeners({ provider, withCasts }: Bench): Promise<Finding[]> {
  return withCasts(['ours'], async ([{ ours: worker }]) => {
    const url = await provider.call('open');
    await worker.call('connect', url);
    const after = async (logins: number) => {
      await worker.call('startMany', url, logins, 1);
      await worker.call('finishMany', url, 1);
      return worker.call('listeners');
    };
    const few = await after(5);
    const many = await after(500);
    return [
      { what: 'listeners on a socket', unit: 'more after 500 logins', value: many - few, limit: 0, goal: 0 },
    ];
  });
}

function sessions({ withCasts }: Bench): Promise<Finding[]> {
  const url = 'https://provider.example';
  const peers = ['ours, no network', 'stock, no network'] as const;
  return withCasts(peers, async ([{ 'ours, no network': ours, 'stock, no network': stock }]) => {
    await Promise.all([ours, stock].map((worker) => worker.call('connect', url)));
    const bytes = async (what: string, tabs: number, goal: number): Promise<Finding> => ({
      what,
      unit: 'bytes',
      value: await ours.call('sessionSize', url, tabs),
      goal,
      peers: { 'stock, which keeps one login': await stock.call('sessionSize', url, tabs) },
    });
    return [
      await bytes('session with one pending login', 1, 110),
      await bytes('session with 50 tabs', 50, 900),
    ];
  });
}

/** A response of the largest size that is read, just before its end, in chunks of several sizes. */
function answers({ withCasts }: Bench): Promise<Finding[]> {
  return withCasts(['ours, no network'], async (casts) => {
    const held = byName(CHUNK_SIZES.map(String), (): number[] => []);
    for (const { 'ours, no network': worker } of casts) {
      for (const chunk of CHUNK_SIZES) {
        held[chunk]?.push((await worker.call('heldByAnswer', ANSWER_SIZE, chunk)) / ANSWER_SIZE);
      }
    }
    return CHUNK_SIZES.map((chunk) => ({
      what: `largest response in chunks of ${chunk}`,
      unit: 'x its size in memory',
      ...figureOf(held[chunk] ?? []),
      limit: 1,
      goal: 3,
    }));
  });
}
