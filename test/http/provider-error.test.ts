import { expect } from 'chai';
import { hasError, isSilentError, readProviderError } from '../../lib/http/provider-error';
import { Redactor } from '../../lib/http/redact';

describe('an error in a response', () => {
  it('is there if it is anything but null', () => {
    for (const error of [true, false, 0, '', [], {}, 'x']) expect(hasError({ error })).to.equal(true);
    for (const json of [{}, { error: null }, { error: undefined }, { message: 'x', errors: {} }])
      expect(hasError(json)).to.equal(false);
  });

  it('is silent if there is nothing in it', () => {
    for (const error of [false, 0, '', null, undefined, [], [null, '']])
      expect(isSilentError(error), JSON.stringify(error)).to.equal(true);
    for (const error of [true, 1, 'x', {}, ['x'], [null, 'x'], [[]]])
      expect(isSilentError(error), JSON.stringify(error)).to.equal(false);
  });
});

describe('readProviderError', () => {
  const read = (json: Record<string, unknown>) => readProviderError(json, new Redactor(['s3cret']));

  it('finds nothing where nothing is said', () => {
    const nothing = { message: undefined, code: undefined, fields: undefined };
    for (const error of [
      undefined,
      null,
      true,
      false,
      0.5,
      [],
      {},
      { message: 7, code: {}, errors: 'text' },
    ]) {
      const { code, ...others } = read({ error });
      expect({ code: undefined, ...others }).to.deep.equal(nothing);
      expect(code).to.equal(error === 0.5 ? '0.5' : undefined);
    }
  });

  it('reads what stands at the top, in the place of an error or beside it', () => {
    expect(read({ message: 'Unauthenticated, s3cret.' }).message).to.equal('Unauthenticated, [redacted].');
    const errors = { redirect_uri: ['Must be a valid URL.'] };
    expect(read({ message: 'The given data was invalid.', errors })).to.deep.equal({
      message: 'The given data was invalid.',
      code: undefined,
      fields: errors,
    });
    expect(read({ error: 'invalid_client', message: 'Client authentication failed', errors })).to.deep.equal({
      message: 'Client authentication failed',
      code: 'invalid_client',
      fields: errors,
    });
    expect(read({ error: { code: 7 }, message: 'Wrong.', errors })).to.deep.equal({
      message: 'Wrong.',
      code: '7',
      fields: errors,
    });
  });

  it('takes a text of nothing but invisible characters for none', () => {
    expect(read({ error: { message: '\u200b \n', code: '\0' }, message: 'outer' })).to.include({
      message: 'outer',
      code: undefined,
    });
  });

  it('prefers what the error itself says', () => {
    const outer = { message: 'outer', errors: { outer: ['x'] } };
    expect(read({ error: { message: 'inner', errors: { inner: ['x'] } }, ...outer })).to.deep.equal({
      message: 'inner',
      code: undefined,
      fields: { inner: ['x'] },
    });
    expect(read({ error: 'x', error_description: 'inner', ...outer }).message).to.equal('inner');
  });

  it('reads the message and the code, a number or a string', () => {
    expect(read({ error: { message: 'Invalid authorization_code.', code: 100101 } })).to.deep.include({
      message: 'Invalid authorization_code.',
      code: '100101',
    });
    expect(read({ error: { code: '100101' } })).to.include({ code: '100101' });
    for (const code of [undefined, null, {}, true])
      expect(read({ error: { code } }).code).to.equal(undefined);
  });

  it('reads the validation messages by field', () => {
    const errors = {
      'grants.3': ['The selected grants.3 is invalid.'],
      name: 'alone',
      list: ['a', 7, null],
      s3cret: ['s3cret!'],
    };
    expect(read({ error: { message: 'x', errors } }).fields).to.deep.equal({
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
    const fields = read({ error: { errors } }).fields ?? {};
    expect(Object.keys(fields)).to.have.length(20);
    expect(fields.f0).to.have.length(5);
    expect(read({ error: { errors: { list: [...Array(5).fill(7), 'late'] } } }).fields).to.deep.equal({
      list: [],
    });
  });

  it("reads the standard's form", () => {
    const json = { error: 'invalid_client', error_description: 'No s3cret.' };
    expect(read(json)).to.deep.equal({
      message: 'No [redacted].',
      code: 'invalid_client',
      fields: undefined,
    });
  });
});
