import { expect } from 'chai';
import fc from 'fast-check';
import type { ExchangeRequest } from '../../lib/http/exchange';
import { createRedactors, Redactor } from '../../lib/http/redact';

const clean = (text: string, secrets: string[] = []) => new Redactor(secrets).clean(text);

describe('a cleaned text', () => {
  it('is one line of at most 200 characters, none of which is a control or invisible character', () => {
    expect(clean('a\r\n\tb\u001b[31mc\u2028d\u202ee\u0000 ')).to.equal('a b [31mc d e');
    expect(clean('й'.repeat(300))).to.equal('й'.repeat(200));
    expect(clean(`${'a'.repeat(39)} `.repeat(9))).to.have.length(200);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const cleaned = clean(text);
        expect(cleaned.length).to.be.at.most(200);
        expect(cleaned.replaceAll(' ', '')).to.not.match(/[\p{C}\p{Z}]/u);
        expect(cleaned.isWellFormed()).to.equal(true);
      }),
    );
  });

  it('holds none of the secrets, and nothing that looks like a token', () => {
    expect(clean('code s3cret, again s3cret.', ['s3cret', ''])).to.equal(
      'code [redacted], again [redacted].',
    );
    expect(clean(`token ${'aB3-_'.repeat(9)}!`)).to.equal('token [redacted]!');
    expect(clean('request 01953bd1-a6d3-739e-8aa3-83e881f09055')).to.include(
      '01953bd1-a6d3-739e-8aa3-83e881f09055',
    );
  });

  it('holds no secret in any form in which a text may echo it', () => {
    const secret = 'p@ss/w0rd<&="';
    const echoes = [
      'p%40ss%2Fw0rd%3C%26%3D%22',
      'p@ss/w0rd&lt;&amp;=&quot;',
      'p@ss/w0rd<&=\\"',
      'p@ss\\/w0rd<&=\\"',
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ];
    for (const echo of echoes) expect(clean(`not ${echo}!`, [secret])).to.equal('not [redacted]!');
    expect(clean('not k=ey!', ['k=ey==']), 'without its padding').to.equal('not [redacted]!');
    expect(clean('\ud800', ['\ud800'])).to.not.include('\ud800');
  });

  it('is not redacted twice, even if a short secret is a part of the replacement', () => {
    expect(clean('one', ['e'])).to.equal('on[redacted]');
    expect(clean('a=b', ['=', '=='])).to.equal('a[redacted]b');
    expect(clean('e'.repeat(20_000), [...'[redacted]'])).to.equal('[redacted]');
  });

  it('holds no piece of a long secret that contains a short one', () => {
    expect(clean('not abc.SECRET.def!', ['SECRET', 'abc.SECRET.def'])).to.equal('not [redacted]!');
  });

  it('holds no piece of two secrets that overlap', () => {
    expect(clean('not abc.def.ghi!', ['abc.def', 'def.ghi'])).to.equal('not [redacted]!');
    expect(clean('not aaaaa!', ['aaa'])).to.equal('not [redacted]!');
  });

  it('holds no beginning of a secret that is cut off with the rest of a long text', () => {
    for (const shown of [1, 3, 5]) {
      expect(clean(`${' '.repeat(1000 - shown)}s3cret`, ['s3cret'])).to.equal('');
    }
    expect(clean(`${' '.repeat(994)}s3cret`, ['s3cret'])).to.equal('[redacted]');
    expect(clean(`${' '.repeat(961)}${'aB3-'.repeat(32)}`)).to.equal('');
    expect(clean(`kept ${' '.repeat(5000)}`, ['s3cret'])).to.equal('kept');
  });

  it('holds no piece of a token that contains a short secret', () => {
    expect(clean(`not ${'a'.repeat(25)}pw${'b'.repeat(25)}!`, ['pw'])).to.equal('not [redacted]!');
  });

  it('is cut only after the secrets are redacted, so that no half of one is left', () => {
    expect(clean(`${'. '.repeat(98)}s3cret`, ['s3cret'])).to.not.include('s3');
  });
});

describe('a cleaned code', () => {
  const cleanCode = (code: string) => new Redactor(['1', 's3cret']).cleanCode(code);

  it('stays as it is, even if it contains a short secret', () => {
    for (const code of ['100101', 'grants.1', 'ERR_1', 'x'.repeat(39)]) {
      expect(cleanCode(code)).to.equal(code);
    }
  });

  it('is redacted if it contains a secret of eight characters or more', () => {
    const containing = (secret: string) => new Redactor([secret]).cleanCode(`bad_${secret}`);
    expect(containing('12345678')).to.equal('bad_[redacted]');
    expect(containing('1234567')).to.equal('bad_1234567');
  });

  it('is redacted if it is a secret, or looks like a token', () => {
    for (const code of ['1', 's3cret', 'x'.repeat(40)]) expect(cleanCode(code)).to.equal('[redacted]');
  });

  it('is cleaned like any text if it is not one short word', () => {
    expect(cleanCode('no s3cret')).to.equal('no [redacted]');
    expect(cleanCode('s3cret\n')).to.equal('[redacted]');
  });
});

describe('the redactor of an exchange', () => {
  const redactorOf = createRedactors(['lasting']);
  const request: ExchangeRequest = {
    endpoint: 'token',
    method: 'POST',
    url: 'https://provider.example/token?key=1',
    authorization: { scheme: 'Basic', credentials: 'credentials' },
  };
  const cleanedBy = (redactor: Redactor) =>
    redactor.clean('lasting, credentials, ?key=1, code, access, refresh, st te, other');

  it('knows the lasting secrets, the credentials and the query of the URL', () => {
    expect(cleanedBy(redactorOf(request))).to.equal(
      '[redacted], [redacted], [redacted], code, access, refresh, st te, other',
    );
  });

  it('knows the authorization code in the request, and the tokens in the response', () => {
    const json = { authorization_code: 'code', grants: 'other' };
    const response = { access_token: 'access', refresh_token: 'refresh', id: 'other' };
    expect(cleanedBy(redactorOf({ ...request, json }, response))).to.match(
      /^(\[redacted\], ){6}st te, other$/,
    );
  });

  it('knows the state in the redirect URI of the request, and in no other URL', () => {
    const url = 'https://app.example/cb?tenant=other&state=st%20te';
    const withState = redactorOf({ ...request, json: { redirect_uri: url } });
    expect(cleanedBy(withState)).to.match(/refresh, \[redacted\], other$/);
    const others = redactorOf(
      { ...request, json: { redirect_uri: 'no URL', other: url } },
      { redirect_uri: url },
    );
    expect(cleanedBy(others)).to.match(/refresh, st te, other$/);
  });

  it('ignores members that are not strings', () => {
    const junk = { access_token: 7, refresh_token: ['other'], redirect_uri: null, authorization_code: {} };
    expect(cleanedBy(redactorOf({ ...request, json: junk }, junk))).to.match(
      /code, access, refresh, st te, other$/,
    );
  });
});
