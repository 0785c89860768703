import { setTimeout } from 'node:timers/promises';
import { type Bench, byName } from '../bench';
import { type Finding, figureOf, mean, median, worstOf } from '../finding';
import type { PeerName } from '../peers/index';
import type { Remote } from '../remote';
import type { Worker } from '../worker';

const ROUND_TRIP = 50;
/** Of each process. */
const SAMPLES = 3;
/** Logins of each process before the first that counts. */
const WARM_UP = 2000;
const PEERS = ['ours', 'ours, global fetch', 'ours, on undici', 'stock', 'openid-client', 'diy'] as const;

/** One leg on a line: how long it took, and how many connections it opened. */
interface Leg {
  roundTrips: number;
  opened: number;
}

/** The legs that were measured with one peer, by the name of the case. */
type Legs = Record<string, Leg[]>;

/**
 * How long the person who signs in waits. Only one leg runs at a time on the whole machine, so that no leg slows down
 * another. During the pause of a login other logins begin, and each goes on when its own pause is over.
 */
export function measureLatency(bench: Bench): Promise<Finding[]> {
  return bench.withCasts(PEERS, async (casts) => {
    const visitors = byName(PEERS, (peer) => casts.map((cast) => new Visitor(bench, cast[peer])));
    const everybody = Object.values(visitors).flat();
    for (const visitor of everybody) await visitor.warmUp();
    const appointments: Appointment[] = [];
    for (const visitor of everybody) {
      appointments.push(await visitor.signInAndLeave(8));
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        appointments.push(await visitor.comeBackAfter(8), await visitor.startAgainAfter(8));
        if (!bench.quick) appointments.push(await visitor.comeBackAfter(50));
      }
    }
    await keepAll(appointments);
    return [...legFindings(visitors, bench.quick), ...fetchFindings(visitors)];
  });
}

const OPENID_PEERS = ['ours, OpenID', 'openid-client, OpenID'] as const;

/** The same in OpenID Connect, whose first leg asks the provider nothing, and so opens no connection. */
export function measureOpenIDLatency(bench: Bench): Promise<Finding[]> {
  return bench.withCasts(OPENID_PEERS, async (casts) => {
    const visitors = byName(OPENID_PEERS, (peer) => casts.map((cast) => new Visitor(bench, cast[peer])));
    const everybody = Object.values(visitors).flat();
    for (const visitor of everybody) await visitor.warmUp();
    const appointments: Appointment[] = [];
    for (const visitor of everybody) {
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        appointments.push(await visitor.signInAgainAfter(8));
      }
    }
    await keepAll(appointments);
    const { roundTrips, opened } = legsOf('ours, OpenID', visitors);
    return [
      roundTrips(LATER_CALLBACK, 2, 2.15),
      opened(LATER_CALLBACK, 0),
      roundTrips(FIRST_CALLBACK, 5),
      opened(FIRST_CALLBACK, 1),
    ];
  });
}

const FIRST_CALLBACK = 'callback leg of OpenID Connect, cold, with its keys';
const LATER_CALLBACK = 'callback leg of OpenID Connect after 8 s';

/** Something to do once a pause is over. */
interface Appointment {
  due: number;
  keep(): Promise<void>;
}

async function keepAll(appointments: Appointment[]): Promise<void> {
  for (const { due, keep } of appointments.sort((a, b) => a.due - b.due)) {
    await setTimeout(Math.max(0, due - performance.now()));
    await keep();
  }
}

/** A user who signs in with one peer, again and again. */
class Visitor {
  readonly legs: Legs = {};

  /** The connections of a login without a pause. */
  connections = { opened: Number.NaN, open: Number.NaN };

  constructor(
    private readonly bench: Bench,
    private readonly worker: Remote<Worker>,
  ) {}

  /** Warms up, so that no code is compiled while it is measured. */
  async warmUp(): Promise<void> {
    const url = await this.connect(0);
    await this.worker.call('startMany', url, WARM_UP, 16);
    const { errors } = await this.worker.call('finishMany', url, 16);
    if (errors.length > 0) throw new Error(errors[0]);
  }

  /** The usual login: the callback comes after the person has typed a password. */
  async comeBackAfter(seconds: number): Promise<Appointment> {
    const url = await this.connect(ROUND_TRIP);
    await this.measure('start leg, cold', url, () => this.worker.call('start', url));
    return after(seconds, () =>
      this.measure(`callback leg after ${seconds} s`, url, () => this.worker.call('finish', url)),
    );
  }

  /** A callback without an open connection, as in a new process; and later, the start of another login. */
  async startAgainAfter(seconds: number): Promise<Appointment> {
    const [elsewhere, url] = [await this.connect(ROUND_TRIP), await this.connect(ROUND_TRIP)];
    await this.worker.call('start', elsewhere);
    await this.measure('callback leg, cold', url, () => this.worker.call('finish', url, elsewhere));
    return after(seconds, () => this.measure('start leg, later', url, () => this.worker.call('start', url)));
  }

  /** A first login, which opens the connection and fetches the keys; and later, the callback of another one. */
  async signInAgainAfter(seconds: number): Promise<Appointment> {
    const url = await this.connect(ROUND_TRIP);
    await this.worker.call('start', url);
    await this.measure(FIRST_CALLBACK, url, () => this.worker.call('finish', url));
    await this.worker.call('start', url);
    return after(seconds, () => this.measure(LATER_CALLBACK, url, () => this.worker.call('finish', url)));
  }

  /** Both legs without a pause; and later, how many of their connections are still open. */
  async signInAndLeave(seconds: number): Promise<Appointment> {
    const url = await this.connect(0);
    await this.worker.call('start', url);
    await this.worker.call('finish', url);
    const { opened } = await this.bench.provider.call('connections', url);
    return after(seconds, async () => {
      const { open } = await this.bench.provider.call('connections', url);
      this.connections = { opened, open };
    });
  }

  private async connect(roundTrip: number): Promise<string> {
    const url = await this.bench.provider.call('open', { roundTrip });
    await this.worker.call('connect', url);
    return url;
  }

  private async measure(leg: string, url: string, run: () => Promise<number>): Promise<void> {
    const before = await this.bench.provider.call('connections', url);
    const milliseconds = await run();
    const after = await this.bench.provider.call('connections', url);
    const legs = this.legs[leg] ?? [];
    legs.push({ roundTrips: milliseconds / ROUND_TRIP, opened: after.opened - before.opened });
    this.legs[leg] = legs;
  }
}

function after(seconds: number, keep: () => Promise<void>): Appointment {
  return { due: performance.now() + seconds * 1000, keep };
}

/** The users who sign in with each peer, one in each of its processes. */
type Visitors<P extends PeerName> = Record<P, readonly Visitor[]>;

/** With global fetch nobody manages the connections, so there should be few, and none open for long. */
function fetchFindings(visitors: Visitors<(typeof PEERS)[number]>): Finding[] {
  const connections = (part: 'opened' | 'open') =>
    compare('ours, global fetch', visitors, ({ connections }) => connections[part], worstOf);
  const what = 'login with global fetch';
  return [
    { what, unit: 'connections opened', limit: 1, goal: 1, ...connections('opened') },
    { what, unit: 'connections left open', limit: 0, goal: 0, ...connections('open') },
  ];
}

function legFindings(visitors: Visitors<(typeof PEERS)[number]>, quick: boolean): Finding[] {
  const { roundTrips, opened } = legsOf('ours', visitors);
  return [8, ...(quick ? [] : [50])]
    .map((pause) => `callback leg after ${pause} s`)
    .flatMap((leg) => [roundTrips(leg, 2, 2.15), opened(leg, 0)])
    .concat([
      roundTrips('callback leg, cold', 4, 4.25),
      opened('callback leg, cold', 1),
      roundTrips('start leg, later', 1, 1.15),
      roundTrips('start leg, cold', 3, 3.2),
    ]);
}

/** What one peer's legs have found, beside the other peers'. */
function legsOf<P extends PeerName>(peer: P, visitors: Visitors<P>) {
  const part = (leg: string, name: keyof Leg, merge: typeof worstOf) =>
    compare(peer, visitors, ({ legs }) => median((legs[leg] ?? []).map((one) => one[name])), merge);
  return {
    roundTrips: (leg: string, limit: number, goal?: number): Finding => ({
      what: leg,
      unit: `round trips of ${ROUND_TRIP} ms`,
      limit,
      ...(goal !== undefined && { goal }),
      ...part(leg, 'roundTrips', figureOf),
    }),
    opened: (leg: string, goal: number): Finding => ({
      what: leg,
      unit: 'connections opened',
      limit: goal,
      goal,
      ...part(leg, 'opened', worstOf),
    }),
  };
}

/** @param figure - of one process */
function compare<P extends PeerName>(
  peer: P,
  visitors: Visitors<P>,
  figure: (visitor: Visitor) => number,
  merge: typeof worstOf,
) {
  const { [peer]: ours, ...others } = visitors;
  const means = Object.entries<readonly Visitor[]>(others).map(([name, processes]) => [
    name,
    mean(processes.map(figure)),
  ]);
  return { ...merge(ours.map(figure)), peers: Object.fromEntries(means) };
}
