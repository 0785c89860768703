import { Agent, type ClientRequest, globalAgent, type IncomingMessage } from 'node:http';
import { globalAgent as globalSecureAgent, Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { BrokenResponse } from './body';
import { closeIdle, noteConnection } from './connections';
import type { FetchResponse, OutgoingRequest, Send } from './fetch';
import { getWithBody } from './get-with-body';

/** node-fetch, or what stands in for it. It gives its request to the agent before it returns. */
type Fetch = (
  url: string,
  init: Omit<OutgoingRequest, 'body'> & { body: string | undefined },
) => Promise<FetchResponse>;

/**
 * How requests are sent by default: with node-fetch over connections that are kept alive. When the provider has just closed
 * such a connection, the request is sent again. This comes to an end, because each attempt uses up one kept connection, and a
 * failure on a new connection is an error.
 */
export function createKeptAliveSend(): Send {
  // Loaded here, because an app with a `fetch` of its own does not need it. The file and not the package, because Bun replaces
  // the package with its own fetch, which ignores the agent.
  const nodeFetch: Fetch = require('node-fetch/lib/index.js');
  return (url, init) => {
    const fetch = init.method === 'GET' && init.body !== undefined ? getWithBody : nodeFetch;
    const agent = init.agent ?? defaultAgent(url);
    let attempt: Attempt;
    let isAborted = false;
    const send = async () => {
      for (;;) {
        attempt = new Attempt(fetch, url, init, agent);
        try {
          return await attempt.response;
        } catch (error) {
          // It does no harm: if the first request has used up the code or the token, the second one is rejected.
          if (init.once || isAborted || !isClosed(error as Error) || !attempt.isUnanswered()) throw error;
        }
      }
    };
    return {
      response: send(),
      abort(isLate) {
        isAborted = true;
        attempt.abort(isLate);
      },
    };
  };
}

let agents: { secure: Agent; plain: Agent } | undefined;

/** Made at first use: by then the app has chosen the proxy of the process. */
function defaultAgent(url: string): Agent {
  agents ??= {
    secure: new SecureAgent(keepAliveAs(globalSecureAgent)),
    plain: new Agent(keepAliveAs(globalAgent)),
  };
  return url.startsWith('https:') ? agents.secure : agents.plain;
}

/**
 * A request takes three round trips on a new TLS connection, and one on a kept connection. Most users are back from the login
 * page within a minute; the default of Node.js is 5 s. `proxyEnv` (Node.js 22.21, 24.5) makes the process use the proxy that its
 * environment names; `@types/node` leaves it out.
 */
function keepAliveAs(global: object) {
  // An app may have replaced the global agent with an object without options.
  const { options } = global as { options?: { proxyEnv?: unknown } };
  return { keepAlive: true, maxFreeSockets: 1024, timeout: 60_000, proxyEnv: options?.proxyEnv };
}

/** The method by which node:http gives a request to its agent; `@types/node` leaves it out. */
interface RequestAgent extends Agent {
  addRequest(request: ClientRequest, options: unknown): void;
}

/** What node-fetch decodes, or leaves as it is. */
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'x-deflate', 'br', 'identity'];

/** The attempt that is calling node-fetch right now. */
let sender: Attempt | undefined;

const watchedAgents = new WeakMap<Agent, Agent>();

/** The agent, wrapped so that an attempt sees its request. All attempts share one wrapper, which is faster than one for each. */
function watched(agent: Agent): Agent {
  const known = watchedAgents.get(agent);
  if (known) return known;
  const addRequest: RequestAgent['addRequest'] = (request, options) => {
    sender?.watch(request);
    (agent as RequestAgent).addRequest(request, options);
  };
  const proxy = new Proxy(agent, {
    get: (_, member) => (member === 'addRequest' ? addRequest : Reflect.get(agent, member)),
  });
  watchedAgents.set(agent, proxy);
  return proxy;
}

/** One sending of a request. It watches node:http's request, connection and response, which node-fetch does not show. */
class Attempt {
  readonly response: Promise<FetchResponse>;

  private request: ClientRequest | undefined;

  private incoming: IncomingMessage | undefined;

  /** The decoded body, once node-fetch has returned it. */
  private body: Readable | undefined;

  private hasFailed = false;

  private readonly origin: string;

  private resolve!: (response: FetchResponse) => void;

  private reject!: (reason: Error) => void;

  /** The connection, if it was kept from an earlier request, and how many bytes had been read from it before this one. */
  private kept: { socket: Socket; bytesRead: number } | undefined;

  constructor(
    fetch: Fetch,
    private readonly url: string,
    init: OutgoingRequest,
    private readonly agent: Agent,
  ) {
    this.origin = originOf(url);
    this.response = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    sender = this;
    const { method, headers, body, redirect } = init;
    // Written out, because a copy of `init` would take a twentieth of an exchange's time.
    fetch(url, { method, headers, body, redirect, agent: watched(agent) }).then((response) => {
      this.body = response.body as Readable;
      this.resolve(response);
    }, this.reject);
    sender = undefined;
  }

  /** Whether the connection was kept from an earlier request, and no byte of the response has arrived. */
  isUnanswered(): boolean {
    return this.kept !== undefined && this.kept.socket.bytesRead === this.kept.bytesRead;
  }

  abort(isLate: boolean): void {
    this.fail(new Error('the request was aborted'), isLate);
    // Undefined where a test tool responds instead of node:http.
    this.request?.destroy();
  }

  watch(request: ClientRequest): void {
    this.request = request;
    let noTunnel = 'no encrypted connection to the host';
    // https-proxy-agent emits this event with the proxy's response.
    request.on('proxyConnect', ({ statusCode }) => {
      noTunnel = `the proxy opened no tunnel: HTTP ${statusCode}`;
    });
    request.on('socket', (socket) => {
      this.watchConnection(socket, request.reusedSocket);
      // When a proxy opens no tunnel, its agent passes on the proxy's unencrypted response as if it came from the host.
      if (this.url.startsWith('https:') && !('encrypted' in socket)) request.destroy(new Error(noTunnel));
    });
    request.on('response', (incoming) => this.watchResponse(incoming));
    request.on('upgrade', (incoming, socket) => {
      socket.destroy();
      this.incoming = incoming;
      this.resolve({ status: incoming.statusCode as number, text: async () => '' });
    });
    request.on('error', (reason) => this.fail(reason));
    request.on('close', () => {
      if (!this.incoming) this.fail(new Error('the request was closed without a response'));
    });
  }

  private watchConnection(socket: Socket, isReused: boolean): void {
    // If the request has waited for a free connection, node:http does not set `reusedSocket`.
    const isKept = noteConnection(this.agent, this.origin, socket) || isReused;
    // An agent may return a stream that does not count its bytes.
    const { bytesRead } = socket as { bytesRead?: number };
    if (isKept && bytesRead !== undefined) this.kept = { socket, bytesRead };
  }

  private watchResponse(incoming: IncomingMessage): void {
    this.incoming = incoming;
    incoming.on('error', (reason) => this.fail(reason));
    const { headers } = incoming;
    // With this header, node-fetch looks for bodies that are cut short, and takes the next request on the connection for one.
    delete headers['transfer-encoding'];
    const coding = headers['content-encoding']?.toLowerCase();
    if (!coding) return;
    // node-fetch knows them in lower case only.
    headers['content-encoding'] = coding;
    if (!CODINGS.includes(coding)) {
      this.fail(new BrokenResponse(`its content coding is ${coding}, which is not known here`));
    }
  }

  /**
   * Ends the exchange: with an error or, if the response has begun, with a body that fails. Only the first call counts.
   *
   * @param mayBeDead - whether the reason may be a dead connection
   */
  private fail(reason: Error, mayBeDead = true): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    // If one kept connection is dead, the other idle ones are probably dead, too.
    if (mayBeDead && this.isUnanswered()) closeIdle(this.agent, this.origin);
    if (this.body) this.body.destroy(reason);
    else if (!this.incoming) this.reject(reason);
    else {
      const status = this.incoming.statusCode as number;
      this.resolve({ status, text: () => Promise.reject(reason) });
    }
  }
}

/** The URL was written by `URL`, so it need not be parsed for each request. */
function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', 'https://'.length));
}

function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}
