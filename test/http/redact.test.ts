import { expect } from 'chai';
import fc from 'fast-check';
import type { ExchangeRequest } from '../../lib/http/exchange';
import { cleanText, secretsOf } from '../../lib/http/redact';

describe('a cleaned text', () => {
  it('is one line of at most 200 characters, none of which is a control or invisible character', () => {
    expect(cleanText('a\r\n\tb\u001b[31mc\u2028d\u202ee\u0000 ', [])).to.equal('a b [31mc d e');
    expect(cleanText('й'.repeat(300), [])).to.equal('й'.repeat(200));
    expect(cleanText(`${'a'.repeat(39)} `.repeat(9), [])).to.have.length(200);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const clean = cleanText(text, []);
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
    expect(cleanText(`token ${'aB3-_'.repeat(9)}!`, [])).to.equal('token [redacted]!');
    expect(cleanText('request 01953bd1-a6d3-739e-8aa3-83e881f09055', [])).to.include(
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
    for (const echo of echoes) expect(cleanText(`not ${echo}!`, [secret])).to.equal('not [redacted]!');
    expect(cleanText('not k=ey!', ['k=ey==']), 'without its padding').to.equal('not [redacted]!');
    expect(cleanText('\ud800', ['\ud800'])).to.not.include('\ud800');
  });

  it('is not redacted twice, even if a short secret is a part of the replacement', () => {
    expect(cleanText('one', ['e'])).to.equal('on[redacted]');
    expect(cleanText('a=b', ['=', '=='])).to.equal('a[redacted]b');
  });

  it('is cut only after the secrets are redacted, so that no half of one is left', () => {
    expect(cleanText(`${'. '.repeat(98)}s3cret`, ['s3cret'])).to.not.include('s3');
  });
});

describe('the secrets of an exchange', () => {
  const request: ExchangeRequest = {
    endpoint: 'token',
    method: 'POST',
    url: 'https://provider.example/token?key=k',
    authorization: { scheme: 'Basic', credentials: 'b' },
  };
  const secretsWith = (json: object) => secretsOf({ ...request, json });

  it('are its credentials and the query of its URL, even without a body', () => {
    expect(secretsOf(request)).to.deep.equal(['b', '?key=k']);
    expect(secretsOf({ ...request, url: 'https://provider.example/token' })).to.deep.equal(['b', '']);
  });

  it('are the authorization code in its request, and the tokens in its response', () => {
    expect(secretsWith({ authorization_code: 'c', other: 'o' }))
      .to.include('c')
      .and.not.include('o');
    const response = { access_token: 'a', refresh_token: 'r', id: 'i', error: 'e' };
    expect(secretsOf(request, response)).to.deep.equal(['b', '?key=k', 'a', 'r']);
  });

  it('are the state in the query of its redirect URI, and nothing else of that', () => {
    const redirect_uri = 'https://app.example/cb?tenant=7&state=s%201';
    expect(secretsWith({ redirect_uri })).to.deep.equal(['b', '?key=k', 's 1']);
    expect(secretsWith({ redirect_uri: 'no URL' })).to.deep.equal(['b', '?key=k']);
    expect(secretsWith({ other_uri: redirect_uri })).to.deep.equal(['b', '?key=k']);
  });

  it('are strings only, whatever a response holds', () => {
    const junk = { access_token: 7, refresh_token: ['r'], redirect_uri: null, authorization_code: {} };
    expect(secretsOf(request, junk)).to.deep.equal(['b', '?key=k']);
  });
});
