import { isAtCallbackURL } from '../login/callback-url';
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
  /** Goes on without it. */
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

/** The way of the browser to Freedom ID and back, one login after the other. */
export class Logins {
  private number = 0;

  private hopeless: Unanswered | undefined;

  /** Of logins that are over: a page that is loaded again is not the next login. */
  private readonly over: { states: string[]; queries: string[] } = { states: [], queries: [] };

  constructor(private readonly settings: LoginsSettings) {}

  /** Sends nobody any more, and gives the reason to whoever asks for it: no login can succeed. */
  giveUp(reason: Unanswered): Unanswered {
    this.hopeless = reason;
    return reason;
  }

  /**
   * Sends the person through a login.
   *
   * @param state - by which the callback is known, if it comes back at all: then another login's is not taken for it
   * @throws Unanswered where nobody comes back in time, or the person skips it
   */
  async go(link: string, task: Task, state: string): Promise<Arrival> {
    const { landing, total, waitSeconds, show, signal } = this.settings;
    signal.throwIfAborted();
    if (this.hopeless) throw this.hopeless;
    const patience = new AbortController();
    const stop = (why: string) => patience.abort(new Unanswered(why));
    const deadline = setTimeout(stop, waitSeconds * 1000, `nobody came back within ${waitSeconds} s`);
    try {
      const arrival = landing.next(
        (one) => this.isOf(state, one),
        AbortSignal.any([signal, patience.signal]),
      );
      this.number += 1;
      show({ number: this.number, total, link, task, skip: () => stop('the login was skipped') });
      const { path, query } = await arrival;
      if (query !== '') this.over.queries.push(query);
      return { path, query };
    } finally {
      clearTimeout(deadline);
      this.over.states.push(state);
    }
  }

  private isOf(state: string, { path, query }: Arrival): boolean {
    const { states, queries } = this.over;
    const isInPath = path.endsWith(`/${state}`);
    if (!isAtCallbackURL(this.settings.callbackURL, isInPath ? path.slice(0, -state.length - 1) : path))
      return false;
    if (isInPath || query.includes(state)) return true;
    return !queries.includes(query) && !states.some((old) => path.includes(old) || query.includes(old));
  }
}
