import { expect } from 'chai';
import { toTexts, withQuery } from '../../lib/oidc/params';

describe('parameters that are sent as text', () => {
  it('are strings, numbers and booleans', () => {
    const params = { prompt: 'login', max_age: 0, flag: false, empty: '', left: undefined };
    expect(toTexts(params)).to.deep.equal({ prompt: 'login', max_age: '0', flag: 'false', empty: '' });
  });

  it('are nothing else', () => {
    for (const value of [null, {}, ['s3cret'], () => 1, Symbol('a'), 1n]) {
      expect(() => toTexts({ claims: value })).to.throw(
        TypeError,
        /^passport-freedom-id: the parameter claims must be a string, a number or a boolean, because it is sent as text \(does authorizationParams or tokenParams return it\?\), but is (?!.*s3cret)/,
      );
    }
  });
});

describe('a URL with parameters', () => {
  it('has them in its query, encoded', () => {
    expect(withQuery('https://id.example/openid', { scope: 'openid a', uri: 'https://x/?y=1&z' })).to.equal(
      'https://id.example/openid?scope=openid+a&uri=https%3A%2F%2Fx%2F%3Fy%3D1%26z',
    );
  });

  it('keeps its own query as it is written', () => {
    expect(withQuery('https://id.example/?a=%20+~&b&=3', { c: '1' })).to.equal(
      'https://id.example/?a=%20+~&b&=3&c=1',
    );
    expect(withQuery('https://id.example/?&a=1&&b=2?c=3&', { d: '1' })).to.equal(
      'https://id.example/?a=1&b=2?c=3&d=1',
    );
    expect(withQuery('https://id.example/?', { a: '1' })).to.equal('https://id.example/?a=1');
  });

  it('has none twice: a parameter replaces those of the URL, however they are written', () => {
    expect(withQuery('https://id.example/?state=x&st%61te=y&other=1&state', { state: 'S' })).to.equal(
      'https://id.example/?other=1&state=S',
    );
    expect(withQuery('https://id.example/?a=1&a=2&b&%61=3&b=4', { c: '1' }), 'of its own').to.equal(
      'https://id.example/?a=1&b&c=1',
    );
    expect(withQuery('https://id.example/?constructor=1', { a: '1' })).to.equal(
      'https://id.example/?constructor=1&a=1',
    );
  });
});
