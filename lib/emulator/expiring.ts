/** What is known of a key. */
export type Found<Value> = { state: 'good'; value: Value } | Gone<Value>;

/** What is known of a key that is not good, or no longer good. */
export type Gone<Value> =
  | { state: 'used' | 'expired'; value: Value }
  | { state: 'unknown'; value?: undefined };

/** Why a link, a code or a token is not accepted. */
export const WHY_GONE = {
  used: 'was used already',
  expired: 'has expired',
  unknown: 'is unknown to this emulator (was it restarted since?)',
};

/**
 * A map whose entries expire, and can be used up. Expired and used entries are still known, so that the reason can be told. It
 * drops the oldest when there are too many, because an emulator may run for weeks.
 */
export class Expiring<Value extends object> {
  private readonly unused = new Map<string, { value: Value; expiresAt: number }>();

  private readonly used = new Map<string, Value>();

  constructor(private readonly clock: () => number) {}

  add(key: string, value: Value, life: number): void {
    addTo(this.unused, key, { value, expiresAt: this.clock() + life });
  }

  find(key: string): Found<Value> {
    const entry = this.unused.get(key);
    if (entry) return { state: this.clock() < entry.expiresAt ? 'good' : 'expired', value: entry.value };
    const value = this.used.get(key);
    return value ? { state: 'used', value } : { state: 'unknown' };
  }

  /** All values that are good now. */
  good(): Value[] {
    const now = this.clock();
    return [...this.unused.values()].flatMap(({ value, expiresAt }) => (now < expiresAt ? [value] : []));
  }

  /** Uses up what {@link find} has found to be good. */
  use(key: string, value: Value): void {
    this.unused.delete(key);
    addTo(this.used, key, value);
  }
}

const MAX_ENTRIES = 10_000;

function addTo<Entry>(map: Map<string, Entry>, key: string, entry: Entry): void {
  map.set(key, entry);
  const [oldest] = map.keys();
  if (map.size > MAX_ENTRIES && oldest !== undefined) map.delete(oldest);
}
