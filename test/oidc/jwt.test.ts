import { expect } from 'chai';
import { readJWT } from '../../lib/oidc/jwt';
import { encoded } from '../support/signer';

const jwt = (header: object | string, claims: object | string, signature = 'c2ln') =>
  `${encoded(header)}.${encoded(claims)}.${signature}`;

describe('a JWT', () => {
  it('is read into its header and its claims, with their JSON as it was signed', () => {
    const raw = '{ "sub":"Әсел", "n": 1.0 }';
    const token = jwt({ alg: 'RS256' }, raw);
    expect(readJWT(token)).to.deep.equal({
      token,
      header: { alg: 'RS256' },
      claims: { sub: 'Әсел', n: 1 },
      raw,
    });
  });

  it('may lack its signature, as one without a good alg does', () => {
    expect(readJWT(jwt({}, {}, ''))).to.include({ raw: '{}' });
  });

  it('is nothing else: no other type, not fewer or more parts, no other characters', () => {
    const good = jwt({}, {});
    const bad = [
      ...[undefined, null, 7, '', {}, [good], Buffer.from(good)],
      ...[
        'a',
        'a.b',
        '..',
        `${good}.`,
        `${good}.x.y`,
        ` ${good}`,
        `${good}\n`,
        good.replace('.', '.='),
        `!${good}`,
      ],
    ];
    for (const token of bad) expect(readJWT(token), String(token)).to.equal(undefined);
  });

  it('has JSON objects in UTF-8, not too deep', () => {
    const parts = [
      '',
      'x',
      '[]',
      '"text"',
      'null',
      '7',
      '{',
      '{}{}',
      `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
    ];
    for (const part of parts) {
      expect(readJWT(jwt(part, {})), part).to.equal(undefined);
      expect(readJWT(jwt({}, part)), part).to.equal(undefined);
    }
    const latin = Buffer.from('{"a":"é"}', 'latin1').toString('base64url');
    expect(readJWT(`${encoded({})}.${latin}.`)).to.equal(undefined);
  });

  it('has no name twice in an object, however it is written, and however deep', () => {
    const twice = [
      '{"sub":"a","sub":"b"}',
      '{"sub":"a", "s\\u0075b" : "b"}',
      '{"a":[{"b":1,"b":1}]}',
      '{"a":{"x":1},"b":{"y":{"z":1,"q":2,"z":3}}}',
      '{"a\\"":1,"a\\"":2}',
      '{"a":{},"a":1}',
      '{"a":[],"a":1}',
      '{"":1,"":2}',
    ];
    for (const text of twice) {
      expect(readJWT(jwt(text, {})), text).to.equal(undefined);
      expect(readJWT(jwt({}, text)), text).to.equal(undefined);
    }
  });

  it('may repeat a name in another object, and in texts', () => {
    const once = [
      '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
      '{"a":"\\"a\\":1,\\"a\\":2","b":"a","c":"{\\"b\\":"}',
      '{"a":"b","b":"a:","c":["a","a",":"]}',
      '{"a\\\\":1,"a":2,"a\\\\\\"":3}',
      '{"[":1,"{":2,"]":3,"}":[{"[":1}]}',
      '{"constructor":1,"toString":2}',
    ];
    for (const text of once) expect(readJWT(jwt({}, text))?.raw, text).to.equal(text);
  });

  it('has no name __proto__, which code may take for the prototype', () => {
    expect(readJWT(jwt({}, '{"__proto__":{"admin":true}}'))).to.equal(undefined);
    expect(readJWT(jwt({}, '{"a":[{"\\u005f_proto__":1}]}'))).to.equal(undefined);
    expect(readJWT(jwt({}, '{"a":"__proto__"}'))?.claims).to.deep.equal({ a: '__proto__' });
  });

  it('may be as large as a response may be', () => {
    const text = JSON.stringify({ a: 'x\\"'.repeat(1_000_000), b: Array(100_000).fill({ c: 1 }) });
    expect(readJWT(jwt({}, text))?.raw.length).to.equal(text.length);
  });
});
