import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { type Cell, expectedOf } from './cells';
import type { Strategy } from './flow';
import { type Login, logIn, outcomeOf } from './login';
import type { BreakableProvider } from './provider';
import { TRANSPORTS } from './transports';

/** What was seen of a login with a fault, and of the login after it. */
export interface Observation {
  /** The one that ended otherwise than expected, where several ran at once. */
  login: Login;
  /** How the login ended, as the table shows it. */
  outcome: string;
  /** The paths that the provider was asked for. */
  requests: string[];
  /** How many bytes the broken endpoint sent. */
  bytesSent: number;
  /** All that an app might log. */
  printed: string;
  /** How the next login ended, with the same strategy and without the fault. */
  next: string;
}

/** The deadline of logins that must time out. Their good exchanges must end within it on a busy machine, too. */
const SHORT = 400;

/** The deadline of all other logins: one that hangs shows up as a timeout. */
const LONG = 8_000;

export async function observe(cell: Cell, provider: BreakableProvider): Promise<Observation> {
  const transport = TRANSPORTS[cell.transport](provider);
  const timeout = expectedOf(cell).outcome === 'error TIMEOUT' ? SHORT : LONG;
  const { flow, fault, exchange } = cell;
  const strategy = flow.strategyWith({ ...provider.urls, ...transport.options, timeout });
  try {
    if (fault.keptAlive) {
      await logIn(flow, strategy, provider.service);
      provider.service.rotateKeys();
    }
    const mend = await provider.breakDown(exchange, fault.breakage);
    const seen = await watch(cell, provider, strategy).finally(mend);
    return { ...seen, next: outcomeOf(await logIn(flow, strategy, provider.service)) };
  } finally {
    await transport.close();
  }
}

const CHANNEL = 'passport-freedom-id:request';

async function watch(
  cell: Cell,
  provider: BreakableProvider,
  strategy: Strategy,
): Promise<Omit<Observation, 'next'>> {
  const { flow, exchange, fault } = cell;
  const requestsBefore = provider.requests.length;
  const bytesBefore = provider.bytesSent(exchange);
  const events: unknown[] = [];
  const note = (event: unknown) => void events.push(event);
  subscribe(CHANNEL, note);
  const running = Array.from({ length: fault.atOnce ?? 1 }, () => logIn(flow, strategy, provider.service));
  const logins = await Promise.all(running).finally(() => unsubscribe(CHANNEL, note));
  const isOdd = (login: Login) => outcomeOf(login) !== expectedOf(cell).outcome;
  const login = logins.find(isOdd) ?? (logins[0] as Login);
  return {
    login,
    outcome: outcomeOf(login),
    requests: provider.requests.slice(requestsBefore),
    bytesSent: provider.bytesSent(exchange) - bytesBefore,
    printed: [...logins.flatMap(forTheApp), ...events].map(print).join('\n'),
  };
}

/** What an action is called with, except the user, which holds the access token on purpose. */
function forTheApp({ ending: { action, args } }: Login): unknown[] {
  return action === 'success' ? args.slice(1) : args;
}

function print(value: unknown): string {
  const everything = inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  return [everything, JSON.stringify(value), value instanceof Error ? value.stack : ''].join('\n');
}
