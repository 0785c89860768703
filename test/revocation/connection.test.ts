import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Session, Http2ServerResponse } from 'node:http2';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { revocationHandler } from '../../lib';
import {
  CHUNKED,
  chunk,
  post,
  REVOCATION,
  rawClient,
  rawPost,
  send,
  statusesIn,
  TOKEN_ID,
  until,
  useDeadlines,
  useServers,
} from '../support/webhook-clients';

const MEGABYTE = 1_000_000;

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];

/** Of HTTP/2, for what Node.js's client does not send. Its only flag is the end of the headers. */
function frame(type: number, stream: number, payload: Uint8Array | number[] = []): Buffer {
  const [head, flags] = [Buffer.alloc(9), type === HEADERS ? 4 : 0];
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

/** The beginning of a connection of HTTP/2, with a request whose body has not ended. */
function preface(body: string): Buffer {
  const headers = {
    ':method': 'POST',
    ':path': '/',
    ':scheme': 'http',
    ':authority': 'app.example',
    'content-type': 'application/json',
  };
  const block = Object.entries(headers).flatMap(([name, value]) => [
    ...[0, name.length, ...Buffer.from(name)],
    ...[value.length, ...Buffer.from(value)],
  ]);
  const opening = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  return Buffer.concat([
    opening,
    frame(SETTINGS, 0),
    frame(HEADERS, 1, block),
    frame(DATA, 1, Buffer.from(body)),
  ]);
}

describe('the connection of the revocation webhook', () => {
  const servers = useServers();
  const deadlines = useDeadlines();
  let calls: string[];
  let errors: unknown[];
  let requests: IncomingMessage[];
  /** How many requests have been handled to the end. */
  let handled: number;
  let url: string;

  const handler = revocationHandler(async (tokenId) => void calls.push(tokenId), {
    onError: (error) => errors.push(error),
  });
  const listener = async (req: IncomingMessage, res: Parameters<typeof handler>[1]) => {
    requests.push(req);
    await handler(req, res);
    handled += 1;
  };

  beforeEach(async () => {
    [calls, errors, requests, handled] = [[], [], [], 0];
    url = await servers.http(listener);
  });
  // After every test, nothing may be left.
  afterEach(async () => {
    await until(() => handled === requests.length);
    expect(deadlines.ahead).to.equal(0);
    expect(errors).to.deep.equal([]);
    for (const req of requests) {
      for (const event of ['data', 'aborted', 'error']) expect(req.listenerCount(event), event).to.equal(0);
    }
  });

  /** The listeners that are on a request before the handler gets it: there must be no more after it. */
  const listenersOf = (req: IncomingMessage) =>
    Object.fromEntries(req.eventNames().map((event) => [event, req.listenerCount(event)]));

  describe('is kept', () => {
    it('after the response, if the body was read, and serves the next request', async () => {
      const client = rawClient(url);
      const bodies = [JSON.stringify({ id: TOKEN_ID }), '{}'];
      for (const body of bodies) {
        client.socket.write(rawPost(body));
        await client.receives(/\r\n\r\n$/);
      }
      client.socket.write('GET / HTTP/1.1\r\nhost: app.example\r\n\r\n');
      await client.receives(/405[\s\S]*\r\n\r\n$/);
      client.socket.write(rawPost('', { 'content-type': 'text/plain' }));
      await client.receives(/415[\s\S]*\r\n\r\n$/);
      expect(statusesIn(client.received)).to.deep.equal([204, 400, 405, 415]);
      expect(client.received).to.not.match(/connection: close/i);
      client.socket.destroy();
    });

    it('for requests that are sent before the responses, which come in order', async () => {
      const client = rawClient(url);
      const good = rawPost(JSON.stringify({ id: TOKEN_ID }));
      client.socket.write(`${good}${rawPost('{}')}${good}${rawPost('x'.repeat(5000))}${good}`);
      await client.closed;
      expect(statusesIn(client.received)).to.deep.equal([204, 400, 204, 413]);
    });

    it('for a client that waits for 100 Continue', async () => {
      const client = rawClient(url);
      const [head, body = ''] = rawPost(JSON.stringify({ id: TOKEN_ID }), { expect: '100-continue' }).split(
        '\r\n\r\n',
      );
      client.socket.write(`${head}\r\n\r\n`);
      await client.receives(/ 100 Continue\r\n\r\n/);
      client.socket.write(body);
      await client.receives(/204/);
      client.socket.destroy();
    });

    it('and leaves no listener on the request', async () => {
      const before: object[] = [];
      const after: object[] = [];
      const plain = await servers.http(async (req, res) => {
        before.push(listenersOf(req));
        await handler(req, res);
        after.push(listenersOf(req));
      });
      for (const request of [REVOCATION, post('{}'), post('x'.repeat(5000)), post('{}', 'text/plain')]) {
        await send(plain, request);
      }
      expect(after).to.deep.equal(before).and.to.have.length(4);
    });
  });

  describe('is closed, and the response says so,', () => {
    const refused = { 413: post(Buffer.alloc(MEGABYTE)), 415: post(Buffer.alloc(MEGABYTE), 'text/plain') };
    for (const [status, request] of Object.entries(refused)) {
      it(`with ${status} to a megabyte, whose sender sees the answer`, async () => {
        for (let time = 0; time < 10; time += 1) {
          const fetched = await fetch(url, request);
          expect([`${fetched.status}`, fetched.headers.get('connection')]).to.deep.equal([status, 'close']);
          const { headers, ...sent } = await send(url, request);
          expect([`${sent.status}`, headers.connection]).to.deep.equal([status, 'close']);
        }
      });
    }

    it('with 405 to another method that has a body', async () => {
      const client = rawClient(url);
      client.socket.write(rawPost('{}').replace('POST', 'PUT'));
      await client.closed;
      expect(statusesIn(client.received)).to.deep.equal([405]);
      expect(client.received).to.match(/^connection: close\r$/im);
    });

    it('also for a sender that reads only when it has sent everything', async () => {
      for (const framed of [
        rawPost('x'.repeat(MEGABYTE)),
        rawPost(`${chunk('x'.repeat(MEGABYTE))}0\r\n\r\n`, CHUNKED),
      ]) {
        const client = rawClient(url);
        client.socket.pause();
        await new Promise((sent) => client.socket.write(framed, sent));
        client.socket.resume();
        await client.closed;
        expect(statusesIn(client.received)).to.deep.equal([413]);
      }
    });

    it('at once where a body of more than 4,096 bytes is announced, whether it comes or not', async () => {
      const client = rawClient(url);
      client.socket.write(rawPost('', { 'content-length': 4097 }));
      await client.receives(/413[\s\S]*connection: close[\s\S]*\r\n\r\n$/i);
      expect(handled).to.equal(0);
      deadlines.pass();
      await client.closed;
    });

    it('when four megabytes have been discarded', async () => {
      const client = rawClient(url);
      let sent = 0;
      const piece = chunk('x'.repeat(65_536));
      const sendOn = () => {
        while (client.socket.writable && client.socket.write(piece)) sent += piece.length;
      };
      client.socket.on('drain', sendOn);
      client.socket.write(rawPost('', CHUNKED));
      sendOn();
      await client.closed;
      expect(statusesIn(client.received)).to.deep.equal([413]);
      expect(sent).to.be.above(4 * 2 ** 20);
      expect(requests[0]?.socket.bytesRead).to.be.within(4 * 2 ** 20, 5 * 2 ** 20);
    });
  });

  describe('with a body that does not come', () => {
    it('is closed with 408 when ten seconds have passed, even if parts of it came', async () => {
      const bodies = [
        rawPost('', { 'content-length': 48 }),
        rawPost('{"id', { 'content-length': 48 }),
        rawPost('', CHUNKED),
        rawPost(chunk('{'), CHUNKED),
      ];
      for (const body of bodies) {
        const client = rawClient(url);
        client.socket.write(body);
        await until(() => deadlines.ahead === 1);
        client.socket.write(body.includes('chunked') ? chunk(' ') : ' ');
        const [req] = requests.slice(-1);
        const length = req?.socket.bytesRead ?? 0;
        await until(() => (req?.socket.bytesRead ?? 0) >= body.length + 1);
        expect([client.received, length > 0]).to.deep.equal(['', true]);
        deadlines.pass();
        await client.closed;
        expect(statusesIn(client.received), body).to.deep.equal([408]);
        expect(client.received).to.match(/^connection: close\r$/im);
        expect(client.received).to.match(/^content-length: 0\r$/im);
      }
      expect(calls).to.deep.equal([]);
    });

    it('is open while the function of the app runs, for as long as it takes', async () => {
      let end = () => {};
      const slow = await servers.http(
        revocationHandler(() => new Promise<void>((resolve) => (end = resolve))),
      );
      const answer = send(slow, REVOCATION);
      await until(() => deadlines.ahead === 1);
      const [ended] = await Promise.all([
        answer,
        until(() => end.length >= 0 && deadlines.ahead === 1).then(passAndEnd),
      ]);
      expect(ended.status).to.equal(204);

      async function passAndEnd() {
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        deadlines.pass();
        end();
      }
    });
  });

  describe('that the client breaks off', () => {
    it('in the middle of the body leaves nothing behind', async () => {
      for (const body of [rawPost('{"id":"', { 'content-length': 48 }), rawPost(chunk('{"id":'), CHUNKED)]) {
        for (const how of ['destroy', 'end', 'resetAndDestroy'] as const) {
          const before = requests.length;
          const client = rawClient(url);
          client.socket.write(body);
          await until(() => requests.length > before && deadlines.ahead === 1);
          client.socket[how]();
          await until(() => handled === requests.length);
          client.socket.destroy();
        }
      }
      expect(calls).to.deep.equal([]);
    });

    it('while what it sends too much is discarded leaves nothing behind', async () => {
      const client = rawClient(url);
      client.socket.write(rawPost('x'.repeat(5000), { 'content-length': MEGABYTE }));
      await client.receives(/413/);
      client.socket.destroy();
      await until(() => handled === 1);
    });

    it('before the handler gets it leaves nothing behind, and calls nothing', async () => {
      let handledLate = false;
      const late = await servers.http(async (req, res) => {
        await new Promise((resolve) => req.once('close', resolve));
        await handler(req, res);
        handledLate = true;
      });
      const client = rawClient(late);
      client.socket.write(rawPost('{"id":"', { 'content-length': 48 }));
      client.socket.end();
      await until(() => handledLate);
      expect(calls).to.deep.equal([]);
    });

    it('when it has sent everything does not keep the function of the app from being called', async () => {
      const late = await servers.http(async (req, res) => {
        Object.assign(req, { body: { id: TOKEN_ID } });
        for await (const _ of req);
        res.destroy();
        await handler(req, res);
      });
      await send(late, REVOCATION).catch(() => {});
      await until(() => calls.length === 1);
    });
  });

  describe('when the app has sent a response by itself', () => {
    it('carries only that response', async () => {
      const own = await servers.http(async (req, res) => {
        await revocationHandler(() => void res.writeHead(202).end('mine'))(req, res);
      });
      const { status, body } = await send(own, REVOCATION);
      expect([status, body]).to.deep.equal([202, 'mine']);
    });

    it('carries only that response, even if the function of the app then fails', async () => {
      const told: unknown[] = [];
      const own = await servers.http(async (req, res) => {
        const onError = (error: unknown) => told.push(error);
        const answerAndFail = () => {
          res.writeHead(202).end('mine');
          throw new Error('after that');
        };
        await revocationHandler(answerAndFail, { onError })(req, res);
      });
      const { status, body } = await send(own, REVOCATION);
      expect([status, body]).to.deep.equal([202, 'mine']);
      expect(String(told)).to.equal('Error: after that');
    });

    it('is closed once that response is sent, if the body is still coming', async () => {
      for (const when of ['answered before', 'is answering']) {
        let endAnswer = () => {};
        const impatient = await servers.http(async (req, res) => {
          res.writeHead(503, { 'content-length': 4 }).write('bu');
          endAnswer = () => res.end('sy');
          if (when === 'answered before') endAnswer();
          await handler(req, res);
          endAnswer();
        });
        const client = rawClient(impatient);
        client.socket.write(rawPost('{', { 'content-length': 48 }));
        await client.receives(/503[\s\S]*bu/);
        deadlines.pass();
        await client.closed;
        expect(client.received).to.match(/busy$/);
        expect(statusesIn(client.received)).to.deep.equal([503]);
      }
      expect(calls).to.deep.equal([]);
    });

    it('is kept where the body has come', async () => {
      const impatient = await servers.http(async (req, res) => {
        res.writeHead(503, { 'content-length': 0 }).end();
        await handler(req, res);
      });
      const client = rawClient(impatient);
      for (const times of [1, 2]) {
        client.socket.write(rawPost(JSON.stringify({ id: TOKEN_ID })));
        await until(() => statusesIn(client.received).length === times && calls.length === times);
      }
      // Nor is there a body to come here.
      client.socket.write('GET / HTTP/1.1\r\nhost: app.example\r\n\r\n'.repeat(2));
      await until(() => statusesIn(client.received).length === 4);
      client.socket.destroy();
    });
  });

  it('is closed if a hook of other middleware makes the response impossible', async () => {
    const told: unknown[] = [];
    const hooked = await servers.http(async (req, res) => {
      res.writeHead = () => {
        throw new Error('by a hook');
      };
      await revocationHandler(() => {}, { onError: (error) => told.push(error) })(req, res);
    });
    const client = rawClient(hooked);
    client.socket.write(rawPost(JSON.stringify({ id: TOKEN_ID })));
    await client.closed;
    expect(String(told)).to.equal('Error: by a hook');
  });

  it('serves a request whose body comes as text, because the app has set an encoding', async () => {
    const decoded = await servers.http(async (req, res) => {
      req.setEncoding('utf8');
      await handler(req, res);
    });
    expect((await send(decoded, REVOCATION)).status).to.equal(204);
    const tooMuch = JSON.stringify({ id: TOKEN_ID, name: 'Ә'.repeat(2048) });
    expect((await send(decoded, post(tooMuch))).status).to.equal(413);
  });

  describe('of HTTP/2', () => {
    const ask = async (session: ClientHttp2Session, headers: object, body: string, end = true) => {
      const stream = session.request(
        { ':method': 'POST', 'content-type': 'application/json', ...headers },
        { endStream: false },
      );
      stream.on('error', () => {});
      if (end) stream.end(body);
      else stream.write(body);
      const [answer] = await once(stream, 'response');
      return { status: answer[':status'], answer, stream };
    };

    async function start(listen = handler) {
      const started = await servers.http2(async (req, res) => {
        await listen(req, res);
        handled += 1;
      });
      const streams = new Set<unknown>();
      started.server.on('stream', (stream) => {
        streams.add(stream);
        stream.on('close', () => streams.delete(stream));
      });
      return { ...started, streams };
    }

    it('gets the same responses', async () => {
      const { session, streams } = await start();
      const good = JSON.stringify({ id: TOKEN_ID });
      const json = 'application/json';
      for (const [status, headers, body] of [
        [204, {}, good],
        [400, {}, '{}'],
        [405, { ':method': 'PUT' }, good],
        [405, { ':method': 'GET', 'content-type': json }, ''],
        [415, { 'content-type': 'text/plain' }, good],
        [413, { 'content-length': 5000 }, good.padEnd(5000)],
        [413, {}, good.padEnd(4097)],
        [413, {}, 'x'.repeat(MEGABYTE)],
        [415, { 'content-type': 'text/plain' }, 'x'.repeat(MEGABYTE)],
      ] as const) {
        const { stream, answer, ...is } = await ask(session, headers, body);
        stream.resume();
        await once(stream, 'close');
        expect([is.status, stream.rstCode], body.slice(0, 60)).to.deep.equal([status, 0]);
        expect(answer).to.not.have.property('connection');
        expect(answer.allow).to.equal(status === 405 ? 'POST' : undefined);
      }
      await until(() => streams.size === 0);
      expect(calls).to.deep.equal([TOKEN_ID]);
      [requests, handled] = [[], 0];
    });

    it('has a stream closed, and no other, whose body does not come or does not end', async () => {
      const { session, streams } = await start();
      for (const [headers, body, early] of [
        [{}, '{', undefined],
        [{ 'content-length': 5000 }, '{', 413],
        [{ 'content-type': 'text/plain' }, '{', 415],
        [{}, 'x'.repeat(5000), 413],
      ] as const) {
        const asked = ask(session, headers, body, false);
        if (early) await asked;
        await until(() => deadlines.ahead === 1);
        await until(() => streams.size === 1);
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        deadlines.pass();
        const { status, stream } = await asked;
        stream.resume();
        expect(status).to.equal(early ?? 408);
        await Promise.all([once(stream, 'close'), until(() => streams.size === 0)]);
      }
      const { status } = await ask(session, {}, JSON.stringify({ id: TOKEN_ID }));
      expect(status).to.equal(204);
      handled = 0;
    });

    it('has a stream closed that sends on without end', async () => {
      const { session, streams } = await start();
      const { status, stream } = await ask(session, {}, 'x'.repeat(5000), false);
      stream.resume();
      let sent = 0;
      const piece = 'x'.repeat(65_536);
      const sendOn = () => {
        for (let flows = true; flows && stream.writable; sent += piece.length) flows = stream.write(piece);
      };
      stream.on('drain', sendOn);
      sendOn();
      await until(() => stream.closed && streams.size === 0);
      expect(status).to.equal(413);
      expect(sent).to.be.within(4 * 2 ** 20, 6 * 2 ** 20);
      handled = 0;
    });

    it('has a stream that is broken off in the middle of the body leave nothing behind', async () => {
      for (const body of ['{"id":"', JSON.stringify({ id: TOKEN_ID })]) {
        const { session, streams } = await start();
        handled = 0;
        const stream = session.request(
          { ':method': 'POST', 'content-type': 'application/json' },
          { endStream: false },
        );
        stream.on('error', () => {});
        stream.write(body);
        await until(() => deadlines.ahead === 1);
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        session.destroy();
        await until(() => handled === 1 && streams.size === 0);
      }
      expect(calls).to.deep.equal([]);
      handled = 0;
    });

    it('has a stream that is broken off behind a body that looks complete make no call', async () => {
      for (const code of [0, 8]) {
        handled = 0;
        const { port, streams } = await start();
        const socket = connect(port, '127.0.0.1');
        socket.write(preface(JSON.stringify({ id: TOKEN_ID })));
        await until(() => deadlines.ahead === 1);
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        socket.write(frame(RST_STREAM, 1, [0, 0, 0, code]));
        await until(() => handled === 1 && streams.size === 0);
        socket.destroy();
      }
      expect([calls, errors]).to.deep.equal([[], []]);
      handled = 0;
    });

    it('has a stream that is broken off before the handler gets it leave nothing behind', async () => {
      const { session, streams } = await start(async (req, res) => {
        await new Promise((resolve) => req.once('close', () => resolve(undefined)));
        await handler(req, res);
      });
      const stream = session.request(
        { ':method': 'POST', 'content-type': 'application/json' },
        { endStream: false },
      );
      stream.on('error', () => {});
      stream.write(JSON.stringify({ id: TOKEN_ID }));
      await until(() => streams.size === 1);
      stream.close(8);
      await until(() => handled === 1 && streams.size === 0);
      expect(calls).to.deep.equal([]);
      handled = 0;
    });

    it('carries only the response of the app, and its stream is closed if the body does not come', async () => {
      for (const when of ['answered before', 'is answering']) {
        let endAnswer = () => {};
        const { session, streams } = await start(async (req, res) => {
          res.writeHead(503);
          (res as Http2ServerResponse).write('bu');
          endAnswer = () => res.end('sy');
          if (when === 'answered before') endAnswer();
          await handler(req, res);
          endAnswer();
        });
        const { status, stream } = await ask(session, {}, '{', false);
        let text = '';
        stream.on('data', (data) => (text += data));
        await until(() => deadlines.ahead === 1 && text.startsWith('bu'));
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        deadlines.pass();
        await Promise.all([once(stream, 'close'), until(() => streams.size === 0)]);
        expect([status, text]).to.deep.equal([503, 'busy']);
      }
      handled = 0;
    });
  });
});
