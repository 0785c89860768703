import { Agent } from 'node:https';
import nodeFetch from 'node-fetch';
import { CALLBACK_URL, type Peer } from '../peer';

const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 });

/** The lower bound: the two requests of a callback and their JSON, on our HTTP client, and nothing else. */
export const peer: Peer = (baseURL) => {
  async function ask(
    path: string,
    init: { method?: string; body?: string; headers: Record<string, string> },
  ) {
    const response = await nodeFetch(`${baseURL}/api/v1/oauth/${path}`, { ...init, agent });
    return response.json();
  }

  async function loadUser(): Promise<object> {
    const { access_token } = await ask('token', {
      method: 'POST',
      body: '{"authorization_code":"C0de"}',
      headers: { authorization: 'Basic YmVuY2g6YjNuY2gtczNjcmV0', 'content-type': 'application/json' },
    });
    const { freedom_id } = await ask('get-data', { headers: { authorization: `Bearer ${access_token}` } });
    return { id: freedom_id };
  }

  return {
    authenticate(this: Actions, { query }: { query: { authorization_code?: string } }) {
      const { redirect, success, error } = this;
      if (query.authorization_code !== undefined) loadUser().then(success, error);
      else redirect(`https://provider.example/login?redirect_uri=${encodeURIComponent(CALLBACK_URL)}`);
    },
  };
};

interface Actions {
  redirect(url: string): void;
  success(user: object): void;
  error(error: unknown): void;
}
