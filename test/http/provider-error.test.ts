import { expect } from 'chai';
import { readProviderError } from '../../lib/http/provider-error';
import { Redactor } from '../../lib/http/redact';

describe('readProviderError', () => {
  const read = (json: Record<string, unknown>) => readProviderError(json, new Redactor(['s3cret']));

  it('finds none where there is no error, or null', () => {
    expect(read({ access_token: 'x' })).to.equal(undefined);
    expect(read({ error: null })).to.equal(undefined);
  });

  it('reads the message and the code, a number or a string', () => {
    expect(read({ error: { message: 'Invalid authorization_code.', code: 100101 } })).to.deep.include({
      message: 'Invalid authorization_code.',
      code: '100101',
    });
    expect(read({ error: { code: '100101' } })).to.include({ code: '100101' });
    for (const code of [undefined, null, {}, true])
      expect(read({ error: { code } })?.code).to.equal(undefined);
  });

  it('reads the validation messages by field', () => {
    const errors = {
      'grants.3': ['The selected grants.3 is invalid.'],
      name: 'alone',
      list: ['a', 7, null],
      s3cret: ['s3cret!'],
    };
    expect(read({ error: { message: 'x', errors } })?.fields).to.deep.equal({
      'grants.3': ['The selected grants.3 is invalid.'],
      name: ['alone'],
      list: ['a'],
      '[redacted]': ['[redacted]!'],
    });
  });

  it('bounds the number of fields and of messages', () => {
    const errors = Object.fromEntries(
      Array.from({ length: 99 }, (_, index) => [`f${index}`, Array(99).fill('m')]),
    );
    const fields = read({ error: { errors } })?.fields ?? {};
    expect(Object.keys(fields)).to.have.length(20);
    expect(fields.f0).to.have.length(5);
    expect(read({ error: { errors: { list: [...Array(5).fill(7), 'late'] } } })?.fields).to.deep.equal({
      list: [],
    });
  });

  it("reads the standard's form", () => {
    const json = { error: 'invalid_client', error_description: 'No s3cret.' };
    expect(read(json)).to.deep.equal({ message: 'No [redacted].', code: 'invalid_client' });
  });

  it('takes any error but null for one, even if it cannot be read', () => {
    for (const error of [true, false, 0, '', [], {}, { message: 7, code: {}, errors: 'text' }]) {
      const found = read({ error });
      expect(found, JSON.stringify(error)).to.be.an('object');
      expect(found?.message).to.equal(undefined);
    }
  });
});
