import { expect } from 'chai';
import { readScope } from '../../lib/login/options';
import { startLogin, strategyWith } from '../support/mocked-login';
import { useNock } from '../support/nock';
import { minimalOptions } from '../support/options';
import { construct, testWrongOptions } from '../support/wrong-options';

describe('the login options', () => {
  useNock();

  testWrongOptions({
    callbackURL: {
      'a string: an absolute URL, or one relative to the request': [
        undefined,
        '',
        7,
        new URL('https://app.example/cb'),
      ],
      'a URL without a query parameter authorization_code, error_code, error, state': ['/cb?state=x'],
      'an http(s) URL': ['ftp://app.example'],
    },
    scope: {
      'a string, or an array of strings with one grant each': [7, [''], ['a', 1], ['a b'], {}, null],
    },
    state: { 'true or false; give state of your own to passport.authenticate()': ['secret', 1, null] },
    store: {
      'an object with the functions store and verify, or true for the session': [
        false,
        {},
        { store() {} },
        'session',
        null,
      ],
    },
    sessionKey: { 'a non-empty string other than __proto__': ['', 7, '__proto__'] },
    passReqToCallback: { 'true or false': ['yes', 1] },
    proxy: { 'true or false': ['yes', 1, null] },
    skipUserProfile: { 'true, false or a function': ['yes', null] },
    pkce: { 'left out: Freedom ID has no PKCE in this flow': [true, 'S256'] },
    scopeSeparator: { 'left out: the scope is sent as a list': [',', '', null] },
  });

  it('reject a verify that is no function, or has more parameters than any form of it', () => {
    for (const none of [null, 'text', {}])
      expect(() => construct(minimalOptions, none)).to.throw(TypeError, /: verify must be a function$/);
    const six = (_1: unknown, _2: unknown, _3: unknown, _4: unknown, _5: unknown, _6: unknown) => undefined;
    expect(() => construct(minimalOptions, six)).to.throw(
      TypeError,
      /: verify must be a function of at most \(.*, done\), with req first under passReqToCallback$/,
    );
    expect(() => construct({ ...minimalOptions, passReqToCallback: true }, six)).to.not.throw();
  });

  it('reject a store together with state: false', () => {
    const store = { store() {}, verify() {} };
    expect(() => construct({ ...minimalOptions, store, state: false })).to.throw(
      TypeError,
      'store must be left out',
    );
  });

  it('keep the state in the session with store: true, as without it', async () => {
    const { session } = await startLogin(strategyWith({ store: true }));
    expect(session).to.have.all.keys('freedom-id');
  });

  it('allow pkce: false, which says what is the case anyway', () => {
    expect(() => construct({ ...minimalOptions, pkce: false })).to.not.throw();
  });

  it('take the scope as a list, or as a string with spaces or commas', () => {
    expect(readScope(['a', 'b'])).to.deep.equal(['a', 'b']);
    expect(readScope(' a b,c,  d ')).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(readScope([])).to.deep.equal([]);
  });

  it('copy the scope, so that the app may change its own list afterwards', () => {
    const scope = ['read.email'];
    const grants = readScope(scope);
    scope.push('read.cards');
    expect(grants).to.deep.equal(['read.email']);
  });
});
