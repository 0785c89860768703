import { expect } from 'chai';
import type { LoginStrategy } from '../../lib/login/strategy';
import { type Ending, endingOf } from '../support/ending';
import { CLIENT_ID } from '../support/options';
import type { Connection, FlowUnderTest, LoggedIn, Run, StartedFlow } from './flow';
import { ACCESS_TOKEN, BIRTHDAY, FIRST_NAME, TOKEN_ID, USER_ID } from './values';

/** The logins of one strategy. */
interface LoginFlow extends Omit<FlowUnderTest, 'yields' | 'start'> {
  /** Where the browser is sent to sign in. */
  link: RegExp;
  /** The callback's parameter that brings the code. */
  codeParameter: string;
  strategyWith(connection: Connection): Strategy;
  startService(): LoginService;
}

type Strategy = Pick<LoginStrategy<unknown>, 'authenticate' | 'name'>;

export interface LoginService extends Pick<StartedFlow, 'answer' | 'rotateKeys'> {
  /** The user agrees on the login page. @returns the code that the browser brings back */
  agree(link: string): string;
}

const USER: LoggedIn = {
  id: USER_ID,
  displayName: FIRST_NAME,
  birthday: BIRTHDAY,
  accessToken: ACCESS_TOKEN,
  tokenId: TOKEN_ID,
  expires: true,
};

export function loginFlow(flow: LoginFlow): FlowUnderTest {
  return {
    ...flow,
    yields: () => USER,
    start() {
      const service = flow.startService();
      return {
        answer: (name, request) => service.answer(name, request),
        rotateKeys: () => service.rotateKeys(),
        connect(_, connection) {
          const strategy = flow.strategyWith(connection);
          return () => logIn(flow, strategy, service);
        },
      };
    },
  };
}

/** Goes through both legs of a login, as a browser whose user agrees at Freedom ID. */
async function logIn(flow: LoginFlow, strategy: Strategy, service: LoginService): Promise<Run> {
  const session: Record<string, Record<string, [state: string][]>> = {};
  const start = await endingOf(strategy, { url: '/login', session });
  const state = session[strategy.name]?.[CLIENT_ID]?.[0]?.[0] ?? '';
  if (start.action !== 'redirect') return runOf(start, state);
  const [link] = start.args;
  expect(link).to.match(flow.link);
  const url = `/callback?state=${state}&${flow.codeParameter}=${service.agree(String(link))}`;
  return runOf(await endingOf(strategy, { url, session }), state);
}

/** @param state - the secret that protects the login against forged callbacks */
function runOf({ action, args }: Ending, state: string): Run {
  const [result, status] = args as [{ code?: string } | undefined, number | undefined];
  const kind = result?.code?.replace('ERR_FREEDOM_ID_', '') ?? status ?? '';
  const isOK = action === 'success';
  return {
    outcome: isOK ? 'ok' : `${action} ${kind}`.trim(),
    result,
    // Except the user, which holds the access token on purpose.
    loggable: isOK ? args.slice(1) : args,
    secrets: [state],
  };
}
