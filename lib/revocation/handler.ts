import { debuglog } from 'node:util';
import { isObject } from '../http/json';
import { requireThat } from '../require-that';
import { type NodeResponse, respond } from './response';
import type { NodeRequest } from './stream';
import { Refusal, readTokenId } from './token-id';

/**
 * The options of {@link revocationHandler}.
 *
 * @typeParam Request - the type of the request
 */
export interface RevocationHandlerOptions<Request extends NodeRequest = NodeRequest> {
  /**
   * Called with the error if `endSessions` throws or rejects, once for each call of it; or if a body parser or another middleware
   * makes an answer impossible. Its result is not awaited, and its own errors are ignored. Without it, these errors are only shown
   * with `NODE_DEBUG=passport-freedom-id`.
   *
   * @defaultValue none
   */
  onError?: ((error: unknown, req: Request) => unknown) | undefined;
}

/**
 * What {@link revocationHandler} returns: a request listener of `node:http` and `node:http2`, and a request handler of Express. Its
 * promise resolves when the request was answered, and never rejects.
 *
 * @typeParam Request - the type of the request
 */
export type RevocationHandler<Request extends NodeRequest = NodeRequest> = (
  req: Request,
  res: NodeResponse,
) => Promise<void>;

const debug = debuglog('passport-freedom-id');

/** How long a body may take to arrive. For a body that is too large, this includes the part that is thrown away. */
const MAX_MILLISECONDS = 10_000;

/**
 * Creates the handler for Freedom ID's revocation webhook: Freedom ID may POST the id of a token to your app when the user signs out
 * of Freedom ID (protocol 5). See docs/sign-out.md.
 *
 * ```ts
 * app.post('/freedom-id/revoked', revocationHandler(async (tokenId) => sessions.endAllOf(tokenId)))
 * ```
 *
 * It works before a body parser, and after one that leaves the body in `req.body` or `req.rawBody`. Koa and Fastify have requests of
 * their own: pass Node's, `ctx.req` and `ctx.res` or `request.raw` and `reply.raw`.
 *
 * The answer has no body. Its status is 204 if `endSessions` finished; 500 if it failed, or if a parser has consumed the body; 405 if
 * the method is not POST; 415 if the body is not JSON; 413 if it is larger than 4,096 bytes; 408 if it is not complete after 10
 * seconds; 400 if it has no id that is a UUID.
 *
 * Freedom ID does not sign these requests, so anybody can send one: only end the sessions of this id, and limit the rate.
 *
 * @param endSessions - called with the id of the token, as it was sent: the `id` in {@link FreedomIdTokens}, in upper or lower case.
 *   It may return a promise. An id that it does not know is no error. It is not called again for an id while it still runs for that
 *   id: those requests get the same answer
 * @param options - what to do with errors
 * @typeParam Request - the type of the request
 * @throws a `TypeError` if an argument is of the wrong type
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

  /** If the same id comes again while the app's function runs for it, that request gets the outcome of the first call. */
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
      // A hook of other middleware has thrown, so the response cannot be sent.
      fail(reason, req);
      res.destroy();
    } finally {
      clearTimeout(timer);
    }
  };
}
