import { once } from 'node:events';
import { Agent } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { FreedomIdClient, type FreedomIdError } from '../lib';
import { minimalOptions } from './support/options';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}';

describe('a connection that was kept', () => {
  const agents: Agent[] = [];
  const servers: Server[] = [];
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  /** What the n-th connection does with its m-th request, both from 0. */
  type Behaviour = (socket: Socket, request: number, connection: number) => void;

  /** A server at the level of TCP. @returns a client of it, and how many requests each connection got */
  async function serve(behave: Behaviour, agent: Agent = new Agent({ keepAlive: true })) {
    const requests: number[] = [];
    const server = createServer((socket) => {
      const connection = requests.push(0) - 1;
      socket.on('data', () => {
        const request = requests[connection] ?? 0;
        requests[connection] = request + 1;
        behave(socket, request, connection);
      });
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    agents.push(agent);
    servers.push(server);
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new FreedomIdClient({ ...minimalOptions, baseURL, agent });
    return { client, requests, agent };
  }

  const closings: Record<string, (socket: Socket) => void> = {
    closed: (socket) => socket.end(),
    reset: (socket) => socket.resetAndDestroy(),
  };
  for (const [name, close] of Object.entries(closings)) {
    it(`and is ${name} as it is used again, costs a second try on a new one`, async () => {
      const { client, requests } = await serve((socket, request) =>
        request === 0 ? socket.write(ANSWER) : close(socket),
      );
      await client.getUserInfo('t');
      expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
      expect(requests).to.deep.equal([2, 1]);
    });

    it(`and is ${name} takes the older ones with it, which are no better`, async () => {
      const { client, requests } = await serve((socket, request) =>
        request === 0 ? socket.write(ANSWER) : close(socket),
      );
      await Promise.all([1, 2, 3].map(() => client.getUserInfo('t')));
      expect((await client.getUserInfo('t')).json).to.deep.equal({ a: 1 });
      expect(requests.toSorted()).to.deep.equal([1, 1, 1, 2]);
    });

    it(`is not blamed when a new one is ${name}: the request is sent once`, async () => {
      const { client, requests } = await serve(close);
      const error: FreedomIdError = await client.getUserInfo('t').catch((reason) => reason);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
      expect(error.message).to.include('ECONNRESET');
      expect(requests).to.deep.equal([1]);
    });

    it(`is given one more chance only, when all are ${name}`, async () => {
      const { client, requests } = await serve((socket, _request, connection) =>
        connection === 0 && requests[0] === 1 ? socket.write(ANSWER) : close(socket),
      );
      await client.getUserInfo('t');
      const error = await client.getUserInfo('t').catch((reason) => reason);
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
      expect(requests).to.deep.equal([2, 1]);
    });
  }

  it('leaves other hosts their own', async () => {
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

  it('on which an answer has begun is not tried again: the request has arrived', async () => {
    const { client, requests } = await serve((socket, request) =>
      request === 0 ? socket.write(ANSWER) : socket.write('HTTP/1.1 2', () => socket.end()),
    );
    await client.getUserInfo('t');
    const error = await client.getUserInfo('t').catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
    expect(requests).to.deep.equal([2]);
  });

  it('may come from an agent that only works as itself, as one with private members', async () => {
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
});
