import { SharedCalls } from '../http/shared-calls';
import type { JWK } from './jwk';

/** Whether one of the keys has made a signature; undefined if the key that is needed may not be among them. */
export type Attempt = (keys: readonly JWK[]) => Promise<boolean | undefined>;

const MAX_AGE = 600_000;

/** The least time between two fetches for an unknown key, and between two failed fetches while the old keys are in use. */
const PAUSE = 30_000;

/** The only key of the shared calls, because there is only one set of keys. */
const ALL = 'keys';

/** The keys behind a URL. They are fetched when they are first needed, and all logins that wait share one fetch. */
export class RemoteKeys {
  private known: { keys: readonly JWK[]; fetchedAt: number } | undefined;

  private readonly fetches = new SharedCalls<readonly JWK[]>();

  private searchedAt = Number.NEGATIVE_INFINITY;

  /** @param fetchKeys - gets a signal that aborts when nobody waits for the keys any more */
  constructor(private readonly fetchKeys: (signal: AbortSignal) => Promise<readonly JWK[]>) {}

  /**
   * Tries the known keys, which are kept for ten minutes. If they cannot be fetched anew then, the old ones stay in use, and a fetch
   * is tried every 30 s. If the key that is needed is not among them, they are fetched anew, but not within 30 s after the last such
   * fetch.
   *
   * @throws the error of the fetch, if no known key fits; or the reason of the signal, which ends the wait for keys
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
    // Otherwise every login would wait for an endpoint that hangs.
    this.known = { ...known, fetchedAt: Date.now() - MAX_AGE + PAUSE };
    const found = await attempt(known.keys);
    if (found === undefined) throw error;
    return found;
  }

  /** @param tried - the keys that were tried already */
  private async search(
    attempt: Attempt,
    tried: readonly JWK[],
    signal: AbortSignal | undefined,
  ): Promise<boolean | undefined> {
    // Another login may have fetched them meanwhile.
    if (this.known && this.known.keys !== tried) return attempt(this.known.keys);
    if (isWithin(PAUSE, this.searchedAt)) return undefined;
    const keys = await this.fetch(signal);
    // A failed fetch does not count. Otherwise nobody could sign in for 30 s after a rotation.
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

/** False if the clock was set back, because then the age is not known. */
function isWithin(span: number, since: number): boolean {
  const age = Date.now() - since;
  return age >= 0 && age < span;
}
