import { expect } from 'chai';
import { resolveCallbackURL } from '../../lib/login/callback-url';
import { isLikeState, takeStateOff, withStateInPath } from '../../lib/login/state-in-path';

describe('a state in the path', () => {
  it('is the last segment of the callback URL, and nothing else in the URL changes', () => {
    for (const [callbackURL, state, redirectURI] of [
      ['https://app.example', 'S', 'https://app.example/S'],
      ['https://app.example/', 'S', 'https://app.example/S'],
      ['https://app.example/cb', 'S', 'https://app.example/cb/S'],
      ['https://app.example/cb/', 'S', 'https://app.example/cb/S'],
      ['https://app.example/cb//', 'S', 'https://app.example/cb//S'],
      ['HTTPS://App.example:443/%7Ecb?a=%20b/&c=?/', 'S', 'HTTPS://App.example:443/%7Ecb/S?a=%20b/&c=?/'],
      ['https://app.example?a=b', 'S', 'https://app.example/S?a=b'],
      ['https://app.example/cb/?a=b', 'S', 'https://app.example/cb/S?a=b'],
      ['https://app.example/cb', 'a/b?c#d e$&', 'https://app.example/cb/a%2Fb%3Fc%23d%20e%24%26'],
    ] as const) {
      expect(withStateInPath(callbackURL, state), callbackURL).to.equal(redirectURI);
    }
  });

  it('comes back as it was, whatever its characters are', () => {
    const states = ['S', 'aB-_9', 'a/b', '/', 'a?b#c', 'ю 😀', '%', '%2F', "it's.~!*()", '...', 'cb'];
    for (const state of states) {
      const { pathname } = new URL(withStateInPath('https://app.example/auth/cb?a=b', state));
      expect(takeStateOff(pathname, 'https://app.example/auth/cb?a=b'), state).to.deep.equal({
        state,
        path: '/auth/cb',
      });
    }
    expect(takeStateOff('/cb/%zz', '/cb')).to.deep.equal({ state: '%zz', path: '/cb' });
  });

  it('is the segment behind the path of the callback URL, which a proxy may have changed, and no other', () => {
    const found = (path: string, callbackURL = '/auth/cb') => takeStateOff(path, callbackURL)?.state;
    const behind = ['/auth/cb/S', '/auth/cb/S/', '/auth/cb/S//', '/v1/auth/cb/S', '/cb/S', '/AUTH/%63b/S'];
    for (const path of behind) expect(found(path), path).to.equal('S');
    for (const path of ['', '/', '/S', 'S', '/auth/cb', '/auth/cb/', '/login/S', '/auth/cb/x/S', '/auth/S'])
      expect(found(path), path).to.equal(undefined);
    for (const path of ['', '/', '//', 'S']) {
      for (const callbackURL of ['https://app.example', '?a=b', './'])
        expect(found(path, callbackURL), `${path} ${callbackURL}`).to.equal(undefined);
    }
    expect(found('/S', 'https://app.example')).to.equal('S');
    expect(found('/auth/S', './')).to.equal('S');
    expect(found('/auth/login/S', '?a=b')).to.equal('S');
    // A name like that of the callback URL is a state as well.
    expect(found('/cb/cb', '/cb')).to.equal('cb');
  });

  it('leaves a path that leads to the same callback URL as in the first leg', () => {
    const pages = [
      ['cb', '/auth/start'],
      ['cb/', '/auth/start'],
      ['cb//', '/auth/start'],
      ['login/cb', '/auth/start'],
      ['../cb?tenant=7', '/auth/start/now'],
      ['cb/?tenant=7', '/auth/start'],
      ['./', '/auth/start'],
      ['..', '/auth/start'],
      ['./?tenant=7', '/start'],
      ['?tenant=7', '/auth/start'],
      ['/cb', '/auth/start'],
      ['/cb/', '/auth/start'],
      ['/', '/auth/start'],
    ] as const;
    for (const [callbackURL, url] of pages) {
      const req = { url, headers: { host: 'app.example' }, socket: {} };
      const first = resolveCallbackURL(callbackURL, req, { proxy: false }) as string;
      for (const slash of ['', '/']) {
        const { pathname, search } = new URL(withStateInPath(first, 'S'));
        const back = takeStateOff(pathname + slash, callbackURL);
        expect(back?.state, callbackURL).to.equal('S');
        const again = { ...req, url: pathname + slash + search };
        expect(resolveCallbackURL(callbackURL, again, { back: back?.path, proxy: false })).to.equal(first);
      }
    }
  });

  it('looks like one of our own with 43 characters of base64url', () => {
    expect(isLikeState(`${'aZ09-_'.repeat(7)}a`)).to.equal(true);
    for (const other of [
      '',
      'settings',
      'a'.repeat(42),
      'a'.repeat(44),
      `${'a'.repeat(42)}.`,
      `${'a'.repeat(43)}\n`,
    ])
      expect(isLikeState(other), other).to.equal(false);
  });
});
