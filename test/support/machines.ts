import { type RunningCommand, runNode } from './child';
import { freePort } from './free-port';

/** Three processes of the example express-redis, which share a Redis. */
export interface Machines {
  processes: RunningCommand[];
  /** Where each can be reached. */
  urls: string[];
  close(): Promise<void>;
}

export async function startMachines(redisURL: string, freedomIdURL: string): Promise<Machines> {
  const env = {
    REDIS_URL: redisURL,
    SESSION_SECRET: 'the same for all',
    FREEDOM_ID_URL: freedomIdURL,
    FREEDOM_ID_CLIENT_ID: 'demo',
    FREEDOM_ID_CLIENT_SECRET: 'demo-secret',
    // Relative to what the browser asked for: that is the balancer.
    FREEDOM_ID_CALLBACK_URL: '/auth/freedom-id/callback',
  };
  const ports = [await freePort(), await freePort(), await freePort()];
  const processes = ports.map((PORT) => runNode(['examples/express-redis/app.ts'], { ...env, PORT }));
  await Promise.all(processes.map((machine) => machine.printed(/Open \S+\n/)));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  return {
    processes,
    urls,
    async close() {
      for (const machine of processes) machine.process.kill();
      await Promise.all(processes.map((machine) => machine.ended));
    },
  };
}
