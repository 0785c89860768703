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
    const secret = `p@ss/w0rd<&="'+\\ Ә😀`;
    const base64 = Buffer.from(secret).toString('base64');
    const echoes = [
      secret,
      'p%40ss%2Fw0rd%3C%26%3D%22%27%2B%5C%20%D3%98%F0%9F%98%80',
      'p%40ss%2fw0rd%3c%26%3d%22%27%2b%5c%20%d3%98%f0%9f%98%80',
      'p%40ss%2Fw0rd%3C%26%3D%22%27%2B%5C+%D3%98%F0%9F%98%80',
      `p@ss/w0rd&lt;&amp;=&quot;'+\\ Ә😀`,
      'p@ss/w0rd&LT;&AMP;=&QUOT;&apos;+\\ &#1240;&#128512;',
      'p&#64;ss&#x2f;w0rd&#60;&#38;=&#34;&#39;&#43;&#92; Ә😀',
      'p&#x40;ss&#X2F;w0rd&#x0003c;&#x26;&#x3D;&#0034;&#x27;&#x2b;&#x5c; &#x4d8;&#x1F600;',
      'p&commat;ss&sol;w0rd&lt;&amp;&equals;&quot;&apos;&plus;&bsol; Ә😀',
      `p@ss/w0rd<&=\\"'+\\\\ Ә😀`,
      `p@ss\\/w0rd<&=\\"'+\\\\ \\u04d8\\ud83d\\ude00`,
      `p\\u0040ss\\/w0rd\\u003C\\u0026=\\"\\u0027+\\\\ \\u04D8\\uD83D\\uDE00`,
      base64,
      base64.replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
      encodeURIComponent(base64),
      encodeURIComponent(JSON.stringify(JSON.stringify(secret)).slice(3, -3)),
      encodeURIComponent('p@ss/w0rd&lt;&amp;=&quot;&#39;+\\ Ә😀'),
    ];
    for (const echo of echoes) expect(clean(`not ${echo}!`, [secret])).to.equal('not [redacted]!');
    for (const encoded of ['\ud800', '%EF%BF%BD', '\\ud800'])
      expect(clean(encoded, ['\ud800'])).to.equal('[redacted]');
    expect(clean('not k=ey!', ['k=ey==']), 'without its padding').to.equal('not [redacted]!');
    expect(clean('a\\nb a%0Ab a&#10;b a&NewLine;b a\nb', ['a\nb'])).to.equal(
      Array(5).fill('[redacted]').join(' '),
    );
  });

  it('is decoded only to look for secrets', () => {
    const text = 'a+b %2f %zz %c3%28 %41 &lt;tag&gt; &nope; &#x110000; &#9999999; \\u0041 c:\\d "x\\n"';
    expect(clean(text, ['s3cret'])).to.equal(text);
  });

  it('holds no secret beside text that looks like a part of its encoding', () => {
    expect(clean('%41secret', ['1secret'])).to.equal('%4[redacted]');
    expect(clean('&#3secret;', ['3secret'])).to.equal('&#[redacted];');
    expect(clean('secret%4D', ['secret%4'])).to.equal('[redacted]D');
  });

  it('is not redacted twice, even if a short secret is a part of the replacement', () => {
    expect(clean('on e', ['e'])).to.equal('on [redacted]');
    expect(clean('a = b', ['=', '=='])).to.equal('a [redacted] b');
    expect(clean('e'.repeat(20_000), ['[redacted]', 'eeee'])).to.equal('[redacted]');
  });

  it('stays readable where a secret of up to three characters is a part of a word', () => {
    expect(clean('Must be a valid URL: bob, cb', ['b'])).to.equal('Must be a valid URL: bob, cb');
    expect(clean('not b, nor "b", nor %62', ['b'])).to.equal(
      'not [redacted], nor "[redacted]", nor [redacted]',
    );
    expect(clean('pws', ['pw'])).to.equal('pws');
    expect(clean('xpw яpw pw', ['pw'])).to.equal('xpw яpw [redacted]');
    expect(clean('1pw pw1', ['pw'])).to.equal('1pw pw1');
    expect(clean('abcs abcds', ['abc', 'abcd'])).to.equal('abcs [redacted]s');
  });

  it('holds no piece of a long secret that contains a short one', () => {
    expect(clean('not abc.SECRET.def!', ['SECRET', 'abc.SECRET.def'])).to.equal('not [redacted]!');
  });

  it('holds no piece of two secrets that overlap', () => {
    expect(clean('not abc.def.ghi!', ['abc.def', 'def.ghi'])).to.equal('not [redacted]!');
    expect(clean('not aaaaaa!', ['aaaa'])).to.equal('not [redacted]!');
  });

  it('holds no beginning of a secret, or of a token, whose end was cut off with a long text', () => {
    for (const shown of [1, 3, 6]) {
      expect(clean(`${' '.repeat(1000 - shown)}s3cret`, ['s3cret'])).to.equal('[redacted]');
      expect(clean(`${' '.repeat(1000 - shown)}${'aB3-'.repeat(32)}`)).to.equal('[redacted]');
      const encoded = '&#x073;&#x033;&#x063;&#x072;&#x065;&#x074;'.repeat(20);
      expect(clean(`${' '.repeat(1000 - shown)}${encoded}`, ['s3cret'.repeat(20)])).to.equal('[redacted]');
    }
    expect(clean(`${' '.repeat(1000)}s3cret`, ['s3cret'])).to.equal('');
    expect(clean(`kept ${' '.repeat(5000)}`, ['s3cret'])).to.equal('kept');
  });

  it('holds no beginning of a secret where the texts before it have left little to read', () => {
    const secret = 'a long secret in words '.repeat(5);
    const redactor = new Redactor([secret]);
    for (let read = 0; read < 7900; read += 100) redactor.clean(' '.repeat(100));
    expect(redactor.clean(`it is ${secret}`)).to.equal('');
  });

  it('takes linear time, even if a hostile text and its token repeat one character', () => {
    const token = 'a'.repeat(20_000);
    expect(clean(token.repeat(4), [token])).to.equal('[redacted]');
    expect(clean(token.repeat(4), [`${token}b`])).to.equal('[redacted]');
    const periods = `${'a'.repeat(3000)}b${'a'.repeat(60_000)}`;
    for (const [text, secret] of [
      ['a'.repeat(190_000), periods],
      [';'.repeat(125_000), ';'.repeat(125_000)],
      ['%25'.repeat(40_000), '%25'.repeat(40_000)],
      ['a;'.repeat(60_000), 'a;'.repeat(60_000)],
    ] as const) {
      expect(clean(text, [secret]).length).to.be.at.most(200);
    }
    for (const text of ['%25'.repeat(20_000), '&amp;'.repeat(20_000), `&${'#'.repeat(90_000)};`])
      expect(clean(text, [token]).length).to.be.at.most(200);
  });

  it('holds nothing of a long secret, nor of what comes behind its beginning', () => {
    const secret = 'long and in words '.repeat(30);
    const beginning = secret.slice(0, 250);
    expect(clean(`not ${secret}!`, [secret])).to.equal('not [redacted]');
    expect(clean(`not ${beginning}`, [secret])).to.equal('not [redacted]');
    const encoded = encodeURIComponent(secret);
    expect(clean(`not ${encoded}`, [secret])).to.equal('not [redacted]');
    expect(clean(`not ${secret.slice(0, 150)}`, [secret])).to.match(/^not long and/);
    expect(clean(`not ${'x '.repeat(100)}y`, ['x '.repeat(100)])).to.equal('not [redacted]y');
    expect(clean(`not ${'%41%20'.repeat(80)}`, ['%41%20'.repeat(80)])).to.equal('not [redacted]');
  });

  it('holds none of any number of secrets', () => {
    const secrets = Array.from({ length: 45_000 }, (_, index) => `secret${index}`);
    expect(clean('a secret44999', secrets)).to.equal('a [redacted]');
  });

  it('is empty once much was read of the same response', () => {
    const redactor = new Redactor(['s3cret']);
    const texts = Array.from({ length: 12 }, () => redactor.clean('word '.repeat(300)));
    expect(texts[0]).to.have.length(200);
    expect(texts.at(-1)).to.equal('');
    for (const shown of [1, 3, 6]) {
      const left = new Redactor(['s3cret']);
      while (left.clean('. '.repeat(500)) !== '')
        expect(left.clean(`${'. '.repeat(shown)}s3cret`)).to.not.include('s3');
    }
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

  it('is redacted if it only begins or ends like the name of an error', () => {
    for (const token of [
      'abc~ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
      'Eaabbccdd_ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION',
    ]) {
      expect(clean(`not ${token}!`)).to.equal('not [redacted]!');
    }
  });

  it('is redacted if it is a secret, or looks like a token', () => {
    for (const code of ['1', 's3cret', 'x'.repeat(40)]) expect(cleanCode(code)).to.equal('[redacted]');
    expect(new Redactor(['a+b']).cleanCode('a-b'), 'in Base64url').to.equal('[redacted]');
  });

  it("stays as it is if it is an error's name, however long, unless it contains a secret", () => {
    const names = [
      'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    ];
    for (const name of names) {
      expect(cleanCode(name)).to.equal(name);
      expect(clean(`handshake: ${name}!`)).to.equal(`handshake: ${name}!`);
      expect(new Redactor([name]).cleanCode(name)).to.equal('[redacted]');
      expect(new Redactor([name.slice(-12)]).cleanCode(name)).to.equal(`${name.slice(0, -12)}[redacted]`);
    }
    for (const token of [
      'A'.repeat(40),
      `${'A'.repeat(21)}_${'B'.repeat(21)}`,
      `ERR_${'b'.repeat(40)}`,
      'A_'.repeat(30),
    ])
      expect(cleanCode(token)).to.equal('[redacted]');
  });

  it('is cleaned like any text if it is not one short word', () => {
    expect(cleanCode('no s3cret')).to.equal('no [redacted]');
    expect(cleanCode('s3cret\n')).to.equal('[redacted]');
  });
});

describe('the redactor of an exchange', () => {
  const redactorOf = createRedactors({ clientSecret: 'lasting', customHeaders: {} });
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

  it('knows the code and the refresh token in a form, and the ID token in the response', () => {
    const form = { code: 'code', refresh_token: 'refresh', grant_type: 'other' };
    expect(cleanedBy(redactorOf({ ...request, form }, { id_token: 'access' }))).to.match(
      /^(\[redacted\], ){6}st te, other$/,
    );
    const { authorization: _, ...open } = request;
    expect(cleanedBy(redactorOf(open, { code: 'code' }))).to.match(
      /^\[redacted\], credentials, \[redacted\], code, access, refresh, st te, other$/,
    );
  });

  it('knows the state that the request names, wherever it is sent', () => {
    const json = { redirect_uri: 'https://app.example/cb/st%20te' };
    const redactor = redactorOf({ ...request, json, state: 'st te' });
    expect(cleanedBy(redactor)).to.match(/refresh, \[redacted\], other$/);
    expect(redactor.clean(json.redirect_uri)).to.equal('https://app.example/cb/[redacted]');
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

  it('knows personal data in upper and lower case, and a phone number without its plus', () => {
    const json = {
      phone: '+77010000001',
      email: 'Asel@Example.kz',
      names: ['Әсел', 'İpek', 'Li'],
      gender: 'F',
    };
    const redactor = redactorOf({ ...request, json, isPersonal: true });
    expect(redactor.clean('"77010000001", asel@example.KZ, ӘСЕЛ, İPEK, LI, (f), link')).to.equal(
      '"[redacted]", [redacted], [redacted], [redacted], [redacted], ([redacted]), link',
    );
  });

  it('ignores members that are not strings', () => {
    const junk = { access_token: 7, refresh_token: ['other'], redirect_uri: null, authorization_code: {} };
    expect(cleanedBy(redactorOf({ ...request, json: junk }, junk))).to.match(
      /code, access, refresh, st te, other$/,
    );
  });

  it('knows the values of the headers and of the query that have eight characters or more', () => {
    const customHeaders = {
      a: 'abcdefgh',
      b: 'short12',
      c: 'Bearer of-the-app',
      d: 'several words-here together',
      e: 'Key  two-spaces',
    };
    const redactor = createRedactors({ clientSecret: 'lasting', customHeaders })({
      ...request,
      url: 'https://provider.example/token?key=12%20456%2F8&other=1234567',
    });
    expect(
      redactor.clean(
        'abcdefgh, short12, of-the-app, several words-here together, words-here, together, two-spaces',
      ),
    ).to.equal('[redacted], short12, [redacted], [redacted], words-here, together, [redacted]');
    expect(redactor.clean('12 456/8, 12+456%2f8, 12%20456%2F8, 1234567')).to.equal(
      '[redacted], [redacted], [redacted], 1234567',
    );
  });

  it("leaves the provider's host readable, however long its name is", () => {
    const host = `${'a'.repeat(60)}.${'b-'.repeat(20)}b.example`;
    const redactor = redactorOf({ ...request, url: `https://${host}:8443/token` });
    expect(redactor.clean(`ENOTFOUND ${host}:8443`)).to.equal(`ENOTFOUND ${host}:8443`);
    expect(redactor.clean(`${'a'.repeat(59)} ${'a'.repeat(61)}`)).to.equal('[redacted] [redacted]');
  });
});
