import { on } from 'node:events';
import { Agent } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { undiciFetch } from '../../examples/undici';
import { type FetchFunction, FreedomIdClient, type FreedomIdClientOptions } from '../../lib';
import { FreedomIdOidcClient } from '../../lib/oidc';
import { KEYS_CODE, PENDING_ID, REQUEST_ID } from './hanging-server';
import { CLIENT_ID, CLIENT_SECRET } from './options';

// Makes every call of both clients over sockets, to servers that never answer, and aborts each when its request has arrived. Its
// parent, which has the servers, tells of that. Then it must end by itself: deadlines and pauses are far away.

const CREDENTIALS = { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, timeout: 600_000 };
const USER = { phone: '+77010000001', freedom_id: REQUEST_ID };

type Call = (signal: AbortSignal, options: FreedomIdClientOptions) => Promise<unknown>;

const oauth =
  (call: (client: FreedomIdClient, signal: AbortSignal) => Promise<unknown>): Call =>
  (signal, options) =>
    call(new FreedomIdClient(options), signal);

const oidc =
  (call: (client: FreedomIdOidcClient, signal: AbortSignal) => Promise<unknown>): Call =>
  (signal, options) =>
    call(new FreedomIdOidcClient({ ...options, jwksURL: `${options.baseURL}/jwks` }), signal);

const login = { redirectURI: 'https://app.example/cb', nonce: 'nonce' };

const CALLS: Record<string, Call> = {
  createAuthorizationLink: oauth((client, signal) =>
    client.createAuthorizationLink({ redirectURI: login.redirectURI, grants: [], signal }),
  ),
  exchangeCode: oauth((client, signal) => client.exchangeCode('code', { signal })),
  refreshTokens: oauth((client, signal) => client.refreshTokens('token', { signal })),
  getUserInfo: oauth((client, signal) => client.getUserInfo('token', { signal })),
  requestProfile: oauth((client, signal) => client.requestProfile('token', { signal })),
  getProfileStatus: oauth((client, signal) => client.getProfileStatus('token', REQUEST_ID, { signal })),
  'waitForProfile, at its request': oauth((client, signal) =>
    client.waitForProfile('token', { timeout: 600_000, signal }),
  ),
  'waitForProfile, at a question': oauth((client, signal) =>
    client.waitForProfile('token', { requestId: REQUEST_ID, timeout: 600_000, signal }),
  ),
  createUser: oauth((client, signal) => client.createUser('token', USER, { signal })),
  updateUser: oauth((client, signal) => client.updateUser('token', USER, { signal })),
  'exchangeCode of OpenID Connect': oidc((client, signal) =>
    client.exchangeCode('code', { ...login, signal }),
  ),
  'refreshTokens of OpenID Connect': oidc((client, signal) => client.refreshTokens('token', { signal })),
  'getUserInfo of OpenID Connect': oidc((client, signal) =>
    client.getUserInfo('token', { sub: 'user', signal }),
  ),
};

/** The calls that get a response first, and then wait for something else. */
const LATER: Record<string, Call> = {
  'waitForProfile, in a pause': oauth((client, signal) =>
    client.waitForProfile('token', {
      requestId: PENDING_ID,
      timeout: 600_000,
      signal,
      onStatus: () => void setImmediate(() => process.emit('message', 'it pauses', undefined)),
    }),
  ),
  'exchangeCode of OpenID Connect, at the keys': oidc((client, signal) =>
    client.exchangeCode(KEYS_CODE, { ...login, signal }),
  ),
  'refreshTokens of OpenID Connect, at the keys': oidc((client, signal) =>
    client.refreshTokens(KEYS_CODE, { signal }),
  ),
};

/** What keeps the process alive, files apart: this program's own are still being read. */
const resources = () =>
  process
    .getActiveResourcesInfo()
    .filter((name) => !name.startsWith('FSReq'))
    .sort();

/** Waits until it is so, or until it is clear that it will not be. */
async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 10_000 && !condition(); turns += 1) await turn();
}

async function main([hanging = '', halfway = '', deaf = '']: string[]): Promise<void> {
  const complaints: string[] = [];
  process.on('unhandledRejection', (reason) => complaints.push(`not handled: ${inspect(reason)}`));
  process.on('warning', (warning) => complaints.push(String(warning)));
  const arrivals = on(process, 'message');
  // What this program was started with: its way to its parent, and to whatever translates it.
  await until(() => !resources().includes('ConnectWrap'));
  const before = resources();

  const abortEach = async (calls: Record<string, Call>, options: FreedomIdClientOptions) => {
    for (const [name, call] of Object.entries(calls)) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const end = call(controller.signal, options).catch((error) => error);
      // A call that ends by itself counts as a failure, like a request that never arrives.
      await Promise.race([arrivals.next(), end]);
      controller.abort(reason);
      if ((await end) !== reason) complaints.push(`${name}: ${inspect(await end)}`);
    }
  };
  /** @param arriving - how many of the requests arrive */
  const abortTogether = async (options: FreedomIdClientOptions, arriving: number) => {
    const reason = new Error('enough');
    const calls = Object.values(CALLS).map((call) => {
      const controller = new AbortController();
      return { controller, end: call(controller.signal, options).catch((error) => error) };
    });
    for (let arrived = 0; arrived < arriving; arrived += 1) await arrivals.next();
    for (const { controller } of calls) controller.abort(reason);
    for (const { end } of calls) if ((await end) !== reason) complaints.push(inspect(await end));
  };

  const withoutBodyOfGet = Object.entries(CALLS).filter(([name]) => !/getProfileStatus|question/.test(name));
  for (const baseURL of [hanging, halfway]) {
    await abortEach(CALLS, { ...CREDENTIALS, baseURL });
    await abortEach(CALLS, { ...CREDENTIALS, baseURL, fetch: undiciFetch() });
    const fetch: FetchFunction = globalThis.fetch;
    await abortEach(Object.fromEntries(withoutBodyOfGet), { ...CREDENTIALS, baseURL, fetch });
    await abortTogether({ ...CREDENTIALS, baseURL }, Object.keys(CALLS).length);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await abortTogether({ ...CREDENTIALS, baseURL, agent }, 1);
  }
  await abortEach(CALLS, { ...CREDENTIALS, baseURL: deaf });
  await abortEach(LATER, { ...CREDENTIALS, baseURL: hanging });

  // What was closed leaves in one of the next turns: an agent opens a connection for each call that still waits for one.
  const leftOver = () => resources().filter((name) => !before.includes(name));
  await until(() => leftOver().length === 0);
  process.send?.({ complaints, left: leftOver(), calls: Object.keys({ ...CALLS, ...LATER }).length });
  process.disconnect();
}

void main(process.argv.slice(2));
