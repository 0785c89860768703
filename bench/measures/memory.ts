import type { Bench } from '../bench';
import type { Finding } from '../finding';

const EARLY = 20_000;
const LATE = 100_000;

/** What a login leaves in the heap and on a kept connection, and what it takes in the session while it is pending. */
export async function measureMemory(bench: Bench): Promise<Finding[]> {
  return [...(await heap(bench)), ...(await listeners(bench)), ...(await sessions(bench))];
}

function heap({ withWorkers }: Bench): Promise<Finding[]> {
  const url = 'https://provider.example';
  return withWorkers(['ours, no network'], async ({ 'ours, no network': worker }) => {
    await worker.call('connect', url);
    const after = async (logins: number) => {
      for (let left = logins; left > 0; left -= 1000) {
        await worker.call('startMany', url, 1000, 1);
        await worker.call('finishMany', url, 1);
      }
      return worker.call('heap');
    };
    const early = await after(EARLY);
    const late = await after(LATE - EARLY);
    return [
      {
        what: 'heap',
        unit: 'bytes kept of a login',
        value: (late - early) / (LATE - EARLY),
        limit: 0,
        goal: 5,
      },
    ];
  });
}

function listeners({ provider, withWorkers }: Bench): Promise<Finding[]> {
  return withWorkers(['ours'], async ({ ours: worker }) => {
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

function sessions({ withWorkers }: Bench): Promise<Finding[]> {
  const url = 'https://provider.example';
  const peers = ['ours, no network', 'stock, no network'] as const;
  return withWorkers(peers, async ({ 'ours, no network': ours, 'stock, no network': stock }) => {
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
