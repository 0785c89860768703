import { Agent, request } from 'undici';
import type { Peer } from '../peer';
import { type Ask, bareExchanges } from './bare';

const dispatcher = new Agent({ keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 });

/** The lower bound on undici, see {@link bareExchanges}. */
export const peer: Peer = (baseURL) => {
  const ask: Ask = async (path, init) => {
    const { body } = await request(baseURL + path, { ...init, dispatcher });
    return body.json() as ReturnType<Ask>;
  };
  return bareExchanges(ask);
};
