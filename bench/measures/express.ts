import type { Bench } from '../bench';
import { signIn } from '../browser';
import type { Finding } from '../finding';
import { inParallel } from '../parallel';
import { costOf, costsByName, playRounds, ratioOf } from '../rounds';

const LOGINS = 300;
const AT_ONCE = 16;
const PEERS = ['ours', 'ours, on undici', 'stock', 'diy'] as const;

/** What a whole login costs an app: both legs, through Express 5, express-session and Passport. */
export async function measureExpress(bench: Bench): Promise<Finding[]> {
  const { ours, ...others } = await playRounds(bench, PEERS, async (worker, url) => {
    const app = await worker.call('serve', url);
    return async () => {
      await worker.call('startClock');
      await inParallel(AT_ONCE, Array(LOGINS).fill(app), signIn);
      return (await worker.call('stopClock')) / LOGINS;
    };
  });
  const { 'ours, on undici': onUndici, stock, diy } = others;
  const what = 'whole login in Express';
  return [
    { what, unit: 'µs of processor', ...costOf(ours), peers: costsByName(others) },
    { what, unit: 'x stock', ...ratioOf(ours, stock), goal: 1.45 },
    { what: `${what} on undici`, unit: 'x stock', ...ratioOf(onUndici, stock), goal: 1.15 },
    { what, unit: 'x diy', ...ratioOf(ours, diy) },
  ];
}
