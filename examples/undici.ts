import type { FetchFunction } from 'passport-freedom-id';
import { Agent, type Dispatcher, request } from 'undici';

const keptAlive = { keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 };

export function undiciFetch(dispatcher: Dispatcher = new Agent(keptAlive)): FetchFunction {
  return async (url, { method, headers, body = null, emitter: signal, once }) => {
    const send = () => request(url, { dispatcher, method, headers, body, signal });
    const { statusCode, body: answer } = await send().catch((error) => {
      // A kept connection was closed meanwhile: send it once more, unless it creates a user. A code that arrives twice is still
      // good only once.
      if (once || !['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(error.code)) throw error;
      return send();
    });
    return { status: statusCode, body: answer, text: () => answer.text() };
  };
}
