import type { Peer } from '../peer';

/** Loaded where it is asked for, so that each process has one of them in it. */
const PEERS = {
  ours: () => import('./ours.js'),
  'ours, global fetch': () => import('./ours-fetch.js'),
  'ours, on undici': () => import('./ours-undici.js'),
  'ours, no network': () => import('./ours-offline.js'),
  stock: () => import('./stock.js'),
  'stock, no network': () => import('./stock-offline.js'),
  'openid-client': () => import('./openid-client.js'),
  'ours, OpenID': () => import('./ours-openid.js'),
  'ours, OpenID, on undici': () => import('./ours-openid-undici.js'),
  'openid-client, OpenID': () => import('./openid-client-openid.js'),
  'openid-client, OpenID, unchecked': () => import('./openid-client-unchecked.js'),
  diy: () => import('./diy.js'),
  'node-fetch': () => import('./node-fetch.js'),
  undici: () => import('./undici.js'),
} satisfies Record<string, () => Promise<{ peer: Peer }>>;

export type PeerName = keyof typeof PEERS;

export async function loadPeer(name: string): Promise<Peer> {
  const { peer } = await PEERS[name as PeerName]();
  return peer;
}
