/** One figure, and what it should be. */
export interface Finding {
  /** What was measured, e.g. `callback leg after 8 s`. */
  what: string;
  unit: string;
  /** This package's figure: the mean of its processes. */
  value: number;
  /** How far the processes lie from their mean, see {@link figureOf}. Absent where the figure is exact. */
  spread?: number;
  /** The best possible value: by the number of round trips, or by the cost of the bare HTTP client. */
  limit?: number;
  /** The largest value that is good enough. Absent if the figure is only for information. */
  goal?: number;
  /** The same figure of the other peers, by name. */
  peers?: Record<string, number>;
}

/** `unclear` is above the goal, but by less than the spread. */
export type Verdict = 'reached' | 'unclear' | 'MISSED';

export function verdictOn({ value, spread = 0, goal }: Finding): Verdict | undefined {
  if (goal === undefined) return undefined;
  if (value <= goal) return 'reached';
  return value - spread <= goal ? 'unclear' : 'MISSED';
}

/** The mean of the processes' figures, and half the distance from the smallest to the largest. */
export function figureOf(processes: readonly number[]): { value: number; spread: number } {
  return { value: mean(processes), spread: (Math.max(...processes) - Math.min(...processes)) / 2 };
}

/** The largest figure of the processes, so that a process that goes wrong does not vanish in a mean. */
export function worstOf(processes: readonly number[]): { value: number } {
  return { value: Math.max(...processes) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A disturbed round hardly changes the median, however much it was disturbed. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = sorted.slice(sorted.length % 2 ? middle : middle - 1);
  return sorted.length % 2 ? low : (low + high) / 2;
}

/** Compares each round with the other peer's round next to it: a machine that gets slower slows down both. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}
