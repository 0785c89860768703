import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { needs } from './needs';

const CHROMIUM = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

// Without these, Chromium contacts Google at every start.
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

export function needsChromium(context: Mocha.Context): void {
  needs(
    context,
    'Chromium (in Debian: apt-get install chromium; elsewhere: set CHROMIUM to its path)',
    CHROMIUM !== undefined,
  );
}

export async function launchChromium(): Promise<Browser> {
  // Chromium has no sandbox for root, which CI's containers run as.
  return chromium.launch({
    executablePath: CHROMIUM as string,
    args: ['--no-sandbox', '--disable-gpu', ...QUIET],
  });
}
