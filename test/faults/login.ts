import {
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type FreedomIdTokenParams,
  type VerifyCallback,
} from '../../lib';
import { type Ending, endingOf } from '../support/ending';
import { minimalOptions } from '../support/options';
import { CODE } from './answers';

/** The user that a login signed in, with what verify was given. */
export interface LoggedIn {
  id: string;
  displayName: string;
  birthday: string | undefined;
  accessToken: string;
  tokenId: unknown;
  /** Whether the app is told when the access token expires. */
  expires: boolean;
}

export function strategyWith(options: Partial<FreedomIdStrategyOptions>): FreedomIdStrategy {
  return new FreedomIdStrategy(
    { ...minimalOptions, ...options, passReqToCallback: false },
    (
      accessToken: string,
      _refreshToken: string | undefined,
      { id: tokenId, expires_in }: FreedomIdTokenParams,
      { id, displayName, birthday }: FreedomIdProfile,
      done: VerifyCallback,
    ) => {
      const expires = expires_in !== undefined;
      done(null, { id, displayName, birthday, accessToken, tokenId, expires } satisfies LoggedIn);
    },
  );
}

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
export async function logIn(strategy: FreedomIdStrategy): Promise<Login> {
  const session: { 'freedom-id'?: Record<string, [state: string][]> } = {};
  const start = await endingOf(strategy, { url: '/login', session });
  const state = session['freedom-id']?.[minimalOptions.clientID]?.[0]?.[0] ?? '';
  if (start.action !== 'redirect') return { ending: start, state };
  const url = `/callback?state=${state}&authorization_code=${CODE}`;
  return { ending: await endingOf(strategy, { url, session }), link: start.args[0], state };
}

/** How a login has ended, in a word or two: `ok`, `fail 100101`, `error NETWORK`. */
export function outcomeOf({ ending: { action, args } }: Login): string {
  const [first, status] = args as [{ code?: string } | undefined, number | undefined];
  if (action === 'success') return 'ok';
  const kind = first?.code?.replace('ERR_FREEDOM_ID_', '') ?? status ?? '';
  return `${action} ${kind}`.trim();
}
