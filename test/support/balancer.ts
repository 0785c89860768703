import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen, type RunningApp } from './app';

/** The header that names the machine that responded; absent if none did. */
export const MACHINE = 'x-machine';

export interface Balancer extends RunningApp {
  /** How many requests it has forwarded so far. */
  forwarded: number;
}

/**
 * A round-robin proxy that makes it as hard as possible for an app: two requests of a browser in a row never go to the
 * same machine if there is another one. If a machine refuses the connection, the request goes to the next machine. If a
 * machine dies during the request, the response is 502.
 */
export async function balance(machines: string[]): Promise<Balancer> {
  let turn = 0;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    // Read first: a request that one machine refuses goes to the next.
    const body = await buffer(req);
    turn += 1;
    const last = Number(/\bmachine=(\d+)/.exec(req.headers.cookie ?? '')?.[1] ?? Number.NaN);
    const inTurn = machines.map((_, index) => (turn + index) % machines.length);
    // The machine of this browser's last request goes to the end; the sort is stable, so the others stay in turn.
    for (const index of inTurn.sort((a, b) => Number(a === last) - Number(b === last))) {
      const outcome = await forward(req, body, new URL(machines[index] ?? ''));
      if (outcome === 'refused') continue;
      if (outcome === 'cut off') break;
      const cookies = [outcome.headers['set-cookie'] ?? [], `machine=${index}`].flat();
      res.writeHead(outcome.statusCode ?? 502, {
        ...outcome.headers,
        'set-cookie': cookies,
        [MACHINE]: String(index),
      });
      outcome.pipe(res);
      return;
    }
    res.writeHead(502).end();
  }

  function forward(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    { hostname, port }: URL,
  ): Promise<IncomingMessage | 'refused' | 'cut off'> {
    return new Promise((resolve) => {
      // Always new: on a kept connection, an error does not say whether the machine died before or during the request.
      const onward = request({ hostname, port, method, path: url, headers, agent: false }, resolve);
      onward.once('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'cut off'),
      );
      onward.once('finish', () => {
        balancer.forwarded += 1;
      });
      onward.end(body);
    });
  }

  const balancer = { ...(await listen((req, res) => void handle(req, res))), forwarded: 0 };
  return balancer;
}
