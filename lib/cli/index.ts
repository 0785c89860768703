#!/usr/bin/env node
import { EMULATOR_USAGE, runEmulator } from './emulator';
import { UsageError } from './usage-error';
import { version } from './version';

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`passport-freedom-id: ${error.message}`);
  process.exitCode = isOfUsage(error) ? 2 : 1;
});

/** `TypeError`: of an option that node:util or the emulator refuses. */
function isOfUsage(error: Error): boolean {
  return error instanceof UsageError || error instanceof TypeError;
}

async function main([command, ...args]: string[]): Promise<void> {
  switch (command) {
    case 'emulator':
      return runEmulator(args);
    case '--help':
    case '-h':
      return console.log(EMULATOR_USAGE);
    case '--version':
      return console.log(version());
    default:
      throw new UsageError(
        `the first argument must be the command, which is "emulator"\n\n${EMULATOR_USAGE}`,
      );
  }
}
