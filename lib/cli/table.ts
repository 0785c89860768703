import { styleText } from 'node:util';
import type { Finding } from '../probe/report';

interface TableOptions {
  /** Characters in a line. */
  width: number;
  isColored: boolean;
}

/** Below this, columns would be too narrow to be read. */
const MIN_WIDTH = 72;
const MAX_WIDTH = 120;
const QUESTION_WIDTH = 22;
const MAX_ANSWER_WIDTH = 30;
const GAP = '  ';

/** Findings to be read: in columns, or one under the other where there is no room for columns. */
export function table(findings: readonly Finding[], { width, isColored }: TableOptions): string {
  const color: Color = (format, text) =>
    isColored ? styleText(format, text, { validateStream: false }) : text;
  const rows = findings.map(toRow);
  return width < MIN_WIDTH ? blocks(rows, width, color) : columns(rows, Math.min(width, MAX_WIDTH), color);
}

type Format = 'bold' | 'green' | 'yellow' | 'cyan' | 'dim' | 'reset';
type Color = (format: Format, text: string) => string;

/** A line of one. */
type Cell = readonly [text: string, format: Format];

interface Row {
  question: string;
  /** By line. */
  answer: string[];
  isAnswered: boolean;
  evidence: string;
  option: string | undefined;
}

function toRow({ question, answer, evidence, option }: Finding): Row {
  const isAnswered = answer !== null;
  return { question, answer: isAnswered ? linesOf(answer) : ['no answer'], isAnswered, evidence, option };
}

function linesOf(answer: NonNullable<Finding['answer']>): string[] {
  if (typeof answer !== 'object') return [String(answer)];
  return Object.entries(answer).map(([name, value]) => `${name}: ${value}`);
}

function columns(rows: readonly Row[], width: number, color: Color): string {
  const longest = Math.max(...rows.flatMap(({ answer }) => answer.map(({ length }) => length)));
  const answerWidth = Math.min(longest, MAX_ANSWER_WIDTH);
  const evidenceWidth = width - QUESTION_WIDTH - answerWidth - 2 * GAP.length;
  const widths = [QUESTION_WIDTH, answerWidth, evidenceWidth];
  const line = (cells: readonly Cell[]) => {
    const padded = cells.map(([text, format], index) => color(format, text.padEnd(widths[index] ?? 0)));
    return padded.join(GAP).trimEnd();
  };
  const lines = [
    line([
      ['Question', 'dim'],
      ['Answer', 'dim'],
      ['Evidence, and what to set', 'dim'],
    ]),
    color('dim', widths.map((one) => '-'.repeat(one)).join(GAP)),
  ];
  for (const { question, answer, isAnswered, evidence, option } of rows) {
    const cells = [
      wrap(question, QUESTION_WIDTH).map((text): Cell => [text, 'bold']),
      answer
        .flatMap((text) => wrap(text, answerWidth))
        .map((text): Cell => [text, isAnswered ? 'green' : 'yellow']),
      [
        ...wrap(evidence, evidenceWidth).map((text): Cell => [text, 'reset']),
        ...wrap(toSet(option), evidenceWidth).map((text): Cell => [text, 'cyan']),
      ],
    ];
    const height = Math.max(...cells.map(({ length }) => length));
    for (let at = 0; at < height; at += 1) lines.push(line(cells.map((cell) => cell[at] ?? ['', 'reset'])));
    lines.push('');
  }
  return lines.join('\n');
}

/** One under the other. */
function blocks(rows: readonly Row[], width: number, color: Color): string {
  const lines = rows.flatMap(({ question, answer, isAnswered, evidence, option }) => [
    ...wrap(question, width).map((text) => color('bold', text)),
    ...answer
      .flatMap((text) => wrap(text, width - 2))
      .map((text) => `  ${color(isAnswered ? 'green' : 'yellow', text)}`),
    ...wrap(evidence, width - 2).map((text) => `  ${text}`),
    ...wrap(toSet(option), width - 2).map((text) => `  ${color('cyan', text)}`),
    '',
  ]);
  return lines.join('\n');
}

function toSet(option: string | undefined): string {
  return option === undefined ? '' : `Set: ${option}`;
}

/** Into lines at spaces, and a word that is longer than a line where the line ends. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => one.match(new RegExp(`.{1,${width}}`, 'gs')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
