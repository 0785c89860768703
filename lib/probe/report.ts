/** What the probe has found out: fit for a public issue. */
export interface Report {
  /** Of this package. */
  version: string;
  /** Of the provider: the `baseURL`, without a query. */
  url: string;
  /** ISO 8601, UTC. */
  date: string;
  /** In the order of the questions. */
  findings: Finding[];
}

export interface Finding {
  /** Of the question, stable across versions: a name of the emulator's `behaviour` where it can behave so. */
  id: string;
  /** In words. */
  question: string;
  /** `null` where there is none. */
  answer: Answer;
  /** What was seen, or why there is no answer. */
  evidence: string;
  /** What to set, if anything. */
  option?: string;
}

export type Answer = string | number | boolean | Readonly<Record<string, string | number>> | null;
