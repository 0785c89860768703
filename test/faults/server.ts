import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../support/authority';

/** One request, and what it takes to answer it wrongly. */
export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  /** The request's body. */
  sent: string;
  /** Whether it came on a connection that had carried another one. */
  reused: boolean;
  /** Breaks the connection off with a TCP reset. */
  reset(): void;
}

export type Answer = (exchange: Exchange) => void;

/** An HTTPS server on a port of this machine whose certificate, answers and very existence can be changed. */
export class BreakableServer {
  private readonly server: Server;

  /** Under TLS, by the port of the client: only these can be reset. */
  private readonly connections = new Map<number | undefined, Socket>();

  /** Those that have carried a request. */
  private readonly used = new Set<Socket>();

  private readonly answering = new Set<Promise<void>>();

  /** While nobody listens, it keeps the port from being given to somebody else. */
  private held: Socket | undefined;

  constructor(
    certificate: Certificate,
    public answer: Answer,
    /** Where it notes the path of each request. */
    private readonly requests: string[],
  ) {
    const listener: RequestListener = (req, res) => void this.take(req, res);
    this.server = createServer(certificate, listener).on('connection', (socket: Socket) =>
      this.connections.set(socket.remotePort, socket),
    );
  }

  /** @returns the port */
  async listen(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.held?.destroy();
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections are refused from now on. @returns the port, for `listen` */
  async stopListening(): Promise<number> {
    const { port } = this.server.address() as AddressInfo;
    this.held = connect(port, '127.0.0.1');
    await once(this.server, 'connection');
    this.server.close();
    return port;
  }

  show(certificate: Certificate): void {
    this.server.setSecureContext(certificate);
  }

  get bytesSent(): number {
    return [...this.used].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  }

  /** Resolves when each answer is over: one that would never end, when the client has hung up. */
  async idle(): Promise<void> {
    await Promise.all(this.answering);
  }

  /** Resolves when each connection is closed, which is left to the clients. */
  async close(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { socket, url = '' } = req;
    this.requests.push(url);
    this.answering.add(new Promise((resolve) => res.once('close', resolve)));
    const sent = await text(req);
    const reused = this.used.has(socket);
    this.used.add(socket);
    const reset = () => this.connections.get(socket.remotePort)?.resetAndDestroy();
    this.answer({ req, res, sent, reused, reset });
  }
}
