import { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { FreedomIdError } from '../../lib';
import type { EmulatorEndpoint, EmulatorFault, Tampering } from '../../lib/emulator/index';
import { minimalOptions } from '../../test/support/options';
import {
  ANSWERED_ALREADY,
  type Answer,
  answerTo,
  createApp,
  FLOWS,
  type Flow,
  requestFor,
  TIMEOUT,
} from './app';
import { type RemoteEmulator, startRemoteEmulator } from './remote-emulator';
import { Sessions, type Tokens } from './sessions';

// Logs in 100,000 times, or as often as the argument says, through Passport and over real sockets: at random by either
// strategy; half of the logins by the strategy's name, half by its instance. One login in twenty brings a fault. Another one
// has a person who has given up six logins before, by either strategy, with much state of the app, in a session that must fit
// into a cookie. In another one the app's answer throws. Another one begins a session that goes on until the person signs out of
// Freedom ID: several callers at once refresh its tokens, calls are given up in between, and the webhook ends it. Another one, where
// it is OpenID Connect, brings an ID token that was tampered with. Keys are rotated while nobody signs in: the emulator forgets the
// old one, so a token under way would be refused.
//
// A fault hits the next exchange at its endpoint, which may belong to another login, and that login fails; likewise the next ID
// token is the one that is tampered with. So at least as many logins fail as there are faults, and as many are refused as there
// are such tokens; if the numbers are equal, no login has failed without a reason. In each tenth of the run all faults are at
// one endpoint, so that a login always reaches the point where it brings its fault. Its last crowd has none: after an exchange
// that hangs idle sockets are closed, and there would be no listeners to count.

const AT_ONCE = 50;
const USERS = 20;
/** The turn whose login begins a session. Each lane has its own user for it, so that no other lane signs this user out. */
const SESSION_USER = 4;
/** Logins at most between two rotations. */
const WITH_ONE_KEY = 1000;
/** Used in turn, for both strategies. */
const ENDPOINTS: EmulatorEndpoint[] = ['authorize', 'oidc-token', 'token', 'userinfo', 'get-data', 'jwks'];
const FAULTS: EmulatorFault[] = [
  ...(['reset', 'truncated', 'status-500', 'html'] as const),
  ...(['oversized', 'invalid-json', 'error-200', 'hang'] as const),
];
const TAMPERINGS: Tampering[] = [
  { signature: 'broken' },
  { header: { alg: 'none' } },
  { header: { alg: 'HS256' } },
  { header: { kid: 'of nobody' } },
  { header: { jku: 'https://id.example/keys' } },
  { header: { crit: ['exp'] } },
  { claims: { iss: 'https://id.example' } },
  { claims: { sub: 'user-of-another-login' } },
  { claims: { aud: ['demo', 'another-app'] } },
  { claims: { exp: 1 } },
  { claims: { iat: 1e11 } },
  { claims: { nonce: 'of-another-login' } },
  { claims: { at_hash: 'of-another-token' } },
];

/** MB by which the heap may grow after 20 % of the run, when all code has run: 26 bytes for each of 80,000 logins. */
const HEAP_TOLERANCE = 2;

/** Characters of a session as JSON in Base64, as cookie-session sends it. Browsers keep no larger cookie. */
const MAX_SESSION = 4096;

const GIVEN_UP = 6;

/** Milliseconds: for unknown keys, the set is fetched every 30 s at most. */
const MORE_THAN_A_PAUSE = 31_000;
/** How far this process's clock is ahead. Timers do not notice. */
let ahead = 0;
const { now } = Date;
Date.now = () => now() + ahead;

const count = {
  logins: 0,
  byOpenID: 0,
  succeeded: 0,
  faults: 0,
  failed: 0,
  tampered: 0,
  refused: 0,
  rotations: 0,
  lost: 0,
  wrong: 0,
  thrown: 0,
  largestSession: 0,
};

/** What the logins work with. */
interface Soak {
  app: ReturnType<typeof createApp>;
  sessions: Sessions;
  emulator: RemoteEmulator;
  /** Where the faults are, if there are any. */
  faulty: EmulatorEndpoint | undefined;
}

async function main(logins: number): Promise<void> {
  if (!Number.isInteger(logins / 1000) || logins === 0) {
    throw new TypeError('The number of logins must be a multiple of 1000');
  }
  const sessions = new Sessions();
  const emulator = await startRemoteEmulator(await sessions.listen());
  // Like the default agent, which is not accessible from here.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, timeout: 60_000 });
  const app = createApp(emulator.url, agent);
  sessions.connect({ ...minimalOptions, baseURL: emulator.url, agent, timeout: TIMEOUT });
  const start = performance.now();
  const measurements: Measurement[] = [];
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    const faulty = ENDPOINTS[tenth % ENDPOINTS.length] ?? 'token';
    await runTenth({ app, sessions, emulator, faulty }, (tenth * logins) / 10);
    const measurement = await measure(agent);
    measurements.push(measurement);
    report(tenth, faulty, measurement, (performance.now() - start) / 1000, sessions);
  }
  emulator.stop();
  agent.destroy();
  sessions.close();
  judge(measurements, sessions);
}

/** Runs logins until `end` have begun since the start of the soak, and rotates the keys before and between them. */
async function runTenth(soak: Soak, end: number): Promise<void> {
  const calm = end - AT_ONCE;
  while (count.logins < calm) {
    await rotateKeys(soak);
    await runUntil(Math.min(count.logins + WITH_ONE_KEY, calm), (login, lane) => logIn(login, lane, soak));
  }
  await runUntil(end, (login, lane) => logIn(login, lane, { ...soak, faulty: undefined }));
}

/** Runs AT_ONCE logins at a time, until `end` logins have begun since the start of the soak and all have ended. */
async function runUntil(end: number, run: (login: number, lane: number) => Promise<void>): Promise<void> {
  const runLane = async (_: unknown, lane: number) => {
    while (count.logins < end) {
      count.logins += 1;
      await run(count.logins, lane);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runLane));
}

/**
 * If the faults are at the keys' endpoint, a single login brings the fault: of several at once, all that wait for the keys would
 * fail. The logins that follow need the new key anyway.
 */
async function rotateKeys({ app, emulator, faulty }: Soak): Promise<void> {
  await emulator.rotateKeys();
  count.rotations += 1;
  ahead += MORE_THAN_A_PAUSE;
  if (faulty !== 'jwks') return;
  for (const fault of FAULTS) {
    count.logins += 1;
    count.byOpenID += 1;
    count.faults += 1;
    await emulator.fault('jwks', fault);
    const session = {};
    const guard = app['freedom-id-oidc'].byName;
    const { location = '' } = await answerTo(guard, requestFor('/login', session));
    const callback = await emulator.approve(location, 0);
    countEnd(await answerTo(guard, requestFor(callback, session)), 0, 'freedom-id-oidc', faulty);
  }
}

async function logIn(login: number, lane: number, soak: Soak): Promise<void> {
  const { app, emulator, faulty } = soak;
  const turn = login % USERS;
  const user = turn === SESSION_USER ? USERS + lane : turn;
  const round = Math.floor(login / USERS);
  const endpoint = user === 0 && faulty !== 'jwks' ? faulty : undefined;
  const fault = FAULTS[Math.floor(round / 2) % FAULTS.length] ?? 'reset';
  if (endpoint) count.faults += 1;
  const flow = endpoint ? flowOf(endpoint) : turn === SESSION_USER ? 'freedom-id' : anyFlow();
  if (flow === 'freedom-id-oidc') count.byOpenID += 1;
  const guard = round % 2 === 0 ? app[flow].byName : app[flow].byInstance;

  const session = {};
  if (user === 2) await giveUp(session, app, faulty);
  if (endpoint === 'authorize') await emulator.fault(endpoint, fault);
  const begun = await answerTo(guard, requestFor('/login', session));
  if (begun.location === undefined) return countFailure(begun, flow, faulty);

  const callback = await emulator.approve(begun.location, user);
  if (endpoint && endpoint !== 'authorize') await emulator.fault(endpoint, fault);
  // A token of another user is noticed only at user info, where it might meet the fault of another login.
  if (user === 3 && flow === 'freedom-id-oidc' && faulty !== 'userinfo') await tamper(emulator);
  const throwing = user === 1;
  const ended = await answerTo(guard, requestFor(callback, session), throwing);
  countEnd(ended, user, flow, faulty);
  if (turn === SESSION_USER) await liveOn(ended, user, soak);
}

async function liveOn(login: Answer, user: number, { sessions, emulator, faulty }: Soak): Promise<void> {
  const signOut = () => emulator.signOut(user);
  const { tokens } = login.user ?? {};
  if (tokens === undefined) {
    const hasTokens = (login.error as FreedomIdError).endpoint === 'get-data';
    return hasTokens ? sessions.signOutUnknown(signOut) : undefined;
  }
  const onFailure = (error: unknown) => countFailure({ error }, 'freedom-id', faulty);
  await sessions.live(tokens as Tokens, signOut, faulty !== 'token', onFailure);
}

function flowOf(endpoint: EmulatorEndpoint): Flow {
  return ['authorize', 'token', 'get-data'].includes(endpoint) ? 'freedom-id' : 'freedom-id-oidc';
}

function anyFlow(): Flow {
  return Math.random() < 0.5 ? FLOWS[0] : FLOWS[1];
}

/** Starts logins that nobody finishes. */
async function giveUp(session: object, app: Soak['app'], faulty: Soak['faulty']): Promise<void> {
  for (let tab = 0; tab < GIVEN_UP; tab += 1) {
    const flow = anyFlow();
    const begun = await answerTo(app[flow].withAppState, requestFor('/login', session));
    if (begun.location === undefined) countFailure(begun, flow, faulty);
    const size = Buffer.from(JSON.stringify(session)).toString('base64').length;
    count.largestSession = Math.max(count.largestSession, size);
  }
}

async function tamper(emulator: RemoteEmulator): Promise<void> {
  const tampering = TAMPERINGS[count.tampered % TAMPERINGS.length] ?? {};
  count.tampered += 1;
  await emulator.tamper(tampering);
}

/** @param user - who has approved the login */
function countEnd(ended: Answer, user: number, flow: Flow, faulty: Soak['faulty']): void {
  if (ended.error === ANSWERED_ALREADY) count.thrown += 1;
  else if (ended.user === undefined) countFailure(ended, flow, faulty);
  else if (ended.user.id === `user-${user}`) count.succeeded += 1;
  else count.wrong += 1;
}

function countFailure({ error }: Answer, flow: Flow, faulty: Soak['faulty']): void {
  if (!(error instanceof FreedomIdError)) countLost(error);
  else if (error.code === 'ERR_FREEDOM_ID_TOKEN') count.refused += 1;
  else if (faulty && flow === flowOf(faulty) && error.endpoint === faulty.replace('oidc-', ''))
    count.failed += 1;
  else countLost(error);
}

/** Prints the first ones. On a busy machine, a good response may take longer than the timeout, too. */
function countLost(reason: unknown): void {
  count.lost += 1;
  if (count.lost <= 5) console.log(`Lost, login ${count.logins}: ${reason ?? 'it never ended'}`);
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

function report(tenth: number, faulty: string, now: Measurement, seconds: number, sessions: Sessions): void {
  const { logins, byOpenID, succeeded, faults, failed, tampered, refused, rotations } = count;
  const { thrown, lost, wrong, largestSession } = count;
  console.log(
    `${tenth * 10} %: ${logins} logins, ${byOpenID} of them by OpenID Connect, ${succeeded} succeeded, ` +
      `${failed} failed by ${faults} faults (now ${faulty}), ${refused} refused for ${tampered} spoilt ID tokens, ` +
      `${thrown} by an answer that threw, ${lost} lost, ${wrong} with a wrong identity; ${rotations} rotations of the keys; ` +
      `${sessions}; ` +
      `sessions up to ${largestSession} characters; heap ${now.heap.toFixed(2)} MB, ` +
      `${now.listeners} listeners on a socket, ${now.sockets} sockets; ${seconds.toFixed(1)} s`,
  );
}

function judge(measurements: Measurement[], sessions: Sessions): void {
  const [, early] = measurements;
  const late = measurements.at(-1);
  if (!early || !late) throw new Error('Nothing was measured');
  const { logins, byOpenID, succeeded, failed, refused, thrown } = count;
  const findings = [
    ...(count.lost > 0 || failed !== count.faults ? ['a login failed without a fault'] : []),
    ...(refused !== count.tampered ? ['not exactly the spoilt ID tokens were refused'] : []),
    ...(succeeded + failed + refused + thrown < logins ? ['a login has no end'] : []),
    ...(thrown === 0 || refused === 0 || count.largestSession === 0 ? ['not everything was tried'] : []),
    ...sessions.findings(),
    ...(byOpenID < logins * 0.4 || byOpenID > logins * 0.6 ? ['the strategies are not mixed'] : []),
    ...(count.largestSession > MAX_SESSION ? ['a session does not fit into a cookie'] : []),
    ...(count.wrong > 0 ? ['a login ended with a wrong identity'] : []),
    ...(late.heap >= early.heap + HEAP_TOLERANCE ? ['the heap grows'] : []),
    ...(late.listeners > early.listeners ? ['listeners accumulate on sockets'] : []),
    ...(late.sockets > AT_ONCE ? ['sockets accumulate'] : []),
  ];
  console.log(findings.length === 0 ? 'No problem was found.' : `Problems: ${findings.join('; ')}.`);
  if (findings.length > 0) process.exitCode = 1;
}

void main(Number(process.argv[2] ?? 100_000));
