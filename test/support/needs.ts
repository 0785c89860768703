import type { Context } from 'mocha';

/**
 * Skips a test, with a message, on a machine that lacks what the test needs. In CI the test fails instead.
 *
 * @param what - e.g. "Chromium (Debian: apt-get install chromium)"
 */
export function needs(context: Context, what: string, isThere: boolean): void {
  if (isThere) return;
  if (process.env.CI) throw new Error(`CI must have ${what}`);
  console.warn(`      skipped, because this machine has no ${what}`);
  context.skip();
}

/** Skips a test, with a message, in CI, too: `npm run test:nodes` runs it on a Node.js line that has what it needs. */
export function withoutNewerNode(context: Context, what: string): void {
  console.warn(`      skipped, because Node.js ${process.version} ${what}`);
  context.skip();
}

/** Skips a test, with a message, in CI, too: no package gives a machine IPv6. */
export function withoutIPv6(context: Context): void {
  console.warn('      skipped, because this machine has no IPv6');
  context.skip();
}
