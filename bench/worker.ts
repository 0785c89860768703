import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { serveApp } from './app';
import { type CallbackRequest, finishLogin, startLogin } from './login';
import { inParallel } from './parallel';
import type { Strategy } from './peer';
import { loadPeer } from './peers/index';
import { offer } from './remote';
import { heldBySlowBody } from './slow-body';

/** What a round of logins has cost. */
export interface Cost {
  /** Microseconds of processor time for each login. */
  cpu: number;
  /** Milliseconds until the last was done. */
  elapsed: number;
  errors: string[];
}

const loading = loadPeer(process.argv[2] ?? '');
const strategies = new Map<string, Strategy>();
const underWay = new Map<string, CallbackRequest[]>();

let clock = process.cpuUsage();
let lastSocket: Socket | undefined;
subscribe('http.client.response.finish', (message) => {
  lastSocket = (message as { request: ClientRequest }).request.socket ?? undefined;
});

const commands = {
  /** Makes a strategy for the provider at this URL. */
  async connect(url: string): Promise<void> {
    const peer = await loading;
    strategies.set(url, await peer(url));
    underWay.set(url, []);
  },

  /** Runs the first leg of one login. @returns milliseconds */
  async start(url: string): Promise<number> {
    const begun = performance.now();
    underWay.get(url)?.push(await startLogin(strategyFor(url)));
    return performance.now() - begun;
  },

  /** Runs the second leg of a login that was started, there or at another provider. @returns milliseconds */
  async finish(url: string, startedAt = url): Promise<number> {
    const [req = {}] = underWay.get(startedAt)?.splice(0, 1) ?? [];
    const begun = performance.now();
    await finishLogin(strategyFor(url), req);
    return performance.now() - begun;
  },

  /** Runs the first leg of many logins. */
  async startMany(url: string, logins: number, atOnce: number): Promise<void> {
    const strategy = strategyFor(url);
    const requests: CallbackRequest[] = [];
    await inParallel(atOnce, Array(logins).fill(undefined), async () => {
      requests.push(await startLogin(strategy));
    });
    underWay.set(url, requests);
  },

  /** Runs the second leg of all logins that were started. */
  async finishMany(url: string, atOnce: number): Promise<Cost> {
    const strategy = strategyFor(url);
    const requests = underWay.get(url) ?? [];
    underWay.set(url, []);
    const errors: string[] = [];
    const begun = performance.now();
    const before = process.cpuUsage();
    await inParallel(atOnce, requests, (req) =>
      finishLogin(strategy, req).catch((error) => void errors.push(String(error))),
    );
    const { user, system } = process.cpuUsage(before);
    return { cpu: (user + system) / requests.length, elapsed: performance.now() - begun, errors };
  },

  /** Serves an app with the strategy. @returns its URL */
  serve(url: string): Promise<string> {
    return serveApp(strategyFor(url));
  },

  startClock(): void {
    clock = process.cpuUsage();
  },

  /** @returns microseconds of processor time since it was started */
  stopClock(): number {
    const { user, system } = process.cpuUsage(clock);
    return user + system;
  },

  /** @returns bytes in use */
  heap(): number {
    for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },

  /** @returns bytes that one response holds while it arrives */
  async heldByAnswer(size: number, chunkSize: number): Promise<number> {
    // The first time, code is compiled, which takes memory, too.
    await heldBySlowBody(size, chunkSize);
    return heldBySlowBody(size, chunkSize);
  },

  /** @returns how many functions listen on the socket that was used last */
  listeners(): number {
    if (!lastSocket) throw new Error('no socket was used');
    const socket = lastSocket;
    return socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0);
  },

  /** @returns bytes of JSON in a session in which so many logins were started */
  async sessionSize(url: string, tabs: number): Promise<number> {
    const session = {};
    for (let tab = 0; tab < tabs; tab += 1) await startLogin(strategyFor(url), session);
    return Buffer.byteLength(JSON.stringify(session));
  },
};

export type Worker = typeof commands;

function strategyFor(url: string): Strategy {
  const strategy = strategies.get(url);
  if (!strategy) throw new Error(`nobody has connected to ${url}`);
  return strategy;
}

offer(commands);
