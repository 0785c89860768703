import { once } from 'node:events';
import { type RequestListener, request } from 'node:http';
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listen } from './app';

export const TOKEN_ID = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';

/** A request as Freedom ID makes it (protocol 5). */
export const REVOCATION = post(JSON.stringify({ id: TOKEN_ID }));

/** For `fetch`. */
export function post(body: string | Uint8Array, contentType = 'application/json') {
  return { method: 'POST', headers: { 'content-type': contentType }, body };
}

/** The same, letter by letter. Of a header that is given, the value counts. */
export function rawPost(body: string, headers: Record<string, string | number> = {}): string {
  const all = { host: 'app.example', 'content-type': 'application/json', ...headers };
  const framed = 'transfer-encoding' in all ? all : { 'content-length': Buffer.byteLength(body), ...all };
  const lines = Object.entries(framed).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** For a body that comes in pieces. */
export const CHUNKED = { 'transfer-encoding': 'chunked' };

export const chunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`;

/** Until something that takes a few turns has happened. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

/** A client that sends what it likes. */
export interface RawClient {
  socket: Socket;
  /** All that has come back so far. */
  received: string;
  /** Waits until this much has come back. */
  receives(pattern: RegExp): Promise<void>;
  /** Resolves when the server has closed the connection. */
  closed: Promise<void>;
}

export function rawClient(url: string): RawClient {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const client: RawClient = {
    socket,
    received: '',
    async receives(pattern) {
      while (!pattern.test(client.received)) {
        const more = await Promise.race([once(socket, 'data'), client.closed]);
        if (!more && !pattern.test(client.received)) throw new Error(`closed, after ${client.received}`);
      }
    },
    closed: new Promise((resolve) => void socket.once('close', () => resolve())),
  };
  // A reset is one of the ways to close.
  socket.on('error', () => {});
  socket.on('data', (data) => {
    client.received += data.toString('latin1');
  });
  return client;
}

/** The statuses in what a raw client has received. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
}

/** By `node:http`. @throws where the connection breaks before the answer is there */
export async function send(url: string, { body, ...options }: ReturnType<typeof post>) {
  const req = request(url, { ...options, agent: false });
  const answered = once(req, 'response');
  req.end(body);
  const [res] = await answered;
  return { status: res.statusCode as number, headers: res.headers, body: await text(res) };
}

/** Servers for the tests of a `describe` block. */
export function useServers() {
  const ending: (() => void)[] = [];
  afterEach(() => {
    for (const end of ending.splice(0)) end();
  });
  return {
    async http(listener: RequestListener): Promise<string> {
      const { url, close } = await listen(listener);
      ending.push(close);
      return url;
    },
    /** Over HTTP/2 without TLS. @returns a client's session */
    async http2(listener: (req: Http2ServerRequest, res: Http2ServerResponse) => void) {
      const server = http2.createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const session = http2.connect(`http://127.0.0.1:${port}`);
      ending.push(() => {
        session.destroy();
        server.close();
      });
      return { session, server, port };
    },
  };
}

/** The deadlines that the handler has set, which pass when a test says so. */
export interface Deadlines {
  /** How many lie ahead. */
  readonly ahead: number;
  pass(): void;
}

/** Holds the timers of ten seconds: in the tests of a `describe` block these never fire by the clock. */
export function useDeadlines(): Deadlines {
  const real = { setTimeout, clearTimeout };
  const ahead = new Map<unknown, () => void>();
  beforeEach(() => {
    const hold = (act: () => void, delay?: number, ...args: []) => {
      if (delay !== 10_000) return real.setTimeout(act, delay, ...args);
      const timer = real.setTimeout(() => {}, delay).unref();
      ahead.set(timer, act);
      return timer;
    };
    globalThis.setTimeout = Object.assign(hold, real.setTimeout) as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      ahead.delete(timer);
      real.clearTimeout(timer);
    };
  });
  afterEach(() => {
    Object.assign(globalThis, real);
    ahead.clear();
  });
  return {
    get ahead() {
      return ahead.size;
    },
    pass() {
      for (const [timer, act] of ahead) {
        ahead.delete(timer);
        act();
      }
    },
  };
}
