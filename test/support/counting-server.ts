import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that counts the connections that are opened to it. */
export interface CountingServer extends AsyncDisposable {
  url: string;
  opened: number;
}

export async function startCountingServer(listener: RequestListener): Promise<CountingServer> {
  const server = createServer(listener).listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
  await once(server, 'listening');
  const counting: CountingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    opened: 0,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  server.on('connection', () => {
    counting.opened += 1;
  });
  return counting;
}
