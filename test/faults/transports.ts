import { type AgentOptions, Agent as SecureAgent } from 'node:https';
import { Agent, fetch } from 'undici';
import { undiciFetch } from '../../examples/undici';
import type { FetchFunction, FreedomIdStrategyOptions } from '../../lib';
import type { BreakableProvider } from './provider';

/** What carries the exchanges of a login. */
export interface Transport {
  options: Pick<FreedomIdStrategyOptions, 'agent' | 'fetch'>;
  /** Closes what is kept alive. */
  close(): Promise<void>;
}

/** node-fetch, the default. */
const nodeFetch =
  (limits: AgentOptions = {}) =>
  ({ connect }: BreakableProvider): Transport => {
    const agent = new SecureAgent({ keepAlive: true, ...limits, ...connect });
    return { options: { agent }, close: async () => agent.destroy() };
  };

/** Each makes a transport with connections of its own. */
export const TRANSPORTS = {
  'node-fetch': nodeFetch(),
  // Requests to the same host queue for it.
  'node-fetch on one connection': nodeFetch({ maxSockets: 1 }),
  "undici's fetch": ({ connect }: BreakableProvider): Transport => {
    const dispatcher = new Agent({ connect });
    return {
      options: { fetch: ((url, init) => fetch(url, { ...init, dispatcher })) as FetchFunction },
      close: () => dispatcher.close(),
    };
  },
  "undici's request": ({ connect }: BreakableProvider): Transport => {
    const dispatcher = new Agent({ connect });
    return { options: { fetch: undiciFetch(dispatcher) }, close: () => dispatcher.close() };
  },
};

export type TransportName = keyof typeof TRANSPORTS;
