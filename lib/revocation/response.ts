import type { ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type NodeRequest, readOn } from './stream';

/** The response that a {@link RevocationHandler} takes: Node's, of `node:http` or of the compatibility API of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** How much of a refused body is read, so that its sender comes to read the response. */
const MAX_DISCARDED_BYTES = 2 ** 22;

/**
 * Sends a response without a body, unless one was sent already. If a part of the request's body was not read, its connection is
 * closed, or in HTTP/2 its stream, so that this part is never taken for another request.
 */
export async function respond(
  req: NodeRequest,
  res: NodeResponse,
  httpStatus: number,
  deadline: AbortSignal,
): Promise<void> {
  if (!res.headersSent) {
    if (hasUnreadBody(req)) {
      writeHead(res, httpStatus, isHTTP2(req) ? {} : { Connection: 'close' });
      // If it were closed now, while the client still sends, a reset might arrive before the response.
      (res as ServerResponse).flushHeaders();
      await discard(req, deadline);
    } else {
      writeHead(res, httpStatus);
    }
    res.end();
  }
  if (hasUnreadBody(req)) hangUp(req, res);
}

function writeHead(res: NodeResponse, httpStatus: number, headers: { Connection?: 'close' } = {}): void {
  const allowed = httpStatus === 405 && { Allow: 'POST' };
  const length = httpStatus !== 204 && { 'Content-Length': 0 };
  (res as ServerResponse).writeHead(httpStatus, { ...allowed, ...length, ...headers });
}

/** The headers tell whether there is a body, but only in HTTP/1. */
function hasUnreadBody(req: NodeRequest): boolean {
  const { 'transfer-encoding': encoding, 'content-length': length } = req.headers;
  return !req.readableEnded && (isHTTP2(req) || encoding !== undefined || Number(length) > 0);
}

async function discard(req: NodeRequest, deadline: AbortSignal): Promise<void> {
  let left = MAX_DISCARDED_BYTES;
  await readOn(req, deadline, ({ length }) => {
    left -= length;
    return left > 0;
  });
}

/** Closes the connection, or in HTTP/2 the stream, as soon as the response is sent. */
function hangUp(req: NodeRequest, res: NodeResponse): void {
  const sent = 'stream' in res ? res.stream : res;
  const end = () => (isHTTP2(req) ? req.stream : req).destroy();
  if (sent.writableFinished) end();
  else sent.once('finish', end);
}

function isHTTP2(req: NodeRequest): req is Http2ServerRequest {
  return 'stream' in req;
}
