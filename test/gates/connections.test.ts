import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, type ClientRequest, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import { startCountingServer } from '../support/counting-server';
import { endingOf } from '../support/ending';
import { minimalOptions } from '../support/options';

const ANSWERS: Record<string, object> = {
  '/api/v1/oauth/authorize': { redirect_uri: 'https://provider.example/login' },
  '/api/v1/oauth/token': { access_token: 'access' },
  '/api/v1/oauth/get-data': { freedom_id: '1' },
};

const answer: RequestListener = (req, res) => res.end(JSON.stringify(ANSWERS[req.url ?? '']));

/** A login whose two legs can be run by different strategies. */
class Login {
  private readonly session: { 'freedom-id'?: Record<string, [state: string][]> } = {};

  async start(strategy: FreedomIdStrategy): Promise<void> {
    expect(await endingOf(strategy, { url: '/login', session: this.session })).to.include({
      action: 'redirect',
    });
  }

  async finish(strategy: FreedomIdStrategy): Promise<void> {
    const state = this.session['freedom-id']?.[minimalOptions.clientID]?.[0]?.[0];
    const req = { url: `/callback?state=${state}&authorization_code=C`, session: this.session };
    expect(await endingOf(strategy, req)).to.include({ action: 'success' });
  }
}

const strategyAt = (baseURL: string, options: Partial<FreedomIdStrategyOptions> = {}) =>
  new FreedomIdStrategy(
    { ...minimalOptions, baseURL, ...options, passReqToCallback: false },
    async (_accessToken, _refreshToken, profile) => profile,
  );

describe('the connections that a login opens', () => {
  for (const [name, fetch] of [
    ['by default', undefined],
    ["with the platform's fetch", globalThis.fetch],
  ] as const) {
    describe(name, () => {
      it('are one for the link, and none for the callback', async () => {
        await using server = await startCountingServer(answer);
        const strategy = strategyAt(server.url, { fetch });
        const login = new Login();
        await login.start(strategy);
        expect(server.opened).to.equal(1);
        await login.finish(strategy);
        expect(server.opened).to.equal(1);
      });

      it('are one for a callback when no connection is open yet', async () => {
        await using elsewhere = await startCountingServer(answer);
        await using server = await startCountingServer(answer);
        const login = new Login();
        await login.start(strategyAt(elsewhere.url, { fetch }));
        await login.finish(strategyAt(server.url, { fetch }));
        expect(server.opened).to.equal(1);
      });
    });
  }

  it('are kept for a minute, or for less if Freedom ID says so', async () => {
    const idleTimes: (number | undefined)[] = [];
    for (const keepAlive of [undefined, 'timeout=20', 'timeout=90']) {
      await using server = await startCountingServer((req, res) => {
        // Set by hand: otherwise Node.js adds a keep-alive header with its own timeout.
        res.setHeader('connection', 'keep-alive');
        if (keepAlive !== undefined) res.setHeader('keep-alive', keepAlive);
        answer(req, res);
      });
      const socket = await socketOf(() => new Login().start(strategyAt(server.url)));
      idleTimes.push(socket.timeout);
    }
    const [untold, short, long] = idleTimes;
    expect(untold).to.equal(60_000);
    // Newer versions of Node.js close the connection a second early.
    expect(short).to.be.within(19_000, 20_000);
    expect(long).to.equal(60_000);
  });

  it('are as few as the agent allows, and 60 logins at once all end over them, with responses in chunks', async () => {
    await using server = await startCountingServer((req, res) => {
      res.write(' ');
      answer(req, res);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const strategy = strategyAt(server.url, { agent });
    const logins = Array.from({ length: 60 }, () => new Login());
    await Promise.all(logins.map((login) => login.start(strategy)));
    await Promise.all(logins.map((login) => login.finish(strategy)));
    expect(server.opened).to.equal(4);
    agent.destroy();
  });

  it('are all kept after 300 requests at once, so that the next 300 open none', async () => {
    const crowd = 300;
    let waiting: (() => void)[] = [];
    await using server = await startCountingServer((req, res) => {
      waiting.push(() => answer(req, res));
      // Responses wait until all requests have come, so that each request needs its own connection.
      if (waiting.length < crowd) return;
      for (const go of waiting) go();
      waiting = [];
    });
    const { client } = strategyAt(server.url);
    const everybodyAsks = () => Promise.all(Array.from({ length: crowd }, () => client.getUserInfo('t')));
    await everybodyAsks();
    expect(server.opened).to.equal(crowd);
    await everybodyAsks();
    expect(server.opened).to.equal(crowd);
  });
});

/** The connection that a request was answered on. */
async function socketOf(request: () => Promise<void>): Promise<Socket> {
  let socket: Socket | null = null;
  const note = (message: unknown) => {
    socket = (message as { request: ClientRequest }).request.socket;
  };
  subscribe('http.client.response.finish', note);
  await request();
  unsubscribe('http.client.response.finish', note);
  return socket ?? expect.fail('nothing was answered');
}
