import type { FetchFunction } from 'passport-freedom-id';
import { Agent, request } from 'undici';

const dispatcher = new Agent({ keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 });

export const undiciFetch: FetchFunction = async (url, { method, headers, body = null, signal }) => {
  const send = () => request(url, { dispatcher, method, headers, body, signal });
  const answer = await send().catch((error) => {
    // The connection was kept, and closed meanwhile: once more, on another one.
    if (!['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(error.code)) throw error;
    return send();
  });
  return { status: answer.statusCode, body: answer.body, text: () => answer.body.text() };
};
