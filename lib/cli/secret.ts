import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks for a secret on the terminal, and shows nothing of it.
 *
 * @throws `Error` where the person ends it
 */
export async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Only now does the terminal echo nothing.
  process.stderr.write(question);
  try {
    return await new Promise((resolve, reject) => {
      terminal.once('line', resolve);
      terminal.once('SIGINT', () => terminal.close());
      // Node.js would let the terminal echo again, and hear nothing when it goes on.
      terminal.on('SIGTSTP', () => {});
      terminal.once('close', () => reject(new Error('Without the client secret there is nothing to ask.')));
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
