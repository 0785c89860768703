import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  FreedomIdOidcClient,
  FreedomIdOidcStrategy,
  type FreedomIdOidcStrategyOptions,
} from '../../lib/oidc';
import { readClientOptions } from '../../lib/oidc/options';
import { createAuthority } from '../support/authority';
import { CLIENT_SECRET, minimalOptions } from '../support/options';
import { testWrongOptions } from '../support/wrong-options';

/** Constructs a strategy with options that TypeScript would not accept. */
const strategyWith = (options: unknown) =>
  new FreedomIdOidcStrategy(options as FreedomIdOidcStrategyOptions, async () => false);

const clientWith = (options: unknown) => new FreedomIdOidcClient(options as FreedomIdOidcStrategyOptions);

/** What must construct neither a strategy nor a client. */
const constructBoth = (options: object) => {
  expect(() => clientWith(options), 'the client').to.throw(TypeError);
  return strategyWith(options);
};

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
const [rsa1024, rsa2047, rsaPSS, p384, secp256k1, x25519] = [
  generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
  generateKeyPairSync('rsa', { modulusLength: 2047 }).publicKey,
  generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey,
  generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
  generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
  generateKeyPairSync('x25519').publicKey,
];

const jwkOf = (key: KeyObject) => ({ ...key.export({ format: 'jwk' }) });
const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }) as string;
const privatePEM = (type: 'pkcs1' | 'pkcs8') => rsa.privateKey.export({ format: 'pem', type }) as string;

const JWKS_URL = 'https://provider.example/jwks';
const FOREIGN_HTTP = 'http://provider.example/x';
const SECURE = 'an https: URL, because secrets are sent there (the option allowInsecureHttp permits http:)';
const SIGNED_BY = 'as a PEM text, a JWK or a KeyObject (RSA: 2,048 to 8,192 bits)';
const KEY = `a public key for RS256, PS256, ES256, EdDSA, ${SIGNED_BY}`;
const ALGORITHMS =
  'a list of some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, or of some of HS256, HS384, HS512';
const KEYS_URL =
  'an https: URL, or one on this machine, because forged keys would let an attacker sign in as anybody';
const VOUCHER =
  'given, or publicKey, because the tokenURL is http: to another machine, and anybody on the way could make an ID token';

describe('the options of the OpenID Connect flow', () => {
  testWrongOptions(
    {
      clientID: { 'a non-empty string': [undefined, '', null, 7], 'a string without a colon': ['a:b'] },
      clientSecret: { 'a non-empty string': [undefined, ' ', {}] },
      baseURL: { 'an absolute URL': ['provider.example', null], [SECURE]: [FOREIGN_HTTP] },
      issuer: {
        'a non-empty string without control characters': [
          '',
          ' ',
          'a\nb',
          null,
          7,
          ['https://provider.example'],
          new URL(JWKS_URL),
        ],
      },
      authorizationURL: {
        'an absolute URL': ['nowhere', null, 7],
        'an https: URL': ['ftp://provider.example/x', 'javascript:alert(1)'],
        [SECURE]: [FOREIGN_HTTP],
      },
      tokenURL: {
        'an absolute URL': ['nowhere', '', null],
        'a URL without a user name or password': ['https://u:p@provider.example/x'],
        [SECURE]: [FOREIGN_HTTP],
      },
      userInfoURL: {
        'an absolute URL': ['nowhere', false],
        'a URL without a fragment': ['https://provider.example/x#y'],
        [SECURE]: [FOREIGN_HTTP],
      },
      tokenRequest: { "'json' or 'form'": ['xml', 'JSON', '', null, true] },
      jwksURL: {
        'an absolute URL': ['nowhere', '', null, {}],
        'an https: URL': ['file:///etc/keys.json'],
        'a URL without a user name or password': ['https://u:p@provider.example/x'],
        [KEYS_URL]: [FOREIGN_HTTP, 'http://localhost.evil.example/', 'http://10.0.0.1/jwks'],
      },
      publicKey: {
        [KEY]: [
          ...[
            '',
            'garbage',
            '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
            null,
            7,
            true,
            [],
          ],
          ...[
            {},
            { kty: 'RSA' },
            { ...jwkOf(rsa.publicKey), n: undefined },
            { keys: [jwkOf(rsa.publicKey)] },
          ],
          ...[
            { ...jwkOf(ec.publicKey), x: 'AAAA' },
            { kty: 'oct', k: 'c2VjcmV0' },
            () => jwkOf(rsa.publicKey),
          ],
          ...[rsa.privateKey, jwkOf(rsa.privateKey), jwkOf(ec.privateKey), jwkOf(ed25519.privateKey)],
          ...[privatePEM('pkcs8'), privatePEM('pkcs1'), createSecretKey(Buffer.alloc(32))],
          ...[
            rsa2047,
            pemOf(rsa2047),
            jwkOf(rsa2047),
            rsa1024,
            pemOf(rsa1024),
            jwkOf(rsa1024),
            p384,
            secp256k1,
            x25519,
            jwkOf(x25519),
            rsaPSS,
          ],
          ...[
            { ...jwkOf(rsa.publicKey), use: 'enc' },
            { ...jwkOf(rsa.publicKey), alg: 'RS512' },
          ],
          { ...jwkOf(rsa.publicKey), key_ops: ['encrypt'] },
        ],
      },
      algorithms: {
        [ALGORITHMS]: [
          ...[
            [],
            ['none'],
            ['None'],
            ['RS256', 'none'],
            ['RS257'],
            ['rs256'],
            [''],
            [undefined],
            [['RS256']],
          ],
          ...[['RS256', 'HS256'], ['HS256', 'ES256'], ['HS256', 'none'], 'RS256', 'HS256', null, {}, 7],
          ['toString'],
        ],
      },
      clockTolerance: {
        'a number of seconds, 0 or more': [
          ...[-1, -0.001, Number.NaN, Number.POSITIVE_INFINITY, '30', null, true, 30n, []],
        ],
      },
      timeout: { 'a number of milliseconds above 0 and up to 2147483647': [0, '10000', Number.NaN] },
      maxResponseSize: { 'a positive whole number of bytes': [0, 1.5, '1'] },
      agent: { 'an http.Agent or https.Agent': [{}, null] },
      fetch: { 'a function': [null, {}] },
      allowInsecureHttp: { 'true or false': ['true', null, 1] },
    },
    constructBoth,
  );

  testWrongOptions(
    {
      callbackURL: {
        'a string: an absolute URL, or one relative to the request': [undefined, '', 7, null],
        'a URL without a query parameter code, error_code, error, state, iss': [
          ...['/cb?code=1', '/cb?a=b&iss=x', 'https://app.example/cb?state=1'],
        ],
      },
      scope: { 'a string, or an array of strings with one grant each': [7, null, [7], ['a b'], {}] },
      state: {
        'true or left out, because the nonce of the ID token is made of it; to keep it elsewhere, pass the option store':
          [false, 'a', null, 1, {}],
      },
      stateIn: { 'left out: in this flow the state is a parameter of its own': ['path', '', null, true] },
      pkce: { 'left out: Freedom ID has no PKCE in this flow': [true, 'S256', null] },
      store: {
        'an object with the functions store and verify, or true for the session': [false, null, {}, 'redis'],
      },
      sessionKey: { 'a non-empty string other than __proto__': ['', 7, '__proto__'] },
      passReqToCallback: { 'true or false': ['true', 1, null] },
      proxy: { 'true or false': ['true', 1] },
      skipUserProfile: { 'true, false or a function': ['true', 1, null] },
      refusalCodes: { 'an array of non-empty strings': ['access_denied', [7], [''], null] },
    },
    strategyWith,
  );

  /** Each is refused whoever is constructed, and the message names the option and what it must be. */
  function expectRefused(option: string, shape: string, ...wrong: object[]): void {
    for (const options of wrong) {
      for (const make of [strategyWith, clientWith]) {
        expect(() => make({ ...minimalOptions, ...options }), inspect(options))
          .to.throw(TypeError)
          .with.property('message')
          .that.satisfies((text: string) =>
            text.startsWith(`passport-freedom-id: ${option} must be ${shape}, but is `),
          );
      }
    }
  }

  it('reject a public key that fits none of the algorithms', () => {
    const onlyRSA = `a public key for RS256, ${SIGNED_BY}`;
    const keys = [ec.publicKey, pemOf(ec.publicKey), jwkOf(ec.publicKey), ed25519.publicKey, p384];
    expectRefused('publicKey', onlyRSA, ...keys.map((publicKey) => ({ publicKey, algorithms: ['RS256'] })));
    expectRefused('publicKey', `a public key for ES256, ${SIGNED_BY}`, {
      publicKey: rsa.publicKey,
      algorithms: ['ES256'],
    });
  });

  it('accept the public key in a certificate, and reject a certificate that is broken', async () => {
    const { cert } = await (await createAuthority()).certify('provider.example');
    expect(() => strategyWith({ ...minimalOptions, publicKey: cert })).to.not.throw();
    expectRefused('publicKey', KEY, { publicKey: cert.replace(/^(.{40}).*$/m, '$1') });
  });

  it('reject two ways to find the key, and a key beside the client secret', () => {
    const publicKey = rsa.publicKey;
    expectRefused('publicKey', 'left out where there is a jwksURL', { publicKey, jwksURL: JWKS_URL });
    for (const algorithms of [['HS256'], ['HS384', 'HS512']]) {
      expectRefused(
        'algorithms',
        'without HS*, which is for the client secret, because a key was given',
        { algorithms, publicKey },
        { algorithms, jwksURL: JWKS_URL },
      );
    }
  });

  it('reject keys that come over http: from another machine, also with allowInsecureHttp', () => {
    expectRefused('jwksURL', KEYS_URL, { jwksURL: FOREIGN_HTTP, allowInsecureHttp: true });
  });

  it('reject a tokenURL over http: to another machine without a public key: the client secret is not enough', () => {
    const insecure = { tokenURL: FOREIGN_HTTP, allowInsecureHttp: true };
    expectRefused(
      'jwksURL',
      VOUCHER,
      insecure,
      { ...insecure, algorithms: ['HS256'] },
      { ...insecure, algorithms: ['RS256'] },
      { baseURL: 'http://provider.example', allowInsecureHttp: true },
    );
  });

  it('show nothing of a key or a secret when they are rejected', () => {
    const secrets: [options: object, shown: string][] = [
      [{ publicKey: rsa.privateKey }, 'a private KeyObject'],
      [{ publicKey: Buffer.from(privatePEM('pkcs8')) }, 'bytes, not a text'],
      [{ publicKey: privatePEM('pkcs8') }, 'a string of'],
      [{ publicKey: jwkOf(rsa.privateKey) }, 'an object of 9 members'],
      [{ publicKey: { kty: 'oct', k: CLIENT_SECRET } }, 'an object of 2 members'],
      [{ publicKey: CLIENT_SECRET }, 'a string of 11 characters'],
      [{ publicKey: rsa.publicKey, jwksURL: JWKS_URL }, 'a public KeyObject'],
      [{ jwksUri: JWKS_URL }, 'jwksURL must be spelt so, not jwksUri'],
      [{ jwks_uri: JWKS_URL }, 'not jwks_uri'],
      [{ jwksUrl: JWKS_URL }, 'not jwksUrl'],
      [{ clientSecret: `${CLIENT_SECRET}\n` }, 'a string of 12 characters'],
      [{ jwksURL: `http://provider.example/jwks?key=${CLIENT_SECRET}` }, 'http://provider.example/jwks?…'],
    ];
    const { d = '', n = '' } = jwkOf(rsa.privateKey);
    for (const [options, shown] of secrets) {
      expect(() => strategyWith({ ...minimalOptions, ...options }))
        .to.throw(TypeError)
        .with.property('message')
        .that.includes(shown)
        .and.satisfies((text: string) =>
          [
            d.slice(0, 20),
            n.slice(0, 20),
            CLIENT_SECRET,
            'PRIVATE KEY',
            privatePEM('pkcs8').slice(30, 60),
          ].every((secret) => !text.includes(secret)),
        )
        .and.matches(/^[^\p{Cc}]+$/u);
    }
  });

  it('accept a public key in each of its forms', () => {
    const good: [algorithm: string, key: KeyObject][] = [
      ['RS256', rsa.publicKey],
      ['PS256', rsa.publicKey],
      ['ES256', ec.publicKey],
      ['ES384', p384],
      ['EdDSA', ed25519.publicKey],
      ['Ed25519', ed25519.publicKey],
    ];
    for (const [algorithm, key] of good) {
      const pkcs1 = key.asymmetricKeyType === 'rsa' ? [key.export({ format: 'pem', type: 'pkcs1' })] : [];
      const jwk = jwkOf(key);
      const withFacts = { ...jwk, kid: '1', use: 'sig', key_ops: ['verify'], alg: algorithm };
      for (const publicKey of [
        key,
        pemOf(key),
        `\n${pemOf(key)}\n`,
        jwk,
        Object.freeze(withFacts),
        ...pkcs1,
      ]) {
        const options = { ...minimalOptions, publicKey, algorithms: Object.freeze([algorithm, 'ES512']) };
        expect(() => strategyWith(options), `${algorithm} ${inspect(publicKey)}`).to.not.throw();
      }
    }
  });

  it('accept what is right', () => {
    const insecure = { tokenURL: FOREIGN_HTTP, allowInsecureHttp: true };
    for (const options of [
      {},
      Object.fromEntries(
        ['issuer', 'jwksURL', 'publicKey', 'algorithms', 'state'].map((name) => [name, undefined]),
      ),
      { state: true, stateIn: 'query', pkce: false },
      { issuer: 'any text' },
      { clockTolerance: 0 },
      { clockTolerance: 0.5 },
      { tokenRequest: 'form' },
      { tokenRequest: 'json' },
      { algorithms: ['HS256'] },
      { algorithms: ['HS512', 'HS256'] },
      { algorithms: ['RS256', 'Ed25519'] },
      { jwksURL: JWKS_URL },
      { jwksURL: 'http://127.0.0.1:4400/jwks' },
      { jwksURL: 'http://localhost:4400/jwks?key=1' },
      { jwksURL: 'http://[::1]:4400/jwks', algorithms: ['ES256'] },
      { baseURL: 'http://localhost:4400' },
      { baseURL: 'http://127.0.0.1:4400', algorithms: ['HS256'] },
      { ...insecure, jwksURL: JWKS_URL },
      { ...insecure, publicKey: rsa.publicKey },
      { userInfoURL: FOREIGN_HTTP, authorizationURL: FOREIGN_HTTP, allowInsecureHttp: true },
      { skipUserProfile: true },
      { skipUserProfile: () => true },
      { scope: 'openid, read.email read.phone' },
      { scope: [] },
    ]) {
      expect(() => strategyWith({ ...minimalOptions, ...options }), inspect(options)).to.not.throw();
    }
  });

  it('have the documented defaults', () => {
    const { clientID, clientSecret } = minimalOptions;
    const { baseURL, ...settings } = readClientOptions({ clientID, clientSecret });
    expect(settings).to.deep.equal({
      clientID,
      clientSecret,
      issuer: 'https://passport.freedompay.kz',
      authorizationURL: 'https://passport.freedompay.kz/openid',
      tokenURL: 'https://passport.freedompay.kz/api/v1/oidc/token',
      userInfoURL: 'https://passport.freedompay.kz/api/v1/oidc/userinfo',
      tokenRequest: 'json',
      signature: { by: 'connection', algorithms: undefined },
      clockTolerance: 30,
      timeout: 10_000,
      maxResponseSize: 262_144,
      agent: undefined,
      fetch: undefined,
      customHeaders: {},
      allowInsecureHttp: false,
    });
    const known = ['RS256', 'PS256', 'ES256', 'EdDSA'];
    const { signature } = readClientOptions({ clientID, clientSecret, jwksURL: JWKS_URL });
    expect(signature).to.deep.equal({ by: 'keys', algorithms: known, jwksURL: JWKS_URL });
  });

  it('find the endpoints and the issuer under the base URL, and each may be elsewhere', () => {
    const baseURL = 'https://proxy.example/freedom//';
    const userInfoURL = 'https://data.example/me?x=1';
    expect(clientWith({ ...minimalOptions, baseURL, userInfoURL })).to.include({
      issuer: 'https://proxy.example/freedom',
      authorizationEndpoint: 'https://proxy.example/freedom/openid',
      tokenURL: 'https://proxy.example/freedom/api/v1/oidc/token',
      userInfoURL,
    });
  });

  it('must be an object', () => {
    for (const nothing of [undefined, null, 'text']) {
      for (const make of [strategyWith, clientWith]) {
        expect(() => make(nothing)).to.throw(TypeError, 'options must be an object');
      }
    }
  });

  it('are never written to, and later changes to them have no effect', () => {
    const algorithms = ['ES256'];
    const publicKey = { ...jwkOf(ec.publicKey) };
    const { signature } = readClientOptions(Object.freeze({ ...minimalOptions, algorithms, publicKey }));
    algorithms.push('RS256');
    publicKey.kty = 'oct';
    expect(signature).to.deep.include({ algorithms: ['ES256'] });
    expect(signature).to.have.nested.property('key.kty', 'EC');
  });

  it('are printed without the secret', () => {
    for (const extra of [{}, { algorithms: ['HS256'] }]) {
      const strategy = strategyWith({ ...minimalOptions, ...extra });
      for (const thing of [strategy, strategy.client, Object.create(strategy)]) {
        const printed = inspect(thing, { depth: 10 }) + JSON.stringify(thing);
        expect(printed).to.not.include(CLIENT_SECRET);
        expect(printed).to.not.include(
          Buffer.from(CLIENT_SECRET).toString('hex').replace(/../g, '$& ').trim(),
        );
      }
    }
  });
});
