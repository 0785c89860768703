import { createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import { requireThat, shownURL } from '../lib/require-that';

/** What an error says about a value that was given for an option. */
function found(value: unknown, option = 'timeout'): string {
  const error = messageOf(() => requireThat(false, option, 'right', value));
  const [, said = ''] =
    new RegExp(`^passport-freedom-id: ${option} must be right, but is (.*)$`).exec(error) ?? [];
  return said;
}

function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError);
    return (error as Error).message;
  }
  return expect.fail('it did not throw');
}

describe('the error of a wrong option', () => {
  it('is not thrown where the option is right', () => {
    expect(() => requireThat(true, 'timeout', 'right', 1)).to.not.throw();
  });

  it('says what was given instead', () => {
    const values: [value: unknown, said: string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [true, 'true'],
      [Number.NaN, 'NaN'],
      [-1.5, '-1.5'],
      [10n, '10n'],
      ['10', '"10"'],
      ['', '""'],
      [Symbol('x'), 'Symbol(x)'],
      [['read.email', 1, null, ['x', 'y']], '["read.email", 1, null, an array of 2 items]'],
      [['a', 'b', 'c', 'd', 'e'], '["a", "b", "c", "d", "e"]'],
      [['a', 'b', 'c', 'd', 'e', 'f'], '["a", "b", "c", "d", "e", …]'],
      [{}, 'an object of 0 members'],
      [{ secret: 's3cret' }, 'an object of 1 member'],
      [new URL('https://provider.example/?key=s3cret'), 'a URL object, not its text'],
      [Buffer.from('s3cret'), 'bytes, not a text'],
      [createSecretKey(Buffer.from('s3cret')), 'a secret KeyObject'],
      [(_a: unknown, _b: unknown) => {}, 'a function of 2 parameters'],
    ];
    for (const [value, said] of values) expect(found(value)).to.equal(said);
  });

  it('says only the type and the length of what may be a secret', () => {
    const values: [value: unknown, said: string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [7, 'a number'],
      [10n, 'a bigint'],
      [Symbol('s3cret'), 'a symbol'],
      ['', 'an empty string'],
      ['s', 'a string of 1 character'],
      ['s3cret', 'a string of 6 characters'],
      [['s3cret'], 'an array of 1 item'],
      [{ s3cret: 's3cret' }, 'an object of 1 member'],
    ];
    for (const option of ['clientID', 'clientSecret', 'customHeaders', 'publicKey', 'options']) {
      for (const [value, said] of values) expect(found(value, option)).to.equal(said);
    }
  });

  it('is short, and one line, whatever was given', () => {
    expect(found('x'.repeat(60))).to.equal(`"${'x'.repeat(60)}"`);
    expect(found('x'.repeat(61))).to.equal(`"${'x'.repeat(60)}…"`);
    expect(found(`${'x'.repeat(59)}😀`)).to.equal(`"${'x'.repeat(59)}\ufffd…"`);
    expect(found('a\r\nb\u2028c\u001b[31m')).to.equal('"a b c [31m"');
    expect(found(Array(9).fill('x'.repeat(60)))).to.have.length(201);
    expect(found(Symbol('x'.repeat(500)))).to.have.length(201);
    expect(found(2n ** 63n - 1n)).to.equal(`${2n ** 63n - 1n}n`);
    expect(found(2n ** 63n)).to.equal('a bigint');
  });

  it('is the same error for a value that throws when it is read', () => {
    const throwing = () => {
      throw new Error('from the value');
    };
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(found(proxy)).to.equal('a value that cannot be read');
    expect(found(new Proxy({}, { ownKeys: throwing }))).to.equal('a value that cannot be read');
    expect(found({ toString: throwing, toJSON: throwing })).to.equal('an object of 2 members');
    expect(found(Object.create(null))).to.equal('an object of 0 members');
    expect(found(cycle)).to.equal('[an array of 1 item]');
  });
});

describe('a URL in a message', () => {
  it('has no user name, no password, no query and no fragment', () => {
    const urls: [text: string, shown: string][] = [
      ['https://provider.example', 'https://provider.example/'],
      ['http://provider.example:8080/a/@b', 'http://provider.example:8080/a/@b'],
      ['https://user:s3cret@provider.example/a', 'https://…@provider.example/a'],
      ['https://user@provider.example/a', 'https://…@provider.example/a'],
      ['https://:s3cret@provider.example/a', 'https://…@provider.example/a'],
      ['https://provider.example/a?key=s3cret', 'https://provider.example/a?…'],
      ['https://provider.example/a#s3cret', 'https://provider.example/a#…'],
    ];
    for (const [text, shown] of urls) expect(shownURL(text)).to.equal(shown);
  });

  it('has none of them even if it cannot be parsed, or is no URL of the web', () => {
    for (const text of [
      'user:s3cret@provider.example',
      'https://user:s3/cret@provider.example',
      'https://user:s3?cret@provider.example:x',
      '//user:s3cret@provider.example',
    ]) {
      expect(shownURL(text)).to.equal('…');
    }
    expect(shownURL('provider.example?key=s3cret\ns3cret')).to.equal('provider.example?…');
    expect(shownURL('/callback#s3cret?')).to.equal('/callback#…');
    expect(shownURL('ftp://provider.example/?key=s3cret')).to.equal('ftp://provider.example/?…');
    expect(shownURL('')).to.equal('');
  });
});
