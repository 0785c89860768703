import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { type Cell, expectedOf } from './cells';
import type { ExchangeName, Run } from './flow';
import type { BreakableProvider } from './provider';
import { TRANSPORTS } from './transports';

/** What was seen of a run with a fault, and of the one after it. */
export interface Observation {
  /** Of several runs at once: the one that ended unexpectedly. */
  run: Run;
  /** What the provider was asked for. */
  requests: ExchangeName[];
  /** How many bytes the broken endpoint sent. */
  bytesSent: number;
  /** All that an app might log. */
  printed: string;
  /** How the next run ended, with the same client and without the fault. */
  next: string;
}

/** The deadline of runs that must time out. Their good exchanges must end within it on a busy machine, too. */
const SHORT = 400;

/** The deadline of all other runs: one that hangs shows up as a timeout. */
const LONG = 8_000;

export async function observe(cell: Cell, provider: BreakableProvider): Promise<Observation> {
  const transport = TRANSPORTS[cell.transport](provider);
  const timeout = expectedOf(cell).outcome === 'error TIMEOUT' ? SHORT : LONG;
  const { fault, exchange } = cell;
  const { urls, flow } = provider;
  const run = flow.connect(exchange, { urls, options: { ...transport.options, timeout } });
  try {
    if (fault.keptAlive) {
      await run();
      flow.rotateKeys();
    }
    const mend = await provider.breakDown(exchange, fault.breakage);
    const seen = await watch(cell, provider, run).finally(mend);
    return { ...seen, next: (await run()).outcome };
  } finally {
    await transport.close();
  }
}

const CHANNEL = 'passport-freedom-id:request';

async function watch(
  cell: Cell,
  provider: BreakableProvider,
  runOnce: () => Promise<Run>,
): Promise<Omit<Observation, 'next'>> {
  const { exchange, fault } = cell;
  const requestsBefore = provider.requests.length;
  const bytesBefore = provider.bytesSent(exchange);
  const events: unknown[] = [];
  const note = (event: unknown) => void events.push(event);
  subscribe(CHANNEL, note);
  const running = Array.from({ length: fault.atOnce ?? 1 }, runOnce);
  const runs = await Promise.all(running).finally(() => unsubscribe(CHANNEL, note));
  const isOdd = ({ outcome }: Run) => outcome !== expectedOf(cell).outcome;
  return {
    run: runs.find(isOdd) ?? (runs[0] as Run),
    requests: provider.requests.slice(requestsBefore),
    bytesSent: provider.bytesSent(exchange) - bytesBefore,
    printed: [...runs.flatMap(({ loggable }) => loggable), ...events].map(print).join('\n'),
  };
}

function print(value: unknown): string {
  const everything = inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  return [everything, JSON.stringify(value), value instanceof Error ? value.stack : ''].join('\n');
}
