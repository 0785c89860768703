import type { Bench } from '../bench';
import type { Finding } from '../finding';
import type { PeerName } from '../peers/index';
import { type Costs, costOf, costsByName, playRounds, ratioOf } from '../rounds';

const LOGINS = 400;
/** So that a round takes some time without a network, too. */
const OFFLINE_LOGINS = 4000;
const AT_ONCE = 16;

/** The processor time of the callback leg, with a provider on this machine. */
export async function measureCpu(bench: Bench): Promise<Finding[]> {
  const costs = await callbackLegs(bench, [
    'node-fetch',
    'ours',
    'undici',
    'ours, on undici',
    'stock',
    'openid-client',
    'diy',
  ]);
  const { ours, 'node-fetch': bare, 'ours, on undici': onUndici, undici, ...others } = costs;
  const { stock, diy, 'openid-client': openidClient } = others;
  const what = 'callback leg';
  return [
    {
      what,
      unit: 'µs of processor',
      ...costOf(ours),
      limit: costOf(bare).value,
      peers: costsByName(others),
    },
    { what, unit: 'x two node-fetch exchanges', ...ratioOf(ours, bare), goal: 1.2 },
    { what, unit: 'x diy', ...ratioOf(ours, diy) },
    { what, unit: 'x openid-client', ...ratioOf(ours, openidClient) },
    { what, unit: 'x stock', ...ratioOf(ours, stock) },
    {
      what: `${what} on undici`,
      unit: 'µs of processor',
      ...costOf(onUndici),
      limit: costOf(undici).value,
    },
    {
      what: `${what} on undici`,
      unit: 'x two undici exchanges',
      ...ratioOf(onUndici, undici),
      goal: 1.5,
    },
    { what: `${what} on undici`, unit: 'x the same on node-fetch', ...ratioOf(onUndici, ours) },
  ];
}

/** The share of this package's own code: the responses come at once, from the same process. */
export async function measureOwnCode(bench: Bench): Promise<Finding[]> {
  const costs = await callbackLegs(bench, ['node-fetch', 'ours, no network', 'stock, no network']);
  const { 'node-fetch': bare, 'ours, no network': ours, 'stock, no network': stock } = costs;
  const what = 'callback leg without network';
  return [
    { what, unit: 'µs of processor', ...costOf(ours), peers: costsByName({ stock }) },
    { what, unit: 'x two node-fetch exchanges', ...ratioOf(ours, bare), goal: 0.12 },
    { what, unit: 'x stock', ...ratioOf(ours, stock) },
  ];
}

/** The same in OpenID Connect, compared with peers that check as much: the signature, state, nonce, and the user of user info. */
export async function measureOpenIDCpu(bench: Bench): Promise<Finding[]> {
  const costs = await callbackLegs(bench, [
    'node-fetch',
    'ours, OpenID',
    'ours, OpenID, on undici',
    'openid-client, OpenID',
    'openid-client, OpenID, unchecked',
  ]);
  const { 'node-fetch': bare, 'ours, OpenID': ours, 'ours, OpenID, on undici': onUndici, ...others } = costs;
  const { 'openid-client, OpenID': openidClient, 'openid-client, OpenID, unchecked': unchecked } = others;
  const what = 'callback leg of OpenID Connect';
  return [
    { what, unit: 'µs of processor', ...costOf(ours), peers: costsByName(others) },
    { what, unit: 'x openid-client', ...ratioOf(ours, openidClient), goal: 0.6 },
    { what, unit: 'x openid-client that leaves the signature unchecked', ...ratioOf(ours, unchecked) },
    { what, unit: 'x two node-fetch exchanges', ...ratioOf(ours, bare) },
    { what: `${what} on undici`, unit: 'x openid-client', ...ratioOf(onUndici, openidClient) },
  ];
}

function callbackLegs<const P extends PeerName>(
  bench: Bench,
  peers: readonly P[],
): Promise<Record<P, Costs>> {
  return playRounds(bench, peers, async (worker, url, peer) => async () => {
    await worker.call('startMany', url, peer.endsWith('no network') ? OFFLINE_LOGINS : LOGINS, AT_ONCE);
    const { cpu, errors } = await worker.call('finishMany', url, AT_ONCE);
    if (errors.length > 0) throw new Error(`${peer}: ${errors[0]}`);
    return cpu;
  });
}
