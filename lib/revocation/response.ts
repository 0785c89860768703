import type { ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type NodeRequest, readOn } from './stream';

/** The response that a {@link RevocationHandler} takes: Node's, of `node:http` or of the compatibility API of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** How much is read of a body that was refused, so that its sender gets to the answer. */
const MAX_DISCARDED_BYTES = 2 ** 22;

/**
 * Answers without a body, where nobody has answered yet. What has not been read of the request's body is never taken for another
 * request: its connection is closed, or in HTTP/2 its stream.
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
      // Were it closed now, while the client still sends, a reset might overtake the answer.
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

/** Only in HTTP/1 do headers tell whether there is a body. */
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

/** Once the answer is out, whoever gave it, closes the connection, or in HTTP/2 the stream. */
function hangUp(req: NodeRequest, res: NodeResponse): void {
  const sent = 'stream' in res ? res.stream : res;
  const end = () => (isHTTP2(req) ? req.stream : req).destroy();
  if (sent.writableFinished) end();
  else sent.once('finish', end);
}

function isHTTP2(req: NodeRequest): req is Http2ServerRequest {
  return 'stream' in req;
}
