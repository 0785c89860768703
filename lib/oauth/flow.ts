import type { Flow, FlowLogin, FlowTokens, MoreParams } from '../login/flow';
import { toFlowTokens } from '../login/flow-tokens';
import { withStateInPath } from '../login/state-in-path';
import type { FreedomIdProfile } from '../profile';
import type { FreedomIdClient } from './client';
import { type FreedomIdTokens, secondsLeft } from './tokens';
import { parseProfile } from './user-info';

/** Freedom ID's own flow: the app requests a link to the login page, and the user's data come from get-data. */
export class OAuthFlow implements Flow<FreedomIdProfile> {
  readonly name = 'freedom-id';

  readonly defaultScope = ['read.firstname', 'read.lastname'];

  /** Protocol 3. */
  readonly codeParameter = 'authorization_code';

  readonly isCodeUnmistakable = true;

  /** Protocol 4, 11. */
  readonly invalidCodeErrors = ['100101'];

  constructor(
    readonly provider: FreedomIdClient,
    readonly stateIn: Flow['stateIn'],
  ) {}

  createLink(
    { callbackURL, state }: FlowLogin,
    grants: readonly string[],
    params: MoreParams,
  ): Promise<string> {
    const redirectURI = state === undefined ? callbackURL : withState(callbackURL, state, this.stateIn);
    return this.provider.createAuthorizationLink({ redirectURI, state, grants, params });
  }

  async exchangeCode(code: string, _login?: FlowLogin, params?: MoreParams): Promise<FlowTokens> {
    return withExpiry(await this.provider.exchangeCode(code, { params }));
  }

  async refreshTokens(refreshToken: string): Promise<FlowTokens> {
    return withExpiry(await this.provider.refreshTokens(refreshToken));
  }

  async loadProfile(accessToken: string): Promise<FreedomIdProfile> {
    return parseProfile(await this.provider.getUserInfo(accessToken));
  }
}

/** The protocol has no field for the state, so it travels in the redirect URI. That its query is kept is a guess (protocol 2). */
export function withState(callbackURL: string, state: string, stateIn: Flow['stateIn']): string {
  return stateIn === 'path' ? withStateInPath(callbackURL, state) : withStateInQuery(callbackURL, state);
}

/** Adds text, because the rest must stay as it is registered with Freedom ID, and the URL parser might write it differently. */
function withStateInQuery(callbackURL: string, state: string): string {
  return `${callbackURL}${callbackURL.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`;
}

function withExpiry(tokens: FreedomIdTokens): FlowTokens {
  return toFlowTokens(tokens, { expires_in: secondsLeft(tokens) });
}
