import { expect } from 'chai';
import nock from 'nock';

// Importing nock patches node:http. Tests that do not call useNock() get the real one.
nock.restore();

/** Lets the tests of a `describe` block answer requests with nock; no other request leaves the process. */
export function useNock(): void {
  before(() => {
    nock.activate();
    nock.disableNetConnect();
  });
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    nock.abortPendingRequests();
    expect(pending, 'requests that were expected and never came').to.deep.equal([]);
  });
  after(() => {
    nock.enableNetConnect();
    nock.restore();
  });
}

export const PROVIDER = 'https://passport.freedompay.kz';

/** A request as it went out. */
export interface SentRequest {
  path: string;
  headers: Record<string, unknown>;
  body: unknown;
}

/** Answers the next request to an endpoint, and tells what was sent. */
export function answerOnce(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  status: number,
  body: nock.Body,
  answerHeaders: Record<string, string> = { 'content-type': 'application/json' },
  host = PROVIDER,
): SentRequest {
  const sent: SentRequest = { path: '', headers: {}, body: undefined };
  nock(host)
    .intercept(path, method)
    .reply(function (uri, requestBody) {
      // nock opens no connection, so this header says nothing: keep-alive is tested on real sockets.
      const { connection: _, ...headers } = this.req.headers;
      Object.assign(sent, { path: uri, headers, body: requestBody });
      return [status, body, answerHeaders];
    });
  return sent;
}
