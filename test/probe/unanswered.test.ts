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

describe('what keeps a question from its answer', () => {
  it('is said in words, with advice where the person can mend it', () => {
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

  it('may be that nobody is there, which the person can mend, too', () => {
    const unreachable = failure('ERR_FREEDOM_ID_NETWORK');
    expect(isUnreachable(unreachable)).to.equal(true);
    expect(adviceOn(unreachable)).to.equal('Freedom ID was not reached: check --url and the network.');
  });

  it('is else nothing that the person can mend', () => {
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
