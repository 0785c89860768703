import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { Agent, type ClientRequest, get, type RequestListener } from 'node:http';
import https, { Agent as SecureAgent } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import * as undici from 'undici';
import { undiciFetch } from '../../examples/undici';
import { type FetchFunction, FreedomIdClient, FreedomIdError } from '../../lib';
import type { Send } from '../../lib/http/fetch';
import { readConnectionOptions } from '../../lib/http/options';
import { createTransport } from '../../lib/http/transport';
import { createAuthority } from '../support/authority';
import { runNode } from '../support/child';
import { withoutNewerNode } from '../support/needs';
import { minimalOptions } from '../support/options';
import { startSocketServer } from '../support/socket-server';

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}';

describe('a kept-alive connection', () => {
  const agents: Agent[] = [];
  const servers: Server[] = [];
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  /** What the n-th connection does with its m-th request, both from 0. */
  type Behaviour = (socket: Socket, request: number, connection: number) => void;

  /** A client of a server that behaves so, and how many requests each connection got. */
  function counting(behave: Behaviour) {
    const requests: number[] = [];
    const accept = (socket: Socket) => {
      const connection = requests.push(0) - 1;
      socket.on('data', () => {
        const request = requests[connection] ?? 0;
        requests[connection] = request + 1;
        behave(socket, request, connection);
      });
      socket.on('error', () => {});
    };
    return { accept, requests };
  }

  async function listen(server: Server): Promise<number> {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A server at the level of TCP. @returns a client of it, and how many requests each connection got */
  async function serve(behave: Behaviour, agent: Agent = new Agent({ keepAlive: true })) {
    const { accept, requests } = counting(behave);
    const baseURL = `http://127.0.0.1:${await listen(createServer(accept))}`;
    agents.push(agent);
    const client = new FreedomIdClient({ ...minimalOptions, baseURL, agent });
    return { client, requests, agent, baseURL };
  }

  const closings: Record<string, (socket: Socket) => void> = {
    closed: (socket) => socket.end(),
    reset: (socket) => socket.resetAndDestroy(),
  };
  for (const [name, close] of Object.entries(closings)) {
    it(`that is ${name} just as it is used again makes the request go out once more, on a new one`, async () => {
      const { client, requests } = await serve((socket, request) =>
        request === 0 ? socket.write(ANSWER) : close(socket),
      );
      await client.getUserInfo('t');
      expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
      expect(requests).to.deep.equal([2, 1]);
    });

    it(`that is ${name} just as it is used again makes the older idle ones close`, async () => {
      const { client, requests } = await serve((socket, request) =>
        request === 0 ? socket.write(ANSWER) : close(socket),
      );
      await Promise.all([1, 2, 3].map(() => client.getUserInfo('t')));
      expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
      expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
    });

    it(`is no reason for a second try when a new one is ${name}`, async () => {
      const { client, requests } = await serve(close);
      const error: FreedomIdError = await client.getUserInfo('t').catch((reason) => reason);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
      expect(error.message).to.include('ECONNRESET');
      expect(requests).to.deep.equal([1]);
    });

    it(`is replaced once only, even if the new one is ${name}, too`, async () => {
      const { client, requests } = await serve((socket, _request, connection) =>
        connection === 0 && requests[0] === 1 ? socket.write(ANSWER) : close(socket),
      );
      await client.getUserInfo('t');
      const error = await client.getUserInfo('t').catch((reason) => reason);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
      expect(requests).to.deep.equal([2, 1]);
    });
  }

  const ID = '01953bd1-a6d3-739e-8aa3-83e881f09055';
  const again: Record<string, (client: FreedomIdClient) => Promise<unknown>> = {
    'a refresh': (client) => client.refreshTokens('t'),
    'a request for the full profile': (client) => client.requestProfile('t'),
    'a question about its status, a GET with a body': (client) => client.getProfileStatus('t', ID),
    'a change of a user': (client) => client.updateUser('t', { freedom_id: ID }),
  };
  for (const [name, call] of Object.entries(again)) {
    it(`that is closed just as it is used again makes ${name} go out once more`, async () => {
      const { client, requests } = await serve((socket, request) =>
        request === 0 ? socket.write(ANSWER) : socket.end(),
      );
      await client.getUserInfo('t');
      // Of the answer, which is for another method, only that it came.
      await call(client).catch(({ code }) => expect(code).to.equal('ERR_FREEDOM_ID_RESPONSE'));
      expect(requests).to.deep.equal([2, 1]);
    });
  }

  it('that is closed just as it is used again does not make the creation of a user go out once more', async () => {
    const { client, requests } = await serve((socket, request) =>
      request === 0 ? socket.write(ANSWER) : socket.end(),
    );
    await client.getUserInfo('t');
    const error = await client.createUser('t', { phone: '+77010000001' }).catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK', endpoint: 'user' });
    expect(requests).to.deep.equal([2]);
  });

  it('carries a GET with a body, whose length is sent, and then the next request', async () => {
    const received: string[] = [];
    await using server = await startSocketServer((socket) => {
      socket.on('data', (data) => {
        received.push(String(data));
        socket.write(ANSWER.replace('{"a":1}', '{"status":"?"}').replace('length: 7', 'length: 14'));
      });
    });
    const agent = new Agent({ keepAlive: true });
    agents.push(agent);
    const baseURL = `http://127.0.0.1:${server.port}`;
    const client = new FreedomIdClient({ ...minimalOptions, baseURL, agent });
    expect((await client.getProfileStatus('t', ID)).raw).to.deep.equal({ status: '?' });
    await client.getUserInfo('t');
    const [first = '', second = ''] = received;
    expect(first).to.match(/^GET \/api\/v1\/oauth\/get-profile\/status HTTP\/1\.1\r\n/);
    expect(first.split('\r\n')).to.include.members([
      'content-length: 53',
      'content-type: application/json',
      'accept-encoding: gzip,deflate',
      'authorization: Bearer t',
      'user-agent: passport-freedom-id',
      `{"request_id":"${ID}"}`,
    ]);
    expect(second).to.match(/^GET \/api\/v1\/oauth\/get-data HTTP\/1\.1\r\n/);
  });

  describe('to a default port', () => {
    const HOST = 'provider.example';
    const closeOnReuse = () =>
      counting((socket, request) => (request === 0 ? socket.write(ANSWER) : socket.end()));

    /** Three connections at once, then one request that meets the newest closed. */
    async function meetClosed(baseURL: string, agent: Agent): Promise<void> {
      agents.push(agent);
      const client = new FreedomIdClient({ ...minimalOptions, baseURL, agent, allowInsecureHttp: true });
      await Promise.all([1, 2, 3].map(() => client.getUserInfo('t')));
      expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
    }

    it('that is closed just as it is used again makes the older idle ones close', async () => {
      const { accept, requests } = closeOnReuse();
      const port = await listen(createServer(accept));
      const createConnection = () => connect(port, '127.0.0.1');
      await meetClosed(`http://${HOST}`, Object.assign(new Agent({ keepAlive: true }), { createConnection }));
      expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
    });

    it('of an IPv6 address that is closed just as it is used again makes the older idle ones close', async () => {
      const { accept, requests } = closeOnReuse();
      const port = await listen(createServer(accept));
      const createConnection = () => connect(port, '127.0.0.1');
      await meetClosed('http://[::1]', Object.assign(new Agent({ keepAlive: true }), { createConnection }));
      expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
    });

    it('over TLS that is closed just as it is used again makes the older idle ones close', async () => {
      const authority = await createAuthority();
      const { accept, requests } = closeOnReuse();
      const port = await listen(createSecureServer(await authority.certify(HOST), accept));
      const options = { port, host: '127.0.0.1', ca: authority.ca, servername: HOST };
      const createConnection = () => connectSecurely(options);
      await meetClosed(
        `https://${HOST}`,
        Object.assign(new SecureAgent({ keepAlive: true }), { createConnection }),
      );
      expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
    });
  });

  /** As ProxyAgent does: its own lists of connections stay empty. */
  class OuterAgent extends Agent {
    private readonly inner = new Agent({ keepAlive: true });

    constructor() {
      super({ keepAlive: true });
    }

    addRequest(...args: unknown[]): void {
      (this.inner as unknown as { addRequest(...args: unknown[]): void }).addRequest(...args);
    }

    override destroy(): void {
      this.inner.destroy();
    }
  }

  it('that an agent holds in another agent is replaced as well, and the older idle ones close', async () => {
    const { client, requests } = await serve(
      (socket, request) => (request === 0 ? socket.write(ANSWER) : socket.end()),
      new OuterAgent(),
    );
    await Promise.all([1, 2, 3].map(() => client.getUserInfo('t')));
    expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
    expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
  });

  /** Breaks the connection with this error when a request uses it again. */
  const breakingAgent = (code: string) => {
    class BreakingAgent extends Agent {
      override reuseSocket(socket: Duplex, request: ClientRequest) {
        super.reuseSocket(socket, request);
        // A turn later, as a real one: node:http listens by then.
        request.once('socket', () => socket.destroy(Object.assign(new Error(`write ${code}`), { code })));
      }
    }
    return new BreakingAgent({ keepAlive: true });
  };

  it('that breaks while the request is written makes the request go out once more, too', async () => {
    const { client, requests } = await serve((socket) => socket.write(ANSWER), breakingAgent('EPIPE'));
    await client.getUserInfo('t');
    expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
    expect(requests).to.deep.equal([1, 1]);
  });

  it('that breaks for any other reason is not replaced, but the older idle ones close', async () => {
    const { client, requests } = await serve((socket) => socket.write(ANSWER), breakingAgent('ETIMEDOUT'));
    await Promise.all([client.getUserInfo('t'), client.getUserInfo('t')]);
    const error = await client.getUserInfo('t').catch((reason) => reason);
    expect(error.message).to.include('the connection failed (ETIMEDOUT)');
    await client.getUserInfo('t');
    expect(requests).to.deep.equal([1, 1, 1]);
  });

  it('that could not be opened is not requested once more', async () => {
    let asked = 0;
    class FailingAgent extends Agent {
      addRequest(request: ClientRequest): void {
        asked += 1;
        setImmediate().then(() =>
          request.emit('error', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
        );
      }
    }
    const { client } = await serve((socket) => socket.write(ANSWER), new FailingAgent());
    const error = await client.getUserInfo('t').catch((reason) => reason);
    expect(error.message).to.include('the connection failed (ECONNRESET)');
    expect(asked).to.equal(1);
  });

  describe('on which no response comes in time', () => {
    const hastyAt = (baseURL: string, agent: Agent) =>
      new FreedomIdClient({ ...minimalOptions, baseURL, agent, timeout: 50 });
    const expectTimeout = async (request: Promise<unknown>) =>
      expect(await request.catch((reason) => reason)).to.include({ code: 'ERR_FREEDOM_ID_TIMEOUT' });

    it('is not replaced, but the other idle ones close, so that the next request opens a new one', async () => {
      const { client, requests, agent, baseURL } = await serve((socket, request) => {
        if (request === 0) socket.write(ANSWER);
      });
      await Promise.all([1, 2, 3].map(() => client.getUserInfo('t')));
      await expectTimeout(hastyAt(baseURL, agent).getUserInfo('t'));
      await client.getUserInfo('t');
      expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
    });

    it('lets the others stay open when it is new, or when a part of the response came', async () => {
      let received = 0;
      const { client, requests, agent, baseURL } = await serve((socket) => {
        received += 1;
        if (received === 4) socket.write('HTTP/1.1 2');
        else if (received !== 1) socket.write(ANSWER);
      });
      const silent = expectTimeout(hastyAt(baseURL, agent).getUserInfo('t'));
      await Promise.all([client.getUserInfo('t'), client.getUserInfo('t')]);
      await silent;
      await expectTimeout(hastyAt(baseURL, agent).getUserInfo('t'));
      await client.getUserInfo('t');
      expect(requests.toSorted()).to.deep.equal([1, 2, 2]);
    });
  });

  it('whose request the app gives up is closed, and lets the other idle ones stay open', async () => {
    let received = 0;
    const { client, requests } = await serve((socket) => {
      received += 1;
      if (received !== 4) socket.write(ANSWER);
    });
    await Promise.all([1, 2, 3].map(() => client.getUserInfo('t')));
    const controller = new AbortController();
    const givenUp = client.getUserInfo('t', { signal: controller.signal }).catch((reason) => reason);
    while (received < 4) await setImmediate();
    controller.abort('enough');
    expect(await givenUp).to.equal('enough');
    await Promise.all([client.getUserInfo('t'), client.getUserInfo('t')]);
    expect(requests.toSorted()).to.deep.equal([2, 2, 2]);
  });

  it('that is closed leaves alone the one on which a request of the app is waiting', async () => {
    const waiting: Socket[] = [];
    let received = 0;
    const { client, requests, agent, baseURL } = await serve((socket) => {
      received += 1;
      if (received === 3) waiting.push(socket);
      else if (received === 4) socket.end();
      else socket.write(ANSWER);
    });
    await Promise.all([client.getUserInfo('t'), client.getUserInfo('t')]);
    const own = once(get(baseURL, { agent }), 'response');
    while (received < 3) await setImmediate();
    await client.getUserInfo('t');
    for (const socket of waiting) socket.write(ANSWER);
    expect((await own)[0]).to.have.property('statusCode', 200);
    expect(requests.toSorted()).to.deep.equal([1, 2, 2]);
  });

  it('that the app has opened is replaced as well, and so are the others that are closed with it', async () => {
    const agent = new Agent({ keepAlive: true });
    const { client, requests, baseURL } = await serve(
      (socket, request, connection) =>
        request === 0 || connection > 2 ? socket.write(ANSWER) : socket.end(),
      agent,
    );
    const read = async () => {
      const [response] = await once(get(baseURL, { agent }), 'response');
      await once(response.resume(), 'close');
    };
    await Promise.all([read(), read(), read()]);
    expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
    expect(requests).to.deep.equal([2, 2, 2, 1]);
  });

  it('that the app has turned into a WebSocket stays open', async () => {
    const { client, agent, baseURL } = await serve((socket, request) => {
      if (request === 0) socket.write(ANSWER);
      else if (request === 1 && !upgraded) {
        upgraded = true;
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
      } else socket.end();
    });
    let upgraded = false;
    await Promise.all([client.getUserInfo('t'), client.getUserInfo('t')]);
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    const [, webSocket] = await once(get(baseURL, { agent, headers }), 'upgrade');
    await client.getUserInfo('t');
    expect(webSocket.destroyed).to.equal(false);
    webSocket.destroy();
  });

  it('is not replaced if it does not count the bytes that were read', async () => {
    const createConnection = (options: { port: number }) => {
      const socket = connect(options.port, '127.0.0.1');
      return Object.defineProperty(socket, 'bytesRead', { value: undefined });
    };
    const { client, requests } = await serve(
      (socket, request) => (request === 0 ? socket.write(ANSWER) : socket.end()),
      Object.assign(new Agent({ keepAlive: true }), { createConnection }),
    );
    await client.getUserInfo('t');
    const error = await client.getUserInfo('t').catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
    expect(requests).to.deep.equal([2]);
  });

  it('that is closed does not close those to other hosts', async () => {
    const agent = new Agent({ keepAlive: true });
    const other = await serve((socket) => socket.write(ANSWER), agent);
    const { client } = await serve(
      (socket, request) => (request === 0 ? socket.write(ANSWER) : socket.end()),
      agent,
    );
    await other.client.getUserInfo('t');
    await client.getUserInfo('t');
    await client.getUserInfo('t');
    await other.client.getUserInfo('t');
    expect(other.requests).to.deep.equal([2]);
  });

  it('on which a response has begun is not replaced, because the request has arrived', async () => {
    const { client, requests } = await serve((socket, request) =>
      request === 0 ? socket.write(ANSWER) : socket.write('HTTP/1.1 2', () => socket.end()),
    );
    await client.getUserInfo('t');
    const error = await client.getUserInfo('t').catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
    expect(requests).to.deep.equal([2]);
  });

  it('may come from an agent whose getters need their own this', async () => {
    const agent = new Agent({ keepAlive: true });
    // node:http reads it as it makes the request.
    Object.defineProperty(agent, 'defaultPort', {
      get(this: unknown) {
        expect(this).to.equal(agent);
        return 80;
      },
    });
    const { client, requests } = await serve((socket) => socket.write(ANSWER), agent);
    expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
    expect(requests).to.deep.equal([1]);
  });

  it("may come from an agent that carries the app's own requests, too, and leaves those as they are", async () => {
    const { client, baseURL } = await serve((socket) => socket.write(CHUNKED));
    const agents: Agent[] = [];
    const note = (message: unknown) => {
      agents.push((message as { request: ClientRequest & { agent: Agent } }).request.agent);
    };
    subscribe('http.client.request.start', note);
    await client.getUserInfo('t');
    unsubscribe('http.client.request.start', note);
    const [agent] = agents as [Agent];
    const [response] = await once(get(baseURL, { agent }), 'response');
    expect(response.resume().headers).to.include({ 'transfer-encoding': 'chunked' });
  });

  it("that no response comes on in time is closed over undici's request, too", async () => {
    const sockets: Socket[] = [];
    const { baseURL } = await serve((socket) => void sockets.push(socket));
    const client = new FreedomIdClient({ ...minimalOptions, baseURL, fetch: undiciFetch(), timeout: 50 });
    const error = await client.getUserInfo('t').catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_TIMEOUT' });
    const [socket] = sockets as [Socket];
    if (!socket.closed) await once(socket, 'close');
  });

  describe('for which requests wait in a queue', () => {
    it('brings all of them their responses, which come in chunks', async () => {
      const chunked = (coding: string, body: string | Buffer) =>
        Buffer.concat([
          Buffer.from(
            `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-encoding: ${coding}\r\n\r\n${body.length.toString(16)}\r\n`,
          ),
          Buffer.from(body),
          Buffer.from('\r\n0\r\n\r\n'),
        ]);
      for (const limit of [{ maxSockets: 1 }, { maxSockets: 4 }, { maxSockets: 9, maxTotalSockets: 2 }]) {
        for (const answer of [chunked('identity', '{"a":1}'), chunked('gzip', gzipSync('{"a":1}'))]) {
          const agent = new Agent({ keepAlive: true, ...limit });
          const { client, requests } = await serve((socket) => socket.write(answer), agent);
          const crowd = await Promise.all(Array.from({ length: 20 }, () => client.getUserInfo('t')));
          expect(crowd.map(({ raw }) => raw)).to.deep.equal(Array(20).fill('{"a":1}'));
          expect(requests).to.have.length(Math.min(...Object.values(limit)));
        }
      }
    });

    it('that is closed as the next of them goes out makes it go out once more', async () => {
      for (const count of [2, 6]) {
        const { client } = await serve(
          (socket, request) => (request === 0 ? socket.write(ANSWER) : socket.end()),
          new Agent({ keepAlive: true, maxSockets: 1 }),
        );
        const all = await Promise.all(Array.from({ length: count }, () => client.getUserInfo('t')));
        expect(all.map(({ raw }) => raw)).to.deep.equal(Array(count).fill('{"a":1}'));
      }
    });
  });

  it('has one listener of ours, however many requests it carries', async () => {
    const sockets = new Set<Duplex>();
    class NotingAgent extends Agent {
      override reuseSocket(socket: Duplex, request: ClientRequest) {
        super.reuseSocket(socket, request);
        sockets.add(socket);
      }
    }
    const { client } = await serve((socket) => socket.write(ANSWER), new NotingAgent({ keepAlive: true }));
    const listeners = async () => {
      await client.getUserInfo('t');
      return [...sockets].map((socket) => socket.listenerCount('close'));
    };
    await listeners();
    const early = await listeners();
    expect(early).to.have.length(1);
    await listeners();
    expect(await listeners()).to.deep.equal(early);
  });
});

describe('a response', () => {
  const BODY = '{"a":1}';
  const codings: Record<string, Buffer> = {
    identity: Buffer.from(BODY),
    gzip: gzipSync(BODY),
    deflate: deflateSync(BODY),
    br: brotliCompressSync(BODY),
  };

  interface Reading {
    fetch?: FetchFunction | undefined;
    /** Of the request. */
    json?: Record<string, unknown>;
    closes?: boolean;
    agent?: Agent;
  }

  /** Asks a server that sends these segments, each by itself, and may then close the connection. */
  async function receive(
    segments: (string | Buffer)[],
    { fetch, json, closes = false, agent }: Reading = {},
  ) {
    await using server = await startSocketServer(async (socket) => {
      await once(socket, 'data');
      for (const segment of segments) {
        socket.write(segment);
        await setImmediate();
      }
      if (closes) socket.end();
    });
    const baseURL = `http://127.0.0.1:${server.port}`;
    // Far beyond the limit of a test: a test that waits for it fails.
    const options = { ...minimalOptions, baseURL, fetch, agent, timeout: 60_000 };
    const exchange = createTransport(readConnectionOptions(options));
    return await exchange({
      endpoint: 'get-data',
      method: 'GET',
      url: `${baseURL}/`,
      ...(json && { json }),
    });
  }

  const errorOf = async (...args: Parameters<typeof receive>): Promise<FreedomIdError> => {
    const error = await receive(...args).catch((reason) => reason);
    expect(error).to.be.instanceOf(FreedomIdError);
    return error;
  };

  /** A GET without a body, and with one. */
  const builtIn: Record<string, Reading> = {
    'node-fetch': {},
    'node:http, for a GET with a body': { json: { request_id: '1' } },
  };
  const ways: Record<string, Reading> = {
    ...builtIn,
    "the platform's fetch": { fetch: globalThis.fetch },
    "undici's fetch": { fetch: undici.fetch as FetchFunction },
    "undici's request": { fetch: undiciFetch() },
    "undici's request, for a GET with a body": { fetch: undiciFetch(), json: { request_id: '1' } },
  };
  for (const [name, way] of Object.entries(ways)) {
    it(`that breaks, in the segment of its head or in a later one, is an error at once with ${name}`, async () => {
      for (const [coding, bytes] of Object.entries(codings)) {
        const head = (framing: string) =>
          `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\n${framing}\r\n\r\n`;
        const cut = bytes.subarray(0, -3);
        const wrongs: [kind: string, closes: boolean, framing: string, ...bodies: (string | Buffer)[]][] = [
          ['NETWORK', true, 'content-length: 1000'],
          ['NETWORK', true, 'content-length: 1000', cut],
          ['NETWORK', true, 'transfer-encoding: chunked'],
          ['NETWORK', true, 'transfer-encoding: chunked', '5'],
          ['NETWORK', true, 'transfer-encoding: chunked', 'ff\r\n', cut],
          ['NETWORK', true, 'transfer-encoding: chunked', `${bytes.length.toString(16)}\r\n`, bytes, '\r\n'],
          ['RESPONSE', false, 'transfer-encoding: chunked', 'No\r\n'],
          ['RESPONSE', false, 'transfer-encoding: chunked', `${cut.length.toString(16)}\r\n`, cut, 'No\r\n'],
        ];
        for (const [kind, closes, framing, ...bodies] of wrongs) {
          const parts = [head(framing), ...bodies].map((part) => Buffer.from(part));
          for (const segments of [[Buffer.concat(parts)], parts]) {
            const error = await errorOf(segments, { ...way, closes });
            const what = `${coding}, ${framing}, ${bodies.length} parts in ${segments.length} segments`;
            expect(error.code, `${what}: ${error.message}`).to.equal(`ERR_FREEDOM_ID_${kind}`);
          }
        }
      }
    });
  }

  it('that breaks tells the status of its head', async () => {
    for (const rest of ['No\r\n', '5\r\n']) {
      const error = await errorOf([`HTTP/1.1 203 So\r\ntransfer-encoding: chunked\r\n\r\n${rest}`], {
        closes: true,
      });
      expect(error).to.have.property('httpStatus', 203);
    }
  });

  for (const [name, way] of Object.entries(builtIn)) {
    it(`is decoded with ${name}, whatever the case in which its coding is written`, async () => {
      const named = {
        identity: ['Identity', ''],
        gzip: ['gzip', 'GZIP', 'X-GZip'],
        deflate: ['Deflate', 'x-deflate'],
        br: ['br', 'BR'],
      };
      for (const [coding, names] of Object.entries(named)) {
        for (const written of names) {
          const bytes = codings[coding] ?? expect.fail(coding);
          const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${written}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
          expect((await receive([head, bytes], way)).raw, written).to.equal(BODY);
        }
      }
    });

    it(`may lack, with ${name}, what stands behind the text in a gzip body`, async () => {
      const bytes = gzipSync(BODY).subarray(0, -8);
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bytes.length}\r\n\r\n`;
      expect((await receive([head, bytes], way)).raw).to.equal(BODY);
    });

    it(`that is empty is an error with ${name}, and its coding does no harm`, async () => {
      for (const coding of ['gzip', 'deflate']) {
        const head = `HTTP/1.1 401 No\r\ncontent-encoding: ${coding}\r\ncontent-length: 0\r\n\r\n`;
        expect((await errorOf([head], way)).message, coding).to.include('HTTP 401');
      }
    });

    it(`in a coding that is not known is an error with ${name}, and is named`, async () => {
      for (const coding of ['zstd', 'gzip, gzip', 'constructor', '__proto__']) {
        const head = `HTTP/1.1 203 So\r\ncontent-encoding: ${coding}\r\ncontent-length: 7\r\n\r\n`;
        const error = await errorOf([head, BODY], way);
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: 203 });
        expect(error.message).to.include(
          `the response is broken (its content coding is ${coding}, which is not known here). Check what serves http://127.0.0.1:`,
        );
      }
    });

    it(`that asks for patience tells with ${name} for how long`, async () => {
      const head = 'HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n';
      expect(await errorOf([head], way)).to.have.property('retryAfter', 7);
      expect(await errorOf([head.replace('retry-after: 7\r\n', '')], way)).not.to.have.property('retryAfter');
    });
  }

  it('that switches protocols is an error at once, and its connection is closed', async () => {
    let closed: Promise<unknown> | undefined;
    await using server = await startSocketServer((socket) => {
      closed = once(socket, 'close');
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
      );
    });
    const options = { ...minimalOptions, baseURL: `http://127.0.0.1:${server.port}`, timeout: 60_000 };
    const error = await new FreedomIdClient(options).getUserInfo('the-token').catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: 101 });
    expect(error.message).to.include('HTTP 101');
    await closed;
  });

  it('may follow informational responses', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n';
    const last = 'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}';
    expect((await receive([early, 'HTTP/1.1 100 Continue\r\n\r\n', last])).raw).to.equal(BODY);
    expect((await receive([early + last])).raw).to.equal(BODY);
    expect(await errorOf([early], { closes: true })).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
  });

  it('that never comes, because the request was closed without an error, is an error at once', async () => {
    class ClosingAgent extends Agent {
      addRequest(request: ClientRequest): void {
        request.emit('close');
      }
    }
    const error = await errorOf([], { agent: new ClosingAgent() });
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
    expect(error.message).to.include('the connection failed (the request was closed without a response)');
  });

  it('that did not come through the tunnel of a proxy is an error, which says why there is no tunnel', async () => {
    class TunnelAgent extends SecureAgent {
      constructor(private readonly status: number | undefined) {
        super();
      }

      addRequest(request: ClientRequest): void {
        if (this.status !== undefined) request.emit('proxyConnect', { statusCode: this.status });
        // As a proxy agent does: it passes on the proxy's unencrypted response.
        request.onSocket(new Socket());
      }
    }
    for (const [status, reason] of [
      [407, 'the proxy opened no tunnel: HTTP 407'],
      [undefined, 'no encrypted connection to the host'],
    ] as const) {
      const client = new FreedomIdClient({ ...minimalOptions, agent: new TunnelAgent(status) });
      const error: FreedomIdError = await client.getUserInfo('the-token').catch((reason) => reason);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
      expect(error.message).to.include(`the connection failed (${reason}). Check `);
    }
  });
});

describe('the default agents', () => {
  type Global = { globalAgent: unknown };

  /** The agent of a request that is sent once this stands in the place of the global agents. */
  async function defaultAgentWith(secure: boolean, globalAgent: unknown): Promise<{ options: object }> {
    const path = require.resolve('../../lib/http/node-fetch');
    const { [path]: loaded } = require.cache;
    delete require.cache[path];
    const { createKeptAliveSend } = require(path) as { createKeptAliveSend: () => Send };
    require.cache[path] = loaded;
    const kept = [http.globalAgent, https.globalAgent];
    (http as Global).globalAgent = secure ? {} : globalAgent;
    (https as Global).globalAgent = secure ? globalAgent : {};
    const requests: ClientRequest[] = [];
    const note = (message: unknown) => void requests.push((message as { request: ClientRequest }).request);
    subscribe('http.client.request.start', note);
    try {
      const url = `${secure ? 'https' : 'http'}://127.0.0.1:1`;
      await createKeptAliveSend()(url, { method: 'GET', headers: {}, redirect: 'manual' }).response.catch(
        () => {},
      );
    } finally {
      unsubscribe('http.client.request.start', note);
      [(http as Global).globalAgent, (https as Global).globalAgent] = kept;
    }
    return (requests[0] as unknown as { agent: { options: object } }).agent;
  }

  for (const secure of [true, false]) {
    it(`go by the same proxy as the global ${secure ? 'https' : 'http'} agent`, async () => {
      const proxyEnv = {};
      expect((await defaultAgentWith(secure, { options: { proxyEnv } })).options).to.include({ proxyEnv });
      for (const other of [{ options: {} }, {}]) {
        const { options } = await defaultAgentWith(secure, other);
        expect(options).to.include({ keepAlive: true, proxyEnv: undefined });
      }
    });
  }

  it('use the proxy of the environment if Node.js does, as a global agent does', async function () {
    if (!process.allowedNodeEnvironmentFlags.has('--use-env-proxy')) {
      withoutNewerNode(this, 'does not use the proxy of the environment');
    }
    const authority = await createAuthority();
    const answer: RequestListener = (_req, res) => res.end('{"freedom_id":"u-1"}');
    const provider = https.createServer(await authority.certify('freedom.invalid'), answer);
    const seen: string[] = [];
    const proxy = http.createServer((req, res) => {
      seen.push(`${req.method} ${req.url}`);
      answer(req, res);
    });
    proxy.on('connect', (req, socket: Socket) => {
      seen.push(`${req.method} ${req.url}`);
      const upstream = connect((provider.address() as AddressInfo).port, '127.0.0.1');
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      for (const end of [socket, upstream]) end.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, authority.ca);
    for (const server of [provider, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const child = runNode(
      ['test/support/read-users.ts', 'http://freedom.invalid', 'https://freedom.invalid'],
      {
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: url,
        HTTPS_PROXY: url,
        NO_PROXY: '',
        NODE_EXTRA_CA_CERTS: ca,
        NODE_NO_WARNINGS: '1',
      },
    );
    const code = await child.ended;
    for (const server of [provider, proxy]) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true });
    expect({ code, stderr: child.stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(child.stdout.trim().split('\n')).to.deep.equal(Array(8).fill('{"freedom_id":"u-1"}'));
    expect(seen).to.deep.equal([
      ...Array(4).fill('GET http://freedom.invalid/api/v1/oauth/get-data'),
      // A tunnel is kept alive, too.
      ...Array(2).fill('CONNECT freedom.invalid:443'),
    ]);
  });
});
