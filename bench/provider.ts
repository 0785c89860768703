import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { ANSWERS, linkFor } from './answers';
import { openLine } from './line';
import { answerOpenID } from './openid';
import { offer } from './remote';

/** How far a provider is from the app, and how slow it is. */
interface Distance {
  /** Milliseconds there and back. */
  roundTrip?: number;
  /** Milliseconds that it takes before it responds. */
  thinks?: number;
}

/** The connections of one server. */
interface Connections {
  opened: number;
  open: number;
}

const { BENCH_KEY: key, BENCH_CERT: cert } = process.env;
const servers = new Map<string, Connections>();

const commands = {
  /** Starts another provider. @returns its URL */
  async open({ roundTrip = 0, thinks = 0 }: Distance = {}): Promise<string> {
    const connections: Connections = { opened: 0, open: 0 };
    const server = createServer({ key, cert }, answer(thinks));
    server.on('connection', (socket) => {
      connections.opened += 1;
      connections.open += 1;
      socket.once('close', () => {
        connections.open -= 1;
      });
    });
    const port = await listen(server);
    const url = `https://127.0.0.1:${roundTrip > 0 ? await openLine(port, roundTrip) : port}`;
    servers.set(url, connections);
    return url;
  },

  connections(url: string): Connections {
    return servers.get(url) ?? { opened: 0, open: 0 };
  },
};

export type Provider = typeof commands;

function answer(thinks: number): RequestListener {
  return async (req, res) => {
    const { pathname } = new URL(req.url ?? '', 'https://provider.example');
    const asked = await text(req);
    const body =
      ANSWERS[pathname] ??
      answerOpenID(pathname, asked, `https://${req.headers.host}`) ??
      (pathname.endsWith('/authorize') ? linkFor(asked) : undefined);
    if (thinks > 0) await setTimeout(thinks);
    res.writeHead(body ? 200 : 404, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body ?? ''),
      // Set by hand: otherwise Node.js adds for how long it stays open. nginx, which most providers use, does not.
      connection: 'keep-alive',
    });
    res.end(body);
  };
}

async function listen(server: Server): Promise<number> {
  // The default of nginx.
  server.keepAliveTimeout = 75_000;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

offer(commands);
