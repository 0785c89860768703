import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process offers to the one that has started it. Arguments and results travel as JSON. */
export type Commands = Record<string, (...args: never[]) => unknown>;

interface Call {
  id: number;
  command: string;
  args: unknown[];
}

interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Another process, whose commands are called as if they were here. */
export class Remote<C extends Commands> {
  private readonly process: ChildProcess;

  private readonly waiting = new Map<number, Waiting>();

  private calls = 0;

  /** @param program - a compiled file that calls {@link offer} */
  constructor(program: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.process = fork(program, args, { env: { ...process.env, ...env }, execArgv: ['--expose-gc'] });
    this.process.on('message', ({ id, result, error }: Reply) => {
      const call = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) call?.resolve(result);
      else call?.reject(new Error(`${args.join(' ')}: ${error}`));
    });
    this.process.on('exit', (code) => {
      const error = new Error(`${program} ${args.join(' ')} has ended with ${code}`);
      for (const call of this.waiting.values()) call.reject(error);
    });
  }

  call<K extends keyof C & string>(
    command: K,
    ...args: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    this.calls += 1;
    const call: Call = { id: this.calls, command, args };
    return new Promise((resolve, reject) => {
      this.waiting.set(call.id, { resolve: resolve as Waiting['resolve'], reject });
      this.process.send(call);
    });
  }

  async end(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.disconnect();
    await ended;
  }
}

/** Answers the calls of the process that has started this one, and ends with it. */
export function offer(commands: Commands): void {
  process.on('message', async ({ id, command, args }: Call) => {
    try {
      const result = await commands[command]?.(...(args as never[]));
      process.send?.({ id, result } satisfies Reply);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply);
    }
  });
  process.once('disconnect', () => process.exit());
}
