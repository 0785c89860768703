import type { Arrival } from './landing';

/** What a callback has brought, and what has become of the state that was sent. */
export interface CallbackContent {
  stateIn: 'query' | 'path' | 'nowhere';
  /** What stands between the state in the query and the rest; absent where there is no rest, or no state. */
  join?: '&' | '?' | 'other';
  /** What the provider has added. */
  params: URLSearchParams;
}

/** @param callbackURL - its own parameters are left out */
export function readArrival({ path, query }: Arrival, state: string, callbackURL: string): CallbackContent {
  const [before = '', after] = query.split(`state=${state}`);
  if (after === undefined) {
    const params = paramsIn(query, callbackURL);
    return { stateIn: path.endsWith(`/${state}`) ? 'path' : 'nowhere', params };
  }
  const params = paramsIn(`${before.slice(0, -1)}&${after.slice(1)}`, callbackURL);
  const join = after.charAt(0) || before.slice(-1);
  return { stateIn: 'query', params, ...(params.size > 0 && { join: isKnown(join) ? join : 'other' }) };
}

function isKnown(join: string): join is '&' | '?' {
  return join === '&' || join === '?';
}

/** The parameters, whether they are joined by `&` or by a second `?`. */
function paramsIn(query: string, callbackURL: string): URLSearchParams {
  const params = new URLSearchParams(query.replaceAll('?', '&'));
  for (const name of new URL(callbackURL).searchParams.keys()) params.delete(name);
  return params;
}
