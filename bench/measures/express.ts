import type { Bench } from '../bench';
import { signIn } from '../browser';
import { type Finding, median, medianRatio } from '../finding';
import { inParallel } from '../parallel';

const ROUNDS = 7;
const LOGINS = 300;
const AT_ONCE = 16;
const PEERS = ['ours', 'stock', 'google', 'openid-client', 'diy'] as const;

/** What a whole login costs an app: both legs, through Express 5, express-session and Passport. */
export function measureExpress({ provider, withWorkers }: Bench): Promise<Finding[]> {
  return withWorkers(PEERS, async (workers) => {
    const url = await provider.call('open');
    const cpu = { ours: [], stock: [], google: [], 'openid-client': [], diy: [] } as Record<string, number[]>;
    const apps = new Map<string, string>();
    for (const name of PEERS) {
      const worker = workers[name];
      await worker.call('connect', url);
      apps.set(name, await worker.call('serve', url));
    }
    // The first round does not count: code is compiled in it.
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const name of PEERS) {
        const worker = workers[name];
        await worker.call('startClock');
        await inParallel(AT_ONCE, Array(LOGINS).fill(apps.get(name)), signIn);
        const spent = await worker.call('stopClock');
        if (round >= 0) cpu[name]?.push(spent / LOGINS);
      }
    }
    const { ours = [], stock = [], diy = [], ...others } = cpu;
    const peers = Object.entries({ stock, diy, ...others }).map(([name, rounds]) => [name, median(rounds)]);
    return [
      {
        what: 'whole login in Express',
        unit: 'µs of processor',
        value: median(ours),
        peers: Object.fromEntries(peers),
      },
      { what: 'whole login in Express', unit: 'x stock', value: medianRatio(ours, stock), goal: 1.2 },
      { what: 'whole login in Express', unit: 'x diy', value: medianRatio(ours, diy), goal: 0.7 },
    ];
  });
}
