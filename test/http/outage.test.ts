import { expect } from 'chai';
import { FreedomIdError, type FreedomIdErrorCode } from '../../lib';
import { BodyRefused } from '../../lib/http/network-error';
import { isOutage } from '../../lib/http/outage';

describe('an outage', () => {
  const failed = (code: FreedomIdErrorCode, httpStatus?: number, cause?: Error) =>
    new FreedomIdError('', { code, endpoint: 'token', httpStatus, cause });

  it('is an error that says nothing about the request itself', () => {
    expect(isOutage(failed('ERR_FREEDOM_ID_TIMEOUT'))).to.equal(true);
    expect(isOutage(failed('ERR_FREEDOM_ID_NETWORK'))).to.equal(true);
    expect(isOutage(failed('ERR_FREEDOM_ID_NETWORK', 200, new Error('reset')))).to.equal(true);
    for (const status of [408, 425, 429, 500, 503, 599]) {
      expect(isOutage(failed('ERR_FREEDOM_ID_RESPONSE', status)), String(status)).to.equal(true);
    }
  });

  it('is not an unusable response, a rejection, or an error of the app', () => {
    for (const status of [undefined, 200, 302, 403, 404, 499]) {
      expect(isOutage(failed('ERR_FREEDOM_ID_RESPONSE', status)), String(status)).to.equal(false);
    }
    expect(isOutage(failed('ERR_FREEDOM_ID_REJECTED', 500))).to.equal(false);
    expect(isOutage(failed('ERR_FREEDOM_ID_TOKEN'))).to.equal(false);
    expect(isOutage(failed('ERR_FREEDOM_ID_NETWORK', undefined, new BodyRefused()))).to.equal(false);
    for (const other of [new Error('no'), undefined, { code: 'ERR_FREEDOM_ID_TIMEOUT' }]) {
      expect(isOutage(other)).to.equal(false);
    }
  });
});
