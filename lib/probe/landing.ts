import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { untilAborted } from '../http/until-aborted';

/** A request of the browser that has come back, as it came. */
export interface Arrival {
  path: string;
  /** Without the `?`. */
  query: string;
}

/** Whether an arrival is the one that is waited for. */
type Expect = (arrival: Arrival) => boolean;

/** Where the browser comes back to: a server that listens only on this machine's loopback addresses. */
export class Landing {
  private expected: { fits: Expect; arrive(arrival: Arrival): void } | undefined;

  private constructor(private readonly servers: Server[]) {
    for (const server of servers) server.on('request', (req, res) => this.receive(req, res));
  }

  /**
   * @param hostname - of the callback URL; for `localhost`, the browser may use IPv4 or IPv6
   * @throws `Error` where the port cannot be used
   */
  static async open(hostname: string, port: number): Promise<Landing> {
    const own = /^127(\.\d+){3}$/.test(hostname) ? hostname : '127.0.0.1';
    const hosts = hostname === '[::1]' ? ['::1'] : own === hostname ? [own] : [own, '::1'];
    const servers: Server[] = [];
    try {
      for (const host of hosts) {
        const server = await listen(host, port);
        if (server) servers.push(server);
      }
      if (servers.length === 0) throw new Error('This machine has no loopback address to listen on.');
      return new Landing(servers);
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
  }

  /** Waits for the browser. @throws the signal's reason when it aborts */
  async next(fits: Expect, signal: AbortSignal): Promise<Arrival> {
    const arrival = new Promise<Arrival>((arrive) => {
      this.expected = { fits, arrive };
    });
    try {
      return await untilAborted(arrival, signal);
    } finally {
      this.expected = undefined;
    }
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  private receive(req: IncomingMessage, res: ServerResponse): void {
    const [path = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
    const arrival = { path, query };
    const { expected } = this;
    // A HEAD request is a link preview: the person comes later.
    if (req.method !== 'GET' || !isPage(req) || !expected?.fits(arrival)) {
      answer(
        res,
        404,
        'The probe does not expect this page now',
        'Go back to the terminal: it says what to do next.',
      );
      return;
    }
    this.expected = undefined;
    answer(res, 200, 'You are back at the probe', 'Go back to the terminal. You can close this page.');
    expected.arrive(arrival);
  }
}

/** False for what another page loads, as a picture or in a frame: any page can do that. Some browsers do not tell. */
function isPage({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-dest': destination = 'document' } = headers;
  return destination === 'document';
}

/** @returns undefined where this machine has no such address: a machine without IPv6 has no `::1` */
async function listen(host: string, port: number): Promise<Server | undefined> {
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => resolve(undefined));
  });
  if (!error) return server;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return undefined;
  throw new Error(
    `Port ${port} of ${host} cannot be used (${error.code}). Stop what listens there, or choose a callback URL with another port.`,
    { cause: error },
  );
}

function answer(res: ServerResponse, status: number, title: string, text: string): void {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;margin:4rem auto;max-width:32rem;padding:0 1rem}h1{font-size:1.4rem}</style>
<h1>${title}</h1><p>${text}</p></html>`;
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    // The page's own URL holds a code.
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  res.end(page);
}
