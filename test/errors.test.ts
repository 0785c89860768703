import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdError } from '../lib';

describe('FreedomIdError', () => {
  it('is an Error with its own name, a code and the endpoint', () => {
    const error = new FreedomIdError('no', { code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'token' });
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({
      name: 'FreedomIdError',
      message: 'no',
      code: 'ERR_FREEDOM_ID_REJECTED',
      endpoint: 'token',
    });
  });

  it('tells the app to answer with 504 after a timeout, and with 502 otherwise', () => {
    const status = (code: FreedomIdError['code']) =>
      new FreedomIdError('', { code, endpoint: 'token' }).status;
    expect(status('ERR_FREEDOM_ID_TIMEOUT')).to.equal(504);
    expect(status('ERR_FREEDOM_ID_NETWORK')).to.equal(502);
    expect(status('ERR_FREEDOM_ID_RESPONSE')).to.equal(502);
    expect(status('ERR_FREEDOM_ID_REJECTED')).to.equal(502);
  });

  it('carries what Freedom ID said, and the cause', () => {
    const cause = new Error('socket hang up');
    const error = new FreedomIdError('no', {
      code: 'ERR_FREEDOM_ID_REJECTED',
      endpoint: 'authorize',
      httpStatus: 422,
      providerCode: '100101',
      fields: { 'grants.3': ['wrong'] },
      retryAfter: 0,
      cause,
    });
    expect(error).to.deep.include({
      httpStatus: 422,
      providerCode: '100101',
      fields: { 'grants.3': ['wrong'] },
      retryAfter: 0,
    });
    expect(error.cause).to.equal(cause);
    expect(Object.keys(error), 'what loggers print').to.include.members([
      'httpStatus',
      'providerCode',
      'fields',
      'retryAfter',
    ]);
  });

  it('has no member for what is not known, and none that frameworks send to the browser', () => {
    const error = new FreedomIdError('no', {
      code: 'ERR_FREEDOM_ID_NETWORK',
      endpoint: 'token',
      httpStatus: undefined,
    });
    expect(error).to.not.have.any.keys(
      'httpStatus',
      'providerCode',
      'fields',
      'retryAfter',
      'cause',
      'statusCode',
      'headers',
      'expose',
    );
    expect(inspect(error)).to.not.include('undefined');
  });
});
