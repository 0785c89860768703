import { requireThat } from '../require-that';

/** What every method of the client takes. */
export interface WithSignal {
  /** Aborts the call, which then rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

/** The callbacks that wait for one signal. */
interface Waiting {
  callbacks: Set<() => void>;
  callAll(): void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back when the signal aborts. All callbacks share one listener: an app may give one signal to many calls, and from eleven
 * listeners on, Node.js warns of a leak.
 *
 * @returns a function that removes the callback
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, callAll } = waitingFor(signal);
  callbacks.add(callback);
  // To add the same listener again has no effect.
  signal.addEventListener('abort', callAll);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) signal.removeEventListener('abort', callAll);
  };
}

function waitingFor(signal: AbortSignal): Waiting {
  const known = waiting.get(signal);
  if (known) return known;
  const callbacks = new Set<() => void>();
  const callAll = () => {
    for (const callback of callbacks) callback();
  };
  const added = { callbacks, callAll };
  waiting.set(signal, added);
  return added;
}

/** Waits for work, which goes on even if this caller gives up. @throws the signal's reason as soon as it aborts */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let stopWaiting = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    stopWaiting = onAbort(signal, giveUp);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stopWaiting();
  }
}

/** @throws `TypeError` if it is not a signal */
export function requireSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  const { throwIfAborted } = Object(signal) as Partial<AbortSignal>;
  requireThat(
    signal === undefined || typeof throwIfAborted === 'function',
    'signal',
    'an AbortSignal',
    signal,
  );
}
