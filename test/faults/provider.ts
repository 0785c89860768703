import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createAuthority } from '../support/authority';
import { answerRightly, type Endpoint, RIGHT_ANSWERS } from './answers';
import { BreakableServer, type Exchange } from './server';

/** How a broken endpoint responds. */
export type WrongAnswer = (exchange: Exchange, right: Record<string, unknown>) => void;

/** What is wrong with an endpoint: why requests do not reach it, or how it responds. */
export type Breakage = 'refuses' | 'has no address' | 'shows another name' | 'has expired' | WrongAnswer;

/** Where redirects lead: the same server under another name, so that it notes a client that follows. */
export const ANOTHER_HOST = 'another.freedom-id.test';

/** A name whose lookup fails without asking a DNS server: its label is longer than DNS allows. */
const NO_SUCH_HOST = `${'x'.repeat(64)}.invalid`;

/** Freedom ID over TLS. Each endpoint has a server of its own, so that one can be broken while the others work. */
export interface BreakableProvider {
  urls: { authorizationURL: string; tokenURL: string; userProfileURL: string };
  /** The options of a TLS connection to it. */
  connect: { ca: string; lookup: LookupFunction };
  /** The paths that were asked for, in order. */
  requests: string[];
  /** How many bytes an endpoint has sent so far. */
  bytesSent(endpoint: Endpoint): number;
  /** @returns a function that repairs it, once each response is over */
  breakDown(endpoint: Endpoint, breakage: Breakage): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export async function startProvider(): Promise<BreakableProvider> {
  const authority = await createAuthority();
  const valid = await authority.certify('*.freedom-id.test');
  const expired = await authority.certify('*.freedom-id.test', { expired: true });
  const ofAnother = await authority.certify('freedom-id.example');

  const requests: string[] = [];
  const withoutAddress = new Set<string>();
  const servers = {
    authorize: new BreakableServer(valid, answerRightly('authorize'), requests),
    token: new BreakableServer(valid, answerRightly('token'), requests),
    'get-data': new BreakableServer(valid, answerRightly('get-data'), requests),
  };
  const hostOf = (endpoint: Endpoint) => `${endpoint}.freedom-id.test`;
  const start = async (endpoint: Endpoint) =>
    `https://${hostOf(endpoint)}:${await servers[endpoint].listen()}/${endpoint}`;

  return {
    urls: {
      authorizationURL: await start('authorize'),
      tokenURL: await start('token'),
      userProfileURL: await start('get-data'),
    },
    connect: {
      ca: authority.ca,
      lookup: (host, options, callback) =>
        lookup(withoutAddress.has(host) ? NO_SUCH_HOST : '127.0.0.1', options, callback),
    },
    requests,
    bytesSent: (endpoint) => servers[endpoint].bytesSent,
    async breakDown(endpoint, breakage) {
      const server = servers[endpoint];
      switch (breakage) {
        case 'refuses': {
          const port = await server.stopListening();
          return async () => void (await server.listen(port));
        }
        case 'has no address':
          withoutAddress.add(hostOf(endpoint));
          return async () => void withoutAddress.delete(hostOf(endpoint));
        case 'shows another name':
        case 'has expired':
          server.show(breakage === 'has expired' ? expired : ofAnother);
          return async () => server.show(valid);
        default:
          server.answer = (exchange) => breakage(exchange, RIGHT_ANSWERS[endpoint]);
          return async () => {
            await server.idle();
            server.answer = answerRightly(endpoint);
          };
      }
    },
    async close() {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}
