import { type RunningCommand, runNode } from './child';

/** Three processes of the example express-redis, which share a Redis. */
export interface Machines {
  processes: RunningCommand[];
  /** Where each can be reached. */
  urls: string[];
  close(): Promise<void>;
}

export async function startMachines(redisURL: string, freedomIdURL: string): Promise<Machines> {
  const env = {
    PORT: '0',
    REDIS_URL: redisURL,
    SESSION_SECRET: 'the same for all',
    FREEDOM_ID_URL: freedomIdURL,
    FREEDOM_ID_CLIENT_ID: 'demo',
    FREEDOM_ID_CLIENT_SECRET: 'demo-secret',
  };
  const processes = [1, 2, 3].map(() => runNode(['examples/start.ts', 'express-redis'], env));
  const opened = await Promise.all(processes.map((machine) => machine.printed(/Open (\S+)\n/)));
  const urls = opened.map(([, url = '']) => url);
  return {
    processes,
    urls,
    async close() {
      for (const machine of processes) machine.process.kill();
      await Promise.all(processes.map((machine) => machine.ended));
    },
  };
}
