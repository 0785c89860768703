import { createClient } from 'redis';

export type Redis = Awaited<ReturnType<typeof connectRedis>>;

/** Fails if there is no Redis at the start. If Redis goes away later, requests wait until it is back. */
export async function connectRedis(url: string) {
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
