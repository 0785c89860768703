import { expect } from 'chai';
import OAuth2Strategy from 'passport-oauth2';
import { FreedomIdClient, FreedomIdError, Strategy } from '../../lib';
import { answerUser, strategyWith, USER } from '../support/mocked-login';
import { useNock } from '../support/nock';

describe('FreedomIdStrategy', () => {
  useNock();

  it('is a passport-oauth2 strategy called freedom-id, with a client', () => {
    const strategy = strategyWith();
    expect(strategy).to.be.instanceOf(OAuth2Strategy).and.instanceOf(Strategy);
    expect(strategy.name).to.equal('freedom-id');
    expect(strategy.client).to.be.instanceOf(FreedomIdClient);
  });

  it('loads a profile for any caller of userProfile', async () => {
    answerUser();
    const [error, profile] = await new Promise<unknown[]>((resolve) =>
      strategyWith().userProfile('t', (...args) => resolve(args)),
    );
    expect(error).to.equal(null);
    expect(profile).to.include({ id: USER.freedom_id });
    answerUser({ nothing: 'here' });
    const [failure] = await new Promise<unknown[]>((resolve) =>
      strategyWith().userProfile('t', (...args) => resolve(args)),
    );
    expect(failure).to.be.instanceOf(FreedomIdError);
  });
});
