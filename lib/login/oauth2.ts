import { type AppFunction, passTo } from './app-function';
import type { Flow } from './flow';

/** The part of node-oauth's class that matters here. */
export type OAuth2Class = new (
  // biome-ignore lint/suspicious/noExplicitAny: a class that is extended like this takes any arguments
  ...args: any[]
) => { useAuthorizationHeaderforGET(use: boolean): void };

/**
 * The class of a strategy's `_oauth2`, with which tools made for passport-oauth2 exchange tokens: passport-oauth2-refresh copies
 * `getOAuthAccessToken`, and Backstage calls `new strategy._oauth2.constructor(…)`. node-oauth's own class would send a form to
 * Freedom ID, without a deadline.
 *
 * @param Base - node-oauth's class
 */
export function oauth2ClassFor(flow: Flow, Base: OAuth2Class): OAuth2Class {
  return class FreedomIdOAuth2 extends Base {
    // biome-ignore lint/suspicious/noExplicitAny: see above
    constructor(...args: any[]) {
      super(...args);
      // For a subclass of the strategy that calls `_oauth2.get()`: the token is sent in a header, not in the query.
      this.useAuthorizationHeaderforGET(true);
    }

    /** Does not use `this`, because tools copy this method to other objects. */
    getOAuthAccessToken(code: string, params: { grant_type?: unknown } | null, callback: AppFunction): void {
      const isRefresh = params?.grant_type === 'refresh_token';
      const exchange = isRefresh ? flow.refreshTokens(code) : flow.exchangeCode(code);
      passTo(exchange, (error, tokens) => {
        if (tokens) callback(null, tokens.accessToken, tokens.refreshToken, tokens.params);
        else callback(error);
      });
    }

    setAgent(): never {
      throw new TypeError(
        'passport-freedom-id: _oauth2.setAgent() has no effect on this strategy. Give the agent to the option agent',
      );
    }
  };
}
