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
  /** Whether an earlier request came on the same connection. */
  reused: boolean;
  /** Ends the connection with a TCP reset. */
  reset(): void;
}

export type Answer = (exchange: Exchange) => void;

/** An HTTPS server on this machine. It can change its certificate and its responses, and stop listening. */
export class BreakableServer {
  private readonly server: Server;

  /** The TCP sockets under TLS, by the port of the client: a TLS socket cannot be reset. */
  private readonly connections = new Map<number | undefined, Socket>();

  /** The connections that have carried a request. */
  private readonly used = new Set<Socket>();

  private readonly answering = new Set<Promise<void>>();

  /** A connection that reserves the port while the server does not listen. */
  private held: Socket | undefined;

  constructor(
    certificate: Certificate,
    public answer: Answer,
    /** Is told of each request. */
    private readonly note: () => void,
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

  /** Resolves when each response is over. One without an end is over when the client closes the connection. */
  async idle(): Promise<void> {
    await Promise.all(this.answering);
  }

  /** Resolves when the clients have closed all connections. */
  async close(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { socket } = req;
    this.note();
    this.answering.add(new Promise((resolve) => res.once('close', resolve)));
    const sent = await text(req);
    const reused = this.used.has(socket);
    this.used.add(socket);
    const reset = () => this.connections.get(socket.remotePort)?.resetAndDestroy();
    this.answer({ req, res, sent, reused, reset });
  }
}

export function answer(
  res: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
