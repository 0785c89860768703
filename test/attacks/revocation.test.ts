import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { revocationHandler } from '../../lib';
import {
  CHUNKED,
  chunk,
  post,
  type RawClient,
  rawClient,
  rawPost,
  send,
  statusesIn,
  TOKEN_ID,
  until,
  useDeadlines,
  useServers,
} from '../support/webhook-clients';

const revocation = (id: string) => JSON.stringify({ id });
const GOOD = rawPost(revocation(TOKEN_ID));

/** An id of its own for each number. */
const idOf = (number: number) => `${number.toString(16).padStart(8, '0')}${TOKEN_ID.slice(8)}`;

describe('an attacker who calls the revocation webhook gets nowhere with', () => {
  const servers = useServers();
  const deadlines = useDeadlines();
  let calls: string[];
  let endSessions: () => unknown;
  let handled: number;
  /** How many connections are open. */
  let open: number;
  let url: string;

  beforeEach(async () => {
    [calls, handled, open, endSessions] = [[], 0, 0, () => {}];
    const handler = revocationHandler((tokenId) => {
      calls.push(tokenId);
      return endSessions();
    });
    const known = new Set<unknown>();
    url = await servers.http(async (req: IncomingMessage, res: ServerResponse) => {
      if (!known.has(req.socket)) {
        open += 1;
        known.add(req.socket);
        req.socket.once('close', () => {
          open -= 1;
          known.delete(req.socket);
        });
      }
      await handler(req, res);
      handled += 1;
    });
  });

  /** Sends a text. @returns everything that has come back when the server has closed the connection */
  async function answerTo(sent: string): Promise<string> {
    const client = rawClient(url);
    client.socket.write(sent);
    await client.closed;
    return client.received;
  }

  it('slow bodies', async () => {
    const clients = Array.from({ length: 100 }, (_, number) => {
      const client = rawClient(url);
      client.socket.write(number % 2 ? rawPost('{', { 'content-length': 48 }) : rawPost(chunk('{'), CHUNKED));
      return client;
    });
    await until(() => deadlines.ahead === 100);
    const drip = (client: RawClient, number: number) => client.socket.write(number % 2 ? ' ' : chunk(' '));
    for (let turn = 0; turn < 10; turn += 1) {
      clients.forEach(drip);
      await nextTurn();
    }
    expect(handled).to.equal(0);
    deadlines.pass();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(new Set(clients.flatMap(({ received }) => statusesIn(received)))).to.deep.equal(new Set([408]));
    await until(() => open === 0 && handled === 100);
    expect([calls.length, deadlines.ahead]).to.deep.equal([0, 0]);
  });

  it('endless uploads, fast or slow', async () => {
    for (const headers of [
      CHUNKED,
      { 'content-length': 2 ** 40 },
      { ...CHUNKED, 'content-type': 'text/plain' },
    ]) {
      const client = rawClient(url);
      const piece = 'transfer-encoding' in headers ? chunk('x'.repeat(65_536)) : 'x'.repeat(65_536);
      let sent = 0;
      const sendOn = () => {
        for (let flows = true; flows && client.socket.writable; sent += piece.length)
          flows = client.socket.write(piece);
      };
      client.socket.on('drain', sendOn);
      client.socket.write(rawPost('', headers));
      sendOn();
      await client.closed;
      expect(statusesIn(client.received)).to.have.length(1);
      expect(sent).to.be.below(2 ** 25);
    }
    const slow = rawClient(url);
    slow.socket.write(rawPost(chunk('x'.repeat(5000)), CHUNKED));
    await slow.receives(/413/);
    slow.socket.write(chunk('x'));
    deadlines.pass();
    await slow.closed;
    await until(() => open === 0 && handled === 4);
    expect(calls).to.deep.equal([]);
  });

  it('a request hidden in a body that is refused', async () => {
    const hidden = GOOD;
    for (const [sent, status] of [
      [rawPost(hidden, { 'content-type': 'text/plain' }), 415],
      [rawPost(`${chunk(hidden)}0\r\n\r\n`, { ...CHUNKED, 'content-type': 'text/plain' }), 415],
      [rawPost(hidden, { 'content-encoding': 'gzip' }), 415],
      [rawPost(hidden).replace('POST', 'DELETE'), 405],
      [rawPost('x'.repeat(4097) + hidden), 413],
      [rawPost(`${chunk('x'.repeat(4097))}${chunk(hidden)}0\r\n\r\n`, CHUNKED), 413],
    ] as const) {
      expect(statusesIn(await answerTo(sent)), sent.slice(0, 100)).to.deep.equal([status]);
    }
    const late = rawClient(url);
    late.socket.write(rawPost('{', { 'content-length': 1000 }));
    await until(() => deadlines.ahead === 1);
    deadlines.pass();
    late.socket.write(hidden);
    await late.closed;
    expect(statusesIn(late.received)).to.deep.equal([408]);
    expect(calls).to.deep.equal([]);
  });

  it('pipelined requests', async () => {
    const last = rawPost('{}', { connection: 'close' });
    expect(statusesIn(await answerTo(`${GOOD}${rawPost('{}')}${GOOD}${last}`))).to.deep.equal([
      204, 400, 204, 400,
    ]);
    // A request behind a refused body never gets a response.
    expect(statusesIn(await answerTo(`${rawPost('x'.repeat(5000))}${GOOD}`))).to.deep.equal([413]);
    await until(() => open === 0 && deadlines.ahead === 0);
  });

  it('a wrong length', async () => {
    const body = revocation(TOKEN_ID);
    // Too short: the server itself refuses the rest, which is no request.
    expect(new Set(statusesIn(await answerTo(rawPost(body, { 'content-length': 10 }))))).to.deep.equal(
      new Set([400]),
    );
    const long = rawClient(url);
    long.socket.write(rawPost(body, { 'content-length': 100 }));
    await until(() => deadlines.ahead === 1);
    deadlines.pass();
    await long.closed;
    expect(statusesIn(long.received)).to.deep.equal([408]);
    const broken = rawClient(url);
    broken.socket.end(rawPost(body, { 'content-length': 100 }));
    await broken.closed;
    const refused = [
      rawPost(body, { 'content-length': -1 }),
      rawPost(body, { 'content-length': '48, 48' }),
      rawPost(body, { 'content-length': '0x30' }),
      rawPost(`30\r\n${body}\r\n0\r\n\r\n`, { ...CHUNKED, 'content-length': 48 }),
      rawPost(`-1\r\n${body}\r\n0\r\n\r\n`, CHUNKED),
      rawPost(`fffffffffffffffff\r\n${body}`, CHUNKED),
      rawPost(body, { 'transfer-encoding': 'identity' }),
    ];
    for (const sent of refused) expect(statusesIn(await answerTo(sent)), sent).to.deep.equal([400]);
    expect(calls).to.deep.equal([]);
    await until(() => open === 0 && deadlines.ahead === 0);
  });

  it('an id that is not a UUID', async () => {
    const ids = [
      "' OR 1=1 --",
      '../../sessions',
      '*',
      `${TOKEN_ID}\r\nset-cookie: a=b`,
      `${TOKEN_ID}*`,
      'sess:*',
    ];
    const objects: unknown[] = [{ $ne: null }, { $gt: '' }, [TOKEN_ID], { toString: TOKEN_ID }, true, 0];
    for (const id of [...ids, ...objects])
      expect((await send(url, post(JSON.stringify({ id })))).status).to.equal(400);
    expect(calls).to.deep.equal([]);
  });

  it('prototype pollution', async () => {
    for (const body of [
      `{"__proto__":{"id":"${TOKEN_ID}","polluted":true}}`,
      `{"constructor":{"prototype":{"id":"${TOKEN_ID}","polluted":true}}}`,
    ]) {
      expect((await send(url, post(body))).status).to.equal(400);
      expect((await send(url, post(`{"id":"${TOKEN_ID}",${body.slice(1)}`))).status).to.equal(204);
    }
    // Of an inherited member, too.
    for (const name of ['id', 'polluted']) expect({}).to.not.have.property(name);
    expect((await send(url, post('{}'))).status).to.equal(400);
  });

  describe('a thousand requests at once,', () => {
    let finish: () => void;
    beforeEach(() => {
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      endSessions = () => finished;
    });

    /** Twenty on each of fifty connections. */
    function sendThousand(idFor: (number: number) => string): RawClient[] {
      return Array.from({ length: 50 }, (_, row) => {
        const client = rawClient(url);
        const bodies = Array.from({ length: 20 }, (_, column) => revocation(idFor(row * 20 + column)));
        client.socket.write(bodies.map((body) => rawPost(body)).join(''));
        return client;
      });
    }

    async function statusesOf(clients: RawClient[]): Promise<Set<number>> {
      await until(() => deadlines.ahead === 0);
      await until(() => clients.every(({ received }) => statusesIn(received).length === 20));
      for (const { socket } of clients) socket.destroy();
      await until(() => open === 0);
      return new Set(clients.flatMap(({ received }) => statusesIn(received)));
    }

    it('of one id: the function of the app is called once', async () => {
      const clients = sendThousand((number) => (number % 2 ? TOKEN_ID : TOKEN_ID.toUpperCase()));
      await until(() => deadlines.ahead === 1000);
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      expect(calls).to.have.length(1);
      finish();
      expect([...(await statusesOf(clients))]).to.deep.equal([204]);
      expect([calls.length, handled]).to.deep.equal([1, 1000]);
    });

    it('of many ids: none waits for another', async () => {
      const clients = sendThousand(idOf);
      await until(() => calls.length === 1000);
      finish();
      expect([...(await statusesOf(clients))]).to.deep.equal([204]);
      expect(new Set(calls).size).to.equal(1000);
    });

    it('again and again: memory, timers and listeners are as before', async function () {
      this.timeout(30_000);
      setFlagsFromString('--expose-gc');
      const collectGarbage: () => void = runInNewContext('gc');
      endSessions = () => (calls.length % 2 ? Promise.reject(new Error('database down')) : undefined);
      let rounds = 0;
      const round = async () => {
        rounds += 1;
        const clients = sendThousand((number) => idOf(rounds * 1000 + number));
        await until(() => calls.length === 1000);
        expect((await statusesOf(clients)).size).to.equal(2);
        await answerTo(rawPost('x'.repeat(2 ** 20)));
        calls = [];
        for (let pass = 0; pass < 3; pass += 1) {
          await nextTurn();
          collectGarbage();
        }
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      for (let warm = 0; warm < 2; warm += 1) await round();
      const before = await round();
      for (let again = 0; again < 3; again += 1) await round();
      const after = await round();
      // For each of 4,000 requests; a body's buffer alone has 4,096 bytes.
      expect((after - before) / 4000).to.be.below(400);
    });
  });
});
