import { expect } from 'chai';
import { FreedomIdError, type FreedomIdErrorCode } from '../../lib/errors';
import {
  adviceOn,
  CALLBACK_REFUSED,
  CLIENT_REFUSED,
  isUnreachable,
  Unanswered,
} from '../../lib/probe/unanswered';

const failure = (code: FreedomIdErrorCode) => new FreedomIdError('', { code, endpoint: 'token' });

describe('the reason why a question has no answer', () => {
  it('is given in words, with advice if the person can correct it', () => {
    for (const [reason, message, advice] of [
      [CLIENT_REFUSED, 'the client id or its secret is refused', '--client and FREEDOM_ID_CLIENT_SECRET.'],
      [CALLBACK_REFUSED, 'the callback URL is refused', 'give a registered one as --callback.'],
    ] as const) {
      expect(reason.message).to.include(message);
      expect(adviceOn(reason))
        .to.match(/^Freedom ID refuses /)
        .and.include(advice);
    }
    expect(adviceOn(new Unanswered('the login was skipped'))).to.equal(undefined);
  });

  it('may be that the provider cannot be reached, which the person can correct, too', () => {
    const unreachable = failure('ERR_FREEDOM_ID_NETWORK');
    expect(isUnreachable(unreachable)).to.equal(true);
    expect(adviceOn(unreachable)).to.equal('Freedom ID was not reached: check --url and the network.');
  });

  it('is otherwise nothing that the person can correct', () => {
    for (const error of [
      failure('ERR_FREEDOM_ID_TIMEOUT'),
      failure('ERR_FREEDOM_ID_RESPONSE'),
      new Error('x'),
    ]) {
      expect(isUnreachable(error)).to.equal(false);
      expect(adviceOn(error)).to.equal(undefined);
    }
  });
});
