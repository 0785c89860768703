import nock from 'nock';
import { Discretion } from '../../lib/probe/discretion';
import type { Arrival } from '../../lib/probe/landing';
import { type Login, Logins } from '../../lib/probe/logins';
import type { StepSettings } from '../../lib/probe/settings';
import { Unanswered } from '../../lib/probe/unanswered';
import { PROVIDER, type SentRequest } from './nock';
import { CLIENT_ID, CLIENT_SECRET } from './options';

export const CALLBACK = 'http://localhost:3000/callback';

/** A request of the probe, with the `Authorization` that it carries. */
export interface Asked extends Pick<SentRequest, 'path' | 'body'> {
  method: string;
  /** Empty where there is none. */
  authorization: string;
}

export type Reply = readonly [status: number, body: nock.Body];

/** The two parties that the steps of the probe meet: a provider behind nock, and a person. */
export interface Script {
  /** @returns `undefined` for an answer that never comes. What it throws breaks the connection */
  answer(asked: Asked): Reply | undefined;
  /** @returns where the browser comes back to; `undefined` where the person skips the login */
  comeBack?(login: Login): string | undefined;
  callbackURL?: string;
  clientSecret?: string;
  timeout?: number;
}

export interface Scene {
  settings: StepSettings;
  /** What was asked for, and which logins there were, in order: `POST /path`, `login`. */
  log: string[];
  asked: Asked[];
  shown: Login[];
  told: string[];
  /** Ends the probe. */
  end(): Unanswered;
}

const METHODS = ['GET', 'POST', 'PATCH'];

/** Needs `useNock()`. Requests to any origin get a response. A request to an origin other than the provider's is logged with it. */
export function scene({
  answer,
  comeBack,
  callbackURL = CALLBACK,
  clientSecret = CLIENT_SECRET,
  timeout = 60_000,
}: Script): Scene {
  const ending = new AbortController();
  const scene = { log: [], asked: [], shown: [], told: [] } as Omit<Scene, 'settings' | 'end'>;
  // Of an earlier one in the same test.
  nock.cleanAll();
  for (const method of METHODS) {
    nock(/./)
      .persist()
      .intercept(() => true, method)
      .optionally()
      .reply(async function (path, body) {
        const { host, authorization = '' } = this.req.headers;
        const origin = `https://${host}` === PROVIDER ? '' : String(host);
        const asked = { method, path, authorization: String(authorization), body };
        scene.log.push(`${method} ${origin}${path}`);
        scene.asked.push(asked);
        const reply = answer(asked);
        return reply ? [...reply, { 'content-type': 'application/json' }] : new Promise<never>(() => {});
      });
  }

  let arrive = (_target: string) => {};
  const landing = {
    next: (fits: (arrival: Arrival) => boolean, signal: AbortSignal) =>
      new Promise<Arrival>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        arrive = (target) => {
          const { pathname, search } = new URL(target);
          const arrival = { path: pathname, query: search.slice(1) };
          if (fits(arrival)) resolve(arrival);
        };
      }),
  };
  const show = (login: Login) => {
    scene.log.push('login');
    scene.shown.push(login);
    const target = comeBack?.(login);
    if (target === undefined) login.skip();
    else arrive(target);
  };
  const { signal } = ending;
  const settings: StepSettings = {
    clientID: CLIENT_ID,
    clientSecret,
    baseURL: PROVIDER,
    timeout,
    callbackURL,
    logins: new Logins({ landing, callbackURL, total: 4, waitSeconds: 60, show, signal }),
    discretion: new Discretion(),
    tell: (line) => void scene.told.push(line),
    signal,
  };
  return Object.assign(scene, {
    settings,
    end() {
      const reason = new Unanswered('the probe was ended');
      ending.abort(reason);
      return reason;
    },
  });
}
