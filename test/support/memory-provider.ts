import type { FetchFunction, FetchResponse } from '../../lib';

export type Endpoint = 'authorize' | 'token' | 'get-data';

const ANSWERS: Record<Endpoint, object> = {
  authorize: { redirect_uri: 'https://passport.freedompay.kz/login?track_id=1' },
  token: {
    access_token: 'access',
    refresh_token: 'refresh',
    access_expire_at: '2030-01-01T00:00:00.000000Z',
  },
  'get-data': { freedom_id: '1', firstname: 'John' },
};

/** The response of an endpoint in a login that succeeds. */
export function goodAnswer(endpoint: Endpoint): FetchResponse {
  const text = JSON.stringify(ANSWERS[endpoint]);
  return { status: 200, text: async () => text };
}

/** A Freedom ID without sockets, for the option `fetch`. */
export function memoryProvider(answer: (endpoint: Endpoint) => FetchResponse = goodAnswer): FetchFunction {
  return async (url) => answer(url.slice(url.lastIndexOf('/') + 1) as Endpoint);
}
