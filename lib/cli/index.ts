#!/usr/bin/env node
import { runEmulator } from './emulator';
import { runProbe } from './probe';
import { isOfUsage, UsageError } from './usage-error';
import { version } from './version';

const USAGE = `Usage: passport-freedom-id <command> [options]

Commands:
  emulator     runs a Freedom ID on this machine, to develop and test against
  probe        asks the live Freedom ID what its documentation does not tell

  --help       of a command: its options
  --version    the version of this package
`;

main(process.argv.slice(2)).catch((error: Error) => {
  // Some of Node's own messages have several lines.
  const message = error instanceof TypeError ? error.message.replaceAll('\n', ' ') : error.message;
  console.error(`passport-freedom-id: ${message}`);
  process.exitCode = isOfUsage(error) ? 2 : 1;
});

async function main([command, ...args]: string[]): Promise<void> {
  switch (command) {
    case 'emulator':
      return runEmulator(args);
    case 'probe':
      return runProbe(args);
    case '--help':
    case '-h':
      return console.log(USAGE);
    case '--version':
      return console.log(version());
    default:
      throw new UsageError(`the first argument must be a command: emulator or probe\n\n${USAGE}`);
  }
}
