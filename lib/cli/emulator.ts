import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type EmulatorClient,
  type EmulatorOptions,
  type EmulatorUser,
  startEmulator,
} from '../emulator/index';
import { nameOf } from '../emulator/users';

export const EMULATOR_USAGE = `Usage: passport-freedom-id emulator [options]

Runs a Freedom ID on this machine, to develop and test against.

Options:
  --port <number>         where to listen on 127.0.0.1; 0 takes any free port (default: 4400)
  --client <id:secret>    an app that may sign users in; repeat it for several (default: demo:demo-secret)
  --users <file.json>     a list of user records, as get-data gives them (default: sample users)
  --help                  this text
`;

/**
 * Runs an emulator until SIGINT or SIGTERM.
 *
 * @param args - what follows `passport-freedom-id emulator`
 * @throws `Error` that tells in one line what is wrong
 */
export async function runEmulator(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4400' },
      client: { type: 'string', multiple: true },
      users: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(EMULATOR_USAGE);
    return;
  }
  const options: EmulatorOptions = { port: readPort(values.port) };
  if (values.client) options.clients = values.client.map(readClient);
  if (values.users !== undefined) options.users = readUsers(values.users);
  await start(options);
}

async function start(options: EmulatorOptions): Promise<void> {
  const emulator = await startEmulator(options);
  // Before anything is printed: a program that waits for the output may send a signal at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.close());
  console.log(`Freedom ID emulator, for development only

  URL      ${emulator.url}   (the strategy's baseURL)`);
  for (const { clientID, clientSecret } of emulator.clients) {
    console.log(`  Client   clientID ${clientID}, clientSecret ${clientSecret}`);
  }
  for (const user of emulator.users) console.log(`  User     ${nameOf(user)}, ${user.freedom_id}`);
  console.log('\nCtrl+C ends it.');
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error('--port must be a whole number from 0 to 65535');
  return port;
}

function readClient(text: string): EmulatorClient {
  const [clientID, clientSecret] = text.split(/:(.*)/s);
  if (!clientID || !clientSecret) throw new Error('--client must be id:secret');
  return { clientID, clientSecret };
}

function readUsers(file: string): EmulatorUser[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as EmulatorUser[];
  } catch (error) {
    const [firstLine] = (error as Error).message.split('\n');
    throw new Error(`--users ${file}: ${firstLine}`);
  }
}
