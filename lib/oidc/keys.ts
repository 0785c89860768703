import type { JWK } from './jwk';

/** Whether one of some keys has made a signature; undefined where the key that is needed may not be among them. */
export type Attempt = (keys: readonly JWK[]) => Promise<boolean | undefined>;

const MAX_AGE = 600_000;

/** Between two fetches for a key that is unknown; and between two that fail, while the key that is needed is known. */
const PAUSE = 30_000;

/** The keys behind a URL. They are fetched when they are needed first, once for all who wait. */
export class RemoteKeys {
  private known: { keys: readonly JWK[]; fetchedAt: number } | undefined;

  private fetching: Promise<readonly JWK[]> | undefined;

  private searchedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly fetchKeys: () => Promise<readonly JWK[]>) {}

  /**
   * Tries the known keys, which are kept for ten minutes. While a new fetch fails they are used for longer, and it is tried every
   * 30 s. Where the key that is needed is not among them, they are fetched anew, though not more often than every 30 s if that works.
   *
   * @throws what the fetch rejects with, where no key that is known does
   */
  async try(attempt: Attempt): Promise<boolean | undefined> {
    const { known } = this;
    if (known && isWithin(MAX_AGE, known.fetchedAt)) {
      return (await attempt(known.keys)) ?? this.search(attempt, known.keys);
    }
    let keys: readonly JWK[];
    try {
      keys = await this.fetch();
    } catch (error) {
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
  private async search(attempt: Attempt, tried: readonly JWK[]): Promise<boolean | undefined> {
    // Another login may have fetched them meanwhile.
    if (this.known && this.known.keys !== tried) return attempt(this.known.keys);
    if (!this.fetching && isWithin(PAUSE, this.searchedAt)) return undefined;
    const keys = await this.fetch();
    // A fetch that fails does not count: or else nobody could sign in for 30 s behind a rotation.
    this.searchedAt = Date.now();
    return attempt(keys);
  }

  private fetch(): Promise<readonly JWK[]> {
    this.fetching ??= this.fetchKeys()
      .then((keys) => {
        this.known = { keys, fetchedAt: Date.now() };
        return keys;
      })
      .finally(() => {
        this.fetching = undefined;
      });
    return this.fetching;
  }
}

/** Not where the clock was set back: nobody knows how long ago it was then. */
function isWithin(span: number, since: number): boolean {
  const age = Date.now() - since;
  return age >= 0 && age < span;
}
