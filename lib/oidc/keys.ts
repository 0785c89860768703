import { SharedCalls } from '../http/shared-calls';
import type { JWK } from './jwk';

/** Whether one of some keys has made a signature; undefined where the key that is needed may not be among them. */
export type Attempt = (keys: readonly JWK[]) => Promise<boolean | undefined>;

const MAX_AGE = 600_000;

/** Between two fetches for a key that is unknown; and between two that fail, while the key that is needed is known. */
const PAUSE = 30_000;

/** There is one set of keys. */
const ALL = 'keys';

/** The keys behind a URL. They are fetched when they are needed first, once for all who wait. */
export class RemoteKeys {
  private known: { keys: readonly JWK[]; fetchedAt: number } | undefined;

  private readonly fetches = new SharedCalls<readonly JWK[]>();

  private searchedAt = Number.NEGATIVE_INFINITY;

  /** @param fetchKeys - gets a signal that aborts when nobody waits for the keys any more */
  constructor(private readonly fetchKeys: (signal: AbortSignal) => Promise<readonly JWK[]>) {}

  /**
   * Tries the known keys, which are kept for ten minutes. While a new fetch fails they are used for longer, and it is tried every
   * 30 s. Where the key that is needed is not among them, they are fetched anew, though not more often than every 30 s if that works.
   *
   * @throws what the fetch rejects with, where no key that is known does; or the reason of the signal, which gives up a wait for keys
   */
  async try(attempt: Attempt, signal?: AbortSignal): Promise<boolean | undefined> {
    const { known } = this;
    if (known && isWithin(MAX_AGE, known.fetchedAt)) {
      return (await attempt(known.keys)) ?? this.search(attempt, known.keys, signal);
    }
    let keys: readonly JWK[];
    try {
      keys = await this.fetch(signal);
    } catch (error) {
      signal?.throwIfAborted();
      return this.tryOld(attempt, error);
    }
    return attempt(keys);
  }

  /** @param error - why there are no new ones */
  private async tryOld(attempt: Attempt, error: unknown): Promise<boolean | undefined> {
    const { known } = this;
    if (!known) throw error;
    // Or else every login would wait for an endpoint that hangs.
    this.known = { ...known, fetchedAt: Date.now() - MAX_AGE + PAUSE };
    const found = await attempt(known.keys);
    if (found === undefined) throw error;
    return found;
  }

  /** @param tried - the keys that are not enough */
  private async search(
    attempt: Attempt,
    tried: readonly JWK[],
    signal: AbortSignal | undefined,
  ): Promise<boolean | undefined> {
    // Another login may have fetched them meanwhile.
    if (this.known && this.known.keys !== tried) return attempt(this.known.keys);
    if (isWithin(PAUSE, this.searchedAt)) return undefined;
    const keys = await this.fetch(signal);
    // A fetch that fails does not count: or else nobody could sign in for 30 s behind a rotation.
    this.searchedAt = Date.now();
    return attempt(keys);
  }

  private fetch(signal: AbortSignal | undefined): Promise<readonly JWK[]> {
    const start = async (everybodys: AbortSignal) => {
      const keys = await this.fetchKeys(everybodys);
      this.known = { keys, fetchedAt: Date.now() };
      return keys;
    };
    return this.fetches.join(ALL, start, signal);
  }
}

/** Not where the clock was set back: nobody knows how long ago it was then. */
function isWithin(span: number, since: number): boolean {
  const age = Date.now() - since;
  return age >= 0 && age < span;
}
