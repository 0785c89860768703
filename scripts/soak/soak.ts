import { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import { Passport } from 'passport';
import { FreedomIdError, FreedomIdStrategy } from '../../lib';
import type { EmulatorEndpoint, EmulatorFault } from '../../lib/emulator/index';
import { minimalOptions } from '../../test/support/options';
import { type RemoteEmulator, startRemoteEmulator } from './remote-emulator';

// Logs in 100,000 times, or as often as the argument says, through Passport and over real sockets: half of the logins by
// the strategy's name, half by its instance. One login in twenty brings a fault.
//
// A fault hits the next exchange at its endpoint, which may belong to another login, and that login fails. So at least
// as many logins fail as there are faults; if the numbers are equal, no login has failed without a fault. In each tenth
// of the run all faults are at one endpoint, so that a login always reaches the point where it brings its fault.

const AT_ONCE = 50;
const USERS = 20;
/** Milliseconds: far more than a good response takes, and a short wait for one that hangs. */
const TIMEOUT = 1000;
/** Milliseconds after which a request that has not ended counts as lost. */
const PATIENCE = 30_000;
const ENDPOINTS: EmulatorEndpoint[] = ['authorize', 'token', 'get-data'];
const FAULTS: EmulatorFault[] = [
  ...(['reset', 'truncated', 'status-500', 'html'] as const),
  ...(['oversized', 'invalid-json', 'error-200', 'hang'] as const),
];

/** MB by which the heap may grow after 20 % of the run, when all code has run: 26 bytes for each of 80,000 logins. */
const HEAP_TOLERANCE = 2;

const count = { logins: 0, succeeded: 0, faults: 0, failed: 0, lost: 0, wrong: 0 };

async function main(logins: number): Promise<void> {
  if (!Number.isInteger(logins / 200) || logins === 0) {
    throw new TypeError('The number of logins must be a multiple of 200');
  }
  const emulator = await startRemoteEmulator();
  // Like the default agent, which is not accessible from here.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 });
  const guards = guardsOf(emulator.url, agent);
  const start = performance.now();
  const measurements: Measurement[] = [];
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    const endpoint = ENDPOINTS[tenth % ENDPOINTS.length] ?? 'token';
    await runUntil((tenth * logins) / 10, (login) => logIn(login, guards, emulator, endpoint));
    const measurement = await measure(agent);
    measurements.push(measurement);
    report(tenth, endpoint, measurement, (performance.now() - start) / 1000);
  }
  emulator.stop();
  agent.destroy();
  judge(measurements);
}

/** Passport's middleware by name and by instance, of one strategy. */
function guardsOf(baseURL: string, agent: Agent): [RequestHandler, RequestHandler] {
  const strategy = new FreedomIdStrategy(
    { ...minimalOptions, baseURL, agent, timeout: TIMEOUT },
    async (_accessToken, _refreshToken, profile) => profile,
  );
  const passport = new Passport();
  passport.use(strategy);
  const options = { session: false };
  return [passport.authenticate(strategy.name, options), passport.authenticate(strategy, options)];
}

/** Runs AT_ONCE logins at a time, until `end` logins have begun since the start of the soak and all have ended. */
async function runUntil(end: number, run: (login: number) => Promise<void>): Promise<void> {
  const lane = async () => {
    while (count.logins < end) {
      count.logins += 1;
      await run(count.logins);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function logIn(
  login: number,
  guards: [RequestHandler, RequestHandler],
  emulator: RemoteEmulator,
  faulty: EmulatorEndpoint,
): Promise<void> {
  const user = login % USERS;
  const round = Math.floor(login / USERS);
  const guard = guards[round % 2 === 0 ? 0 : 1];
  const fault = user === 0 ? FAULTS[Math.floor(round / 2) % FAULTS.length] : undefined;
  if (fault) count.faults += 1;

  const session = {};
  if (fault && faulty === 'authorize') await emulator.fault(faulty, fault);
  const begun = await answerTo(guard, { url: '/login', session });
  if (begun.location === undefined) return countFailure(begun, faulty);

  const callback = await emulator.approve(begun.location, user);
  if (fault && faulty !== 'authorize') await emulator.fault(faulty, fault);
  const ended = await answerTo(guard, { url: callback.replace('https://app.example', ''), session });
  if (ended.user === undefined) return countFailure(ended, faulty);

  if (ended.user.id === `user-${user}`) count.succeeded += 1;
  else count.wrong += 1;
}

/** How a request ended: with a redirect to Freedom ID, a user or an error. Empty if it was refused, or never ended. */
interface Answer {
  location?: string;
  user?: { id?: unknown } | undefined;
  error?: unknown;
}

function answerTo(guard: RequestHandler, req: object): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE, {});
    const end = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const answer: Answer = {};
    const res = {
      setHeader(name: string, value: string) {
        if (name === 'Location') answer.location = value;
      },
      end: () => end(answer),
    };
    guard(req as Request, res as unknown as Response, (error) =>
      end(error ? { error } : { user: (req as { user?: { id?: unknown } }).user }),
    );
  });
}

function countFailure({ error }: Answer, faulty: EmulatorEndpoint): void {
  if (error instanceof FreedomIdError && error.endpoint === faulty) count.failed += 1;
  else count.lost += 1;
}

interface Measurement {
  heap: number;
  listeners: number;
  sockets: number;
}

async function measure(agent: Agent): Promise<Measurement> {
  // Sockets that were just released get the time to return to the agent.
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
  const lists = [...Object.values(agent.sockets), ...Object.values(agent.freeSockets)];
  const sockets = lists.flatMap((list) => list ?? []);
  const listeners = sockets.map((socket) =>
    socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0),
  );
  return {
    heap: process.memoryUsage().heapUsed / 2 ** 20,
    listeners: Math.max(0, ...listeners),
    sockets: sockets.length,
  };
}

function report(tenth: number, faulty: string, now: Measurement, seconds: number): void {
  const { logins, succeeded, faults, failed, lost, wrong } = count;
  console.log(
    `${tenth * 10} %: ${logins} logins, ${succeeded} succeeded, ${failed} failed by ${faults} faults (now ${faulty}), ` +
      `${lost} lost, ${wrong} with a wrong identity; heap ${now.heap.toFixed(2)} MB, ` +
      `${now.listeners} listeners on a socket, ${now.sockets} sockets; ${seconds.toFixed(1)} s`,
  );
}

function judge(measurements: Measurement[]): void {
  const [, early] = measurements;
  const late = measurements.at(-1);
  if (!early || !late) throw new Error('Nothing was measured');
  const findings = [
    ...(count.lost > 0 || count.failed !== count.faults ? ['a login failed without a fault'] : []),
    ...(count.wrong > 0 ? ['a login ended with a wrong identity'] : []),
    ...(late.heap >= early.heap + HEAP_TOLERANCE ? ['the heap grows'] : []),
    ...(late.listeners > early.listeners ? ['listeners accumulate on sockets'] : []),
    ...(late.sockets > AT_ONCE ? ['sockets accumulate'] : []),
  ];
  console.log(findings.length === 0 ? 'All is well.' : `Not well: ${findings.join('; ')}.`);
  if (findings.length > 0) process.exitCode = 1;
}

void main(Number(process.argv[2] ?? 100_000));
