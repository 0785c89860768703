#!/usr/bin/env node
import { EMULATOR_USAGE, runEmulator } from './emulator';
import { version } from './version';

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`passport-freedom-id: ${error.message}`);
  process.exitCode = 1;
});

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
      throw new Error(`the first argument must be the command, which is "emulator"\n\n${EMULATOR_USAGE}`);
  }
}
