import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createAuthority } from '../support/authority';
import { type Connection, ENDPOINTS, type ExchangeName, type FlowUnderTest, type StartedFlow } from './flow';
import { type Answer, answer, BreakableServer, type Exchange } from './server';

/** How a broken server responds. */
export type WrongAnswer = (exchange: Exchange, right: Record<string, unknown>) => void;

/** What is wrong with an exchange: why requests do not reach the server, or how it responds. */
export type Breakage = 'refuses' | 'has no address' | 'shows another name' | 'has expired' | WrongAnswer;

/** Where redirects lead: the same server under another name, so that it notes a client that follows. */
export const ANOTHER_HOST = 'another.freedom-id.test';

/** A name whose lookup fails without asking a DNS server: its label is longer than DNS allows. */
const NO_SUCH_HOST = `${'x'.repeat(64)}.invalid`;

/** Freedom ID over TLS. Each exchange of a flow has a server of its own, so that one can be broken while the others work. */
export interface BreakableProvider {
  urls: Connection['urls'];
  flow: StartedFlow;
  /** The options of a TLS connection to it. */
  connect: { ca: string; lookup: LookupFunction };
  /** The exchanges that were asked for, in order. */
  requests: ExchangeName[];
  /** How many bytes a server has sent so far. */
  bytesSent(name: ExchangeName): number;
  /** @returns a function that repairs it, once each response is over */
  breakDown(name: ExchangeName, breakage: Breakage): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export async function startProvider({ exchanges, start }: FlowUnderTest): Promise<BreakableProvider> {
  const authority = await createAuthority();
  const valid = await authority.certify('*.freedom-id.test');
  const expired = await authority.certify('*.freedom-id.test', { expired: true });
  const ofAnother = await authority.certify('freedom-id.example');

  const flow = start();
  const requests: ExchangeName[] = [];
  const urls = {} as Record<ExchangeName, string>;
  const withoutAddress = new Set<string>();
  const servers = new Map<ExchangeName, BreakableServer>();
  for (const name of exchanges) {
    const server = new BreakableServer(valid, answerRightly(flow, name), () => requests.push(name));
    servers.set(name, server);
    urls[name] = `https://${hostOf(name)}:${await server.listen()}/${ENDPOINTS[name]}`;
  }
  const serverOf = (name: ExchangeName) => servers.get(name) as BreakableServer;

  return {
    urls,
    flow,
    connect: {
      ca: authority.ca,
      lookup: (host, options, callback) =>
        lookup(withoutAddress.has(host) ? NO_SUCH_HOST : '127.0.0.1', options, callback),
    },
    requests,
    bytesSent: (name) => serverOf(name).bytesSent,
    async breakDown(name, breakage) {
      const server = serverOf(name);
      switch (breakage) {
        case 'refuses': {
          const port = await server.stopListening();
          return async () => void (await server.listen(port));
        }
        case 'has no address':
          withoutAddress.add(hostOf(name));
          return async () => void withoutAddress.delete(hostOf(name));
        case 'shows another name':
        case 'has expired':
          server.show(breakage === 'has expired' ? expired : ofAnother);
          return async () => server.show(valid);
        default:
          server.answer = answerWrongly(flow, name, breakage);
          return async () => {
            await server.idle();
            server.answer = answerRightly(flow, name);
          };
      }
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}

function hostOf(name: ExchangeName): string {
  return `${name}.freedom-id.test`;
}

/** Responds as Freedom ID does to the right request, and with 401 to any other. */
function answerRightly(flow: StartedFlow, name: ExchangeName): Answer {
  return answerWrongly(flow, name, ({ res }, right) => answer(res, 200, JSON.stringify(right)));
}

/** Responds wrongly to the right request, and with 401 to any other. */
function answerWrongly(flow: StartedFlow, name: ExchangeName, breakage: WrongAnswer): Answer {
  return (exchange) => {
    const { req, res, sent } = exchange;
    const line = `${req.method} ${req.url?.slice(1)} ${req.headers.authorization} ${sent}`;
    const right = flow.answer(name, { line, body: sent });
    if (right) breakage(exchange, right);
    else answer(res, 401, '{"error":{"message":"Unauthorized."}}');
  };
}
