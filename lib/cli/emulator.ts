import { parseArgs } from 'node:util';
import { isWebURL } from '../emulator/clients';
import { openEmulator } from '../emulator/emulator';
import type { EmulatorClient, EmulatorOptions, EmulatorUser } from '../emulator/index';
import { printable } from '../emulator/line';
import { DEMO_CLIENT } from '../emulator/options';
import { nameOf } from '../emulator/users';
import { readJSONFile } from './json-file';
import { type Likeness, linesOf, readLikeness } from './like';
import { UsageError } from './usage-error';
import { version } from './version';

export const EMULATOR_USAGE = `Usage: passport-freedom-id emulator [options]

Runs a Freedom ID on this machine, to develop and test against. It prints a line for each request: what came, what
was answered, and why.

Options:
  --port <number>         where to listen; 0 takes any free port (default: 4400)
  --host <address>        where to listen, e.g. 0.0.0.0 in a container; other machines then sign in as anybody, too
                          (default: 127.0.0.1)
  --url <url>             how both the app and the browser reach it, if that is not where it listens
  --client <id:secret>    an app that may sign users in; repeat it for several (default: demo:demo-secret)
  --redirect-uri <uri>    a redirect URI of these apps, with any query, or one more path segment, added; repeat it for
                          several (default: any)
  --grant <name>          a grant that these apps may ask for; repeat it for several (default: all that are documented)
  --revoke-uri <uri>      where these apps are told that a user has signed out of Freedom ID (default: nowhere)
  --users <file.json>     a list of user records, as get-data gives them (default: sample users)
  --like <report.json>    behave as "passport-freedom-id probe" has found Freedom ID to behave
  --quiet                 no line for each request
  -h, --help              this text
  --version               the version of this package
`;

/**
 * Runs an emulator until SIGINT or SIGTERM.
 *
 * @param args - what follows `passport-freedom-id emulator`
 * @throws `UsageError` or `TypeError` for a wrong command line, `Error` where the port or the host cannot be used: each tells in one line what is wrong
 */
export async function runEmulator(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4400' },
      host: { type: 'string' },
      url: { type: 'string' },
      client: { type: 'string', multiple: true },
      'redirect-uri': { type: 'string', multiple: true },
      grant: { type: 'string', multiple: true },
      'revoke-uri': { type: 'string' },
      users: { type: 'string' },
      like: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(EMULATOR_USAGE);
  if (values.version) return console.log(version());

  const registration = {
    ...readRestrictions(values['redirect-uri'], values.grant),
    ...(values['revoke-uri'] !== undefined && { revokeURI: readURL('--revoke-uri', values['revoke-uri']) }),
  };
  const clients = values.client?.map(readClient) ?? [DEMO_CLIENT];
  const like = values.like === undefined ? undefined : readLikeness(values.like);
  const options: EmulatorOptions = {
    port: readPort(values.port),
    host: values.host,
    url: values.url === undefined ? undefined : readURL('--url', values.url),
    clients: clients.map((client) => ({ ...client, ...registration })),
    users: values.users === undefined ? undefined : (readJSONFile('--users', values.users) as EmulatorUser[]),
    behaviour: like?.behaviour,
  };
  return start(options, like, values.quiet);
}

async function start(options: EmulatorOptions, like: Likeness | undefined, quiet: boolean): Promise<void> {
  const emulator = await openEmulator(options, quiet ? undefined : (line) => console.log(line));
  // Before anything is printed: a program that waits for the output may send a signal at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.close());
  // A reader of the output may stop early (`| head`), and the emulator still has to run.
  process.stdout.on('error', () => {});
  console.log(`Freedom ID emulator, for development only

  URL      ${emulator.url}   (the strategy's baseURL)`);
  for (const { clientID, clientSecret, redirectURIs, grants, revokeURI } of emulator.clients) {
    console.log(`  Client   clientID ${printable(clientID)}, clientSecret ${printable(clientSecret)}`);
    if (redirectURIs) console.log(`           only with the redirect URI ${redirectURIs.join(' or ')}`);
    if (grants) console.log(`           only for the grants ${grants.join(' ')}`);
    if (revokeURI) console.log(`           told of a sign-out at ${revokeURI}`);
  }
  for (const user of emulator.users)
    console.log(`  User     ${printable(nameOf(user))}, ${printable(user.freedom_id)}`);
  for (const line of like ? linesOf(like) : []) console.log(line);
  console.log('\nCtrl+C ends it.\n');
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError('--port must be a whole number from 0 to 65535');
  return port;
}

function readClient(text: string): EmulatorClient {
  const [clientID, clientSecret] = text.split(/:(.*)/s);
  if (!clientID || !clientSecret) throw new UsageError('--client must be id:secret');
  return { clientID, clientSecret };
}

/** An option that is not given restricts nothing. */
function readRestrictions(
  uris?: string[],
  grants?: string[],
): Pick<EmulatorClient, 'redirectURIs' | 'grants'> {
  const redirectURIs = uris?.map((uri) => readURL('--redirect-uri', uri));
  if (grants?.some((grant) => !/^[^\s,]+$/.test(grant))) {
    throw new UsageError('--grant must be one grant, e.g. read.email; repeat it for several');
  }
  return { ...(redirectURIs && { redirectURIs }), ...(grants && { grants }) };
}

function readURL(option: string, text: string): string {
  if (!isWebURL(text))
    throw new UsageError(`${option} must be an absolute URL, e.g. http://localhost:3000/callback`);
  return text;
}
