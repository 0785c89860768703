import type { RequestListener } from 'node:http';
import { json as readJSON } from 'node:stream/consumers';
import type { RunningApp } from './app';
import { type CookieJar, locationOf } from './browser';

/** How it answers at each endpoint, where not as Freedom ID would. */
export type RogueAnswers = Partial<Record<'authorize' | 'token' | 'get-data', RequestListener>>;

/** Stands in for Freedom ID, and answers what a test tells it to. The emulator would not. */
export function rogue(answers: RogueAnswers = {}): RequestListener {
  const all: Record<string, RequestListener> = {
    authorize: giveLink,
    token: says({ access_token: 'access' }),
    'get-data': says({ freedom_id: 'u-1' }),
    ...answers,
  };
  return (req, res) => {
    const { url = '' } = req;
    all[url.slice(url.lastIndexOf('/') + 1)]?.(req, res);
  };
}

/** An answer in JSON: of an object, or of text as it is. */
export function says(body: object | string, status = 200): RequestListener {
  return (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** The link tells where the browser would be sent back to. */
const giveLink: RequestListener = async (req, res) => {
  const { redirect_uri } = (await readJSON(req)) as { redirect_uri: string };
  const query = new URLSearchParams({ back: redirect_uri });
  res.end(JSON.stringify({ redirect_uri: `https://passport.freedompay.kz/login?${query}` }));
};

/** A login of somebody who agrees to everything. @returns the app's last answer */
export async function logIn(browser: CookieJar, app: RunningApp): Promise<Response> {
  const start = await browser.get(`${app.url}/login`);
  if (start.status !== 302) return start;
  const back = new URL(locationOf(start)).searchParams.get('back');
  return browser.get(`${back}&authorization_code=C0de`);
}
