import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** How many ports each worker of Mocha has for itself: two that run side by side must not take the same one. */
const COUNT = 5000;

/** Below the ports that systems assign by themselves: nobody may get the port before it is used. */
const FIRST = 20_000 + COUNT * (Number(process.env.MOCHA_WORKER_ID ?? 0) % 2);

let last = randomInt(COUNT);

export async function freePort(): Promise<string> {
  for (;;) {
    last = (last + 1) % COUNT;
    const server = createServer().listen(FIRST + last, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return String(FIRST + last);
  }
}
