import { styleText } from 'node:util';
import type { Finding } from '../probe/report';
import { wrap } from './wrap';

interface TableOptions {
  /** Characters in a line, 20 at least. */
  width: number;
  isColored: boolean;
}

/** Below this, columns would be too narrow to be read. */
const MIN_COLUMNS_WIDTH = 72;
const MAX_WIDTH = 120;
const QUESTION_WIDTH = 22;
const MAX_ANSWER_WIDTH = 30;
const GAP = '  ';

/** Findings to be read: in columns, or one under the other where there is no room for columns. */
export function table(findings: readonly Finding[], { width, isColored }: TableOptions): string {
  const color: Color = (format, text) =>
    isColored ? styleText(format, text, { validateStream: false }) : text;
  const rows = findings.map(toRow);
  const lines =
    width < MIN_COLUMNS_WIDTH ? blocks(rows, width, color) : columns(rows, Math.min(width, MAX_WIDTH), color);
  return lines.map((line) => line.trimEnd()).join('\n');
}

type Format = 'bold' | 'green' | 'yellow' | 'cyan' | 'dim' | 'reset';
type Color = (format: Format, text: string) => string;

/** A text that begins on a new line. */
type Text = readonly [text: string, format: Format];

interface Row {
  question: readonly Text[];
  answer: readonly Text[];
  evidence: readonly Text[];
}

const HEAD: Row = {
  question: [['Question', 'dim']],
  answer: [['Answer', 'dim']],
  evidence: [['Evidence, and what to set', 'dim']],
};

function toRow({ question, answer, evidence, option }: Finding): Row {
  const format = answer === null ? 'yellow' : 'green';
  return {
    question: [[question, 'bold']],
    answer: inWords(answer).map((text): Text => [text, format]),
    evidence: [[evidence, 'reset'], ...(option === undefined ? [] : [[`Set: ${option}`, 'cyan'] as const])],
  };
}

/** The answer, one text for each line. */
function inWords(answer: Finding['answer']): string[] {
  if (answer === null) return ['no answer'];
  if (typeof answer !== 'object') return [String(answer)];
  const members = Object.entries(answer).map(([name, value]) => `${name}: ${value}`);
  return members.length > 0 ? members : ['none'];
}

function columns(rows: readonly Row[], width: number, color: Color): string[] {
  const longest = Math.max(...[HEAD, ...rows].flatMap(({ answer }) => answer.map(([text]) => text.length)));
  const answerWidth = Math.min(longest, MAX_ANSWER_WIDTH);
  const evidenceWidth = width - QUESTION_WIDTH - answerWidth - 2 * GAP.length;
  const linesOf = ({ question, answer, evidence }: Row) =>
    sideBySide([
      { width: QUESTION_WIDTH, lines: wrapAll(question, QUESTION_WIDTH, color) },
      { width: answerWidth, lines: wrapAll(answer, answerWidth, color) },
      { width: evidenceWidth, lines: wrapAll(evidence, evidenceWidth, color) },
    ]);
  const rules = [QUESTION_WIDTH, answerWidth, evidenceWidth].map((length) => '-'.repeat(length));
  return [...linesOf(HEAD), color('dim', rules.join(GAP)), ...rows.flatMap((row) => [...linesOf(row), ''])];
}

/** One under the other. */
function blocks(rows: readonly Row[], width: number, color: Color): string[] {
  return rows.flatMap(({ question, answer, evidence }) => [
    ...wrapAll(question, width, color),
    ...wrapAll([...answer, ...evidence], width - GAP.length, color).map((line) => GAP + line),
    '',
  ]);
}

function sideBySide(cells: readonly { width: number; lines: readonly string[] }[]): string[] {
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    cells.map(({ width, lines }) => lines[at] ?? ' '.repeat(width)).join(GAP),
  );
}

/** Wraps texts into lines, and fills each line up to the width. */
function wrapAll(texts: readonly Text[], width: number, color: Color): string[] {
  return texts.flatMap(([text, format]) =>
    wrap(text, width).map((line) => color(format, line) + ' '.repeat(width - line.length)),
  );
}
