import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdError, type FreedomIdErrorDetails } from '../../lib/errors';
import { Discretion, isPlainURL } from '../../lib/probe/discretion';
import { Unanswered } from '../../lib/probe/unanswered';
import { property } from '../support/property';

/** It was told these, as a whole. */
function hiding(...values: unknown[]): Discretion {
  const discretion = new Discretion();
  for (const value of values) discretion.hide(value);
  return discretion;
}

function failure(details: Partial<FreedomIdErrorDetails>, message = 'said by the library'): FreedomIdError {
  return new FreedomIdError(message, { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'token', ...details });
}

describe('what the report shows of a code', () => {
  it('is a short number, or words, all in one case', () => {
    for (const code of ['1', '100101', '12345678', 'access_denied', 'ACCESS_DENIED', 'a', 'a'.repeat(39)]) {
      expect(new Discretion().code(code)).to.equal(code);
      expect(new Discretion().isCode(code), code).to.equal(true);
    }
  });

  it('is its type and length otherwise', () => {
    const wrong = {
      '123456789': 'string of 9',
      Aigerim: 'string of 7',
      'a-b': 'string of 3',
      a1: 'string of 2',
      ' a': 'string of 2',
      'a\n': 'string of 2',
      '1 ': 'string of 2',
      '': 'string of 0',
      ['a'.repeat(41)]: 'string of 41',
    };
    for (const [code, shown] of Object.entries(wrong)) {
      expect(new Discretion().code(code)).to.equal(shown);
      expect(new Discretion().isCode(code), code).to.equal(false);
    }
    expect(new Discretion().code(100101)).to.equal('number');
    expect(new Discretion().code(['access_denied'])).to.equal('array of 1 (string of 13)');
    expect(new Discretion().isCode(['access_denied'])).to.equal(false);
  });

  it('is not one that looks like a token', () => {
    expect(new Discretion().code('a'.repeat(40))).to.equal('string of 40');
  });

  it('is not one that was hidden: neither as it is, nor in capitals, as a number, or as a part of a longer one', () => {
    const discretion = hiding('aigerim', 'SEITKALI', 4711, { deep: [{ deeper: 'almaty' }] }, 'long_secret');
    for (const code of ['aigerim', 'seitkali', '4711', 'almaty', 'long_secret', 'my_long_secret_too']) {
      expect(discretion.code(code)).to.equal(`string of ${code.length}`);
    }
    expect(discretion.code('aigerims'), 'a few letters are a part of many words').to.equal('aigerims');
    expect(discretion.code('access_denied')).to.equal('access_denied');
  });

  it('knows what is hidden later', () => {
    const discretion = hiding('first');
    expect(discretion.code('second')).to.equal('second');
    discretion.hide('second');
    expect(discretion.code('second')).to.equal('string of 6');
    expect(discretion.code('first')).to.equal('string of 5');
  });

  it('hides nothing of what is neither a text nor a number', () => {
    const discretion = hiding(null, undefined, true, false, () => {}, Symbol('x'));
    for (const code of ['null', 'undefined', 'true', 'false']) expect(discretion.code(code)).to.equal(code);
  });
});

describe('what the report shows of a URL', () => {
  it('is all of it, if it is plain', () => {
    for (const url of [
      'https://passport.freedompay.kz',
      'https://passport.freedompay.kz/',
      'https://id.example:8443/api/v1/oidc/token',
      'http://127.0.0.1:3000/.well-known/jwks.json',
      'http://[::1]:3000/a_b-c',
      `https://id.example/${'a/'.repeat(90)}a`,
    ]) {
      expect(new Discretion().url(url)).to.equal(url);
    }
    expect(`https://id.example/${'a/'.repeat(90)}a`).to.have.length(200);
  });

  it('is nothing if it has a query, a fragment, a user, an encoding, a second line, or 201 characters', () => {
    for (const url of [
      'https://id.example/token?code=abc',
      'https://id.example?code=abc',
      'https://id.example/#token',
      'https://user@id.example/',
      'https://user:password@id.example/',
      'https://id.example/a%20b',
      'https://id.example/\nnext',
      'https://id.example/ ',
      ' https://id.example/',
      'see https://id.example/',
      'javascript:alert(1)',
      'ftp://id.example/',
      '/api/v1/oidc/token',
      'https://id.example:99999/',
      'https://[::1/',
      'https://',
      '',
      `https://id.example/${'a/'.repeat(91)}`,
    ]) {
      expect(new Discretion().url(url), url).to.equal(undefined);
      expect(isPlainURL(url), url).to.equal(false);
    }
    expect(`https://id.example/${'a/'.repeat(91)}`).to.have.length(201);
  });

  it('is nothing if it is not a text', () => {
    const values = [undefined, null, 1, {}, ['https://id.example/'], new URL('https://id.example/')];
    for (const value of values) expect(new Discretion().url(value)).to.equal(undefined);
  });

  it('is nothing if it holds what was hidden, or what looks like a token', () => {
    const discretion = hiding('aigerim');
    expect(discretion.url('https://id.example/users/Aigerim')).to.equal(undefined);
    expect(discretion.url('https://aigerim.example/')).to.equal(undefined);
    expect(discretion.url(`https://id.example/${'a'.repeat(40)}`)).to.equal(undefined);
    expect(discretion.url('https://id.example/users')).to.equal('https://id.example/users');
  });
});

describe('the country in the name of a host', () => {
  it('is shown, even if a user lives there, because it does not give the user away', () => {
    const discretion = hiding('KZ', 'KAZ', 'id');
    for (const url of [
      'https://passport.freedompay.kz',
      'https://passport.freedompay.kz/users',
      'https://freedompay.kz:8443/',
      'http://PASSPORT.FREEDOMPAY.KAZ',
    ]) {
      expect(discretion.url(url)).to.equal(url);
    }
  });

  it('is not shown anywhere else', () => {
    const discretion = hiding('kz', 'almaty');
    expect(discretion.url('https://almaty.kz/')).to.equal(undefined);
    for (const url of [
      'https://kz.example/',
      'https://id.example/kz',
      'https://id.example/a.kz',
      'https://id.example//a.kz',
      'https://kz/',
      'https://id.kz.example/',
      'https://id.almaty/',
    ]) {
      expect(discretion.url(url), url).to.equal(undefined);
    }
  });
});

describe('what the report shows of a name', () => {
  it('is all of it, if it looks like a name of a field', () => {
    for (const name of ['freedom_id', 'firstName', 'X', 'line2', 'a'.repeat(39)]) {
      expect(new Discretion().name(name)).to.equal(name);
    }
  });

  it('is its length otherwise', () => {
    for (const name of [
      '',
      '2fa',
      '_id',
      'имя',
      'a b',
      'a.b',
      'a@b.example',
      '+77010000001',
      'a'.repeat(40),
      'a'.repeat(41),
    ]) {
      expect(new Discretion().name(name), name).to.equal(`(a name of ${name.length})`);
    }
  });

  it('is its length if it was hidden', () => {
    expect(hiding('Aigerim').name('aigerim')).to.equal('(a name of 7)');
  });
});

describe('a value', () => {
  const describeValue = (value: unknown) => new Discretion().describe(value);

  it('is described by its type, and a text by its length', () => {
    expect(describeValue('Aigerim')).to.equal('string of 7');
    expect(describeValue('')).to.equal('string of 0');
    expect(describeValue(77010000001)).to.equal('number');
    expect(describeValue(true)).to.equal('boolean');
    expect(describeValue(null)).to.equal('null');
    expect(describeValue(undefined)).to.equal('undefined');
  });

  it('is described with what is in it', () => {
    expect(describeValue({})).to.equal('object of 0');
    expect(describeValue([])).to.equal('array of 0');
    expect(describeValue({ email: 'a@b.example', main: true, 'a@b.example': null })).to.equal(
      'object of 3 (email: string of 11, main: boolean, (a name of 11): null)',
    );
    expect(describeValue([['a'], { b: 'c' }])).to.equal(
      'array of 2 (array of 1 (string of 1), object of 1 (b: string of 1))',
    );
  });

  it('is described with its names only as far as they may be shown', () => {
    expect(hiding('aigerim').describe({ aigerim: { Aigerim: 1 } })).to.equal(
      'object of 1 ((a name of 7): object of 1 ((a name of 7): number))',
    );
  });

  it('is described once for items of one kind', () => {
    expect(describeValue(['+77010000001', '+77010000002', 'a'])).to.equal(
      'array of 3 (string of 12, string of 1)',
    );
  });

  it('is described with five things in it at most', () => {
    expect(describeValue({ a: 1, b: 1, c: 1, d: 1, e: 1 })).to.equal(
      'object of 5 (a: number, b: number, c: number, d: number, e: number)',
    );
    expect(describeValue({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 })).to.equal(
      'object of 6 (a: number, b: number, c: number, d: number, e: number, …)',
    );
    expect(describeValue(['', '1', '22', '333', '4444', '55555'])).to.equal(
      'array of 6 (string of 0, string of 1, string of 2, string of 3, string of 4, …)',
    );
  });

  it('is described three levels deep, whatever is below', () => {
    expect(describeValue({ a: { b: { c: { d: 'e' } } } })).to.equal(
      'object of 1 (a: object of 1 (b: object of 1 (c: object of 1)))',
    );
    expect(describeValue([[[['secret']]]])).to.equal('array of 1 (array of 1 (array of 1 (array of 1)))');
  });

  it('is described member by member, of which there are 40 at most', () => {
    expect(
      hiding('aigerim').describeMembers({ freedom_id: 'abc', cards: [1], aigerim: { x: null } }),
    ).to.deep.equal({
      freedom_id: 'string of 3',
      cards: 'array of 1 (number)',
      '(a name of 7)': 'object of 1 (x: null)',
    });
    const members = Array.from({ length: 41 }, (_, index) => [`field${index}`, index]);
    const described = new Discretion().describeMembers(Object.fromEntries(members));
    expect(Object.keys(described)).to.deep.equal(members.slice(0, 40).map(([name]) => name));
  });

  it('is described at once, however broad it is, and however much is hidden', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => [`field${index}`, index + 1e6]);
    const broad = Object.fromEntries(names);
    const discretion = hiding(broad, broad);
    expect(discretion.describeMembers({ ...broad, field0: broad }).field0).to.match(
      /^object of 20000 \(field0: number, .*, …\)$/,
    );
    const lists = Array.from({ length: 20_000 }, () => ({ ...Object.fromEntries(names.slice(0, 5)) }));
    expect(discretion.describe(lists)).to.match(/^array of 20000 \(object of 5 \(field0: number, .*\)\)$/);
  });

  property(
    'is described without any of its texts and numbers',
    fc.jsonValue({ maxDepth: 6 }),
    (value: unknown) => {
      const told: unknown = JSON.parse(
        JSON.stringify(value, (_, one) => (typeof one === 'string' ? `SECRET${one}` : one)),
      );
      const described = hiding(told).describe(told);
      expect(described).to.not.include('SECRET');
      expect(described).to.match(/^[\w ,:()…]+$/);
    },
  );
});

describe('why a step of the probe has failed', () => {
  const reasonOf = (error: unknown) => new Discretion().reasonOf(error);

  it('is said by the probe itself', () => {
    expect(reasonOf(new Unanswered('nobody came back'))).to.equal('nobody came back');
  });

  it('is the endpoint, and the result', () => {
    expect(reasonOf(failure({ code: 'ERR_FREEDOM_ID_TIMEOUT', httpStatus: 200 }))).to.equal(
      'token: no answer in time',
    );
    expect(reasonOf(failure({ code: 'ERR_FREEDOM_ID_NETWORK', endpoint: 'authorize' }))).to.equal(
      'authorize: the connection failed',
    );
    for (const [cause, shown] of [
      [{ code: 'ECONNREFUSED' }, ' (ECONNREFUSED)'],
      [{ code: 'CERT_HAS_EXPIRED' }, ' (CERT_HAS_EXPIRED)'],
      [{ code: 'E' }, ''],
      [{ code: 'x ECONNREFUSED' }, ''],
      [{ code: 'ECONNREFUSED x' }, ''],
      [{ code: 7 }, ''],
      [{}, ''],
    ] as const) {
      const error = failure({
        code: 'ERR_FREEDOM_ID_NETWORK',
        cause: Object.assign(new Error('secret'), cause),
      });
      expect(reasonOf(error)).to.equal(`token: the connection failed${shown}`);
    }
    expect(reasonOf(failure({ httpStatus: 500 }))).to.equal('token: HTTP 500, no usable answer');
    expect(reasonOf(failure({ httpStatus: 503, providerCode: '7' }))).to.equal(
      'token: HTTP 503, no usable answer, code 7',
    );
    expect(reasonOf(failure({}))).to.equal('token: no usable answer');
    expect(reasonOf(failure({ code: 'ERR_FREEDOM_ID_REJECTED', httpStatus: 400 }))).to.equal(
      'token: HTTP 400',
    );
    expect(
      reasonOf(failure({ code: 'ERR_FREEDOM_ID_REJECTED', httpStatus: 400, providerCode: '100101' })),
    ).to.equal('token: HTTP 400, code 100101');
  });

  it('shows no code that does not look like one', () => {
    const error = failure({ code: 'ERR_FREEDOM_ID_REJECTED', httpStatus: 400, providerCode: 'aigerim' });
    expect(hiding('aigerim').reasonOf(error)).to.equal('token: HTTP 400, code string of 7');
  });

  it('is what is wrong with an ID token, in the words of the library', () => {
    expect(reasonOf(failure({ code: 'ERR_FREEDOM_ID_TOKEN' }, 'nonce must be'))).to.equal('nonce must be');
  });

  it('is only the name of any other error, because its message may hold anything', () => {
    expect(reasonOf(new RangeError('secret'))).to.equal('the probe failed: RangeError');
  });
});
