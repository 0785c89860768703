import { type Finding, verdictOn } from './finding';

/** Prints a measure's figures, one a line: ours, its spread, the limit, the goal, and those of the other peers. */
export function printFindings(measure: string, findings: readonly Finding[]): void {
  console.log(`\n== ${measure}`);
  for (const finding of findings) {
    const { what, unit, value, spread, limit, goal, peers = {} } = finding;
    const bounds = [
      limit !== undefined && `limit ${figure(limit)}`,
      goal !== undefined && `goal ${figure(goal)}`,
    ];
    console.log(
      [
        `${what}, ${unit}`.padEnd(60),
        figure(value).padStart(8),
        (spread === undefined ? '' : `± ${figure(spread)}`).padEnd(8),
        (verdictOn(finding) ?? '').padEnd(8),
        bounds.filter(Boolean).join(', '),
      ]
        .join('  ')
        .trimEnd(),
    );
    const others = Object.entries(peers).map(([name, theirs]) => `${name} ${figure(theirs)}`);
    if (others.length > 0) console.log(`    ${others.join('; ')}`);
  }
}

function figure(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}
