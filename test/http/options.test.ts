import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { expect } from 'chai';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { readConnectionOptions } from '../../lib/http/options';
import { minimalOptions } from '../support/options';
import { construct, testWrongOptions } from '../support/wrong-options';

const SECURE = 'an https: URL, because secrets are sent there (the option allowInsecureHttp permits http:)';
const CLEAN =
  'a string without control characters, and without white space at its ends (does it come from a file, with the end of the line?)';
const HEADERS = 'an object of valid header names and string values';

describe('the connection options', () => {
  testWrongOptions({
    clientID: {
      'a non-empty string': [undefined, '', ' ', 7],
      'a string without a colon': ['with:colon'],
      [CLEAN]: ['demo\n', ' demo', '\ufeffdemo', 'de\0mo', 'de\u0085mo'],
    },
    clientSecret: {
      'a non-empty string': [undefined, '', null],
      [CLEAN]: ['s3cret\r\n', '\ts3cret', 's3cret ', 's3c\u007fret'],
    },
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
      'an object of strings': ['text', null, ['a'], new Headers({ a: 'b' }), new Map([['a', 'b']])],
      [HEADERS]: [{ 'bad name': 'x' }, { name: 'a\r\nb: c' }, { name: 7 }],
      'an object without content-length, which frames or upgrades the connection': [
        { 'x-trace': 'a', 'Content-Length': '5' },
      ],
      'an object whose connection, if any, is close or keep-alive: anything else upgrades the connection': [
        { Connection: 'upgrade' },
        { connection: 'keep-alive, upgrade' },
        { connection: 'not close' },
        { connection: '' },
      ],
    },
    allowInsecureHttp: { 'true or false': ['yes', null] },
  });

  it('refuse every header that says how a message is framed, or what becomes of its connection', () => {
    for (const name of [
      'transfer-encoding',
      'TE',
      'Trailer',
      'upgrade',
      'HTTP2-Settings',
      'Expect',
      'Keep-Alive',
      'proxy-connection',
    ]) {
      expect(() => construct({ ...minimalOptions, customHeaders: { [name]: 'x' } }), name).to.throw(
        TypeError,
        `without ${name.toLowerCase()}, which frames or upgrades the connection`,
      );
    }
  });

  it('allow the other headers, among them one that closes or keeps the connection', () => {
    const customHeaders = { host: 'other.example', 'accept-encoding': 'identity', 'X-Trace': 'upgrade, te' };
    for (const connection of ['close', 'Keep-Alive', ' close ']) {
      const settings = readConnectionOptions({
        ...minimalOptions,
        customHeaders: { ...customHeaders, connection },
      });
      expect(settings.customHeaders).to.include({ connection, 'x-trace': 'upgrade, te' });
    }
  });

  it('allow a secret with white space inside, and letters of any script', () => {
    const { clientSecret } = readConnectionOptions({ ...minimalOptions, clientSecret: 'құпия s3cret' });
    expect(clientSecret).to.equal('құпия s3cret');
  });

  it('show no secret when they are refused', () => {
    for (const wrong of [
      { clientID: 's3cret:', clientSecret: 's3cret\n' },
      { clientSecret: 's3cret\n' },
      { customHeaders: { s3cret: 's3cret', te: 's3cret' } },
      { customHeaders: 's3cret' },
      { baseURL: 'https://s3cret@provider.example' },
      { baseURL: 'https://provider.example?key=s3cret' },
      { tokenURL: 'http://provider.example?key=s3cret' },
      { agent: 'http://user:s3cret@proxy.example' },
    ]) {
      expect(() => construct({ ...minimalOptions, ...wrong }))
        .to.throw(TypeError)
        .with.property('message')
        .that.does.not.include('s3cret');
    }
    expect(() => construct('s3cret')).to.throw(
      /: options must be an object, but is a string of 6 characters$/,
    );
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

  describe('take an agent', () => {
    const HTTP = 'http://127.0.0.1:4400';
    const HTTPS = 'https://provider.example';
    const constructWith = (options: object) => () => construct({ ...minimalOptions, ...options });

    it('that is for the protocol of the URLs, and no other', () => {
      expect(constructWith({ baseURL: HTTP, agent: new Agent() })).to.not.throw();
      expect(constructWith({ baseURL: HTTPS, agent: new SecureAgent() })).to.not.throw();
      const BOTH = 'or a proxy agent for both http: and https:, because requests go to';
      for (const options of [
        { baseURL: HTTPS, agent: new Agent() },
        { baseURL: HTTP, tokenURL: `${HTTPS}/token?key=1`, agent: new Agent() },
      ]) {
        expect(constructWith(options)).to.throw(
          TypeError,
          new RegExp(
            `^passport-freedom-id: agent must be an https.Agent, ${BOTH} ${HTTPS}, but is an object `,
          ),
        );
      }
      for (const options of [
        { baseURL: HTTP, agent: new SecureAgent() },
        { baseURL: HTTPS, userProfileURL: `${HTTP}/user`, agent: new SecureAgent() },
      ]) {
        expect(constructWith(options)).to.throw(
          TypeError,
          new RegExp(`^passport-freedom-id: agent must be an http.Agent, ${BOTH} ${HTTP}, but is an object `),
        );
      }
    });

    it('that is for both protocols', () => {
      class ForBoth extends Agent {
        get protocol(): string {
          return expect.fail('outside a request there is nothing to tell');
        }

        set protocol(_protocol: string) {}
      }
      const agents = [
        new ForBoth(),
        new HttpsProxyAgent('http://proxy.example'),
        { addRequest() {} },
        { addRequest() {}, protocol: undefined },
      ];
      for (const agent of agents) {
        for (const baseURL of [HTTP, HTTPS]) expect(constructWith({ baseURL, agent })).to.not.throw();
      }
    });

    it('of any kind for a fetch of the app', () => {
      const { fetch } = globalThis;
      expect(constructWith({ baseURL: HTTPS, agent: new Agent(), fetch })).to.not.throw();
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
    expect(() => construct(notHTTP)).to.throw(TypeError, /baseURL must be an https: URL, but is "ftp:/);
  });
});
