import type { Agent } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { Passport } from 'passport';
import {
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdTokenParams,
  type VerifyCallback,
} from '../../lib';
import { FreedomIdOidcStrategy } from '../../lib/oidc';
import { minimalOptions } from '../../test/support/options';

// The app of the soak: one Passport with both strategies, which share each session.

export const FLOWS = ['freedom-id', 'freedom-id-oidc'] as const;

/** By the name of its strategy. */
export type Flow = (typeof FLOWS)[number];

/** Passport's middleware, of one strategy. */
export interface Guards {
  byName: RequestHandler;
  byInstance: RequestHandler;
  withAppState: RequestHandler;
}

/** Milliseconds: far more than a good response takes, and a short wait for one that hangs. */
export const TIMEOUT = 1000;
/** Milliseconds after which a request that has not ended counts as lost. */
const PATIENCE = 30_000;
/** State of the app, as large as the pages that people come from. */
const APP_STATE = { returnTo: `/${'a'.repeat(480)}` };
const ORIGIN = 'https://app.example';

export function createApp(baseURL: string, agent: Agent): Record<Flow, Guards> {
  const connection = { baseURL, agent, timeout: TIMEOUT };
  const jwksURL = `${baseURL}/api/v1/oidc/jwks`;
  const oauth = new FreedomIdStrategy(
    { ...minimalOptions, ...connection, scope: ['read.firstname', 'read.profile'], passReqToCallback: false },
    (
      accessToken: string,
      refreshToken: string | undefined,
      { id: tokenId }: FreedomIdTokenParams,
      { id }: FreedomIdProfile,
      done: VerifyCallback,
    ) => done(null, { id, tokens: { id: tokenId, accessToken, refreshToken } } satisfies User),
  );
  const oidc = new FreedomIdOidcStrategy(
    { ...minimalOptions, ...connection, callbackURL: `${ORIGIN}/auth/oidc/callback`, jwksURL },
    async (_accessToken, _refreshToken, { id }): Promise<User> => ({ id }),
  );
  const passport = new Passport();
  passport.use(oauth);
  passport.use(oidc);
  const options = { session: false };
  const guardsOf = (strategy: typeof oauth | typeof oidc): Guards => ({
    byName: passport.authenticate(strategy.name, options),
    byInstance: passport.authenticate(strategy, options),
    withAppState: passport.authenticate(strategy.name, { ...options, state: APP_STATE } as object),
  });
  return { 'freedom-id': guardsOf(oauth), 'freedom-id-oidc': guardsOf(oidc) };
}

/** Whom a login has signed in; in Freedom ID's own flow with the tokens. */
export interface User {
  id: string;
  tokens?: object;
}

/** How a request ended: with a redirect to Freedom ID, a user or an error. Empty if it was refused, or never ended. */
export interface Answer {
  location?: string;
  user?: User | undefined;
  error?: unknown;
}

/** What a route throws if the app's own timeout has sent the response already. */
export const ANSWERED_ALREADY = new Error('answered already');

/** The request of a browser that comes to the app with this session. */
export function requestFor(url: string, session: object): object {
  return { url: url.replace(ORIGIN, ''), session };
}

/** @param throwing - the app's route throws when it is reached without an error */
export function answerTo(guard: RequestHandler, req: object, throwing = false): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE, {});
    const end = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const answer: Answer = {};
    const res = {
      setHeader(name: string, value: string) {
        if (name === 'Location') answer.location = value;
      },
      end: () => end(answer),
    };
    guard(req as Request, res as unknown as Response, (error) => {
      if (throwing && !error) throw ANSWERED_ALREADY;
      end(error ? { error } : { user: (req as { user?: User }).user });
    });
  });
}
