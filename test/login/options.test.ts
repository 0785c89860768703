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
    scopeSeparator: { 'left out: how a scope is sent is up to the flow': [',', '', null] },
  });

  it('reject a verify that is no function', () => {
    for (const none of [null, 'text', {}])
      expect(() => construct(minimalOptions, none)).to.throw(
        TypeError,
        /: verify must be a function, but is /,
      );
  });

  describe('know the form of a verify by the number of its parameters, and take', () => {
    const COUNTS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const declaring = (count: number) => Object.defineProperty(() => undefined, 'length', { value: count });
    const isTaken = (options: object, verify: unknown) => {
      try {
        construct({ ...minimalOptions, ...options }, verify);
        return true;
      } catch {
        return false;
      }
    };
    const taken = (options: object) => COUNTS.filter((count) => isTaken(options, declaring(count)));

    it('3, 4, 5 or none', () => {
      expect(taken({})).to.deep.equal([0, 3, 4, 5]);
      expect(taken({ passReqToCallback: false, skipUserProfile: false })).to.deep.equal([0, 3, 4, 5]);
    });

    it('one more under passReqToCallback, or the request alone, as a wrapper may declare it', () => {
      expect(taken({ passReqToCallback: true })).to.deep.equal([0, 1, 4, 5, 6]);
    });

    it('fewer, too, where there may be no profile to read', () => {
      for (const skipUserProfile of [true, () => false]) {
        expect(taken({ skipUserProfile })).to.deep.equal([0, 1, 2, 3, 4, 5]);
        expect(taken({ skipUserProfile, passReqToCallback: true })).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
      }
    });

    it('rest parameters, a spy, and what bind makes', () => {
      const verify = async (_a: string, _r: string, profile: unknown) => profile;
      expect(isTaken({}, (...args: [string, string, unknown]) => verify(...args))).to.equal(true);
      expect(isTaken({ passReqToCallback: true }, (_q: unknown, ...args: unknown[]) => args)).to.equal(true);
      expect(isTaken({}, verify.bind(null))).to.equal(true);
    });

    it('nothing else: the error lists the forms, and says that default values hide parameters', () => {
      const forms =
        '(accessToken, refreshToken, profile), (accessToken, refreshToken, profile, done) or (accessToken, refreshToken, params, profile, done)';
      for (const verify of [
        async (profile: { id: string }) => profile.id,
        async (_a: string, _r = '', profile = { id: '' }) => profile.id,
      ]) {
        expect(() => construct(minimalOptions, verify))
          .to.throw(TypeError)
          .with.property(
            'message',
            `passport-freedom-id: verify must be ${forms}, with req first only if passReqToCallback is true (a parameter with a default value is not counted, and neither are those behind it), but is a function of 1 parameter`,
          );
      }
      const reqForgotten = async (_a: string, _r: string, profile: { id: string }) => profile.id;
      expect(() => construct({ ...minimalOptions, passReqToCallback: true }, reqForgotten))
        .to.throw(TypeError)
        .with.property('message')
        .that.includes(forms)
        .and.includes('a function of 3 parameters');
    });
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
