import { expect } from 'chai';
import {
  checkCallbackURL,
  isAtCallbackURL,
  lastParameterOf,
  type RequestWithOrigin,
  requestedPath,
  resolveCallbackURL,
} from '../../lib/login/callback-url';

const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.example' };
const headers = { host: 'inner.example:3000' };
const express = (trust: unknown) => ({
  get: (setting: string) => (setting === 'trust proxy fn' ? trust : undefined),
});

function resolve(callbackURL: string, req: RequestWithOrigin, proxy = false) {
  return resolveCallbackURL(callbackURL, { url: '/', headers, socket: {}, ...req }, { proxy });
}

describe('the callback URL', () => {
  it('is used as it is written when it is absolute', () => {
    expect(resolve('https://app.example', {})).to.equal('https://app.example');
    expect(resolve('/a?b=https://x', {})).to.equal('http://inner.example:3000/a?b=https://x');
    expect(resolve('https://app.example/a?b=%20c', { headers: {} })).to.equal('https://app.example/a?b=%20c');
  });

  it('is found like a link on the requested page when it is relative', () => {
    const at = (callbackURL: string, req: RequestWithOrigin) => resolve(callbackURL, req);
    expect(at('/cb', { url: '/auth/start?x=/y/z' })).to.equal('http://inner.example:3000/cb');
    expect(at('cb', { url: '/auth/start' })).to.equal('http://inner.example:3000/auth/cb');
    expect(at('./start/cb', { url: '/auth/start' })).to.equal('http://inner.example:3000/auth/start/cb');
    expect(at('?tenant=7', { url: '/auth/start' })).to.equal('http://inner.example:3000/auth/start?tenant=7');
  });

  it('keeps the path at which a router is mounted', () => {
    expect(resolve('cb', { url: '/start', originalUrl: '/api/auth/start' })).to.equal(
      'http://inner.example:3000/api/auth/cb',
    );
  });

  it('keeps the requested host, whatever the path', () => {
    for (const url of [
      '//evil.example/x',
      '/\\evil.example/x',
      'http://evil.example/x',
      '@evil.example',
      '',
      undefined,
    ]) {
      expect(new URL(resolve('cb', { url }) ?? '').host, String(url)).to.equal('inner.example:3000');
    }
  });

  it('is the same in both legs: at the callback, a relative one is the requested page with its own query', () => {
    const pairs = [
      ['cb', '/auth/start'],
      ['login/cb', '/auth/start'],
      ['../cb?tenant=7', '/auth/start/now'],
      ['?tenant=7', '/auth/start'],
      ['/cb?a=b', '/auth/start'],
    ] as const;
    for (const [callbackURL, url] of pairs) {
      const redirectURI = resolve(callbackURL, { url }) as string;
      const { pathname, search } = new URL(redirectURI);
      const req = { url: `${pathname}${search}${search ? '&' : '?'}state=S`, headers, socket: {} };
      const again = resolveCallbackURL(callbackURL, req, { back: pathname, proxy: false });
      expect(again, callbackURL).to.equal(redirectURI);
    }
  });

  it('starts at the root of the host in both legs if it begins with a slash, whatever a proxy adds to the path', () => {
    const req = { url: '/inner/cb', headers, socket: {} };
    const again = resolveCallbackURL('/cb', req, { back: '/inner/cb', proxy: false });
    expect(again).to.equal('http://inner.example:3000/cb');
  });

  it('is on the host that HTTP/2 names', () => {
    const req = { headers: { ':authority': 'two.example', host: 'other.example' } };
    expect(resolve('/cb', req)).to.equal('http://two.example/cb');
    expect(
      resolve('/cb', { headers: { ':authority': 'two.example:8443' }, socket: { encrypted: true } }),
    ).to.equal('https://two.example:8443/cb');
  });

  it('is recognized by its path, even if a proxy adds a prefix or takes one away', () => {
    const isAt = isAtCallbackURL;
    const absolute = 'https://app.example/auth/callback?a=b';
    const same = ['/auth/callback', '/auth/callback/', '/v1/auth/callback', '/callback'];
    for (const path of same) expect(isAt(absolute, path), path).to.equal(true);
    const others = ['/', '', '/auth', '/login', '/auth/callback/more', '/xcallback', '/callback/auth'];
    for (const path of others) expect(isAt(absolute, path), path).to.equal(false);
    expect(isAt('https://app.example', '/')).to.equal(true);
    expect(isAt('https://app.example/', '/login')).to.equal(false);
    expect(isAt('/cb', '/api/cb')).to.equal(true);
    expect(isAt('login/cb', '/auth/login/cb')).to.equal(true);
    expect(isAt('../cb', '/auth/cb')).to.equal(true);
    expect(isAt('cb', '/auth/login')).to.equal(false);
    // Such a login starts and ends at one path.
    expect(isAt('?tenant=7', '/auth')).to.equal(true);
    // And so does one that ends in a folder of the requested page.
    for (const folder of ['./', '.', '..', '../?a=b']) {
      expect(isAt(folder, '/auth/'), folder).to.equal(true);
      expect(isAt(folder, '/auth/login'), folder).to.equal(false);
    }
    expect(isAt('/', '/auth/')).to.equal(false);
    expect(isAt('https://app.example', '/auth/')).to.equal(false);
    expect(isAt('https://app.example/%D0%BA', '/к')).to.equal(true);
    expect(isAt('/cb', '/%63B')).to.equal(true);
    expect(isAt('/CB', '/cb')).to.equal(true);
    expect(isAt('/%zz', '/%zz')).to.equal(true);
    expect(isAt('/cb', '//evil.example/cb')).to.equal(true);
  });

  it('is looked for in the path that the browser asked for, as far as this server knows', () => {
    expect(requestedPath({ url: '/cb?x=/y' })).to.equal('/cb');
    expect(requestedPath({ originalUrl: '/api/cb#/x', url: '/cb' })).to.equal('/api/cb');
    for (const url of [undefined, 7, '', 'https://app.example/cb'])
      expect(requestedPath({ url }), String(url)).to.equal('');
  });

  it('is https: on a TLS connection', () => {
    expect(resolve('/cb', { socket: { encrypted: true } })).to.equal('https://inner.example:3000/cb');
    expect(resolve('/cb', { socket: undefined })).to.equal('http://inner.example:3000/cb');
  });

  describe('behind a proxy', () => {
    const behind = { headers: { ...headers, ...forwarded } };

    it('ignores the forwarded headers of a client that is not trusted', () => {
      expect(resolve('/cb', behind)).to.equal('http://inner.example:3000/cb');
    });

    it('uses the forwarded headers with the option proxy', () => {
      expect(resolve('/cb', behind, true)).to.equal('https://public.example/cb');
      expect(resolve('/cb', {}, true)).to.equal('http://inner.example:3000/cb');
    });

    it('uses the first of several forwarded values, which is what the browser asked for', () => {
      const several = { 'x-forwarded-proto': 'HTTPS , http', 'x-forwarded-host': 'a.example, b.example' };
      expect(resolve('/cb', { headers: { ...headers, ...several } }, true)).to.equal('https://a.example/cb');
      const lists = {
        'x-forwarded-proto': ['https', 'http'],
        'x-forwarded-host': ['a.example', 'b.example'],
      };
      expect(resolve('/cb', { headers: { ...headers, ...lists } }, true)).to.equal('https://a.example/cb');
    });

    it('follows the setting trust proxy of Express, for the address of the client', () => {
      const asked: unknown[] = [];
      const trust = (address: unknown, hop: unknown) => asked.push(address, hop) > 0;
      const req = { ...behind, socket: { remoteAddress: '10.0.0.1' }, protocol: 'ignored', host: 'ignored' };
      expect(resolve('/cb', { ...req, app: express(trust) })).to.equal('https://public.example/cb');
      expect(asked).to.deep.equal(['10.0.0.1', 0]);
      expect(resolve('/cb', { ...req, app: express(() => false) })).to.equal('http://inner.example:3000/cb');
      expect(resolve('/cb', { ...req, app: express(undefined) })).to.equal('http://inner.example:3000/cb');
      expect(resolve('/cb', { ...behind, socket: undefined, app: express(() => true) })).to.equal(
        'https://public.example/cb',
      );
    });

    it('follows the setting proxy of Koa, through the app object of koa-passport', () => {
      const koa = (proxy: boolean) => ({
        get: (setting: string) => (setting === 'trust proxy' ? proxy : undefined),
      });
      expect(resolve('/cb', { ...behind, app: koa(true) })).to.equal('https://public.example/cb');
      expect(resolve('/cb', { ...behind, app: koa(false) })).to.equal('http://inner.example:3000/cb');
    });

    it('ignores an app that has no settings', () => {
      expect(resolve('/cb', { ...behind, app: {} })).to.equal('http://inner.example:3000/cb');
    });

    it('uses the protocol and the host that Koa and Fastify work out themselves', () => {
      const req = { ...behind, protocol: 'https', host: 'public.example:8443' };
      expect(resolve('/cb', req)).to.equal('https://public.example:8443/cb');
    });
  });

  it('is undefined when the request names no valid host', () => {
    const hosts = [
      'evil.example/path',
      'a b',
      'user@evil.example',
      '',
      'a:port',
      'a:123456',
      'a\r\nx: y',
      '[::1',
      'a:99999',
    ];
    for (const host of hosts) expect(resolve('/cb', { headers: { host } }), host).to.equal(undefined);
    expect(resolve('/cb', { headers: {} })).to.equal(undefined);
    expect(resolveCallbackURL('/cb', {}, { proxy: false })).to.equal(undefined);
    for (const protocol of ['javascript', 'httpsx', 'xhttps', 'ftp']) {
      const proto = { 'x-forwarded-proto': protocol };
      expect(resolve('/cb', { headers: { ...headers, ...proto } }, true), protocol).to.equal(undefined);
    }
  });

  it('may have an IP address for a host', () => {
    expect(resolve('/cb', { headers: { host: '127.0.0.1:80' } })).to.equal('http://127.0.0.1/cb');
    expect(resolve('/cb', { headers: { host: '[::1]:3000' } })).to.equal('http://[::1]:3000/cb');
  });

  it('has a last parameter, if it has a query', () => {
    expect(lastParameterOf('https://app.example/cb?a=1&b=2')).to.equal('b');
    expect(lastParameterOf('/cb')).to.equal(undefined);
  });

  it('must be an http(s) URL whose query cannot be taken for the callback', () => {
    const reserved = ['code', 'state'];
    for (const good of [
      'https://app.example/cb',
      'http://localhost:3000/cb',
      '/cb',
      'cb',
      '?x=1',
      '/cb?x=https:y',
    ]) {
      expect(checkCallbackURL(good, reserved)).to.equal(good);
    }
    const NO_URL = 'a string: an absolute URL, or one relative to the request';
    const NO_PAIR = 'a URL whose query, if any, ends with name=value';
    const RESERVED = 'a URL without a query parameter code, state';
    const bad: [unknown, string][] = [
      [undefined, NO_URL],
      ['', NO_URL],
      [' https://app.example', NO_URL],
      ['https://app.example/\r\nx', NO_URL],
      ['https://', NO_URL],
      [7, NO_URL],
      ['javascript:alert(1)', 'an http(s) URL'],
      ['https://app.example/cb#here', 'a URL without a fragment'],
      ['https://app.example/cb#', 'a URL without a fragment'],
      ['https:cb', NO_URL],
      ['HTTP:/cb', NO_URL],
      ['/cb?', NO_PAIR],
      ['/cb?flag', NO_PAIR],
      ['/cb?a=1&', NO_PAIR],
      ['/cb?state=1', RESERVED],
      ['/cb?code=', RESERVED],
    ];
    for (const [value, shape] of bad) {
      expect(() => checkCallbackURL(value, reserved), String(value))
        .to.throw(TypeError)
        .with.property('message')
        .that.satisfies((text: string) =>
          text.startsWith(`passport-freedom-id: callbackURL must be ${shape}, but is `),
        );
    }
  });
});
