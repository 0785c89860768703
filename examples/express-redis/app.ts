import { randomBytes } from 'node:crypto';
import { RedisStore } from 'connect-redis';
import type { Express } from 'express';
import { createClient } from 'redis';
import type { Connection } from '../connection';
import { createApp as createExpressApp } from '../express/app';

/** The Express app, with its sessions in Redis: any number of processes may serve it behind a balancer. */
export async function createApp(
  connection: Connection,
  env: NodeJS.ProcessEnv,
): Promise<{ app: Express; close(): Promise<void> }> {
  const redis = await connectRedis(env.REDIS_URL ?? 'redis://127.0.0.1:6379');
  const app = createExpressApp(connection, {
    // Every process needs the same one.
    secret: env.SESSION_SECRET ?? randomBytes(32).toString('hex'),
    store: new RedisStore({ client: redis }),
  });
  return { app, close: () => redis.close() };
}

/** Fails if there is no Redis at the start. If Redis goes away later, requests wait until it is back. */
async function connectRedis(url: string) {
  let wasThere = false;
  try {
    const redis = createClient({
      url,
      socket: { reconnectStrategy: (retries) => wasThere && Math.min(100 * retries, 2_000) },
    });
    // Without a listener, a lost connection would end the process.
    redis.on('error', (error: Error) => {
      if (wasThere) console.error(`Redis: ${error.message}`);
    });
    await redis.connect();
    wasThere = true;
    return redis;
  } catch (error) {
    // Without the URL: it may hold a password.
    throw new Error(`Redis cannot be used (${(error as Error).message}). Set REDIS_URL to one that runs.`);
  }
}
