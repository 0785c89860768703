import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A command that was started, and what it has printed so far. */
export interface RunningCommand {
  process: ChildProcess;
  stdout: string;
  stderr: string;
  /** Resolves to the exit code once it has ended. */
  ended: Promise<number | null>;
  /** Resolves to the first match on stdout. @throws where the command ends without one */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts a Node.js program of this repository, from its root. */
export function runNode(args: string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
  return run(process.execPath, ['--import', 'tsx', ...args], env);
}

/**
 * @param stdin - `open` to write to it
 * @param cwd - the folder that it runs in; without it, the root of this repository
 */
export function run(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  stdin: 'empty' | 'open' = 'empty',
  cwd = process.cwd(),
): RunningCommand {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (stdin === 'empty') child.stdin.end();
  const command: RunningCommand = {
    process: child,
    stdout: '',
    stderr: '',
    ended: once(child, 'close').then(([code]) => code),
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(command.stdout);
        if (match) return match;
        const over = await Promise.race([
          once(child.stdout, 'data').then(() => false),
          command.ended.then(() => true),
        ]);
        if (over && !pattern.test(command.stdout))
          throw new Error(`It ended and printed: ${command.stdout}${command.stderr}`);
      }
    },
  };
  child.stdout.on('data', (chunk) => {
    command.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    command.stderr += chunk;
  });
  return command;
}
