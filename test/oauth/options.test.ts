import { Agent } from 'node:http';
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
    profileURL: { 'an absolute URL': ['nowhere', null], [SECURE]: ['http://provider.example/a'] },
    usersURL: { 'an absolute URL': ['nowhere', null], [SECURE]: ['http://provider.example/a'] },
    stateIn: { "'query' or 'path'": ['header', '', null, true, ['path']] },
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
      profileURL: 'https://passport.freedompay.kz/api/v1/oauth/get-profile',
      usersURL: 'https://api.freedompay.kz/api/v1/oauth/user',
      timeout: 10_000,
      maxResponseSize: 262_144,
      agent: undefined,
      fetch: undefined,
      customHeaders: {},
      allowInsecureHttp: false,
    });
  });

  it('have the users at a host of their own only beside the default baseURL, given or not', () => {
    const usersURL = (options: object) => readClientOptions({ ...minimalOptions, ...options }).usersURL;
    const own = 'https://api.freedompay.kz/api/v1/oauth/user';
    for (const baseURL of [undefined, 'https://passport.freedompay.kz', 'https://passport.freedompay.kz/']) {
      expect(usersURL({ baseURL }), baseURL).to.equal(own);
    }
    expect(usersURL({ baseURL: 'http://127.0.0.1:4400' })).to.equal(
      'http://127.0.0.1:4400/api/v1/oauth/user',
    );
    expect(usersURL({ usersURL: 'https://other.example/u?k=1' })).to.equal('https://other.example/u?k=1');
    expect(usersURL({ baseURL: 'https://test.example', usersURL: undefined })).to.equal(
      'https://test.example/api/v1/oauth/user',
    );
  });

  it("put the full profile's status below the profile, and before a query", () => {
    const statusURL = (profileURL: string) =>
      new FreedomIdClient({ ...minimalOptions, profileURL }).profileStatusURL;
    expect(statusURL('https://a.example/profile')).to.equal('https://a.example/profile/status');
    expect(statusURL('https://a.example/profile/?key=1')).to.equal('https://a.example/profile/status?key=1');
    expect(statusURL('https://a.example')).to.equal('https://a.example/status');
  });

  it('may have an agent that fits a login, and not the defaults of the other endpoints', () => {
    const login = { authorizationURL: 1, tokenURL: 2, userProfileURL: 3 };
    const urls = Object.fromEntries(Object.keys(login).map((name) => [name, 'http://127.0.0.1:4400/x']));
    const agent = new Agent();
    expect(() => readClientOptions({ ...minimalOptions, ...urls, agent })).to.not.throw();
    for (const name of ['profileURL', 'usersURL']) {
      const given = { ...minimalOptions, ...urls, agent, [name]: 'https://a.example/x' };
      expect(() => readClientOptions(given)).to.throw(TypeError, 'agent must be an https.Agent');
    }
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
      'stateIn',
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
