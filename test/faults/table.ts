import { ENDPOINTS } from './answers';
import { CELLS, type Cell, TRANSPORT_NAMES } from './cells';
import { check } from './check';
import { FAULTS } from './faults';
import { observe } from './observe';
import { type BreakableProvider, startProvider } from './provider';

// Runs the whole matrix and prints, for each transport, how a login ended with each fault in each of its exchanges.

/** A cell, and how it ended. */
interface Result {
  cell: Cell;
  outcome: string;
  /** What was not as expected. */
  complaint?: string;
}

async function main(): Promise<void> {
  const provider = await startProvider();
  const results: Result[] = [];
  for (const cell of CELLS) results.push(await run(cell, provider));
  await provider.close();

  for (const transport of TRANSPORT_NAMES) console.log(`${table(transport, results)}\n`);
  const wrong = results.filter(({ complaint }) => complaint !== undefined);
  for (const { cell, complaint } of wrong) {
    console.log(`${cell.transport}, ${cell.fault.name}, ${cell.endpoint}: ${complaint}`);
  }
  console.log(`${results.length} cells, ${results.length - wrong.length} as expected`);
  if (wrong.length > 0) process.exitCode = 1;
}

async function run(cell: Cell, provider: BreakableProvider): Promise<Result> {
  let outcome = 'none';
  try {
    const observation = await observe(cell, provider);
    outcome = observation.outcome;
    check(cell, observation);
    return { cell, outcome };
  } catch (error) {
    return { cell, outcome, complaint: (error as Error).message };
  }
}

function table(transport: string, results: Result[]): string {
  const rows = FAULTS.map((fault) => [
    fault.name,
    ...results
      .filter(({ cell }) => cell.transport === transport && cell.fault === fault)
      .map(({ outcome, complaint }) => (complaint === undefined ? outcome : `${outcome} (!)`)),
  ]);
  const lines = [[transport, ...ENDPOINTS], ...rows];
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
