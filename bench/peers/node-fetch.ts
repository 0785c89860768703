import { Agent } from 'node:https';
import nodeFetch from 'node-fetch';
import type { Peer } from '../peer';
import { type Ask, bareExchanges } from './bare';

const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 });

/** The lower bound on our HTTP client, see {@link bareExchanges}. */
export const peer: Peer = (baseURL) => {
  const ask: Ask = async (path, init) => {
    const response = await nodeFetch(baseURL + path, { ...init, agent });
    return response.json();
  };
  return bareExchanges(ask);
};
