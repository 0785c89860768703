import type { Context } from 'mocha';

/**
 * For what a test needs and a machine may lack. The test is then skipped and says so; in CI its absence is a failure.
 *
 * @param what - e.g. "Chromium (Debian: apt-get install chromium)"
 */
export function needs(context: Context, what: string, isThere: boolean): void {
  if (isThere) return;
  if (process.env.CI) throw new Error(`CI must have ${what}`);
  console.warn(`      skipped, because this machine has no ${what}`);
  context.skip();
}
