import { requireThat } from '../require-that';

/** What every method of the client takes. */
export interface WithSignal {
  /** Gives up when it aborts: the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Waits for work that goes on for others. @throws the signal's reason as soon as it aborts */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
  });
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** @throws `TypeError` where it is none */
export function requireSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  const { throwIfAborted } = Object(signal) as Partial<AbortSignal>;
  requireThat(
    signal === undefined || typeof throwIfAborted === 'function',
    'signal',
    'an AbortSignal',
    signal,
  );
}
