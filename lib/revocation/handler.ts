import { debuglog } from 'node:util';
import { isObject } from '../http/json';
import { requireThat } from '../require-that';
import { type NodeResponse, respond } from './response';
import type { NodeRequest } from './stream';
import { Refusal, readTokenId } from './token-id';

/** The second argument of {@link revocationHandler}. */
export interface RevocationHandlerOptions<Request extends NodeRequest = NodeRequest> {
  /**
   * Gets what the app's function has thrown or rejected with, once for each time that it was called; and an error where a
   * body parser stands in the way, or other middleware makes the answer impossible. Nothing waits for it, and an error of its own is
   * ignored. Without it, only `NODE_DEBUG=passport-freedom-id` tells of these.
   */
  onError?: ((error: unknown, req: Request) => unknown) | undefined;
}

/**
 * Answers one request. It is a listener of `node:http` and of `node:http2`, and a request handler of Express.
 *
 * @returns a promise that resolves when the request has been answered, and never rejects
 */
export type RevocationHandler<Request extends NodeRequest = NodeRequest> = (
  req: Request,
  res: NodeResponse,
) => Promise<void>;

const debug = debuglog('passport-freedom-id');

/** How long a body may take to arrive, what is too much of it included. */
const MAX_MILLISECONDS = 10_000;

/**
 * Makes the handler for Freedom ID's revocation webhook (protocol 5): Freedom ID may POST the id of a token to the app when
 * the user leaves their Freedom ID account.
 *
 * ```ts
 * app.post('/freedom-id/revoked', revocationHandler(async (tokenId) => sessions.endAllOf(tokenId)))
 * ```
 *
 * It works before a body parser, and behind one that leaves the body in `req.body` or `req.rawBody`. Where a framework has
 * requests of its own, give it Node's: `ctx.req` and `ctx.res` of Koa, `request.raw` and `reply.raw` of Fastify.
 *
 * Every answer is without a body: 204 when the app's function has finished; 500 when it has failed, or when a parser has taken the
 * body and left nothing; 405 for another method than POST; 415 where it is not JSON; 413 above 4,096 bytes; 408 where the body
 * is not there within 10 seconds; 400 where it has no id, or one that is no UUID. An answer that the app gives by itself counts.
 *
 * Freedom ID signs nothing, so anybody may send ids: do nothing but end the sessions that belong to the id, and limit the rate.
 *
 * @param endSessions - gets the id of the token as it came: `id` of what the token endpoint gave. A UUID means the same in
 * either case. It may return a promise. It should finish whether it knows the id or not. While it runs for an id,
 * it is not called for that id again: requests that come meanwhile get the same answer
 * @throws `TypeError` where an argument is of the wrong kind
 */
export function revocationHandler<Request extends NodeRequest = NodeRequest>(
  endSessions: (tokenId: string, req: Request) => unknown,
  options: RevocationHandlerOptions<Request> = {},
): RevocationHandler<Request> {
  requireThat(typeof endSessions === 'function', 'endSessions', 'a function', endSessions);
  requireThat(isObject(options as unknown), 'options', 'an object', options);
  const { onError = () => {} } = options;
  requireThat(typeof onError === 'function', 'onError', 'a function', onError);
  const running = new Map<string, Promise<number>>();

  /** For an id that comes again meanwhile, the outcome of the first call. */
  function runOnce(tokenId: string, req: Request): Promise<number> {
    const key = tokenId.toLowerCase();
    const underWay = running.get(key);
    if (underWay) return underWay;
    const call = run(tokenId, req).finally(() => running.delete(key));
    running.set(key, call);
    return call;
  }

  async function run(tokenId: string, req: Request): Promise<number> {
    try {
      await endSessions(tokenId, req);
      return 204;
    } catch (reason) {
      return fail(reason, req);
    }
  }

  function refuse(reason: unknown, req: Request): number {
    if (!(reason instanceof Refusal)) return fail(reason, req);
    debug('revocation webhook: HTTP %d: %s', reason.httpStatus, reason.message);
    return reason.httpStatus;
  }

  function fail(reason: unknown, req: Request): number {
    tell(reason, req).catch(() => {});
    return 500;
  }

  async function tell(reason: unknown, req: Request): Promise<void> {
    try {
      await onError(reason, req);
    } finally {
      debug('revocation webhook: HTTP 500: %s', reason);
    }
  }

  return async (req, res) => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), MAX_MILLISECONDS);
    try {
      const tokenId = readTokenId(req, deadline.signal);
      const httpStatus = await tokenId.then(
        (id) => runOnce(id, req),
        (reason) => refuse(reason, req),
      );
      await respond(req, res, httpStatus, deadline.signal);
    } catch (reason) {
      // Other middleware's hook on the answer has thrown, and it cannot be given.
      fail(reason, req);
      res.destroy();
    } finally {
      clearTimeout(timer);
    }
  };
}
