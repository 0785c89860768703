// By name: the declarations of a default import compile only in apps that have set esModuleInterop.
import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import nodeFetch from 'node-fetch';
import type { FetchFunction, FetchInit, FetchResponse } from './fetch';

/**
 * The `fetch` of an app that gives none: node-fetch, on connections that are kept. One that the other side has closed
 * meanwhile costs a second try, not the login.
 */
export const fetchKeptAlive: FetchFunction = async (url, init) => {
  const agent = init.agent ?? (url.startsWith('https:') ? secureAgent : plainAgent);
  const attempt = new Attempt(agent);
  try {
    return await attempt.send(url, init);
  } catch (error) {
    if (!attempt.metClosedConnection(error)) throw error;
    closeIdle(agent, url);
    // Should the first one have arrived after all, the second does no harm: a link more, a code that is good only once.
    return new Attempt(agent).send(url, init);
  }
};

/** A connection is worth 3 round trips, so one is kept for the next login: Node's own default drops it after 5 s. */
const KEEP_ALIVE = { keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 };
const secureAgent = new SecureAgent(KEEP_ALIVE);
const plainAgent = new Agent(KEEP_ALIVE);

/** What node:http asks of an agent; `@types/node` leaves it out. */
interface RequestAgent extends Agent {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

/** A request that is sent once. It looks past node-fetch, which hides the connection. */
class Attempt {
  private request: ClientRequest | undefined;

  private socket: Socket | undefined;

  private answer: IncomingMessage | undefined;

  private bytesBefore = 0;

  constructor(private readonly agent: Agent) {}

  async send(url: string, init: FetchInit): Promise<FetchResponse> {
    const response = await (nodeFetch as unknown as FetchFunction)(url, {
      ...init,
      agent: this.watchedAgent(url.startsWith('https:')),
    });
    // node-fetch waits for ever on a body that is cut short.
    this.answer?.once('error', (error) => (response.body as Readable).destroy(error));
    return response;
  }

  /** Whether the connection was kept from an earlier request, and closed before a byte of the answer came. */
  metClosedConnection(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return (
      (code === 'ECONNRESET' || code === 'EPIPE') &&
      this.request?.reusedSocket === true &&
      this.socket?.bytesRead === this.bytesBefore
    );
  }

  /** The agent itself, but for the method that node:http gives the request to. */
  private watchedAgent(secure: boolean): Agent {
    const addRequest: RequestAgent['addRequest'] = (request, ...rest) => {
      this.request = request;
      request.once('socket', (socket) => {
        this.socket = socket;
        this.bytesBefore = socket.bytesRead;
        // A proxy that opens no tunnel answers in the clear, and its agent hands that on as the answer of the host.
        if (secure && !('encrypted' in socket)) request.destroy(new Error('no encrypted way to the host'));
      });
      request.once('response', (answer) => {
        this.answer = answer;
      });
      (this.agent as RequestAgent).addRequest(request, ...rest);
    };
    return new Proxy(this.agent, {
      get: (agent, member) => (member === 'addRequest' ? addRequest : Reflect.get(agent, member)),
    });
  }
}

/** The newest idle connection to this host was closed, so the older ones are no better. */
function closeIdle(agent: Agent, url: string): void {
  const { hostname, port, protocol } = new URL(url);
  const host = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}:`;
  for (const [name, sockets] of Object.entries(agent.freeSockets)) {
    if (name.startsWith(host)) for (const socket of sockets ?? []) socket.destroy();
  }
}
