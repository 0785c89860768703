import type { FetchFunction } from 'passport-freedom-id';
import { Agent, type Dispatcher, request } from 'undici';

const keptAlive = { keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 };

export function undiciFetch(dispatcher: Dispatcher = new Agent(keptAlive)): FetchFunction {
  return async (url, { method, headers, body = null, emitter: signal, once }) => {
    const send = () => request(url, { dispatcher, method, headers, body, signal });
    const { statusCode, body: content } = await send().catch((error) => {
      // An idle connection was closed meanwhile: send the request again, unless it creates a user. If a code arrives twice,
      // Freedom ID still accepts it only once.
      if (once || !['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(error.code)) throw error;
      return send();
    });
    return { status: statusCode, body: content, text: () => content.text() };
  };
}
