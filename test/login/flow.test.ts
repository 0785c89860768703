import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import type { AppFunction } from '../../lib/login/app-function';
import type { Flow, FlowLogin, FlowTokens } from '../../lib/login/flow';
import { LoginStrategy } from '../../lib/login/strategy';
import { endingOf } from '../support/ending';

/** A protocol unlike Freedom ID's own: it has a state, calls its code `code`, and tells whose tokens it gives. */
class OtherFlow implements Flow<object> {
  readonly name = 'other';
  readonly provider = {
    clientID: 'client',
    authorizationURL: 'https://other.example/start',
    tokenURL: 'https://other.example/token',
  };
  readonly defaultScope = ['openid'];
  readonly codeParameter = 'code';
  readonly isCodeUnmistakable = true;
  readonly stateIn = 'query';
  readonly invalidCodeErrors = ['unknown_code', 'used_code'];

  /** What the login has asked for, in order. */
  readonly asked: unknown[] = [];

  async createLink(login: FlowLogin, scope: readonly string[]): Promise<string> {
    this.asked.push({ scope, callbackURL: login.callbackURL });
    return `https://other.example/start?state=${login.state}`;
  }

  async exchangeCode(code: string, login?: FlowLogin): Promise<FlowTokens> {
    this.asked.push({ code, ...login });
    const error = { endpoint: 'token', code: 'ERR_FREEDOM_ID_REJECTED', providerCode: code } as const;
    if (code !== 'good') throw new FreedomIdError('rejected', error);
    return { accessToken: 'access', refreshToken: undefined, params: { scope: 'all' }, subject: 'user-1' };
  }

  async refreshTokens(refreshToken: string): Promise<FlowTokens> {
    this.asked.push({ refreshToken });
    return { accessToken: 'new', refreshToken: 'next', params: {} };
  }

  async loadProfile(accessToken: string, subject: unknown): Promise<object> {
    return { accessToken, subject };
  }
}

class OtherStrategy extends LoginStrategy<object> {}

describe('a login in another flow', () => {
  const callbackURL = 'https://app.example/cb';

  function start(options: { state?: boolean } = {}) {
    const flow = new OtherFlow();
    const verify: AppFunction = async (_accessToken, _refreshToken, profile) => profile;
    const strategy = new OtherStrategy(flow, { callbackURL, clientSecret: 'secret', ...options }, verify);
    return { flow, strategy, session: {} as { other?: object } };
  }

  /** Runs both legs. @param callback - what comes back, besides the state */
  async function logIn(callback: string) {
    const { flow, strategy, session } = start();
    const { args } = await endingOf(strategy, { url: '/login', session });
    const state = new URL(args[0] as string).searchParams.get('state') ?? '';
    const ending = await endingOf(strategy, { url: `/cb?state=${state}&${callback}`, session });
    return { flow, state, ending };
  }

  it('asks for a link, and keeps the login under the name of the flow', async () => {
    const { flow, strategy, session } = start();
    expect(strategy.name).to.equal('other');
    expect(await endingOf(strategy, { url: '/login', session })).to.include({ action: 'redirect' });
    expect(flow.asked).to.deep.equal([{ scope: ['openid'], callbackURL }]);
    expect(session.other).to.have.all.keys('client');
  });

  it('gives the flow no state that was not checked', async () => {
    const { flow, strategy } = start({ state: false });
    const req = { url: '/cb?state=forged&code=good', session: {} };
    expect(await endingOf(strategy, req)).to.include({ action: 'success' });
    expect(flow.asked).to.deep.equal([{ code: 'good', callbackURL, state: undefined }]);
  });

  it('ends in an error when the flow rejects with anything', async () => {
    for (const reason of [undefined, new Error('own'), { providerCode: 'used_code' }]) {
      const { flow, strategy } = start({ state: false });
      flow.exchangeCode = async () => Promise.reject(reason);
      expect(await endingOf(strategy, { url: '/cb?code=good' })).to.include({ action: 'error' });
    }
  });

  it('exchanges the code with the state and the callback URL, and loads the profile of the subject', async () => {
    const { flow, state, ending } = await logIn('code=good');
    expect(flow.asked.at(-1)).to.deep.equal({ code: 'good', callbackURL, state });
    expect(ending).to.deep.equal({
      action: 'success',
      args: [{ accessToken: 'access', subject: 'user-1' }, {}],
    });
  });

  it('fails for each error code by which the flow refuses a code, and ends in an error for any other', async () => {
    for (const code of ['unknown_code', 'used_code']) {
      const { ending } = await logIn(`code=${code}`);
      expect(ending.action).to.equal('fail');
      expect(ending.args[0]).to.include({ code });
    }
    expect((await logIn('code=other')).ending.action).to.equal('error');
  });

  it('ends in an error when another endpoint than that of the tokens answers with such an error code', async () => {
    const { flow, strategy } = start({ state: false });
    const details = { code: 'ERR_FREEDOM_ID_REJECTED', providerCode: 'used_code' } as const;
    const error = new FreedomIdError('rejected', { endpoint: 'jwks', ...details });
    flow.exchangeCode = async () => Promise.reject(error);
    expect(await endingOf(strategy, { url: '/cb?code=good' })).to.deep.equal({
      action: 'error',
      args: [error],
    });
  });

  it('starts for a request with authorization_code, which is no parameter of this flow', async () => {
    const { strategy, session } = start();
    const req = { url: '/cb?authorization_code=C', session };
    expect(await endingOf(strategy, req)).to.include({ action: 'redirect' });
  });

  it('exchanges codes and refresh tokens for tools made for passport-oauth2', async () => {
    const { flow, strategy } = start();
    const { _oauth2 } = strategy as unknown as { _oauth2: { getOAuthAccessToken: AppFunction } };
    const result = (params: object) =>
      new Promise((resolve) =>
        _oauth2.getOAuthAccessToken('good', params, (...all: unknown[]) => resolve(all)),
      );
    expect(await result({ grant_type: 'refresh_token' })).to.deep.equal([null, 'new', 'next', {}]);
    expect(await result({})).to.deep.equal([null, 'access', undefined, { scope: 'all' }]);
    expect(flow.asked).to.deep.equal([{ refreshToken: 'good' }, { code: 'good' }]);
  });
});
