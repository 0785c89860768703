import { compact } from '../profile';
import type { FlowTokens } from './flow';

/** What the tokens of every flow have in common. */
interface Tokens {
  accessToken: string;
  refreshToken?: string;
  /** The token response, parsed. */
  raw: Record<string, unknown>;
}

/** @param more - added to the token response in `params`, the argument of verify */
export function toFlowTokens({ accessToken, refreshToken, raw }: Tokens, more: object = {}): FlowTokens {
  const { refresh_token: _, ...params } = raw;
  return { accessToken, refreshToken, params: { ...params, ...compact(more) } };
}
