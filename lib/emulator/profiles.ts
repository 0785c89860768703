import { requireMembers } from './check';
import { Expiring } from './expiring';
import type { Consent } from './ledger';
import { shown } from './line';
import { isDelay } from './options';

/** The result of a request for a full profile. What is left out is as usual. */
export interface ProfileOutcome {
  /** The status: `rejected` at once, `completed` and `failed` after the delay. @defaultValue `'completed'` */
  status?: 'completed' | 'failed' | 'rejected' | undefined;
  /** Milliseconds, by `clock`, until it has this status. With `Infinity` it stays pending. @defaultValue the option `profileDelay` */
  delay?: number | undefined;
  /** The message that comes with this status. @defaultValue none */
  statusMessage?: string | undefined;
}

/** Where a request stands, in the words of protocol 8. */
export interface ProfileState {
  status: string;
  statusMessage?: string | undefined;
}

interface Requested {
  outcome: ProfileState;
  doneAt: number;
}

interface ProfileSettings {
  /** Unix milliseconds. */
  clock: () => number;
  /** Milliseconds. */
  profileDelay: number;
}

const STATUSES = ['completed', 'failed', 'rejected'];
const HOUR = 60 * 60_000;
/** Protocol 8: how long a request is known. */
const PENDING_LIFE = 24 * HOUR;
const DONE_LIFE = HOUR;

/** The requests for full profiles. One is known to the app and the person that it was made for, and to nobody else. */
export class Profiles {
  private readonly requests: Expiring<Requested>;

  private readonly waiting: ProfileOutcome[] = [];

  constructor(private readonly settings: ProfileSettings) {
    this.requests = new Expiring(settings.clock);
  }

  /**
   * Protocol 8. A rejected request is not kept. Undocumented: the same id once more. Here it starts nothing, so that an app
   * may send a request again when it has not seen the response.
   */
  request(consent: Consent, requestID: string): ProfileState {
    const key = keyOf(consent, requestID);
    const known = this.requests.find(key);
    if (known.state === 'good') return { status: this.isDone(known.value) ? 'accepted' : 'pending' };
    const outcome = this.waiting.shift() ?? {};
    const { status = 'completed', delay = this.settings.profileDelay, statusMessage } = outcome;
    if (status === 'rejected') return { status, statusMessage };
    const doneAt = this.settings.clock() + delay;
    const life = delay > PENDING_LIFE ? PENDING_LIFE : delay + DONE_LIFE;
    this.requests.add(key, { outcome: { status, statusMessage }, doneAt }, life);
    return { status: 'accepted' };
  }

  /** Protocol 8. */
  status(consent: Consent, requestID: string): ProfileState {
    const found = this.requests.find(keyOf(consent, requestID));
    if (found.state !== 'good') return { status: 'not_found' };
    return this.isDone(found.value) ? found.value.outcome : { status: 'pending' };
  }

  /** @throws `TypeError` that names what is misspelt or wrong */
  next(outcome: ProfileOutcome): void {
    requireMembers('nextProfile', outcome, ['status', 'delay', 'statusMessage']);
    const { status = 'completed', delay = 0, statusMessage = '' } = outcome;
    if (!STATUSES.includes(status)) {
      throw new TypeError(
        `nextProfile: status must be one of ${STATUSES.join(', ')}, but is ${shown(status)}`,
      );
    }
    if (!isDelay(delay)) {
      throw new TypeError(`nextProfile: delay must be milliseconds, 0 or more, but is ${shown(delay)}`);
    }
    if (typeof statusMessage !== 'string') {
      throw new TypeError(`nextProfile: statusMessage must be a string, but is ${shown(statusMessage)}`);
    }
    this.waiting.push(outcome);
  }

  clearOutcomes(): void {
    this.waiting.length = 0;
  }

  private isDone({ doneAt }: Requested): boolean {
    return this.settings.clock() >= doneAt;
  }
}

function keyOf({ client, user }: Consent, requestID: string): string {
  return JSON.stringify([client.clientID, user.freedom_id, requestID.toLowerCase()]);
}
