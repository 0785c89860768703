import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Context } from 'mocha';
import { type RunningCommand, run } from './child';
import { freePort } from './free-port';
import { needs } from './needs';

const REDIS = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'redis-server'))
  .find((path) => existsSync(path));

export function needsRedis(context: Context): void {
  needs(context, 'Redis (in Debian: apt-get install redis-server)', REDIS !== undefined);
}

/** A Redis of our own, which keeps its data while it is stopped. */
export interface RunningRedis {
  url: string;
  stop(): Promise<void>;
  /** After `stop`: at the same URL, with the same data. */
  start(): Promise<void>;
  /** Stops it and deletes its data. */
  close(): Promise<void>;
}

export async function startRedis(): Promise<RunningRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const persistence = ['--dir', folder, '--appendonly', 'yes', '--save', ''];
  let server: RunningCommand | undefined;
  const redis: RunningRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      server = run(REDIS ?? 'redis-server', ['--bind', '127.0.0.1', '--port', port, ...persistence]);
      await server.printed(/Ready to accept connections/);
    },
    async stop() {
      server?.process.kill();
      await server?.ended;
    },
    async close() {
      await redis.stop();
      rmSync(folder, { recursive: true });
    },
  };
  await redis.start();
  return redis;
}
