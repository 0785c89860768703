import type { Emulator } from '../../lib/emulator/index';
import { type Probed, type ProbeOptions, probe } from '../../lib/probe/probe';
import { type RunningCommand, runNode } from './child';
import { freePort } from './free-port';
import { CLIENT_ID, CLIENT_SECRET } from './options';

/** A login that the probe asks for. */
export interface AskedLogin {
  number: number;
  task: 'agree' | 'refuse';
  link: string;
}

/** What the person does when a login is asked for. In this process, `'skip'` skips it. */
export type Act = (login: AskedLogin) => Promise<unknown>;

type Provider = Pick<Emulator, 'approve' | 'refuse'>;

/** The client that the tests of the probe register. */
export const CLIENT = { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET };

/** Does what is asked for. @returns the callback URL */
export function decide(provider: Provider, { task, link }: AskedLogin): Promise<string> {
  return task === 'agree' ? provider.approve(link) : provider.refuse(link);
}

/** Does what is asked for, and lets the browser come back. */
export function obey(provider: Provider): Act {
  return async (login) => comeBack(await decide(provider, login));
}

/** The browser at the callback URL. @returns the status */
export async function comeBack(url: string, method = 'GET'): Promise<number> {
  const response = await fetch(url, { method, redirect: 'manual' });
  await response.text();
  return response.status;
}

/** A callback URL of this machine that nobody uses. */
export async function freeCallback(host = '127.0.0.1', path = '/callback'): Promise<string> {
  return `http://${host}:${await freePort()}${path}`;
}

export interface ProbedHere extends Probed {
  /** By the id of the question. */
  answers: Record<string, unknown>;
  evidence: Record<string, string>;
  options: Record<string, string | undefined>;
  told: string[];
  logins: AskedLogin[];
}

/** Probes in this process, which is faster than a child process. What the person's act rejects with, this rejects with. */
export async function probeHere(
  baseURL: string,
  act: Act,
  options: Partial<ProbeOptions> = {},
): Promise<ProbedHere> {
  const told: string[] = [];
  const logins: AskedLogin[] = [];
  const acts: Promise<unknown>[] = [];
  const ending = new AbortController();
  const probed = await probe({
    ...CLIENT,
    baseURL,
    callbackURL: await freeCallback(),
    version: '0.0.0',
    waitSeconds: 60,
    tell: (line) => told.push(line),
    show: ({ number, task, link, skip }) => {
      logins.push({ number, task, link });
      const done = act({ number, task, link });
      done.then((how) => how === 'skip' && skip(), skip);
      acts.push(done);
    },
    signal: ending.signal,
    ...options,
  });
  await Promise.all(acts);
  const of = <Member extends 'answer' | 'evidence' | 'option'>(member: Member) =>
    Object.fromEntries(probed.report.findings.map((finding) => [finding.id, finding[member]]));
  return {
    ...probed,
    answers: of('answer'),
    evidence: of('evidence') as Record<string, string>,
    options: of('option'),
    told,
    logins,
  };
}

/** The command, run by a person who reads it. */
export interface AttendedProbe extends RunningCommand {
  logins: AskedLogin[];
  /** Both streams. */
  output(): string;
}

const LOGIN = /^Login (\d+) of \d+\b[\s\S]*?\b(AGREE|REFUSE)\b[\s\S]*?^ {2}(http\S+)\n/gm;

/** Starts the command as a child process. What the act rejects with, `ended` rejects with. */
export function attend(
  args: string[],
  { act = () => Promise.resolve(), env = {} }: { act?: Act; env?: NodeJS.ProcessEnv } = {},
): AttendedProbe {
  const command = runNode(['lib/cli/index.ts', 'probe', ...args], {
    FREEDOM_ID_CLIENT_SECRET: CLIENT_SECRET,
    ...env,
  });
  return readLogins(command, act);
}

/** Reads the logins off what a command prints, and acts on each. */
export function readLogins(command: RunningCommand, act: Act): AttendedProbe {
  const logins: AskedLogin[] = [];
  const acts: Promise<unknown>[] = [];
  const read = (text: string) => {
    for (const [, number, word, link = ''] of [...text.matchAll(LOGIN)].slice(logins.length)) {
      const login: AskedLogin = { number: Number(number), task: word === 'AGREE' ? 'agree' : 'refuse', link };
      logins.push(login);
      const done = act(login);
      done.catch(() => command.process.kill());
      acts.push(done);
    }
  };
  // Behind the listener that collects what is printed; it is on one of the two streams.
  command.process.stdout?.on('data', () => read(plain(command.stdout)));
  command.process.stderr?.on('data', () => read(plain(command.stderr)));
  return Object.assign(command, {
    logins,
    output: () => command.stdout + command.stderr,
    ended: command.ended.then(async (code) => {
      await Promise.all(acts);
      return code;
    }),
  });
}

/** A terminal ends its lines with both characters. */
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
