import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A server at the level of TCP, for what no HTTP server would send. */
export interface SocketServer extends AsyncDisposable {
  port: number;
}

export async function startSocketServer(accept: (socket: Socket) => void): Promise<SocketServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    accept(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}
