import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import timers from 'node:timers/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type FetchFunction, FreedomIdClient, type FreedomIdClientOptions, FreedomIdError } from '../../lib';
import { bearer } from '../../lib/http/authorization';
import type { ExchangeRequest } from '../../lib/http/exchange';
import type { FetchInit } from '../../lib/http/fetch';
import { readConnectionOptions } from '../../lib/http/options';
import { createTransport } from '../../lib/http/transport';
import { createAuthority } from '../support/authority';
import { CLIENT_SECRET, minimalOptions } from '../support/options';

const TOKEN = 'Tok3n'.repeat(20);

/** Runs a server for one test, and reads the user from it. */
async function readFrom(listener: RequestListener, options: Partial<FreedomIdClientOptions> = {}) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await new FreedomIdClient({ ...minimalOptions, baseURL, ...options }).getUserInfo(TOKEN);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function errorFrom(
  listener: RequestListener,
  options?: Partial<FreedomIdClientOptions>,
): Promise<FreedomIdError> {
  const error = await readFrom(listener, options).catch((reason) => reason);
  expect(error).to.be.instanceOf(FreedomIdError);
  expect(error.endpoint).to.equal('get-data');
  expect(error.message)
    .to.match(/^Freedom ID get-data: .*\.$/)
    .and.not.match(/\n/);
  expect(inspect(error, { depth: 9, showHidden: true })).to.not.include(TOKEN);
  return error;
}

const answer =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_req, res) =>
    res.writeHead(status, headers).end(body);

/** A `fetch` whose answer has a text and no stream. */
const textual =
  (text: string, status = 200): FetchFunction =>
  async () => ({ status, body: null, text: async () => text });

const withFetch = (fetch: FetchFunction) => readFrom(answer(200, '{}'), { fetch });

describe('an exchange', () => {
  it('resolves to the body as it came, and parsed', async () => {
    expect(await readFrom(answer(200, ' {"a": 1}'))).to.deep.equal({ raw: ' {"a": 1}', json: { a: 1 } });
    expect(await readFrom(answer(201, '{}', { 'content-type': 'text/html' }))).to.deep.equal({
      raw: '{}',
      json: {},
    });
  });

  it('reads a letter that is split between chunks, and drops a byte order mark', async () => {
    const bytes = Buffer.from('\ufeff{"a":"Ә"}');
    const split: RequestListener = (_req, res) => {
      res.write(bytes.subarray(0, 10));
      setImmediate(() => res.end(bytes.subarray(10)));
    };
    expect((await readFrom(split)).json).to.deep.equal({ a: 'Ә' });
  });

  it('reads a compressed body', async () => {
    const body = gzipSync('{"a":1}');
    expect((await readFrom(answer(200, body, { 'content-encoding': 'gzip' }))).json).to.deep.equal({ a: 1 });
  });

  describe('that Freedom ID rejects', () => {
    const invalid = JSON.stringify({ error: { message: 'Invalid token.', code: 100200 } });

    it('is an error at any status, 200 included', async () => {
      for (const status of [200, 401, 422]) {
        expect(await errorFrom(answer(status, invalid))).to.include({
          code: 'ERR_FREEDOM_ID_REJECTED',
          httpStatus: status,
          providerCode: '100200',
          status: 502,
        });
      }
      const error = await errorFrom(answer(200, invalid));
      expect(error.message).to.equal(
        'Freedom ID get-data: rejected with HTTP 200, "Invalid token." (code 100200). The token may have expired or been revoked; let the user log in again.',
      );
    });

    it('names the fields', async () => {
      const error = await errorFrom(answer(422, '{"error":{"errors":{"grants.3":["Wrong."],"other":[]}}}'));
      expect(error.fields).to.deep.equal({ 'grants.3': ['Wrong.'], other: [] });
      expect(error.message).to.include('; grants.3: Wrong.; other: invalid.');
      const long = { error: { errors: { a: ['й'.repeat(150)], b: ['й'.repeat(150)] } } };
      const { message } = await errorFrom(answer(422, JSON.stringify(long)));
      expect(message).to.match(/; a: й{150}; b: й{42}\. The token/);
    });

    it('is an error even without a message', async () => {
      for (const status of [400, 401, 403, 418, 451]) {
        expect(await errorFrom(answer(status, '{}'))).to.include({
          code: 'ERR_FREEDOM_ID_REJECTED',
          httpStatus: status,
        });
      }
      for (const status of [401, 403]) {
        for (const body of ['', ' \r\n']) {
          expect(await errorFrom(answer(status, body))).to.include({
            code: 'ERR_FREEDOM_ID_REJECTED',
            httpStatus: status,
          });
        }
      }
    });
  });

  it('that fails ends in one line that tells what came back, and what to check', async () => {
    const baseURL = 'https://provider.example';
    const ONCE = 'Check clientID and clientSecret; a code can be used only once.';
    const CREDENTIALS = 'Check clientID and clientSecret.';
    const APP =
      'Check clientID, clientSecret, scope and callbackURL, which was sent as https://app.example/cb.';
    const EXPIRED = 'The token may have expired or been revoked; let the user log in again.';
    const OWN = 'Freedom ID has a problem of its own; try again later.';
    const PLACE = 'Check that https://provider.example/api/v1/oauth/token is the right URL';
    const BETWEEN = `a firewall, a proxy or a bot check may have answered. ${PLACE}, and what stands between it and this server.`;
    const NOT_READY = 'Freedom ID, or a proxy before it, was not ready; try again later.';
    const WRONG = '{"error":{"message":"Wrong."}}';
    const messages: [
      status: number,
      body: string,
      endpoint: 'authorize' | 'token' | 'get-data',
      message: string,
    ][] = [
      [401, '', 'token', `rejected with HTTP 401. ${CREDENTIALS}`],
      [401, '', 'authorize', `rejected with HTTP 401. ${CREDENTIALS}`],
      [401, '', 'get-data', `rejected with HTTP 401. ${EXPIRED}`],
      [403, '', 'authorize', `rejected with HTTP 403. ${APP}`],
      [422, WRONG, 'authorize', `rejected with HTTP 422, "Wrong." ${APP}`],
      [422, WRONG, 'token', `rejected with HTTP 422, "Wrong." ${ONCE}`],
      [422, '{"error":{"message":"Wrong"}}', 'token', `rejected with HTTP 422, "Wrong". ${ONCE}`],
      [422, '{"error":{"code":7}}', 'token', `rejected with HTTP 422 (code 7). ${ONCE}`],
      [
        422,
        '{"error":{"message":"Wrong!","code":7}}',
        'token',
        `rejected with HTTP 422, "Wrong!" (code 7). ${ONCE}`,
      ],
      [422, '{"error":{"errors":{"a":["Wrong."]}}}', 'token', `rejected with HTTP 422; a: Wrong. ${ONCE}`],
      [200, '{"error":true}', 'get-data', `rejected with HTTP 200. ${EXPIRED}`],
      [404, '{}', 'token', `rejected with HTTP 404. ${PLACE}.`],
      [405, '{}', 'token', `rejected with HTTP 405. ${PLACE}.`],
      [404, '', 'token', `HTTP 404 with an empty body, not Freedom ID's JSON: ${BETWEEN}`],
      [403, '\n<!DOCTYPE html>', 'token', `HTTP 403 with an HTML page, not Freedom ID's JSON: ${BETWEEN}`],
      [401, '<html>', 'token', `HTTP 401 with an HTML page, not Freedom ID's JSON: ${BETWEEN}`],
      [400, 'no', 'token', `HTTP 400 with a text, not Freedom ID's JSON: ${BETWEEN}`],
      [403, '[]', 'token', `HTTP 403 with a text, not Freedom ID's JSON: ${BETWEEN}`],
      [429, '', 'token', 'HTTP 429. Too many requests; try again later.'],
      [429, WRONG, 'get-data', 'HTTP 429, "Wrong." Too many requests; try again later.'],
      [408, '<html>', 'get-data', `HTTP 408. ${NOT_READY}`],
      [425, WRONG, 'token', `HTTP 425, "Wrong." ${NOT_READY}`],
      [500, '{}', 'token', `HTTP 500. ${OWN}`],
      [503, '{"error":{"message":"Closed."}}', 'token', `HTTP 503, "Closed." ${OWN}`],
      [300, '{}', 'token', `HTTP 300, a redirect, which is never followed. ${PLACE}.`],
      [307, '', 'token', `HTTP 307, a redirect, which is never followed. ${PLACE}.`],
      [
        304,
        '',
        'token',
        `HTTP 304, not modified: a cache may have answered, or customHeaders make the request conditional. ${PLACE}.`,
      ],
      [
        200,
        '[]',
        'token',
        `HTTP 200 with a body that is not a JSON object, or is nested too deep. ${PLACE}.`,
      ],
      [204, '', 'token', `HTTP 204 with an empty body, which is not a JSON object. ${PLACE}.`],
      [101, '', 'token', `HTTP 101, which is not a final status. ${PLACE}.`],
      [
        400,
        '{"error":"invalid_client"}',
        'authorize',
        `rejected with HTTP 400 (code invalid_client). ${CREDENTIALS}`,
      ],
      [199, '{}', 'token', `HTTP 199, which is not a final status. ${PLACE}.`],
      ...['false', '0', '""', '[]', '[null]'].map((error): [number, string, 'token', string] => [
        200,
        `{"access_token":"a","error":${error}}`,
        'token',
        `HTTP 200 with "error": ${error.replace('null', '')}, which says neither success nor failure. ${PLACE}.`,
      ]),
    ];
    for (const [status, body, endpoint, message] of messages) {
      const client = new FreedomIdClient({ ...minimalOptions, baseURL, fetch: textual(body, status) });
      const calls = {
        authorize: () =>
          client.createAuthorizationLink({
            redirectURI: 'https://app.example/cb?state=s3cret#y',
            grants: [],
          }),
        token: () => client.exchangeCode('the code'),
        'get-data': () => client.getUserInfo(TOKEN),
      };
      const error = await calls[endpoint]().catch((reason) => reason);
      expect(error.message).to.equal(`Freedom ID ${endpoint}: ${message}`);
    }
  });

  it('leaves no timer behind, whether it succeeds or fails', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    // Mocha has started its own by then.
    await null;
    const before = timers();
    await new FreedomIdClient({ ...minimalOptions, fetch: textual('{}') }).getUserInfo(TOKEN);
    await new FreedomIdClient({ ...minimalOptions, fetch: textual('') }).getUserInfo(TOKEN).catch(() => {});
    expect(timers()).to.equal(before);
  });

  describe('with an unusable response', () => {
    it('is an error that says: not a JSON object', async () => {
      for (const body of [
        '',
        '<html>',
        'null',
        '[]',
        '"text"',
        '7',
        '{"a":',
        Buffer.from('{"a":"\xff"}', 'latin1'),
      ]) {
        const error = await errorFrom(answer(200, body));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: 200 });
        expect(error.message).to.include('not a JSON object');
      }
      expect(await errorFrom((_req, res) => res.writeHead(204).end())).to.include({
        code: 'ERR_FREEDOM_ID_RESPONSE',
        httpStatus: 204,
      });
    });

    it('is an error at a status below 200, such as the 0 of a redirect that a browser did not follow', async () => {
      for (const status of [0, 199]) {
        expect(await errorFrom(answer(200, ''), { fetch: textual('{}', status) })).to.include({
          code: 'ERR_FREEDOM_ID_RESPONSE',
          httpStatus: status,
        });
      }
    });

    it('is an error that says: nested too deep', async () => {
      const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      for (const body of [nested(100), nested(100_000)]) {
        const error = await errorFrom(answer(200, body));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: 200 });
        expect(error.message).to.include('nested too deep');
      }
      expect(await readFrom(answer(200, nested(99)))).to.have.property('raw', nested(99));
    });

    it('is an error that says: a server error, whatever its body', async () => {
      for (const body of ['', '<html>', '{}', '{"error":{"message":"x","code":100101}}']) {
        const error = await errorFrom(answer(503, body));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: 503 });
        expect(error.message).to.include('HTTP 503').and.include('try again later');
      }
    });

    it('is an error that says: a redirect, which is not followed', async () => {
      let followed = false;
      const redirecting: RequestListener = (req, res) => {
        if (req.url === '/elsewhere') followed = true;
        res.writeHead(302, { location: '/elsewhere' }).end();
      };
      for (const fetch of [undefined, globalThis.fetch]) {
        expect(await errorFrom(redirecting, { fetch })).to.include({
          code: 'ERR_FREEDOM_ID_RESPONSE',
          httpStatus: 302,
        });
      }
      expect(followed).to.equal(false);
    });

    it('is an error that says: too large, before or after decompression', async () => {
      const large = JSON.stringify({ a: 'x'.repeat(5000) });
      expect(await readFrom(answer(200, large), { maxResponseSize: large.length })).to.have.property(
        'raw',
        large,
      );
      for (const fetch of [undefined, globalThis.fetch]) {
        const options = { fetch, maxResponseSize: large.length - 1 };
        const zipped = answer(200, gzipSync(large), { 'content-encoding': 'gzip' });
        for (const listener of [answer(200, large), zipped]) {
          const error = await errorFrom(listener, options);
          expect(error.code).to.equal('ERR_FREEDOM_ID_RESPONSE');
          expect(error.message).to.include(`larger than ${large.length - 1} bytes`);
        }
      }
    });

    it('is an error that says: broken, when the body does not have the encoding that the header names', async () => {
      const error = await errorFrom(answer(200, '{"a":1}', { 'content-encoding': 'gzip' }));
      expect(error.code).to.equal('ERR_FREEDOM_ID_RESPONSE');
      expect(error.message).to.match(/broken \(Z_DATA_ERROR\)/);
      const brotli = answer(200, '{"a":1}', { 'content-encoding': 'br' });
      expect(await errorFrom(brotli)).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE' });
    });

    it('is an error that says: broken, when the response is not HTTP', async () => {
      const error = await errorFrom((req) => req.socket.end('Garbage\r\n\r\n'));
      expect(error.code).to.equal('ERR_FREEDOM_ID_RESPONSE');
      expect(error.message).to.match(/broken \(HPE_/);
    });
  });

  describe('without a complete response', () => {
    it('names the reason and what to check', async () => {
      const error = await errorFrom((req) => req.socket.resetAndDestroy());
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK', status: 502 });
      expect(error.message).to.match(/connection failed \(ECONNRESET\)\. Check .* DNS, firewall, proxy, TLS/);
      expect(error.cause).to.be.instanceOf(Error).with.property('code', 'ECONNRESET');
    });

    it("names the reason that the platform's fetch hides one level down", async () => {
      const server = http.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      server.close();
      const client = new FreedomIdClient({ ...minimalOptions, baseURL, fetch: globalThis.fetch });
      const error: FreedomIdError = await client.getUserInfo(TOKEN).catch((reason) => reason);
      expect(error.message).to.include('ECONNREFUSED');
    });

    it('trusts no server with an unknown certificate, when the app gives no agent', async () => {
      const certificate = await (await createAuthority()).certify('127.0.0.1');
      const server = https.createServer(certificate).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const baseURL = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = new FreedomIdClient({ ...minimalOptions, baseURL });
      const error: FreedomIdError = await client.getUserInfo(TOKEN).catch((reason) => reason);
      server.close();
      expect(error.message).to.include('the connection failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE)');
    });

    it('ends at the deadline, before the response or in the middle of it', async () => {
      const silent: RequestListener = () => {};
      const stalled: RequestListener = (_req, res) =>
        void res.writeHead(200, { 'content-length': 100 }).write('{"a":');
      for (const listener of [silent, stalled]) {
        const error = await errorFrom(listener, { timeout: 50 });
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_TIMEOUT', status: 504 });
        expect(error.message).to.include('within 50 ms');
      }
    });

    it('ends at once when the response is cut short', async () => {
      for (const headers of [{ 'content-length': 100 }, { 'transfer-encoding': 'chunked' }]) {
        for (const encoding of ['identity', 'gzip']) {
          const body = encoding === 'gzip' ? gzipSync('{"a":1}').subarray(0, 12) : '{"a":';
          const error = await errorFrom((_req, res) =>
            res
              .writeHead(200, { ...headers, 'content-encoding': encoding })
              .write(body, () => res.socket?.destroy()),
          );
          expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK', httpStatus: 200 });
        }
      }
    });

    it('closes its connection at the deadline', async () => {
      let closed: Promise<unknown> | undefined;
      await errorFrom((req) => (closed = once(req.socket, 'close')), { timeout: 50 });
      await closed;
    });
  });

  describe('through a fetch of the app', () => {
    it('works with the platform’s fetch', async () => {
      expect((await readFrom(answer(200, '{"a":1}'), { fetch: globalThis.fetch })).json).to.deep.equal({
        a: 1,
      });
    });

    it('works with a test double that has a text and no stream', async () => {
      const double: FetchFunction = async () => ({ status: 200, text: async () => '{"a":1}' });
      expect((await withFetch(double)).json).to.deep.equal({ a: 1 });
      expect((await withFetch(textual('{"a":1}'))).json).to.deep.equal({ a: 1 });
    });

    it('ends even if the clock of the app stands still', async () => {
      const real = { ...timers };
      // As false clocks do in tests of apps.
      for (const name of ['setImmediate', 'setTimeout'] as const) {
        (timers as Record<string, unknown>)[name] = () => new Promise(() => {});
      }
      try {
        expect((await withFetch(textual('{"a":1}'))).json).to.deep.equal({ a: 1 });
      } finally {
        Object.assign(timers, real);
      }
    });

    it('reads no text that is larger than the limit', async () => {
      const body = '{"a":"Ә"}';
      const limit = Buffer.byteLength(body);
      const read = (maxResponseSize: number) => ({ fetch: textual(body), maxResponseSize });
      expect((await readFrom(answer(200, ''), read(limit))).json).to.deep.equal({ a: 'Ә' });
      const error = await errorFrom(answer(200, ''), read(limit - 1));
      expect(error.message).to.include(`larger than ${limit - 1} bytes`);
    });

    it('reads a body of text chunks, up to the size limit', async () => {
      const asStream = (text: string) => Readable.from([text]);
      const asIterable = async function* (text: string) {
        yield text;
      };
      for (const yielding of [asStream, asIterable]) {
        const saying =
          (text: string): FetchFunction =>
          async () => ({ status: 200, body: yielding(text), text: async () => '' });
        expect((await withFetch(saying('{"a":"Ә"}'))).json).to.deep.equal({ a: 'Ә' });
        const error = await errorFrom(answer(200, ''), { fetch: saying('Ә'.repeat(200_000)) });
        expect(error.message).to.include('larger than 262144 bytes');
      }
    });

    it('gives it the URL, the method, the agent and a signal, and tells it to follow no redirect', async () => {
      const agent = new http.Agent();
      const calls: Parameters<FetchFunction>[] = [];
      const fetch: FetchFunction = async (...args) => {
        calls.push(args);
        return Response.json({});
      };
      await new FreedomIdClient({ ...minimalOptions, agent, fetch }).getUserInfo(TOKEN);
      const [url, init] = calls[0] ?? expect.fail('fetch was not called');
      expect(url).to.equal('https://passport.freedompay.kz/api/v1/oauth/get-data');
      expect(init).to.deep.include({ method: 'GET', redirect: 'manual', agent });
      expect(init.signal).to.be.instanceOf(AbortSignal);
      await new FreedomIdClient({ ...minimalOptions, fetch }).getUserInfo(TOKEN);
      expect(calls[1]?.[1]).to.not.have.property('agent');
    });

    it('tells it by the signal and by the emitter that the request is given up, and only then', async () => {
      const told: string[] = [];
      const listening =
        (response: () => Promise<Response>): FetchFunction =>
        (_url, { signal, emitter }) => {
          signal.addEventListener('abort', () => told.push('signal'));
          expect(emitter.aborted).to.equal(false);
          emitter.once('abort', () => told.push(`emitter, aborted: ${emitter.aborted}`));
          return response();
        };
      await new FreedomIdClient({
        ...minimalOptions,
        fetch: listening(async () => Response.json({})),
      }).getUserInfo(TOKEN);
      expect(told).to.deep.equal([]);
      const never = listening(() => new Promise(() => {}));
      await errorFrom(answer(200, ''), { fetch: never, timeout: 20 });
      expect(told).to.deep.equal(['signal', 'emitter, aborted: true']);
    });

    it('shows in the signal and the emitter that the request is given up, even if they are read later', async () => {
      let late: Parameters<FetchFunction>[1] | undefined;
      const fetch: FetchFunction = (_url, init) => {
        late = init;
        return new Promise(() => {});
      };
      await errorFrom(answer(200, ''), { fetch, timeout: 20 });
      expect(late?.signal.aborted).to.equal(true);
      expect(late?.emitter.aborted).to.equal(true);
    });

    it('may put another signal in the place of its own', async () => {
      const { signal } = new AbortController();
      const seen: AbortSignal[] = [];
      const fetch: FetchFunction = async (_url, init) => {
        init.signal = signal;
        seen.push(init.signal);
        return Response.json({});
      };
      await new FreedomIdClient({ ...minimalOptions, fetch }).getUserInfo(TOKEN);
      // Two signals are deeply equal, whichever they are.
      expect(seen[0]).to.equal(signal);
    });

    it('ends at the deadline even if a listener of its emitter throws', async () => {
      const throwing: FetchFunction = (_url, { emitter }) => {
        emitter.once('abort', () => {
          throw new Error(TOKEN);
        });
        return new Promise(() => {});
      };
      expect(await errorFrom(answer(200, ''), { fetch: throwing, timeout: 20 })).to.include({
        code: 'ERR_FREEDOM_ID_TIMEOUT',
      });
    });

    it('ends at the deadline even if the fetch ignores the signal', async () => {
      const never: FetchFunction = () => new Promise(() => {});
      expect(await errorFrom(answer(200, ''), { fetch: never, timeout: 20 })).to.include({
        code: 'ERR_FREEDOM_ID_TIMEOUT',
      });
    });

    it('tells by its code that a parser or a decoder refuses the response', async () => {
      const codes = [
        ...['HPE_INVALID_CHUNK_SIZE', 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
        ...['Z_DATA_ERROR', 'ERR__ERROR_FORMAT_PADDING_1', 'ZSTD_error_prefix_unknown'],
      ];
      for (const code of codes) {
        const fetch = () => Promise.reject(Object.assign(new Error('refused'), { code }));
        const error = await errorFrom(answer(200, ''), { fetch });
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE' });
        expect(error.message).to.include(`the response is broken (${code})`);
      }
      for (const code of ['UND_ERR_SOCKET', 'XZ_DATA_ERROR', 'NO_ZSTD_']) {
        const fetch = () => Promise.reject(Object.assign(new Error('refused'), { code }));
        expect(await errorFrom(answer(200, ''), { fetch })).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
      }
    });

    it('that throws, rejects or resolves to nonsense fails without leaking the token', async () => {
      const leak = Object.assign(new Error(`Bearer ${TOKEN}`), {
        config: { headers: { authorization: TOKEN } },
      });
      const unreadable = Object.defineProperty({}, 'message', { get: () => expect.fail(TOKEN) });
      const doubles: [fetch: () => unknown, found: string][] = [
        [
          () => {
            throw leak;
          },
          'Bearer [redacted]',
        ],
        [() => Promise.reject(leak), 'Bearer [redacted]'],
        [() => Promise.reject('text'), 'text'],
        [() => Promise.reject(undefined), 'without a reason'],
        [() => Promise.reject({ code: 7 }), 'without a reason'],
        [() => Promise.reject({ code: 'NO_HPE_CODE' }), 'NO_HPE_CODE'],
        [() => Promise.reject([Symbol('x')]), 'for a reason that cannot be read'],
        [() => Promise.reject(unreadable), 'for a reason that cannot be read'],
        [async () => undefined, "Cannot read properties of undefined (reading 'status')"],
        [async () => ({ status: 200 }), 'response.text is not a function'],
        [async () => ({ status: 200, body: Readable.from([{}]) }), 'ERR_INVALID_ARG_TYPE'],
        [
          async () => ({
            status: 200,
            body: (async function* () {
              yield 7;
            })(),
          }),
          'ERR_INVALID_ARG_TYPE',
        ],
        [
          async () => ({
            status: 200,
            body: new Readable({
              read() {
                this.destroy();
              },
            }),
          }),
          'the response ended early',
        ],
      ];
      for (const [fetch, found] of doubles) {
        const error = await errorFrom(answer(200, ''), { fetch: fetch as FetchFunction });
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
        if (!/^[A-Z_]+$/.test(found)) expect(error.cause).to.not.have.property('code');
        expect(error.message).to.include(`the connection failed (${found}). Check `);
      }
    });
  });

  it("keeps the query of the endpoint's URL out of errors, because it may hold a key", async () => {
    const userProfileURL = 'http://127.0.0.1:1/data?key=s3cret';
    for (const fetch of [undefined, async (url: string) => Promise.reject(new Error(`no way to ${url}`))]) {
      const error = await errorFrom(answer(200, ''), { userProfileURL, fetch });
      expect(inspect(error, { depth: 9 })).to.not.include('s3cret');
    }
  });

  it('keeps secrets out of an error, even if Freedom ID echoes them', async () => {
    const echo: FetchFunction = async (_url, { headers, body = '{}' }) => {
      const { authorization = '' } = headers;
      const decoded = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
      const message = `You sent ${authorization}, ${decoded} and ${body}. Your secret is ${CLIENT_SECRET}`;
      const code = JSON.parse(body).authorization_code;
      const tokens = { access_token: 'new-access', refresh_token: 'new-refresh' };
      const error = {
        message: `${message} ${Object.values(tokens)}`,
        code,
        errors: { [authorization]: [body] },
      };
      return Response.json({ ...tokens, error });
    };
    const client = new FreedomIdClient({ ...minimalOptions, fetch: echo });
    const state = 'short-state';
    const calls = [
      client.exchangeCode('short-code'),
      client.createAuthorizationLink({ redirectURI: `https://app.example/cb?state=${state}`, grants: [] }),
      client.refreshTokens(TOKEN),
      client.getUserInfo('short-token'),
    ];
    const basic = Buffer.from(`demo:${CLIENT_SECRET}`).toString('base64');
    for (const call of calls) {
      const error: FreedomIdError = await call.then(
        () => expect.fail('it did not reject'),
        (reason) => reason,
      );
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED' });
      const printed = [
        error.message,
        error.stack,
        inspect(error, { depth: 9, showHidden: true }),
        JSON.stringify(error),
      ];
      const own = ['short-code', state, TOKEN, 'short-token', 'new-access', 'new-refresh'];
      for (const secret of [CLIENT_SECRET, basic, ...own]) {
        expect(printed.join('\n')).to.not.include(secret);
      }
    }
  });
});

describe('a request', () => {
  const settings = readConnectionOptions({ clientID: 'a', clientSecret: 'b' });
  const request: ExchangeRequest = { endpoint: 'token', method: 'POST', url: 'https://id.example/token' };

  const initOf = async (more: Partial<ExchangeRequest>, customHeaders = {}) => {
    let sent: FetchInit | undefined;
    const fetch: FetchFunction = async (_url, init) => {
      sent = init;
      return Response.json({});
    };
    await createTransport({ ...settings, customHeaders, fetch })({ ...request, ...more });
    return sent ?? expect.fail('nothing was sent');
  };

  it('has its parameters in JSON or in a form', async () => {
    const json = await initOf({ json: { a: 'b c', d: [1] } });
    expect(json).to.include({ body: '{"a":"b c","d":[1]}' });
    expect(json.headers).to.include({ 'content-type': 'application/json' });
    const form = await initOf({ form: { a: 'b c', d: 'ә&=' } });
    expect(form).to.include({ body: 'a=b+c&d=%D3%99%26%3D' });
    expect(form.headers).to.include({ 'content-type': 'application/x-www-form-urlencoded' });
  });

  it('without credentials has no authorization header of the app either', async () => {
    const own = { authorization: 'Bearer own', 'x-own': '1' };
    const { headers } = await initOf({}, own);
    expect(headers).to.include({ 'x-own': '1' }).and.not.have.property('authorization');
    const withOwn = await initOf({ authorization: bearer('token', 'token') }, own);
    expect(withOwn.headers).to.include({ authorization: 'Bearer token' });
  });
});

describe('a request that its caller gives up', () => {
  const reason = new Error('the user went away');

  /** Runs a server that answers nothing, or begins to. */
  async function giveUp(listener: RequestListener) {
    const server = http.createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const controller = new AbortController();
    const closed = new Promise((resolve) => {
      server.on('connection', (socket) => socket.on('error', () => {}).on('close', resolve));
    });
    const exchange = createTransport(
      readConnectionOptions({ clientID: 'a', clientSecret: 'b', baseURL, timeout: 60_000 }),
    );
    const { signal } = controller;
    const result = exchange({ endpoint: 'userinfo', method: 'GET', url: baseURL, signal }).catch(
      (error) => error,
    );
    await once(server, 'request');
    controller.abort(reason);
    expect(await result).to.equal(reason);
    await closed;
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    server.close();
  }

  it('rejects with the reason, and closes its connection', async () => {
    await giveUp(() => {});
    await giveUp((_req, res) => {
      res.write('{');
    });
  });

  it('is not sent where the signal has aborted before', async () => {
    const fetch = () => expect.fail('it was sent');
    const exchange = createTransport({
      ...readConnectionOptions({ clientID: 'a', clientSecret: 'b' }),
      fetch,
    });
    const signal = AbortSignal.abort(reason);
    const url = 'https://id.example/';
    const result = exchange({ endpoint: 'userinfo', method: 'GET', url, signal });
    expect(await result.catch((error) => error)).to.equal(reason);
  });

  it('is given up even if the signal aborts while it is being sent', async () => {
    const controller = new AbortController();
    const given: AbortSignal[] = [];
    const exchange = createTransport({
      ...readConnectionOptions({ clientID: 'a', clientSecret: 'b' }),
      fetch: (_url, init) => {
        controller.abort(reason);
        given.push(init.signal);
        return new Promise(() => {});
      },
    });
    const { signal } = controller;
    const result = exchange({ endpoint: 'userinfo', method: 'GET', url: 'https://id.example/', signal });
    expect(await result.catch((error) => error)).to.equal(reason);
    expect(given.map(({ aborted }) => aborted)).to.deep.equal([true]);
  });

  it('is reported without a status and without an error', async () => {
    const events: unknown[] = [];
    const note = (event: unknown) => void events.push(event);
    subscribe('passport-freedom-id:request', note);
    const controller = new AbortController();
    const fetch = async () => {
      controller.abort(reason);
      return Response.json({});
    };
    const exchange = createTransport({
      ...readConnectionOptions({ clientID: 'a', clientSecret: 'b' }),
      fetch,
    });
    const { signal } = controller;
    await exchange({ endpoint: 'jwks', method: 'GET', url: 'https://id.example/', signal }).catch(() => {});
    unsubscribe('passport-freedom-id:request', note);
    expect(events).to.have.length(1);
    expect(events[0]).to.have.all.keys('endpoint', 'method', 'url', 'durationMs');
  });
});
