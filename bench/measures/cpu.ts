import type { Bench } from '../bench';
import { type Finding, median, medianRatio } from '../finding';
import type { PeerName } from '../peers/index';

const ROUNDS = 9;
const LOGINS = 400;
const AT_ONCE = 16;
const PEERS = ['node-fetch', 'ours', 'ours, on undici', 'stock', 'google', 'openid-client', 'diy'] as const;
const OFFLINE_PEERS = ['ours, no network', 'stock, no network'] as const;

/** What the operator pays: processor time of the callback leg, against a provider on this machine. */
export async function measureCpu(bench: Bench): Promise<Finding[]> {
  const cpu = await roundsOf(bench, PEERS, LOGINS);
  const { ours, 'node-fetch': bare, ...others } = cpu;
  return [
    {
      what: 'callback leg',
      unit: 'µs of processor',
      value: median(ours),
      limit: median(bare),
      peers: Object.fromEntries(Object.entries(others).map(([name, rounds]) => [name, median(rounds)])),
    },
    { what: 'callback leg', unit: 'x two node-fetch calls', value: medianRatio(ours, bare), goal: 1.15 },
    { what: 'callback leg', unit: 'x diy', value: medianRatio(ours, cpu.diy), goal: 0.4 },
    {
      what: 'callback leg',
      unit: 'x openid-client',
      value: medianRatio(ours, cpu['openid-client']),
      goal: 0.4,
    },
    { what: 'callback leg', unit: 'x stock', value: medianRatio(ours, cpu.stock) },
  ];
}

/** Our own share of that: whatever is asked of the provider is answered at once, in the process. */
export async function measureOwnCode(bench: Bench): Promise<Finding[]> {
  const { 'ours, no network': ours, 'stock, no network': stock } = await roundsOf(bench, OFFLINE_PEERS, 5000);
  return [
    {
      what: 'callback leg without network',
      unit: 'µs of processor',
      value: median(ours),
      peers: { stock: median(stock) },
    },
    { what: 'callback leg without network', unit: 'x stock', value: medianRatio(ours, stock), goal: 1.5 },
  ];
}

/** Rounds alternate, so that whatever disturbs the machine disturbs everybody. @returns processor time per login */
function roundsOf<P extends PeerName>(
  { provider, withWorkers }: Bench,
  peers: readonly P[],
  logins: number,
): Promise<Record<P, number[]>> {
  return withWorkers(peers, async (workers) => {
    const url = await provider.call('open');
    const cpu = Object.fromEntries(peers.map((peer) => [peer, []])) as unknown as Record<P, number[]>;
    for (const name of peers) await workers[name].call('connect', url);
    // The first round does not count: code is compiled in it.
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const name of peers) {
        const worker = workers[name];
        await worker.call('startMany', url, logins, AT_ONCE);
        const cost = await worker.call('finishMany', url, AT_ONCE);
        if (cost.errors.length > 0) throw new Error(`${name}: ${cost.errors[0]}`);
        if (round >= 0) cpu[name].push(cost.cpu);
      }
    }
    return cpu;
  });
}
