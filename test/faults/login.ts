import { type Ending, endingOf } from '../support/ending';
import { CLIENT_ID } from '../support/options';
import type { FlowUnderTest, Service, Strategy } from './flow';

/** A login, up to where it ended. */
export interface Login {
  /** The only action of the last request. */
  ending: Ending;
  /** Where the browser was sent. */
  link?: unknown;
  /** The secret that protects it against forged callbacks. */
  state: string;
}

/** Goes through both legs of a login, as a browser whose user agrees at Freedom ID. */
export async function logIn(
  { codeParameter }: FlowUnderTest,
  strategy: Strategy,
  service: Service,
): Promise<Login> {
  const session: Record<string, Record<string, [state: string][]>> = {};
  const start = await endingOf(strategy, { url: '/login', session });
  const state = session[strategy.name]?.[CLIENT_ID]?.[0]?.[0] ?? '';
  if (start.action !== 'redirect') return { ending: start, state };
  const [link] = start.args;
  const url = `/callback?state=${state}&${codeParameter}=${service.agree(String(link))}`;
  return { ending: await endingOf(strategy, { url, session }), link, state };
}

/** How a login has ended, in a word or two: `ok`, `fail 100101`, `error NETWORK`. */
export function outcomeOf({ ending: { action, args } }: Login): string {
  const [first, status] = args as [{ code?: string } | undefined, number | undefined];
  if (action === 'success') return 'ok';
  const kind = first?.code?.replace('ERR_FREEDOM_ID_', '') ?? status ?? '';
  return `${action} ${kind}`.trim();
}
