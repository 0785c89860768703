import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { revocationHandler } from '../../lib';
import { runNode } from '../support/child';
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
  useServers,
} from '../support/webhook-clients';

/** A promise that a test settles. */
function settled<T = void>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((...functions) => {
    [resolve, reject] = functions;
  });
  return { promise, resolve, reject };
}

describe('the handler for the revocation webhook', () => {
  const servers = useServers();
  let calls: [tokenId: string, req: IncomingMessage][];
  let errors: [error: unknown, req: IncomingMessage][];
  let endSessions: (tokenId: string) => unknown;
  let url: string;

  beforeEach(async () => {
    calls = [];
    errors = [];
    endSessions = () => {};
    const handler = revocationHandler<IncomingMessage>(
      (tokenId, req) => {
        calls.push([tokenId, req]);
        return endSessions(tokenId);
      },
      { onError: (...told) => errors.push(told) },
    );
    url = await servers.http(handler);
  });

  const ids = () => calls.map(([id]) => id);
  const reasons = () => errors.map(([reason]) => reason);
  const statusOf = async (request: RequestInit) => (await fetch(url, request)).status;

  describe('is made', () => {
    it('of a function, and of options where there are any', () => {
      const make = revocationHandler as (...args: unknown[]) => unknown;
      for (const wrong of [undefined, null, 'endSessions', {}, Promise.resolve()]) {
        expect(() => make(wrong), String(wrong)).to.throw(TypeError, 'endSessions must be a function');
      }
      for (const wrong of [null, 'options', () => {}, []]) {
        expect(() => make(() => {}, wrong), String(wrong)).to.throw(TypeError, 'options must be an object');
      }
      for (const onError of [null, 'log', {}]) {
        expect(() => make(() => {}, { onError })).to.throw(TypeError, 'onError must be a function');
      }
      for (const right of [undefined, {}, { onError: undefined }, { onError() {} }]) make(() => {}, right);
    });
  });

  describe('answers', () => {
    it('204 when the function of the app has finished, and gives it the id as it came', async () => {
      const { promise, resolve } = settled();
      endSessions = () => promise;
      const answer = send(url, REVOCATION);
      resolve();
      const { status, headers, body } = await answer;
      expect([status, body]).to.deep.equal([204, '']);
      expect(headers).to.not.have.any.keys('content-length', 'content-type', 'transfer-encoding');
      expect(ids()).to.deep.equal([TOKEN_ID]);
      expect(calls[0]?.[1].url).to.equal('/');
    });

    it('204 for a UUID of any version, in either case, which it hands on letter by letter', async () => {
      const uuids = [
        '00000000-0000-0000-0000-000000000000',
        'ffffffff-FFFF-ffff-FFFF-ffffffffffff',
        '6FA459EA-ee8a-3ca4-894e-db77e160355e',
        '0190163d-8694-739b-aea5-966c26f8ad91',
      ];
      for (const id of uuids) expect(await statusOf(post(JSON.stringify({ id, more: [1] })))).to.equal(204);
      expect(ids()).to.deep.equal(uuids);
    });

    it('500 when the function of the app fails, in whatever way, and tells onError why', async () => {
      const reason = new Error('database down');
      const ways = [
        () => Promise.reject(reason),
        () => {
          throw reason;
        },
        () => Promise.reject(),
        () => {
          throw undefined;
        },
        // biome-ignore lint/suspicious/noThenProperty: some promises of libraries are such objects
        () => ({ then: (_: unknown, reject: (reason: unknown) => void) => reject(reason) }),
      ];
      for (endSessions of ways) {
        const { status, headers, body } = await send(url, REVOCATION);
        expect([status, headers['content-length'], body]).to.deep.equal([500, '0', '']);
      }
      expect(reasons()).to.deep.equal([reason, reason, undefined, undefined, reason]);
      expect(errors[0]?.[1]).to.equal(calls[0]?.[1]);
      endSessions = () => {};
      expect(await statusOf(REVOCATION)).to.equal(204);
    });

    it('405 to any other method than POST, and names that one', async () => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']) {
        const { status, headers } = await fetch(url, { method });
        expect([status, headers.get('allow')], method).to.deep.equal([405, 'POST']);
      }
      expect((await fetch(url, post('{}', 'text/plain'))).headers.has('allow')).to.equal(false);
    });

    it('415 to what is not JSON in UTF-8', async () => {
      const body = JSON.stringify({ id: TOKEN_ID });
      const right = [
        'application/json',
        'Application/JSON; charset=UTF-8',
        'application/json;charset="utf-8"',
        'application/json ; charset = utf8; q=1',
        'application/json;x=y',
      ];
      for (const type of right) expect(await statusOf(post(body, type)), type).to.equal(204);
      const wrong = [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonp',
        'application/json5; charset=utf-8',
        'application/problem+json',
        'text/plain; application/json',
        'text/plain;\tapplication/json',
        'application/json; charset=utf-16',
        'application/json; charset = koi8-r',
        'application/json; charset=windows-1251; charset=utf-8',
        'application/json;charset=utf-80',
        'application/json;charset=xutf-8',
        'application/json;charset=',
        '',
      ];
      for (const type of wrong) expect(await statusOf(post(body, type)), type).to.equal(415);
      expect((await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)) })).status).to.equal(
        415,
      );
      expect(ids()).to.have.length(right.length);
    });

    it('415 to a body that is compressed', async () => {
      for (const [encoding, status] of [
        ['gzip', 415],
        ['identity, br', 415],
        ['br, identity', 415],
        ['Identity', 204],
      ] as const) {
        const request = post(JSON.stringify({ id: TOKEN_ID }));
        const headers = { ...request.headers, 'content-encoding': encoding };
        expect(await statusOf({ ...request, headers }), encoding).to.equal(status);
      }
    });

    it('413 to more than 4,096 bytes, announced or not', async () => {
      const largest = JSON.stringify({ id: TOKEN_ID }).padEnd(4096);
      const chunked = (body: string) => {
        const half = Math.ceil(body.length / 2);
        const chunks = [body.slice(0, half), body.slice(half)];
        return rawPost(`${chunks.map(chunk).join('')}0\r\n\r\n`, CHUNKED);
      };
      for (const [sent, status] of [
        [rawPost(largest), 204],
        [rawPost(`${largest} `), 413],
        [chunked(largest), 204],
        [chunked(`${largest} `), 413],
      ] as const) {
        const client = rawClient(url);
        client.socket.write(sent);
        await client.receives(/\r\n\r\n$/);
        expect(statusesIn(client.received)).to.deep.equal([status]);
        client.socket.destroy();
      }
    });

    it('400 to what is not an object in JSON with a UUID', async () => {
      const bodies = [
        '',
        ' ',
        'null',
        'true',
        '7',
        `"${TOKEN_ID}"`,
        `["${TOKEN_ID}"]`,
        `[{"id":"${TOKEN_ID}"}]`,
        '{}',
        '{"id":null}',
        '{"id":7}',
        '{"id":true}',
        `{"id":["${TOKEN_ID}"]}`,
        `{"id":{"id":"${TOKEN_ID}"}}`,
        `{"ID":"${TOKEN_ID}"}`,
        `{"token":{"id":"${TOKEN_ID}"}}`,
        `{"__proto__":{"id":"${TOKEN_ID}"}}`,
        `{"constructor":{"prototype":{"id":"${TOKEN_ID}"}}}`,
        `{"id":"${TOKEN_ID}"`,
        `{"id":"${TOKEN_ID}"}}`,
        `{"id":"${TOKEN_ID}"} {"id":"${TOKEN_ID}"}`,
        `{'id':'${TOKEN_ID}'}`,
        `id=${TOKEN_ID}`,
        `{"id":"${TOKEN_ID}","deep":${'['.repeat(200)}${']'.repeat(200)}}`,
        ...[
          '',
          ` ${TOKEN_ID}`,
          `${TOKEN_ID}\\n`,
          `{${TOKEN_ID}}`,
          `urn:uuid:${TOKEN_ID}`,
          TOKEN_ID.replaceAll('-', ''),
          TOKEN_ID.slice(1),
          TOKEN_ID.replace('f', 'g'),
          TOKEN_ID.replace('6', '٦'),
          `${TOKEN_ID}0`,
          `0${TOKEN_ID}`,
          `${TOKEN_ID},${TOKEN_ID}`,
        ].map((id) => `{"id":"${id}"}`),
      ];
      for (const body of bodies) expect(await statusOf(post(body)), body).to.equal(400);
      const bytes = Buffer.from(`{"id":"${TOKEN_ID}","name":"?"}`);
      bytes[bytes.lastIndexOf('?')] = 0xff;
      expect(await statusOf(post(bytes))).to.equal(400);
      expect(calls).to.deep.equal([]);
      expect(errors).to.deep.equal([]);
    });

    it('204 to JSON as parsers read it: after a byte order mark, and with the last value of a member that comes twice', async () => {
      const other = '00000000-0000-4000-8000-000000000000';
      expect(await statusOf(post(`\ufeff{"id":"${TOKEN_ID}"}`))).to.equal(204);
      expect(await statusOf(post(`\r\n\t{ "id" : "${other}", "id":"${TOKEN_ID}" } `))).to.equal(204);
      expect(await statusOf(post(`{"id":"${TOKEN_ID}","id":7}`))).to.equal(400);
      expect(ids()).to.deep.equal([TOKEN_ID, TOKEN_ID]);
    });
  });

  describe('calls the function of the app', () => {
    it('once for an id, in whatever case, that comes again meanwhile, and gives both the same answer', async () => {
      for (const status of [204, 500]) {
        calls = [];
        errors = [];
        const [begun, end] = [settled(), settled()];
        endSessions = () => {
          begun.resolve();
          return end.promise;
        };
        const first = send(url, REVOCATION);
        await begun.promise;
        // On one connection: the call for the last shows that the second has come, too.
        const second = rawClient(url);
        second.socket.write(rawPost(JSON.stringify({ id: TOKEN_ID.toUpperCase() })));
        endSessions = () => {};
        second.socket.write(rawPost(JSON.stringify({ id: TOKEN_ID.replace('6', '7') })));
        await until(() => calls.length === 2);
        expect(second.received).to.equal('');
        expect(ids()).to.deep.equal([TOKEN_ID, TOKEN_ID.replace('6', '7')]);
        if (status === 204) end.resolve();
        else end.reject(new Error('database down'));
        expect((await first).status).to.equal(status);
        await second.receives(/204/);
        expect(statusesIn(second.received)).to.deep.equal([status, 204]);
        second.socket.destroy();
        expect(errors).to.have.length(status === 204 ? 0 : 1);
        // It is over now.
        expect(await statusOf(REVOCATION)).to.equal(204);
        expect(calls).to.have.length(3);
      }
    });

    it('for several ids side by side', async () => {
      const end = settled();
      endSessions = () => end.promise;
      const answers = ['0', '1', '2'].map((digit) =>
        send(url, post(JSON.stringify({ id: TOKEN_ID.replace('6', digit) }))),
      );
      await until(() => calls.length === 3);
      end.resolve();
      expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([204, 204, 204]);
    });
  });

  describe('with an onError', () => {
    const fails = () => Promise.reject(new Error('database down'));

    it('that is not there keeps the reason to itself', async () => {
      for (const options of [undefined, {}]) {
        url = await servers.http(revocationHandler(fails, options));
        expect(await statusOf(REVOCATION)).to.equal(500);
      }
    });

    it('that fails, never ends or ends late does not change the response', async () => {
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => void unhandled.push(reason);
      process.on('unhandledRejection', note);
      const listeners = [
        () => {
          throw new Error('logger down');
        },
        () => Promise.reject(new Error('logger down')),
        () => Promise.reject(),
        () => new Promise(() => {}),
      ];
      for (const onError of listeners) {
        url = await servers.http(revocationHandler(fails, { onError }));
        expect(await statusOf(REVOCATION)).to.equal(500);
      }
      process.off('unhandledRejection', note);
      expect(unhandled).to.deep.equal([]);
    });
  });

  it('tells NODE_DEBUG each refusal and each failure, and no id', async () => {
    const program = `
      const { createServer } = require('node:http');
      const { revocationHandler } = require('./lib');
      const silent = { toString() { throw new Error('unreadable'); } };
      const reasons = [new Error('database down'), silent];
      const handler = revocationHandler(() => Promise.reject(reasons.shift()));
      const server = createServer(handler).listen(0, '127.0.0.1', async () => {
        const url = 'http://127.0.0.1:' + server.address().port;
        const post = (body, type = 'application/json') =>
          fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
        const answers = [await fetch(url), await post('{}', 'text/plain'), await post('x'.repeat(5000)), await post('{}')];
        const id = JSON.stringify({ id: '${TOKEN_ID}' });
        answers.push(await post(id), await post(id));
        console.log(answers.map(({ status }) => status).join());
        server.close();
        server.closeAllConnections();
      });`;
    const command = runNode(['--eval', program], {
      NODE_DEBUG: 'passport-freedom-id',
    });
    expect(await command.ended, command.stderr).to.equal(0);
    expect(command.stdout.trim()).to.equal('405,415,413,400,500,500');
    const lines = command.stderr.match(/revocation webhook: .*/g);
    expect(lines).to.deep.equal([
      'revocation webhook: HTTP 405: the method must be POST',
      'revocation webhook: HTTP 415: the content type must be application/json, in UTF-8 and not compressed',
      'revocation webhook: HTTP 413: the body may have 4096 bytes at most',
      'revocation webhook: HTTP 400: the body must be JSON in UTF-8, with the id of a token, a UUID',
      'revocation webhook: HTTP 500: Error: database down',
    ]);
    expect(command.stderr).to.not.include(TOKEN_ID);
  });
});
