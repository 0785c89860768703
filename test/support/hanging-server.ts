import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { CLIENT_ID } from './options';

// Servers that accept every request and never answer.

export const REQUEST_ID = '01953bd1-a6d3-739e-8aa3-83e881f09055';
/** A request for a full profile that is pending. */
export const PENDING_ID = '01953bd1-a6d3-739e-8aa3-83e881f09056';
/** A code, or refresh token, that is good for an ID token. Only its keys are missing. */
export const KEYS_CODE = 'needs-the-keys';

export interface HangingServers extends AsyncDisposable {
  /** URLs: one that is silent, one that stops halfway through its answer, one that does not even shake hands for TLS. */
  urls: string[];
}

/** @param arrived - is called when a request has arrived that gets no answer */
export async function startHangingServers(arrived: () => void): Promise<HangingServers> {
  const silent = createServer(async (req, res) => {
    const answer = answerTo(await text(req), `http://${req.headers.host}`);
    if (answer) res.end(JSON.stringify(answer));
    else arrived();
  });
  const halfway = createServer((_req: IncomingMessage, res: ServerResponse) => {
    res.writeHead(200, { 'content-length': 1000 });
    res.write('{', () => arrived());
  });
  const sockets = new Set<{ destroy(): void }>();
  const deaf = createSocketServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    arrived();
  });
  const servers: [string, Server | SocketServer][] = [
    ['http', silent],
    ['http', halfway],
    ['https', deaf],
  ];
  const urls: string[] = [];
  for (const [scheme, server] of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    urls.push(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  return {
    urls,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      for (const [, server] of servers) {
        const closed = once(server, 'close');
        server.close();
        if ('closeAllConnections' in server) server.closeAllConnections();
        await closed;
      }
    },
  };
}

/** What comes before a call waits for something else. */
function answerTo(body: string, url: string): object | undefined {
  if (body.includes(PENDING_ID)) return { status: 'pending' };
  if (body.includes(KEYS_CODE))
    return { access_token: 'access', token_type: 'Bearer', id_token: idToken(url) };
  return undefined;
}

function idToken(iss: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss,
    sub: 'user',
    aud: CLIENT_ID,
    exp: iat + 600,
    iat,
    nonce: 'nonce',
  };
  const parts = [{ alg: 'ES256', kid: 'key' }, claims].map((part) => Buffer.from(JSON.stringify(part)));
  return [...parts, Buffer.alloc(64)].map((part) => part.toString('base64url')).join('.');
}
