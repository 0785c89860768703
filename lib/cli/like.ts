import { BEHAVIOUR_NAMES, behaviourProblem, withoutUsual } from '../emulator/behaviour';
import type { EmulatorBehaviour } from '../emulator/index';
import { printable, shown } from '../emulator/line';
import { readJSONFile } from './json-file';
import { UsageError } from './usage-error';

/** A provider as a report of the probe describes it. */
export interface Likeness {
  file: string;
  /** What is otherwise than the emulator's default. */
  behaviour: EmulatorBehaviour;
  /** The behaviours that stay at their default because the report does not tell, and what it has instead. */
  missing: Map<string, string>;
}

interface Finding {
  id: string;
  answer: unknown;
}

const ADVICE = '; give a report as "passport-freedom-id probe" writes it';
/** Answers of the probe for which there is no behaviour. */
const INEXPRESSIBLE: unknown[] = ['other', 'none', 'nothing'];

/** @throws `UsageError` for what is no report, in one line */
export function readLikeness(file: string): Likeness {
  const fail = (why: string) => new UsageError(`--like ${printable(file)}: ${why}${ADVICE}`);
  const report = readJSONFile('--like', file, ADVICE);
  const answers = new Map<string, unknown>();
  for (const { id, answer } of readFindings(report, fail)) {
    if (answers.has(id)) throw fail(`the finding ${shown(id)} is there twice`);
    answers.set(id, answer);
  }

  const behaviour: Record<string, unknown> = {};
  const missing = new Map<string, string>();
  for (const name of BEHAVIOUR_NAMES) {
    const answer = answers.get(name);
    if (answer === undefined) missing.set(name, 'not asked');
    else if (answer === null) missing.set(name, 'no answer');
    else if (INEXPRESSIBLE.includes(answer)) missing.set(name, String(answer));
    else {
      const problem = behaviourProblem(name, answer);
      if (problem !== undefined) throw fail(problem);
      behaviour[name] = answer;
    }
  }
  return { file, behaviour: withoutUsual(behaviour), missing };
}

/** What the command prints of it. */
export function linesOf({ file, behaviour, missing }: Likeness): string[] {
  const lost = [...missing].map(([name, why]) => `${name} (${why})`);
  const unusual = Object.entries(behaviour).map(
    ([name, value]) => `${name} ${printable(JSON.stringify(value))}`,
  );
  return [
    `  Like     ${printable(file)}${lost.length > 0 ? `; not reproduced: ${lost.join(', ')}` : ''}`,
    ...(unusual.length > 0 ? [`           other than by default: ${unusual.join(', ')}`] : []),
  ];
}

function readFindings(report: unknown, fail: (why: string) => Error): Finding[] {
  const { findings } = Object(report) as { findings?: unknown };
  if (Array.isArray(findings) && findings.every(isFinding)) return findings;
  throw fail('it is no report: it has no list of findings, each with an id and an answer');
}

function isFinding(value: unknown): value is Finding {
  const { id, answer } = Object(value) as Partial<Finding>;
  return typeof id === 'string' && answer !== undefined;
}
