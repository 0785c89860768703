import { expect } from 'chai';
import fc from 'fast-check';
import { cleanText, readProviderError } from '../../lib/http/provider-text';

describe('text from Freedom ID', () => {
  it('is one line of at most 200 characters, without control or invisible ones', () => {
    expect(cleanText('a\r\n\tb\u001b[31mc\u2028d\u202ee\u0000 ')).to.equal('a b [31mc d e');
    expect(cleanText('й'.repeat(300))).to.equal('й'.repeat(200));
    expect(cleanText(`${'a'.repeat(39)} `.repeat(9))).to.have.length(200);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const clean = cleanText(text);
        expect(clean.length).to.be.at.most(200);
        expect(clean).to.not.match(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(clean.isWellFormed()).to.equal(true);
      }),
    );
  });

  it('holds none of the secrets, and nothing that looks like a token', () => {
    expect(cleanText('code s3cret, again s3cret.', ['s3cret', ''])).to.equal(
      'code [redacted], again [redacted].',
    );
    expect(cleanText(`token ${'aB3-_'.repeat(9)}!`)).to.equal('token [redacted]!');
    expect(cleanText('request 01953bd1-a6d3-739e-8aa3-83e881f09055')).to.include(
      '01953bd1-a6d3-739e-8aa3-83e881f09055',
    );
  });

  it('holds no secret in the forms in which text may echo it', () => {
    const secret = 'p@ss/w0rd<&="';
    const echoes = [
      'p%40ss%2Fw0rd%3C%26%3D%22',
      'p@ss/w0rd&lt;&amp;=&quot;',
      'p@ss/w0rd<&=\\"',
      'p@ss\\/w0rd<&=\\"',
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ];
    for (const echo of echoes) expect(cleanText(`not ${echo}!`, [secret])).to.equal('not [redacted]!');
    expect(cleanText('not k=ey!', ['k=ey==']), 'without its padding').to.equal('not [redacted]!');
    expect(cleanText('\ud800', ['\ud800'])).to.not.include('\ud800');
  });

  it('does not redact what stands for a secret once more, though a short one is in there', () => {
    expect(cleanText('one', ['e'])).to.equal('on[redacted]');
    expect(cleanText('a=b', ['=', '=='])).to.equal('a[redacted]b');
  });

  it('redacts a secret before it cuts the text, so that no half of it is left', () => {
    expect(cleanText(`${'. '.repeat(98)}s3cret`, ['s3cret'])).to.not.include('s3');
  });
});

describe('readProviderError', () => {
  const read = (json: Record<string, unknown>) => readProviderError(json, ['s3cret']);

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
    expect(fields.f0).to.have.length(20);
    expect(read({ error: { errors: { list: [...Array(20).fill(7), 'late'] } } })?.fields).to.deep.equal({
      list: [],
    });
  });

  it("reads the standard's form", () => {
    const json = { error: 'invalid_client', error_description: 'No s3cret.' };
    expect(read(json)).to.deep.equal({ message: 'No [redacted].', code: 'invalid_client' });
  });

  it('takes any other error for one, though it says nothing', () => {
    for (const error of [true, false, 0, '', [], {}, { message: 7, code: {}, errors: 'text' }]) {
      const found = read({ error });
      expect(found, JSON.stringify(error)).to.be.an('object');
      expect(found?.message).to.equal(undefined);
    }
  });
});
