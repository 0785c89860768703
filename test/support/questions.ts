import { expect } from 'chai';
import { Discretion } from '../../lib/probe/discretion';
import type { OAuthSteps } from '../../lib/probe/oauth-steps';
import type { OidcSteps } from '../../lib/probe/oidc-steps';
import type { AnyQuestion, Steps } from '../../lib/probe/question';
import type { Answer } from '../../lib/probe/report';

/** Steps that end as the test says. Any other one is not there: a question that takes it fails. */
type Fake<Steps> = Partial<Pick<Steps, keyof Steps>>;

/** What the steps of a question come to, and what must follow. */
export interface Case {
  /** Ends the title of the test. */
  where: string;
  oauth?: Fake<OAuthSteps>;
  oidc?: Fake<OidcSteps>;
  /** What the report must not show. */
  hidden?: unknown;
  /** `null` where there is none. */
  answer: Answer;
  /** Parts of it, or all of it. */
  evidence: string | readonly string[] | RegExp;
  option?: string;
  isPartial?: true;
}

/** Adds a test for each case of each question. */
export function testQuestions(
  questions: readonly AnyQuestion[],
  cases: Record<string, readonly Case[]>,
): void {
  for (const question of questions) {
    describe(`the question ${question.id}`, () => {
      for (const one of cases[question.id] ?? []) {
        const answer = one.answer === null ? 'no answer' : `the answer ${JSON.stringify(one.answer)}`;
        it(`has ${answer} where ${one.where}`, () => testCase(question, one));
      }
    });
  }
}

async function testCase(question: AnyQuestion, { oauth, oidc, hidden, ...wanted }: Case): Promise<void> {
  const discretion = new Discretion();
  discretion.hide(hidden);
  const steps = { oauth: { ...oauth }, oidc: { ...oidc }, discretion } as Steps;
  const { evidence, ...given } = await answerTo(question, steps);
  if (wanted.evidence instanceof RegExp) expect(evidence).to.match(wanted.evidence);
  else for (const part of [wanted.evidence].flat()) expect(evidence).to.include(part);
  const { evidence: _, where: __, ...rest } = wanted;
  expect(given).to.deep.equal(rest);
}

async function answerTo(one: AnyQuestion, steps: Steps): Promise<Omit<Case, 'where'> & { evidence: string }> {
  try {
    const seen = await one.ask(steps);
    const verdict = one.judge(seen);
    const { answer, evidence, isPartial = false } = verdict;
    const option = one.option?.(verdict, seen);
    return { answer, evidence, ...(option !== undefined && { option }), ...(isPartial && { isPartial }) };
  } catch (error) {
    return { answer: null, evidence: steps.discretion.reasonOf(error) };
  }
}
