import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { approve, USER_ID } from './answers';

const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024 });

interface Page {
  location: string | undefined;
  cookie: string | undefined;
  body: string;
}

/** Signs in at an app with one new browser. @throws if the app signs in anybody but the provider's user */
export async function signIn(app: string): Promise<void> {
  const login = await visit(`${app}/login`);
  const { pathname, search } = new URL(approve(login.location ?? ''));
  const { body } = await visit(app + pathname + search, login.cookie);
  const { id } = JSON.parse(body);
  if (id !== USER_ID) throw new Error(`${body} was signed in`);
}

async function visit(url: string, cookie?: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: cookie === undefined ? {} : { cookie } }, async (response) => {
      const { location, 'set-cookie': cookies } = response.headers;
      resolve({ location, cookie: cookies?.[0]?.split(';')[0], body: await text(response) });
    });
    request.on('error', reject);
  });
}
