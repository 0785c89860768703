import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listen, type RunningApp } from './app';

/** Which machine has answered; absent where none did. */
export const MACHINE = 'x-machine';

export interface Balancer extends RunningApp {
  /** How many requests it has handed on so far. */
  forwarded: number;
}

/**
 * A round-robin proxy that is as unkind as one can be: no two requests of a browser in a row go to the same machine, while
 * there is another. A request that a machine did not take goes to the next one; one that a machine took along when it
 * died is answered with 502.
 */
export async function balance(machines: string[]): Promise<Balancer> {
  let turn = 0;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    turn += 1;
    const last = Number(/\bmachine=(\d+)/.exec(req.headers.cookie ?? '')?.[1] ?? Number.NaN);
    const inTurn = machines.map((_, index) => (turn + index) % machines.length);
    // A stable sort: the machine that this browser was at goes to the end.
    for (const index of inTurn.sort((a, b) => Number(a === last) - Number(b === last))) {
      const outcome = await forward(req, new URL(machines[index] ?? ''));
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
    { hostname, port }: URL,
  ): Promise<IncomingMessage | 'refused' | 'cut off'> {
    return new Promise((resolve) => {
      // A connection of its own: on one that is kept, nobody could tell a dead machine from a request that died with it.
      const onward = request({ hostname, port, method, path: url, headers, agent: false }, resolve);
      onward.once('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'cut off'),
      );
      onward.once('finish', () => {
        balancer.forwarded += 1;
      });
      onward.end();
    });
  }

  const balancer = { ...(await listen((req, res) => void handle(req, res))), forwarded: 0 };
  return balancer;
}
