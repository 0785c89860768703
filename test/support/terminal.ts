import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Context } from 'mocha';
import { type RunningCommand, run } from './child';
import { needs } from './needs';

const SCRIPT = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'script'))
  .find((path) => existsSync(path));

export function needsTerminal(context: Context): void {
  const isUtilLinux = SCRIPT !== undefined && process.platform === 'linux';
  needs(context, 'script, which makes pseudo terminals (in Debian: apt-get install bsdutils)', isUtilLinux);
}

/** A command in a terminal of its own. */
export interface TerminalCommand extends RunningCommand {
  /** As if somebody typed it. */
  type(text: string): void;
}

/**
 * @param args - of a Node.js program of this repository
 * @param columns - of the terminal; 0 where it does not know
 */
export function runInTerminal(args: string[], columns: number, env: NodeJS.ProcessEnv = {}): TerminalCommand {
  const words = [process.execPath, '--import', 'tsx', ...args].map((word) => `'${word}'`);
  // In a job of its own, as an interactive shell starts it: only such a job can be stopped.
  const script = `stty cols ${columns}; set -m; ${words.join(' ')}; exit $?`;
  // Whatever this process runs in must not decide whether there are colors.
  const without = {
    CI: undefined,
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    NODE_DISABLE_COLORS: undefined,
  };
  const plainEnv = { TERM: 'xterm-256color', ...without, ...env };
  const command = run('script', ['-qec', script, '/dev/null'], plainEnv, 'open');
  return Object.assign(command, { type: (text: string) => void command.process.stdin?.write(text) });
}

/** Without colors, and with one character at the end of a line. */
export function withoutColors(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what colors begin with
  return text.replace(/\u001b\[[\d;]*m/g, '').replaceAll('\r\n', '\n');
}
