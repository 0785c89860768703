import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { Emulator } from '../../lib/emulator/index';

/** What the emulator has answered to one request. */
export interface Exchange {
  /** E.g. `POST /api/v1/oauth/token`. */
  endpoint: string;
  /** Of the requests to this endpoint, from 0. */
  index: number;
  headers: IncomingMessage['headers'];
  body: string;
  status: number;
  answer: string;
}

/** What is sent in place of the emulator's answer. @returns undefined for the answer itself */
export type Twist = (exchange: Exchange, res: ServerResponse) => Twisted | undefined;

export type Twisted = { status?: number; headers?: Record<string, string>; body: string } | 'hang' | 'reset';

/** Stands before an emulator and changes its answers. */
export interface TwistedProvider extends AsyncDisposable, Pick<Emulator, 'approve' | 'refuse'> {
  url: string;
  /** How often each endpoint was asked. */
  counts: Map<string, number>;
}

/** @param pathOf - where at the emulator a path is, if it is elsewhere */
export async function twist(
  emulator: Pick<Emulator, 'url' | 'approve' | 'refuse'>,
  twisted: Twist,
  pathOf: (path: string) => string = (path) => path,
): Promise<TwistedProvider> {
  const counts = new Map<string, number>();
  const server = createServer(async (req, res) => {
    const { method = '', url = '', headers } = req;
    const body = await buffer(req);
    const [path = ''] = url.split('?');
    const endpoint = `${method} ${pathOf(path)}`;
    const index = counts.get(endpoint) ?? 0;
    counts.set(endpoint, index + 1);
    // With the headers as they are: links lead to where the host says.
    const onward = request(new URL(pathOf(path) + url.slice(path.length), emulator.url), { method, headers });
    const [response] = (await once(onward.end(body), 'response')) as [IncomingMessage];
    const status = response.statusCode ?? 502;
    const answer = await text(response);
    const other = twisted({ endpoint, index, headers, body: body.toString(), status, answer }, res);
    if (other === 'hang') return;
    if (other === 'reset') {
      // Only after the first bytes: a request is repeated if a kept connection breaks before any byte of the response.
      res.socket?.write('HTTP/1.1 2', () => res.socket?.resetAndDestroy());
      return;
    }
    if (!other) res.writeHead(status, response.headers).end(answer);
    else
      res
        .writeHead(other.status ?? 200, { 'content-type': 'application/json', ...other.headers })
        .end(other.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    approve: async (link) => emulator.approve(await loginPage(link)),
    refuse: async (link) => emulator.refuse(await loginPage(link)),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Where a login of either flow has its page. */
async function loginPage(link: string): Promise<string> {
  if (new URL(link).pathname !== '/openid') return link;
  const { headers } = await fetch(link, { redirect: 'manual' });
  return headers.get('location') ?? '';
}
