import { Agent } from 'node:http';
import { expect } from 'chai';
import { readConnectionOptions } from '../../lib/http/options';
import { minimalOptions } from '../support/options';
import { construct, testWrongOptions } from '../support/wrong-options';

const SECURE = 'an https: URL, because secrets are sent there (the option allowInsecureHttp permits http:)';
const HEADERS = 'an object of valid header names and string values';

describe('the connection options', () => {
  testWrongOptions({
    clientID: { 'a non-empty string without a colon': [undefined, '', ' ', 7, 'with:colon'] },
    clientSecret: { 'a non-empty string': [undefined, '', null] },
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
    timeout: {
      'a number of milliseconds above 0 and up to 2147483647': [
        0,
        -1,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        '10',
        2 ** 31,
      ],
    },
    maxResponseSize: { 'a positive whole number of bytes': [0, 1.5, -1, '10'] },
    agent: { 'an http.Agent or https.Agent': ['proxy', null, {}] },
    fetch: { 'a function': ['fetch', {}] },
    customHeaders: {
      'an object of strings': ['text', null, ['a']],
      [HEADERS]: [{ 'bad name': 'x' }, { name: 'a\r\nb: c' }, { name: 7 }],
    },
    allowInsecureHttp: { 'true or false': ['yes', null] },
  });

  it('allow a timeout of as many milliseconds as a timer of Node.js can wait', () => {
    expect(readConnectionOptions({ ...minimalOptions, timeout: 2 ** 31 - 1 }).timeout).to.equal(2 ** 31 - 1);
  });

  it('take an agent and a fetch of the app as they are', () => {
    const agent = new Agent();
    expect(readConnectionOptions({ ...minimalOptions, agent, fetch: globalThis.fetch })).to.include({
      agent,
      fetch: globalThis.fetch,
    });
  });

  it('permit http: on this machine, and elsewhere only with allowInsecureHttp', () => {
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
      const allowed = { ...minimalOptions, baseURL, allowInsecureHttp: true };
      expect(() => construct(allowed), baseURL).to.not.throw();
    }
    const notHTTP = { ...minimalOptions, baseURL: 'ftp://10.0.0.1', allowInsecureHttp: true };
    expect(() => construct(notHTTP)).to.throw(TypeError, /baseURL must be an https: URL$/);
  });
});
