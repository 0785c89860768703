import { readFileSync } from 'node:fs';
import { printable } from '../emulator/line';
import { UsageError } from './usage-error';

/**
 * @param option - of the command line, e.g. `--users`
 * @param advice - the end of the message: what to do
 * @throws `UsageError` where the file cannot be read, or is no JSON
 */
export function readJSONFile(option: string, file: string, advice = ''): unknown {
  try {
    return JSON.parse(decode(readFileSync(file)));
  } catch (error) {
    // The message may quote the file, which may hold anything.
    const why = printable((error as Error).message, 200);
    throw new UsageError(`${option} ${printable(file)}: ${why}${advice}`);
  }
}

/** Editors on Windows put a byte order mark in front, which JSON does not know, and PowerShell writes UTF-16. */
function decode(bytes: Buffer): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}
