import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { listen, type RunningApp } from './app';

/** A response of Freedom ID that is not passed on yet. */
export interface HeldAnswer {
  /** Resolves when Freedom ID has responded, so that it has done what was requested. */
  given: Promise<unknown>;
  passOn(): void;
}

/** Stands between the apps and Freedom ID, sees the tokens that pass, and holds responses back if a test says so. */
export interface Relay extends RunningApp {
  /** Token responses, the newest last. */
  tokens: { id: string; access_token: string; refresh_token: string }[];
  /** @param endpoint - e.g. `PATCH /api/v1/oauth/token`, the next of which it means */
  hold(endpoint: string): HeldAnswer;
}

export async function relayTo(provider: string): Promise<Relay> {
  const held = new Map<string, { given(): void; passedOn: Promise<unknown> }>();
  const tokens: Relay['tokens'] = [];
  const app = await listen(async (req, res) => {
    const { method = '', url = '', headers } = req;
    const body = await buffer(req);
    // With the headers as they are: the login page is where the host says.
    const onward = request(new URL(url, provider), { method, headers }).end(body);
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if (answer.includes('"refresh_token"')) tokens.push(JSON.parse(answer));
    const hold = held.get(`${method} ${url}`);
    held.delete(`${method} ${url}`);
    hold?.given();
    await hold?.passedOn;
    res.writeHead(response.statusCode ?? 502, response.headers).end(answer);
  });
  return {
    ...app,
    tokens,
    hold(endpoint) {
      const answer = new EventEmitter();
      held.set(endpoint, { given: () => answer.emit('given'), passedOn: once(answer, 'passed on') });
      return { given: once(answer, 'given'), passOn: () => void answer.emit('passed on') };
    },
  };
}
