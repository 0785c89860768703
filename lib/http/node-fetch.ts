import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import nodeFetch from 'node-fetch';
import type { FetchFunction, FetchInit, FetchResponse } from './fetch';

/**
 * The default `fetch`: node-fetch over connections that are kept alive. When the provider has just closed such a
 * connection, the request is sent once more, on a new one.
 */
export const fetchKeptAlive: FetchFunction = async (url, init) => {
  const agent = init.agent ?? (url.startsWith('https:') ? secureAgent : plainAgent);
  const attempt = new Attempt(agent);
  try {
    return await attempt.send(url, init);
  } catch (error) {
    if (!attempt.metClosedConnection(error)) throw error;
    closeIdle(agent, url);
    // No worse than to give up: if the first request has used up the code or the token, the second is refused.
    return new Attempt(agent).send(url, init);
  }
};

/**
 * A request on a new TLS connection takes 3 round trips, on a kept one 1. A minute is enough for most people at the login
 * page; Node.js' own default is 5 s.
 */
const KEEP_ALIVE = { keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 };
const secureAgent = new SecureAgent(KEEP_ALIVE);
const plainAgent = new Agent(KEEP_ALIVE);

/** The method by which node:http gives a request to its agent; `@types/node` leaves it out. */
interface RequestAgent extends Agent {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

/** One sending of a request. It watches node:http's request and socket, which node-fetch does not show. */
class Attempt {
  private request: ClientRequest | undefined;

  private socket: Socket | undefined;

  private response: IncomingMessage | undefined;

  private bytesBefore = 0;

  constructor(private readonly agent: Agent) {}

  async send(url: string, init: FetchInit): Promise<FetchResponse> {
    const response = await (nodeFetch as unknown as FetchFunction)(url, {
      ...init,
      agent: this.watchedAgent(url.startsWith('https:')),
    });
    // node-fetch 2.7 does not notice that a body is cut short, and would wait for the rest.
    this.response?.once('error', (error) => (response.body as Readable).destroy(error));
    return response;
  }

  /** Whether the connection was kept from an earlier request, and closed before a byte of the response came. */
  metClosedConnection(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return (
      (code === 'ECONNRESET' || code === 'EPIPE') &&
      this.request?.reusedSocket === true &&
      this.socket?.bytesRead === this.bytesBefore
    );
  }

  /** The agent itself, except that this attempt sees the request that node:http gives to it. */
  private watchedAgent(secure: boolean): Agent {
    const addRequest: RequestAgent['addRequest'] = (request, ...rest) => {
      this.request = request;
      request.once('socket', (socket) => {
        this.socket = socket;
        this.bytesBefore = socket.bytesRead;
        // When a proxy refuses to open a tunnel, its agent passes the proxy's own clear-text response on as the host's.
        if (secure && !('encrypted' in socket)) request.destroy(new Error('no encrypted way to the host'));
      });
      request.once('response', (response) => {
        this.response = response;
      });
      (this.agent as RequestAgent).addRequest(request, ...rest);
    };
    return new Proxy(this.agent, {
      get: (agent, member) => (member === 'addRequest' ? addRequest : Reflect.get(agent, member)),
    });
  }
}

/** Closes the idle connections to this host: the provider closed the newest one, so the older ones are no better. */
function closeIdle(agent: Agent, url: string): void {
  const { hostname, port, protocol } = new URL(url);
  const host = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}:`;
  for (const [name, sockets] of Object.entries(agent.freeSockets)) {
    if (name.startsWith(host)) for (const socket of sockets ?? []) socket.destroy();
  }
}
