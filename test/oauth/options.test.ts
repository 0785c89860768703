import { Agent } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdClient, FreedomIdStrategy, type FreedomIdStrategyOptions, Strategy } from '../../lib';

import { readScope } from '../../lib/login/options';
import { readClientOptions } from '../../lib/oauth/options';
import { CLIENT_SECRET, minimalOptions } from '../support/options';

const verify = async () => false as const;

/** Constructs a strategy with options that TypeScript would not let through. */
function construct(options: unknown, verifyFunction: unknown = verify): FreedomIdStrategy {
  return new FreedomIdStrategy(
    options as FreedomIdStrategyOptions & { passReqToCallback: false },
    verifyFunction as typeof verify,
  );
}

describe('the options', () => {
  it('have the documented defaults', () => {
    const { clientID, clientSecret } = minimalOptions;
    expect(readClientOptions({ clientID, clientSecret })).to.deep.equal({
      clientID,
      clientSecret,
      authorizationURL: 'https://passport.freedompay.kz/api/v1/oauth/authorize',
      tokenURL: 'https://passport.freedompay.kz/api/v1/oauth/token',
      userProfileURL: 'https://passport.freedompay.kz/api/v1/oauth/get-data',
      baseURL: 'https://passport.freedompay.kz',
      allowInsecureHttp: false,
      timeout: 10_000,
      maxResponseSize: 262_144,
      agent: undefined,
      fetch: undefined,
      customHeaders: {},
    });
  });

  it('make a strategy called freedom-id, with a client', () => {
    const strategy = construct(minimalOptions);
    expect(strategy).to.be.instanceOf(Strategy);
    expect(strategy.name).to.equal('freedom-id');
    expect(strategy.client).to.be.instanceOf(FreedomIdClient);
  });

  it('are left as they are', () => {
    const options = Object.freeze({
      ...minimalOptions,
      scope: Object.freeze(['openid']),
      customHeaders: Object.freeze({ A: 'b' }),
    });
    expect(() => construct(options)).to.not.throw();
  });

  it('may be undefined where they may be left out', () => {
    const names = [
      'scope',
      'state',
      'store',
      'sessionKey',
      'baseURL',
      'timeout',
      'agent',
      'fetch',
      'proxy',
      'skipUserProfile',
    ];
    const nothing = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(() =>
      construct({ ...minimalOptions, ...nothing, customHeaders: undefined, pkce: undefined }),
    ).to.not.throw();
  });

  it('may be as large as they can be, and say what is the case anyway', () => {
    expect(() => construct({ ...minimalOptions, timeout: 2 ** 31 - 1, pkce: false })).to.not.throw();
  });

  const SECURE =
    'an https: URL, because the client secret is sent there (the option allowInsecureHttp permits http:)';
  const HEADERS = 'an object of valid header names and string values';

  /** By option and by what it must be: values that are not. */
  const wrong: Record<string, Record<string, unknown[]>> = {
    clientID: { 'a non-empty string without a colon': [undefined, '', ' ', 7, 'with:colon'] },
    clientSecret: { 'a non-empty string': [undefined, '', null] },
    callbackURL: {
      'an absolute URL, or one relative to the request': [undefined, '', 7],
      'a URL without a query parameter authorization_code, error_code, error, state': ['/cb?state=x'],
      'an http(s) URL': ['ftp://app.example'],
    },
    scope: {
      'a string, or an array of strings with one grant each': [7, [''], ['a', 1], ['a b'], {}, null],
    },
    state: { 'true or false; give state of your own to passport.authenticate()': ['secret', 1, null] },
    store: {
      'an object with the functions store and verify': [true, {}, { store() {} }, 'session', null],
    },
    sessionKey: { 'a non-empty string': ['', 7, '__proto__'] },
    baseURL: {
      'an absolute URL': ['', 'passport.freedompay.kz', 7, new URL('https://provider.example')],
      'an https: URL': ['ftp://x.example'],
      'a URL without a user name or password': [
        'https://u:p@provider.example',
        'https://u@provider.example',
        'https://:p@provider.example',
      ],
      'a URL without a fragment': ['https://x/#y'],
      'a URL without a query': ['https://x.example/?tenant=1', 'https://x.example?'],
      [SECURE]: ['http://provider.example'],
    },
    authorizationURL: { 'an absolute URL': ['nowhere'], [SECURE]: ['http://provider.example/a'] },
    tokenURL: { 'an absolute URL': ['nowhere', null], [SECURE]: ['http://provider.example/a'] },
    userProfileURL: { 'an absolute URL': ['nowhere'], [SECURE]: ['http://provider.example/a'] },
    timeout: {
      'a positive number of milliseconds': [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '10', 2 ** 31],
    },
    maxResponseSize: { 'a positive whole number of bytes': [0, 1.5, -1, '10'] },
    agent: { 'an http.Agent or https.Agent': ['proxy', null, {}] },
    allowInsecureHttp: { 'true or false': ['yes', null] },
    fetch: { 'a function': ['fetch', {}] },
    customHeaders: {
      'an object of strings': ['text', null, ['a']],
      [HEADERS]: [{ 'bad name': 'x' }, { name: 'a\r\nb: c' }, { name: 7 }],
    },
    passReqToCallback: { 'true or false': ['yes', 1] },
    proxy: { 'true or false': ['yes', 1, null] },
    skipUserProfile: { 'true, false or a function': ['yes', null] },
    pkce: { 'left out: Freedom ID has no PKCE in this flow': [true, 'S256'] },
  };
  for (const [option, shapes] of Object.entries(wrong)) {
    it(`name ${option} when it is not what it should be, and say what that is`, () => {
      for (const [shape, values] of Object.entries(shapes)) {
        for (const value of values) {
          expect(() => construct({ ...minimalOptions, [option]: value }), inspect(value))
            .to.throw(TypeError)
            .with.property('message', `passport-freedom-id: ${option} must be ${shape}`);
        }
      }
    });
  }

  it('must be there at all', () => {
    for (const nothing of [undefined, null, 'text']) {
      expect(() => construct(nothing)).to.throw(TypeError, 'options must be an object');
      expect(() => new FreedomIdClient(nothing as never)).to.throw(TypeError, 'options must be an object');
    }
  });

  it('come with a verify function of a form that there is', () => {
    for (const none of [null, 'text', {}])
      expect(() => construct(minimalOptions, none)).to.throw(TypeError, /: verify must be a function$/);
    const six = (_1: unknown, _2: unknown, _3: unknown, _4: unknown, _5: unknown, _6: unknown) => undefined;
    expect(() => construct(minimalOptions, six)).to.throw(
      TypeError,
      /: verify must be a function of at most \(.*, done\), with req first under passReqToCallback$/,
    );
    expect(() => construct({ ...minimalOptions, passReqToCallback: true }, six)).to.not.throw();
  });

  it('refuse a store together with state: false', () => {
    const store = { store() {}, verify() {} };
    expect(() => construct({ ...minimalOptions, store, state: false })).to.throw(
      TypeError,
      'store must be left out',
    );
  });

  it('permit http: on this machine, and elsewhere only when told so', () => {
    for (const baseURL of [
      'http://localhost:4400',
      'http://127.0.0.1:4400',
      'http://127.10.20.30',
      'http://[::1]:4400',
    ]) {
      expect(() => construct({ ...minimalOptions, baseURL }), baseURL).to.not.throw();
    }
    for (const baseURL of [
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example',
      'http://10.0.0.1',
      'http://127.evil.example',
    ]) {
      expect(() => construct({ ...minimalOptions, baseURL }), baseURL).to.throw(
        TypeError,
        /allowInsecureHttp/,
      );
      expect(
        () => construct({ ...minimalOptions, baseURL, allowInsecureHttp: true }),
        baseURL,
      ).to.not.throw();
    }
    expect(() =>
      construct({ ...minimalOptions, baseURL: 'ftp://10.0.0.1', allowInsecureHttp: true }),
    ).to.throw(TypeError, /baseURL must be an https: URL$/);
  });

  it('find the endpoints under the base URL, and each may be elsewhere', () => {
    const { client } = construct({
      ...minimalOptions,
      baseURL: 'https://proxy.example/freedom//',
      tokenURL: 'https://token.example/t?x=1',
    });
    expect(client).to.include({
      authorizationURL: 'https://proxy.example/freedom/api/v1/oauth/authorize',
      tokenURL: 'https://token.example/t?x=1',
      userProfileURL: 'https://proxy.example/freedom/api/v1/oauth/get-data',
    });
  });

  it('take the scope as a list, or as a string with spaces or commas', () => {
    expect(readScope(['a', 'b'])).to.deep.equal(['a', 'b']);
    expect(readScope(' a b,c,  d ')).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(readScope([])).to.deep.equal([]);
  });

  it('are copied: what the app does to its list afterwards changes nothing', () => {
    const scope = ['read.email'];
    const grants = readScope(scope);
    scope.push('read.cards');
    expect(grants).to.deep.equal(['read.email']);
  });

  it('take an agent and a fetch of the app', () => {
    const agent = new Agent();
    expect(readClientOptions({ ...minimalOptions, agent, fetch: globalThis.fetch })).to.include({
      agent,
      fetch: globalThis.fetch,
    });
  });

  it('are printed without the secret', () => {
    const strategy = construct(minimalOptions);
    for (const thing of [strategy, strategy.client]) {
      expect(inspect(thing, { depth: 10, showHidden: false })).to.not.include(CLIENT_SECRET);
      expect(JSON.stringify(thing)).to.not.include(CLIENT_SECRET);
    }
  });
});
