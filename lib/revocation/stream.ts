import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';

/** The request that a {@link RevocationHandler} takes: Node's, of `node:http` or of the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** Why no more is read of a body: it has ended, enough has come, the deadline has passed, or the client has gone. */
export type Ending = 'ended' | 'enough' | 'late' | 'gone';

/**
 * Reads a body that nobody else has read to its end, and leaves no listener behind.
 *
 * @param take - gets each chunk, and tells whether to read on
 */
export function readOn(
  req: NodeRequest,
  deadline: AbortSignal,
  take: (chunk: Uint8Array) => boolean,
): Promise<Ending> {
  // The events below would not come any more.
  if (req.aborted || req.destroyed) return Promise.resolve('gone');
  if (deadline.aborted) return Promise.resolve('late');
  return new Promise((resolve) => {
    const listeners = {
      data(chunk: Uint8Array) {
        // If the app has set an encoding, a chunk is text.
        if (!take(Buffer.from(chunk))) finish('enough');
      },
      // In HTTP/2, `end` also comes after a body that was broken off.
      end: () => finish(req.aborted ? 'gone' : 'ended'),
      close: () => finish('gone'),
    };
    const passDeadline = () => finish('late');
    const finish = (ending: Ending) => {
      for (const [event, listener] of Object.entries(listeners)) req.off(event, listener);
      deadline.removeEventListener('abort', passDeadline);
      // Without a listener, the rest of the body would flow on and be lost.
      req.pause();
      resolve(ending);
    };
    for (const [event, listener] of Object.entries(listeners)) req.on(event, listener);
    deadline.addEventListener('abort', passDeadline);
    req.resume();
  });
}
