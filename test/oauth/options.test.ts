import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { readClientOptions } from '../../lib/oauth/options';
import { CLIENT_SECRET, minimalOptions } from '../support/options';
import { construct, testWrongOptions } from '../support/wrong-options';

const SECURE = 'an https: URL, because secrets are sent there (the option allowInsecureHttp permits http:)';

describe('the options', () => {
  testWrongOptions({
    authorizationURL: { 'an absolute URL': ['nowhere'], [SECURE]: ['http://provider.example/a'] },
    tokenURL: { 'an absolute URL': ['nowhere', null], [SECURE]: ['http://provider.example/a'] },
    userProfileURL: { 'an absolute URL': ['nowhere'], [SECURE]: ['http://provider.example/a'] },
  });

  it('have the documented defaults', () => {
    const { clientID, clientSecret } = minimalOptions;
    expect(readClientOptions({ clientID, clientSecret })).to.deep.equal({
      clientID,
      clientSecret,
      baseURL: 'https://passport.freedompay.kz',
      authorizationURL: 'https://passport.freedompay.kz/api/v1/oauth/authorize',
      tokenURL: 'https://passport.freedompay.kz/api/v1/oauth/token',
      userProfileURL: 'https://passport.freedompay.kz/api/v1/oauth/get-data',
      timeout: 10_000,
      maxResponseSize: 262_144,
      agent: undefined,
      fetch: undefined,
      customHeaders: {},
      allowInsecureHttp: false,
    });
  });

  it('must be an object', () => {
    for (const nothing of [undefined, null, 'text']) {
      expect(() => construct(nothing)).to.throw(TypeError, 'options must be an object');
      expect(() => new FreedomIdClient(nothing as never)).to.throw(TypeError, 'options must be an object');
    }
  });

  it('are never written to', () => {
    const options = Object.freeze({
      ...minimalOptions,
      scope: Object.freeze(['openid']),
      customHeaders: Object.freeze({ A: 'b' }),
    });
    expect(() => construct(options)).to.not.throw();
  });

  it('may be undefined, if they are not required', () => {
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
      'customHeaders',
      'pkce',
    ];
    const nothing = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(() => construct({ ...minimalOptions, ...nothing })).to.not.throw();
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

  it('are printed without the secret', () => {
    const strategy = construct(minimalOptions);
    for (const thing of [strategy, strategy.client]) {
      expect(inspect(thing, { depth: 10, showHidden: false })).to.not.include(CLIENT_SECRET);
      expect(JSON.stringify(thing)).to.not.include(CLIENT_SECRET);
    }
  });
});
