import { isLoopback, readConnectionOptions } from '../http/options';
import { checkCallbackURL } from '../login/callback-url';
import { requireThat } from '../require-that';
import { Discretion } from './discretion';
import { Landing } from './landing';
import { type Login, Logins } from './logins';
import { OAUTH_QUESTIONS } from './oauth-questions';
import { OAuthSteps } from './oauth-steps';
import { OIDC_QUESTIONS } from './oidc-questions';
import { OidcSteps } from './oidc-steps';
import type { AnyQuestion, Steps } from './question';
import type { Finding, Report } from './report';
import { adviceOn } from './unanswered';

/** What is asked for, and how to reach the person. */
export interface ProbeOptions {
  clientID: string;
  clientSecret: string;
  /** @defaultValue Freedom ID's own */
  baseURL?: string | undefined;
  /** Absolute, and registered with Freedom ID. */
  callbackURL: string;
  /** Where to listen, if the callback URL leads there by another way. @defaultValue the port of the callback URL */
  port?: number | undefined;
  /** @defaultValue both flows */
  only?: Flow | undefined;
  /** How long to wait for the person in each login. @defaultValue `300` */
  waitSeconds?: number | undefined;
  /** Milliseconds for one exchange with the provider. @defaultValue `10000` */
  timeout?: number | undefined;
  /** Of this package. */
  version: string;
  /** Shows the person where to go, and what to do there. */
  show(login: Login): void;
  /** Gets a line for each step that begins. */
  tell(line: string): void;
  /** Ends the probe: the report then says what is known so far. */
  signal: AbortSignal;
}

export type Flow = 'oauth' | 'oidc';

/** What the probe asks, and in how many logins. */
const FLOWS: Record<Flow, { questions: readonly AnyQuestion[]; logins: number }> = {
  oauth: { questions: OAUTH_QUESTIONS, logins: 2 },
  oidc: { questions: OIDC_QUESTIONS, logins: 2 },
};

export interface Probed {
  report: Report;
  /** Whether every question has a whole answer. */
  isComplete: boolean;
  /** What the person can correct, each a sentence. */
  advice: readonly string[];
}

/**
 * Asks the provider every question, one after the other, and sends a person through the logins that it needs. What fails leaves its
 * questions without an answer.
 *
 * @throws `TypeError` that names the option and what it should be; `Error` where the port cannot be used
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { clientID, clientSecret, baseURL, timeout } = readConnectionOptions(options);
  const callbackURL = checkCallbackURL(options.callbackURL, RESERVED);
  const port = portOf(callbackURL, options.port);
  const { only, waitSeconds = 300, version, show, tell, signal } = options;
  const flows = only ? [FLOWS[only]] : Object.values(FLOWS);
  const total = flows.reduce((sum, { logins }) => sum + logins, 0);
  const landing = await Landing.open(new URL(callbackURL).hostname, port);
  try {
    const logins = new Logins({ landing, callbackURL, total, waitSeconds, show, signal });
    const discretion = new Discretion();
    discretion.hide(clientSecret);
    const provider = { clientID, clientSecret, baseURL, timeout };
    // After the end, no step begins.
    const tellUntilEnd = (line: string) => signal.aborted || tell(line);
    const settings = { ...provider, callbackURL, logins, discretion, signal, tell: tellUntilEnd };
    const steps = { oauth: new OAuthSteps(settings), oidc: new OidcSteps(settings), discretion };
    const questions = flows.flatMap((flow) => flow.questions);
    // Every question is asked twice. What is personal is known only after all steps: a refusal may hold a name that get-data
    // sends later.
    for (const one of questions) await askOne(one, steps);
    const found: Found[] = [];
    for (const one of questions) found.push(await askOne(one, steps));
    return {
      report: {
        version,
        url: baseURL,
        date: new Date().toISOString(),
        findings: found.map(({ finding }) => finding),
      },
      isComplete: found.every(({ isWhole }) => isWhole),
      advice: [...new Set(found.flatMap(({ advice }) => advice ?? []))],
    };
  } finally {
    landing.close();
  }
}

/** Parameters of a callback in one of the flows. */
const RESERVED = ['authorization_code', 'code', 'error_code', 'error', 'state'];

interface Found {
  finding: Finding;
  isWhole: boolean;
  advice?: string | undefined;
}

async function askOne(one: AnyQuestion, steps: Steps): Promise<Found> {
  const { id, wording } = one;
  try {
    const seen = await one.ask(steps);
    const verdict = one.judge(seen);
    const { answer, evidence, isPartial = false } = verdict;
    const option = one.option?.(verdict, seen);
    const finding = { id, question: wording, answer, evidence, ...(option !== undefined && { option }) };
    return { finding, isWhole: !isPartial };
  } catch (error) {
    const evidence = steps.discretion.reasonOf(error);
    const finding = { id, question: wording, answer: null, evidence };
    return { finding, isWhole: false, advice: adviceOn(error) };
  }
}

function portOf(callbackURL: string, port: number | undefined): number {
  requireThat(URL.canParse(callbackURL), 'callbackURL', 'an absolute URL', callbackURL);
  requireThat(
    port === undefined || (Number.isInteger(port) && port > 0 && port <= 65_535),
    'port',
    'a whole number from 1 to 65535',
    port,
  );
  if (port !== undefined) return port;
  const { protocol, hostname, port: own } = new URL(callbackURL);
  requireThat(
    protocol === 'http:' && isLoopback(hostname) && own !== '0',
    'callbackURL',
    'an http: URL of this machine, e.g. http://localhost:3000/callback, unless the option port says where it leads on this machine',
    callbackURL,
  );
  return Number(own || 80);
}
