import { isAtCallbackURL } from '../login/callback-url';
import { readArrival } from './arrival';
import type { Arrival, Landing } from './landing';
import { Unanswered } from './unanswered';

/** What the person is asked to do at Freedom ID. */
export type Task = 'agree' | 'refuse';

/** A login that the person is sent through. */
export interface Login {
  /** From 1. */
  number: number;
  /** How many there are at most. */
  total: number;
  link: string;
  task: Task;
  /** Goes on without this login. */
  skip(): void;
}

interface LoginsSettings {
  landing: Pick<Landing, 'next'>;
  callbackURL: string;
  total: number;
  /** For each login. */
  waitSeconds: number;
  show(login: Login): void;
  signal: AbortSignal;
}

/** A state of another login: an earlier one, one of an earlier probe, or one of an app at the same callback URL. */
const ANOTHER_STATE = /(?:^|[&?])state=[\w-]{43}(?![\w-])/;

/** Sends the browser to Freedom ID and waits until it is back, one login after the other. */
export class Logins {
  private number = 0;

  private hopeless: Unanswered | undefined;

  /** The queries of logins that are over: a page that is loaded again is not the next login. */
  private readonly over: string[] = [];

  /** Whether the browser was at the callback URL with nothing that came from the provider. */
  private wasThere = false;

  constructor(private readonly settings: LoginsSettings) {}

  /** Starts no more logins, because none can succeed. @returns the reason, with which all of them fail */
  giveUp(reason: Unanswered): Unanswered {
    this.hopeless = reason;
    return reason;
  }

  /**
   * Sends the person through a login.
   *
   * @param state - tells this login's callback from that of another login, if the state comes back at all
   * @throws Unanswered if nobody comes back in time, or the person skips the login
   */
  async go(link: string, task: Task, state: string): Promise<Arrival> {
    const { landing, total, waitSeconds, show, signal } = this.settings;
    signal.throwIfAborted();
    if (this.hopeless) throw this.hopeless;
    const patience = new AbortController();
    const stop = (why: string) => {
      const how = this.wasThere ? ', and the callback URL was opened without a state and a parameter' : '';
      patience.abort(new Unanswered(why + how));
    };
    const deadline = setTimeout(stop, waitSeconds * 1000, `nobody came back within ${waitSeconds} s`);
    this.wasThere = false;
    try {
      const arrival = landing.next(
        (one) => this.isOf(state, one),
        AbortSignal.any([signal, patience.signal]),
      );
      this.number += 1;
      show({ number: this.number, total, link, task, skip: () => stop('the login was skipped') });
      const { path, query } = await arrival;
      this.over.push(query);
      return { path, query };
    } finally {
      clearTimeout(deadline);
    }
  }

  private isOf(state: string, arrival: Arrival): boolean {
    const { callbackURL } = this.settings;
    const { path, query } = arrival;
    const place = path.endsWith(`/${state}`) ? path.slice(0, -state.length - 1) : path;
    if (!isAtCallbackURL(callbackURL, place)) return false;
    const { stateIn, params } = readArrival(arrival, state, callbackURL);
    if (stateIn !== 'nowhere') return true;
    // Somebody has opened the URL by hand: even a refusal would have brought the state, or something else.
    if (params.size === 0) this.wasThere = true;
    const isOfAnother = ANOTHER_STATE.test(query) || this.over.includes(query);
    return params.size > 0 && !isOfAnother;
  }
}
