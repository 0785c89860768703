/** One figure, and what it should be. */
export interface Finding {
  /** What was measured, e.g. `callback leg after 8 s`. */
  what: string;
  unit: string;
  /** This package's. */
  value: number;
  /** What physics, or the bare HTTP client, allows at best. */
  limit?: number;
  /** The most that is good enough. Absent where the figure is for orientation. */
  goal?: number;
  /** The same of those beside us, by name. */
  peers?: Record<string, number>;
}

export function isReached({ value, goal }: Finding): boolean {
  return goal === undefined || value <= goal;
}

/** The middle one: a disturbed round counts as one, however much it was disturbed. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = sorted.slice(sorted.length % 2 ? middle : middle - 1);
  return sorted.length % 2 ? low : (low + high) / 2;
}

/** Of rounds that alternate: each is compared with its neighbour, so that a machine that grows slower slows down both. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}
