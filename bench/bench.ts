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
  /** Leaves out what takes a minute. */
  quick: boolean;
  /** Starts a process for each peer, lets the measure use them, and ends them. */
  withWorkers<P extends PeerName, T>(
    peers: readonly P[],
    use: (workers: Record<P, Remote<Worker>>) => Promise<T>,
  ): Promise<T>;
}

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
      async withWorkers(peers, use) {
        const start = (peer: PeerName) => new Remote<Worker>(join(__dirname, 'worker.js'), [peer], trusting);
        const workers = peers.map((peer) => [peer, start(peer)] as const);
        try {
          return await use(Object.fromEntries(workers) as Record<(typeof peers)[number], Remote<Worker>>);
        } finally {
          await Promise.all(workers.map(([, worker]) => worker.end()));
        }
      },
    });
  } finally {
    await provider.end();
    rmSync(folder, { recursive: true });
  }
}
