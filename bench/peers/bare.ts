import { CALLBACK_URL, type Strategy } from '../peer';

/** Sends one request. @returns its JSON */
export type Ask = (
  path: string,
  init: { method?: 'POST'; body?: string; headers: Record<string, string> },
) => Promise<Record<string, unknown>>;

interface Actions {
  redirect(url: string): void;
  success(user: object): void;
  error(error: unknown): void;
}

const BASIC = 'Basic YmVuY2g6YjNuY2gtczNjcmV0';
const HEADERS = { accept: 'application/json', 'user-agent': 'passport-freedom-id' };

/**
 * The requests of a login, with as many bytes as ours, and the JSON of their responses. Nothing else. It asks for a link, too,
 * because a process that has done nothing for a while is slow at first.
 */
export function bareExchanges(ask: Ask): Strategy {
  const askAs = (authorization: string, path: string, body?: object) => {
    const headers: Record<string, string> = { ...HEADERS, authorization };
    if (body === undefined) return ask(path, { headers });
    headers['content-type'] = 'application/json';
    return ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
  };

  async function createLink(): Promise<string> {
    const request = { redirect_uri: CALLBACK_URL, grants: ['read.firstname', 'read.lastname'] };
    const { redirect_uri } = await askAs(BASIC, '/api/v1/oauth/authorize', request);
    return String(redirect_uri);
  }

  async function loadUser(code: string): Promise<object> {
    const { access_token } = await askAs(BASIC, '/api/v1/oauth/token', { authorization_code: code });
    const { freedom_id } = await askAs(`Bearer ${access_token}`, '/api/v1/oauth/get-data');
    return { id: freedom_id };
  }

  return {
    authenticate(this: Actions, { query }: { query: { authorization_code?: string } }) {
      const { redirect, success, error } = this;
      const { authorization_code: code } = query;
      if (code === undefined) createLink().then(redirect, error);
      else loadUser(code).then(success, error);
    },
  };
}
