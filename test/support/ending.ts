import { setImmediate } from 'node:timers/promises';
import type { Request } from 'express';
import type { FreedomIdStrategy } from '../../lib';
import type { AuthenticateOptions } from '../../lib/login/options';

/** The one action in which a request ended, and what it was called with. */
export interface Ending {
  action: 'redirect' | 'success' | 'fail' | 'pass' | 'error';
  args: unknown[];
}

const ACTIONS = ['redirect', 'success', 'fail', 'pass', 'error'] as const;

type AnyStrategy = Pick<FreedomIdStrategy, 'authenticate'>;

/**
 * Runs one request through a strategy as Passport does for a strategy given by name, and waits for its action. A second
 * action is an error.
 */
export async function endingOf(
  strategy: AnyStrategy,
  req: object,
  options?: AuthenticateOptions,
): Promise<Ending> {
  const endings: Ending[] = [];
  await new Promise<void>((resolve) => {
    const copy = Object.create(strategy);
    for (const action of ACTIONS) {
      copy[action] = (...args: unknown[]) => {
        endings.push({ action, args });
        resolve();
      };
    }
    copy.authenticate(req as Request, options);
  });
  // Gives a second action the time to come.
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  const [ending, ...more] = endings;
  if (!ending || more.length > 0)
    throw new Error(`not one action, but ${endings.map(({ action }) => action)}`);
  return ending;
}
