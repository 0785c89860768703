/** A wrong command line: its message tells in one line what to change. */
export class UsageError extends Error {}

/** `TypeError`: of an option that node:util, the emulator or the probe refuses. */
export function isOfUsage(error: unknown): boolean {
  return error instanceof UsageError || error instanceof TypeError;
}
