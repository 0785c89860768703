import { ANSWERS } from '../answers';
import type { Peer } from '../peer';
import { peer as stock } from './stock';

/** passport-oauth2's own code: the responses come at once, from the same process. */
export const peer: Peer = async () => {
  const strategy = await stock('https://provider.example');
  const answer = (_method: string, url: string, ...rest: unknown[]) => {
    const callback = rest.at(-1) as (error: null, body: string | undefined, response: object) => void;
    callback(null, ANSWERS[new URL(url).pathname], {});
  };
  Object.assign((strategy as unknown as { _oauth2: object })._oauth2, { _request: answer });
  return strategy;
};
