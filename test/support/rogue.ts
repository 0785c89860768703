import type { RequestListener } from 'node:http';
import { json as readJSON } from 'node:stream/consumers';
import type { RunningApp } from './app';
import { type CookieJar, locationOf } from './browser';

/** How it responds at the endpoints where it differs from Freedom ID. */
export type RogueAnswers = Partial<Record<'authorize' | 'token' | 'get-data', RequestListener>>;

/** Stands in for Freedom ID, and responds with whatever a test wants, which the emulator does not. */
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

/** Responds with JSON: an object, or text that is sent as it is. */
export function says(body: object | string, status = 200): RequestListener {
  return (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Puts the redirect URI into the login link, where `logIn` finds it. */
const giveLink: RequestListener = async (req, res) => {
  const { redirect_uri } = (await readJSON(req)) as { redirect_uri: string };
  const query = new URLSearchParams({ back: redirect_uri });
  res.end(JSON.stringify({ redirect_uri: `https://passport.freedompay.kz/login?${query}` }));
};

/** Logs in, as a user who agrees to everything. @returns the app's last response */
export async function logIn(browser: CookieJar, app: RunningApp): Promise<Response> {
  const start = await browser.get(`${app.url}/login`);
  if (start.status !== 302) return start;
  const back = new URL(locationOf(start)).searchParams.get('back');
  return browser.get(`${back}&authorization_code=C0de`);
}
