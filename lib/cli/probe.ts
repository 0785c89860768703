import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { printable } from '../emulator/line';
import type { Login } from '../probe/logins';
import { type Flow, type Probed, type ProbeOptions, probe } from '../probe/probe';
import { Unanswered } from '../probe/unanswered';
import { askSecret } from './secret';
import { table } from './table';
import { UsageError } from './usage-error';
import { version } from './version';
import { widthOf, wrap } from './wrap';

const SECRET = 'FREEDOM_ID_CLIENT_SECRET';

export const PROBE_USAGE = `Usage: passport-freedom-id probe --client <id> --callback <url> [options]

Asks Freedom ID what its documentation does not tell, and says which options of the strategy to set. It takes about
five minutes: it prints the links of four logins, and you open each one in a browser, sign in, and agree or refuse.
Nothing secret or personal is in its report.

The client secret comes from the environment variable ${SECRET}, or is asked for.

Options:
  --client <id>           your client id
  --callback <url>        a redirect URI that is registered for it, on this machine: e.g. http://localhost:3000/callback
  --port <number>         where to listen on this machine, if the callback URL leads here by another way, such as a tunnel
                          (default: the port of the callback URL)
  --url <url>             the provider (default: https://passport.freedompay.kz)
  --only <oauth|oidc>     one of the two flows: Freedom ID's own, or OpenID Connect (default: both)
  --wait <seconds>        how long to wait for you in each login (default: 300); Enter skips a login
  --json                  the report as JSON on stdout, and nothing else there
  --out <file>            writes the same JSON to a file
  -h, --help              this text

Exit status: 0 where every question has its whole answer, 2 for a wrong command line, else 1.
`;

/**
 * Probes a provider, and prints what it has found out.
 *
 * @param args - what follows `passport-freedom-id probe`
 * @throws `UsageError` or `TypeError` for a wrong command line, `Error` where the port cannot be used
 */
export async function runProbe(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      client: { type: 'string' },
      callback: { type: 'string' },
      port: { type: 'string' },
      url: { type: 'string' },
      only: { type: 'string' },
      wait: { type: 'string' },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(PROBE_USAGE);
  const { json, out } = values;
  const options = readOptions(values);
  if (out !== undefined) requireWritable(out);
  const clientSecret = await readSecret();

  // A reader of the output may stop early (`| head`), and the report may still go to a file.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const person = new Person(json ? process.stderr : process.stdout);
  try {
    const probed = await probe({ ...options, clientSecret, version: version(), ...person.ways() });
    print(probed, { json, out });
  } catch (error) {
    throw inFlags(error);
  } finally {
    person.leave();
  }
}

type Values = Partial<Record<'client' | 'callback' | 'port' | 'url' | 'only' | 'wait', string>>;

function readOptions(values: Values): Omit<ProbeOptions, 'clientSecret' | 'version' | keyof Ways> {
  const { client, callback, port, url, only, wait = '300' } = values;
  if (client === undefined) throw new UsageError('--client is missing: give your client id');
  if (callback === undefined)
    throw new UsageError('--callback is missing: give a redirect URI that is registered');
  if (only !== undefined && !isFlow(only)) throw new UsageError('--only must be oauth or oidc');
  const waitSeconds = readNumber('--wait', wait, 86_400);
  const ownPort = port === undefined ? undefined : readNumber('--port', port, 65_535);
  return { clientID: client, callbackURL: callback, port: ownPort, baseURL: url, only, waitSeconds };
}

function isFlow(text: string): text is Flow {
  return text === 'oauth' || text === 'oidc';
}

function readNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UsageError(`${option} must be a whole number from 1 to ${most}`);
}

/** Called before the logins, which take five minutes. */
function requireWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--out ${printable(file)}: it cannot be written (${code})`);
  }
}

async function readSecret(): Promise<string> {
  const { [SECRET]: secret } = process.env;
  if (secret !== undefined && secret !== '') return secret;
  if (process.stdin.isTTY) return askSecret('Client secret (it is not shown): ');
  throw new UsageError(
    `The environment variable ${SECRET} is missing, and there is no terminal to ask for the secret`,
  );
}

/** How the probe reaches the person, and how they end it. */
type Ways = Pick<ProbeOptions, 'show' | 'tell' | 'signal'>;

/** The person at the terminal. */
class Person {
  private readonly ending = new AbortController();

  private readonly end = () => this.ending.abort(new Unanswered('the probe was ended'));

  private readonly keys = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;

  /** Known once there is a login to skip. */
  private skip?: () => void;

  constructor(private readonly stream: NodeJS.WriteStream) {
    for (const signal of SIGNALS) process.once(signal, this.end);
    this.keys?.on('line', () => this.skip?.());
    // After Ctrl+D, Enter can no longer be read.
    this.keys?.on('close', this.end);
  }

  ways(): Ways {
    return {
      tell: (line) => this.say(`- ${line}`),
      show: (login) => this.show(login),
      signal: this.ending.signal,
    };
  }

  leave(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.end);
    this.keys?.close();
  }

  private show({ number, total, link, task, skip }: Login): void {
    this.skip = skip;
    const where = 'Open this link in a browser on this machine';
    this.stream.write('\n');
    this.say(`Login ${number} of ${total}. ${where}, sign in, and ${TASKS[task]}:`);
    // Not wrapped, so that it can be opened or copied.
    this.stream.write(`\n  ${link}\n\n${this.keys ? 'Enter skips it.\n\n' : ''}`);
  }

  private say(text: string): void {
    this.stream.write(`${wrap(text, widthOf(this.stream)).join('\n')}\n`);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const TASKS = { agree: 'AGREE', refuse: 'REFUSE (cancel, do not agree)' };

function print(
  { report, isComplete, advice }: Probed,
  { json, out }: { json: boolean; out: string | undefined },
): void {
  const text = JSON.stringify(report, undefined, 2);
  const isColored = process.stdout.isTTY && process.stdout.hasColors();
  console.log(json ? text : `\n${table(report.findings, { width: widthOf(process.stdout), isColored })}`);
  if (out !== undefined) writeFileSync(out, `${text}\n`);
  for (const sentence of advice) console.error(`passport-freedom-id: ${sentence}`);
  if (!isComplete) process.exitCode = 1;
}

/** What the options of the probe are called on the command line. */
const FLAGS = {
  clientID: '--client',
  clientSecret: SECRET,
  callbackURL: '--callback',
  baseURL: '--url',
  port: '--port',
};

function inFlags(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const message = Object.entries(FLAGS).reduce(
    (text, [option, flag]) =>
      text.replace(new RegExp(`(?:passport-freedom-id:|the option) ${option} `), `${flag} `),
    error.message,
  );
  // The command has no flag for this option.
  return new UsageError(message.replace(/ \(the option allowInsecureHttp.*?\)/, ''));
}
