import { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import { Passport } from 'passport';
import { FreedomIdError, FreedomIdStrategy } from '../../lib';
import type { EmulatorEndpoint, EmulatorFault } from '../../lib/emulator/index';
import { minimalOptions } from '../../test/support/options';
import { type RemoteEmulator, startRemoteEmulator } from './remote-emulator';

// Logs in 100,000 times, or as often as the argument says, through Passport and over real sockets: half of the logins by
// the strategy's name, half by its instance. One login in twenty brings a fault. Another one has a person who has given up
// six logins before, with much state of the app, in a session that must fit into a cookie. In another one the app's answer
// throws.
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

/** Characters of a session as JSON in Base64, as cookie-session sends it. Browsers keep no larger cookie. */
const MAX_SESSION = 4096;

/** State of the app, as large as the pages that people come from. */
const APP_STATE = { returnTo: `/${'a'.repeat(480)}` };
const GIVEN_UP = 6;

const count = {
  logins: 0,
  succeeded: 0,
  faults: 0,
  failed: 0,
  lost: 0,
  wrong: 0,
  thrown: 0,
  largestSession: 0,
};

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

/** Passport's middleware, of one strategy. */
interface Guards {
  byName: RequestHandler;
  byInstance: RequestHandler;
  withAppState: RequestHandler;
}

function guardsOf(baseURL: string, agent: Agent): Guards {
  const strategy = new FreedomIdStrategy(
    { ...minimalOptions, baseURL, agent, timeout: TIMEOUT },
    async (_accessToken, _refreshToken, profile) => profile,
  );
  const passport = new Passport();
  passport.use(strategy);
  const options = { session: false };
  return {
    byName: passport.authenticate(strategy.name, options),
    byInstance: passport.authenticate(strategy, options),
    withAppState: passport.authenticate(strategy.name, { ...options, state: APP_STATE } as object),
  };
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
  guards: Guards,
  emulator: RemoteEmulator,
  faulty: EmulatorEndpoint,
): Promise<void> {
  const user = login % USERS;
  const round = Math.floor(login / USERS);
  const guard = round % 2 === 0 ? guards.byName : guards.byInstance;
  const fault = user === 0 ? FAULTS[Math.floor(round / 2) % FAULTS.length] : undefined;
  if (fault) count.faults += 1;

  const session = {};
  if (user === 2) await giveUp(session, guards.withAppState, faulty);
  if (fault && faulty === 'authorize') await emulator.fault(faulty, fault);
  const begun = await answerTo(guard, { url: '/login', session });
  if (begun.location === undefined) return countFailure(begun, faulty);

  const callback = await emulator.approve(begun.location, user);
  if (fault && faulty !== 'authorize') await emulator.fault(faulty, fault);
  const throwing = user === 1;
  const url = callback.replace('https://app.example', '');
  const ended = await answerTo(guard, { url, session }, throwing);
  if (ended.error === ANSWERED_ALREADY) {
    count.thrown += 1;
    return;
  }
  if (ended.user === undefined) return countFailure(ended, faulty);

  if (ended.user.id === `user-${user}`) count.succeeded += 1;
  else count.wrong += 1;
}

/** Starts logins that nobody finishes. */
async function giveUp(session: object, guard: RequestHandler, faulty: EmulatorEndpoint): Promise<void> {
  for (let tab = 0; tab < GIVEN_UP; tab += 1) {
    const begun = await answerTo(guard, { url: '/login', session });
    if (begun.location === undefined) countFailure(begun, faulty);
    const size = Buffer.from(JSON.stringify(session)).toString('base64').length;
    count.largestSession = Math.max(count.largestSession, size);
  }
}

/** What an app's answer throws that a timeout of its own has sent already. */
const ANSWERED_ALREADY = new Error('answered already');

/** How a request ended: with a redirect to Freedom ID, a user or an error. Empty if it was refused, or never ended. */
interface Answer {
  location?: string;
  user?: { id?: unknown } | undefined;
  error?: unknown;
}

/** @param throwing - the app's route throws when it is reached without an error */
function answerTo(guard: RequestHandler, req: object, throwing = false): Promise<Answer> {
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
    guard(req as Request, res as unknown as Response, (error) => {
      if (throwing && !error) throw ANSWERED_ALREADY;
      end(error ? { error } : { user: (req as { user?: { id?: unknown } }).user });
    });
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
  const { logins, succeeded, faults, failed, lost, wrong, thrown, largestSession } = count;
  console.log(
    `${tenth * 10} %: ${logins} logins, ${succeeded} succeeded, ${failed} failed by ${faults} faults (now ${faulty}), ` +
      `${thrown} by an answer that threw, ${lost} lost, ${wrong} with a wrong identity; ` +
      `sessions up to ${largestSession} characters; heap ${now.heap.toFixed(2)} MB, ` +
      `${now.listeners} listeners on a socket, ${now.sockets} sockets; ${seconds.toFixed(1)} s`,
  );
}

function judge(measurements: Measurement[]): void {
  const [, early] = measurements;
  const late = measurements.at(-1);
  if (!early || !late) throw new Error('Nothing was measured');
  const findings = [
    ...(count.lost > 0 || count.failed !== count.faults ? ['a login failed without a fault'] : []),
    ...(count.succeeded + count.failed + count.thrown < count.logins ? ['a login has no end'] : []),
    ...(count.thrown === 0 || count.largestSession === 0 ? ['not everything was tried'] : []),
    ...(count.largestSession > MAX_SESSION ? ['a session does not fit into a cookie'] : []),
    ...(count.wrong > 0 ? ['a login ended with a wrong identity'] : []),
    ...(late.heap >= early.heap + HEAP_TOLERANCE ? ['the heap grows'] : []),
    ...(late.listeners > early.listeners ? ['listeners accumulate on sockets'] : []),
    ...(late.sockets > AT_ONCE ? ['sockets accumulate'] : []),
  ];
  console.log(findings.length === 0 ? 'All is well.' : `Not well: ${findings.join('; ')}.`);
  if (findings.length > 0) process.exitCode = 1;
}

void main(Number(process.argv[2] ?? 100_000));
