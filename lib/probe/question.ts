import type { Discretion } from './discretion';
import type { OAuthSteps } from './oauth-steps';
import type { OidcSteps } from './oidc-steps';
import type { Answer } from './report';

/** What the probe can do to find out: each step is taken once, however many questions need it. */
export interface Steps {
  oauth: OAuthSteps;
  oidc: OidcSteps;
  /** Decides what of the provider's texts the report may show. */
  discretion: Discretion;
}

/**
 * A question about the provider. A new one is an entry in the list of its flow, its cases in the test of that list, and its place in
 * docs/probe.md; tests name what is missing.
 *
 * @typeParam Seen - what was seen
 */
export interface Question<Seen> {
  /** Stable across versions. */
  id: string;
  /** As the table prints it. */
  wording: string;
  /**
   * Takes the steps that it needs. It is called again when all steps are taken, because only then it is known what the report must
   * not show.
   *
   * @throws where a step fails: then there is no answer
   */
  ask(steps: Steps): Promise<Seen>;
  /** @throws Unanswered where what was seen tells nothing */
  judge(seen: Seen): Verdict;
  /** What to set, if anything. */
  option?(verdict: Verdict, seen: Seen): string | undefined;
}

export interface Verdict {
  answer: Answer;
  /** No secret and no personal data is in it. */
  evidence: string;
  /** Whether a part of the answer is missing. */
  isPartial?: boolean;
}

/** A question, whatever it sees. */
export type AnyQuestion = Question<unknown>;

/** Lets TypeScript infer what a question sees. */
export function question<Seen>(one: Question<Seen>): AnyQuestion {
  return one as AnyQuestion;
}
