import { expect } from 'chai';
import { FreedomIdError, type FreedomIdErrorCode } from '../../lib/errors';
import { isRefusal } from '../../lib/probe/refusal';

const answered = (code: FreedomIdErrorCode, httpStatus?: number) =>
  isRefusal(new FreedomIdError('', { code, endpoint: 'token', httpStatus }));

describe('a refusal', () => {
  it('is what the provider rejects, whatever the status', () => {
    for (const status of [200, 400, 401, 404, 422]) {
      expect(answered('ERR_FREEDOM_ID_REJECTED', status), String(status)).to.equal(true);
    }
  });

  it('is a server error: it may be the answer to a mistake', () => {
    for (const status of [500, 501, 505, 599]) {
      expect(answered('ERR_FREEDOM_ID_RESPONSE', status), String(status)).to.equal(true);
    }
  });

  it('is not an error of a gateway, nor too many requests, nor a page of another server, nor an invalid status', () => {
    for (const status of [200, 301, 403, 408, 425, 429, 499, 502, 503, 504, 600, 999]) {
      expect(answered('ERR_FREEDOM_ID_RESPONSE', status), String(status)).to.equal(false);
    }
  });

  it('is not a failure without a response, nor any other error', () => {
    expect(answered('ERR_FREEDOM_ID_TIMEOUT')).to.equal(false);
    expect(answered('ERR_FREEDOM_ID_NETWORK')).to.equal(false);
    for (const other of [undefined, new Error('500'), { code: 'ERR_FREEDOM_ID_REJECTED', httpStatus: 400 }]) {
      expect(isRefusal(other)).to.equal(false);
    }
  });
});
