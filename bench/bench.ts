import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../test/support/authority';
import type { PeerName } from './peers/index';
import type { Provider } from './provider';
import { Remote } from './remote';
import type { Worker } from './worker';

/** What a measure works with. */
export interface Bench {
  provider: Remote<Provider>;
  /** Whether to leave out the measures that take a minute. */
  quick: boolean;
  /** Starts the processes of the peers, lets the measure use them, and ends them. */
  withCasts<P extends PeerName, T>(peers: readonly P[], use: (casts: Casts<P>) => Promise<T>): Promise<T>;
}

/** A process of each peer. */
export type Cast<P extends PeerName> = Record<P, Remote<Worker>>;

/** Three processes for each peer, because the same code may take a tenth more time in one process than in another. */
export type Casts<P extends PeerName> = readonly [Cast<P>, Cast<P>, Cast<P>];

/** Starts the provider, runs the measures, and leaves nothing behind. */
export async function withBench<T>(quick: boolean, run: (bench: Bench) => Promise<T>): Promise<T> {
  const authority = await createAuthority();
  const { key, cert } = await authority.certify('127.0.0.1');
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  // Through the environment, so that every peer keeps its defaults and still verifies certificates.
  const trusting = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
  writeFileSync(trusting.NODE_EXTRA_CA_CERTS, authority.ca);
  const provider = new Remote<Provider>(join(__dirname, 'provider.js'), [], {
    BENCH_KEY: key,
    BENCH_CERT: cert,
  });
  try {
    return await run({
      provider,
      quick,
      async withCasts(peers, use) {
        const start = (peer: PeerName) => new Remote<Worker>(join(__dirname, 'worker.js'), [peer], trusting);
        const cast = () => byName(peers, start);
        const casts = [cast(), cast(), cast()] as const;
        try {
          return await use(casts);
        } finally {
          await Promise.all(casts.flatMap((cast) => peers.map((peer) => cast[peer].end())));
        }
      },
    });
  } finally {
    await provider.end();
    rmSync(folder, { recursive: true });
  }
}

/** An object with a member for each name. */
export function byName<P extends string, T>(names: readonly P[], make: (name: P) => T): Record<P, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<P, T>;
}
