/** What a login needs of a Passport strategy. */
export interface Strategy {
  authenticate(req: object, options: object): unknown;
}

/** Makes a strategy as one who uses this peer would: its own defaults, except for where the provider is. */
export type Peer = (baseURL: string) => Strategy | Promise<Strategy>;

export const CALLBACK_URL = 'https://app.example/callback';

export const CREDENTIALS = { clientID: 'bench', clientSecret: 'b3nch-s3cret', callbackURL: CALLBACK_URL };

/** Loaded where it is asked for, so that each process has one of them in it. */
const PEERS = {
  ours: () => import('./peers/ours.js'),
  'ours, global fetch': () => import('./peers/ours-fetch.js'),
  'ours, on undici': () => import('./peers/ours-undici.js'),
  'ours, no network': () => import('./peers/ours-offline.js'),
  stock: () => import('./peers/stock.js'),
  'stock, no network': () => import('./peers/stock-offline.js'),
  google: () => import('./peers/google.js'),
  'openid-client': () => import('./peers/openid-client.js'),
  diy: () => import('./peers/diy.js'),
  'node-fetch': () => import('./peers/node-fetch.js'),
} satisfies Record<string, () => Promise<{ peer: Peer }>>;

export type PeerName = keyof typeof PEERS;

export async function loadPeer(name: string): Promise<Peer> {
  const { peer } = await PEERS[name as PeerName]();
  return peer;
}
