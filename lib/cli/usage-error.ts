/** A wrong command line: its message tells in one line what to change. */
export class UsageError extends Error {}
