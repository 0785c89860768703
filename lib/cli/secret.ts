import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks for a secret on the terminal, and shows nothing of it.
 *
 * @throws `Error` if the person ends the input
 */
export async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Asked only now, because from now on the terminal does not show what is typed.
  process.stderr.write(question);
  try {
    return await new Promise((resolve, reject) => {
      terminal.once('line', resolve);
      terminal.once('SIGINT', () => terminal.close());
      // Ctrl+Z is ignored: Node.js would show what is typed again, and read nothing when the process goes on.
      terminal.on('SIGTSTP', () => {});
      terminal.once('close', () =>
        reject(new Error('No client secret was given, so the probe cannot start.')),
      );
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
