import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What an app is told. */
export interface Call {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

/** An app that wants to be told of revoked tokens. */
export interface Webhook {
  /** The `revokeURI`. */
  url: string;
  calls: Call[];
  close(): Promise<void>;
}

/** A URL where nobody listens. Systems do not assign this port by themselves, so no other test gets it. */
export const NO_APP = 'http://127.0.0.1:8999/freedom-id/revoked';

/**
 * @param answer - 204 where it is left out
 * @param port - any free one where it is left out
 */
export async function startWebhook(
  answer: (res: ServerResponse) => void = (res) => res.writeHead(204).end(),
  port = 0,
): Promise<Webhook> {
  const calls: Call[] = [];
  const server = createServer(async (req, res) => {
    const { method, url, headers } = req;
    calls.push({ method, url, headers, body: await text(req) });
    answer(res);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: ownPort } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${ownPort}/freedom-id/revoked`,
    calls,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
