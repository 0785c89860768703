import { type Cell, cellsOf, FLOWS, TRANSPORT_NAMES } from './cells';
import { check } from './check';
import { FAULTS } from './faults';
import type { FlowUnderTest } from './flow';
import { observe } from './observe';
import { type BreakableProvider, startProvider } from './provider';

// Runs the whole matrix and prints, for each flow and transport, how it ended with each fault in each of its exchanges.

/** A cell, and how it ended. */
interface Result {
  cell: Cell;
  outcome: string;
  /** What was not as expected. */
  complaint?: string;
}

async function main(): Promise<void> {
  const results: Result[] = [];
  for (const flow of FLOWS) results.push(...(await runAll(flow)));

  for (const flow of FLOWS) {
    for (const transport of TRANSPORT_NAMES) console.log(`${table(flow, transport, results)}\n`);
  }
  const wrong = results.filter(({ complaint }) => complaint !== undefined);
  for (const { cell, complaint } of wrong) {
    console.log(`${cell.transport}, ${cell.fault.name}, ${cell.exchange}: ${complaint}`);
  }
  console.log(`${results.length} cells, ${results.length - wrong.length} as expected`);
  if (wrong.length > 0) process.exitCode = 1;
}

async function runAll(flow: FlowUnderTest): Promise<Result[]> {
  const provider = await startProvider(flow);
  const results: Result[] = [];
  for (const cell of cellsOf(flow)) results.push(await run(cell, provider));
  await provider.close();
  return results;
}

async function run(cell: Cell, provider: BreakableProvider): Promise<Result> {
  let outcome = 'none';
  try {
    const observation = await observe(cell, provider);
    outcome = observation.run.outcome;
    check(cell, observation);
    return { cell, outcome };
  } catch (error) {
    return { cell, outcome, complaint: (error as Error).message };
  }
}

function table(flow: FlowUnderTest, transport: string, results: Result[]): string {
  const own = results.filter(({ cell }) => cell.flow === flow && cell.transport === transport);
  const rows = FAULTS.map((fault) => [
    fault.name,
    ...own
      .filter(({ cell }) => cell.fault === fault)
      .map(({ outcome, complaint }) => (complaint === undefined ? outcome : `${outcome} (!)`)),
  ]);
  const lines = [[transport, ...flow.exchanges], ...rows];
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

void main();
