import { createHash, createPublicKey, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import {
  FreedomIdOidcClient,
  FreedomIdOidcStrategy,
  type FreedomIdOidcStrategyOptions,
} from '../../lib/oidc';
import { listen, loginApp, type RunningApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { useEmulator } from '../support/emulator';
import {
  ACCESS_TOKEN,
  CODE,
  encodePart,
  es256,
  goodClaims,
  hs256,
  idToken,
  jwkOf,
  jwt,
  NONCE,
  type OidcAnswers,
  type OidcEndpoint,
  oidcLogin,
  otherKeys,
  privateKey,
  publicKey,
  STATE,
  SUB,
} from '../support/oidc-login';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from '../support/options';
import { manyPrimesKey } from '../support/rsa-key';

type Options = Partial<FreedomIdOidcStrategyOptions>;

const JWKS_URL = 'https://passport.freedompay.kz/api/v1/oidc/jwks';

const MEGABYTE = 1_000_000;

/** How a strategy checks who has made a token. */
const BY_KEYS: Options = { jwksURL: JWKS_URL };
const BY_KEY: Options = { publicKey: jwkOf(publicKey) };
const BY_SECRET: Options = { algorithms: ['HS256'] };
const BY_CONNECTION: Options = {};

/** No test here waits so long: a login that ends only at the deadline fails by Mocha's own limit. */
const FAR_AWAY = 60_000;

/** Expects that nobody is signed in, and one error, short, in one line, that shows nothing of the response. @returns its message */
async function refusal(
  answers: OidcAnswers,
  options: Options,
  error: { endpoint?: OidcEndpoint; code?: string } = {},
): Promise<string> {
  const { endpoint = 'token', code = 'ERR_FREEDOM_ID_TOKEN' } = error;
  const { action, args } = await oidcLogin(answers, { timeout: FAR_AWAY, ...options });
  expect(action, inspect(args)).to.equal('error');
  expect(args).to.have.length(1);
  expect(args[0]).to.be.instanceOf(FreedomIdError).and.include({ endpoint, code, status: 502 });
  const { message } = args[0] as Error;
  expect(message).to.match(/^Freedom ID \w+: [^\p{C}\p{Zl}\p{Zp}]{20,300}\.$/u);
  const shown = inspect(args, { depth: 9, showHidden: true });
  for (const secret of [ACCESS_TOKEN, CODE, STATE, NONCE, CLIENT_SECRET, 'H0stile']) {
    expect(shown).to.not.include(secret);
  }
  return message;
}

const withToken = (id_token: unknown): OidcAnswers => ({ token: { access_token: ACCESS_TOKEN, id_token } });

describe("a server that pretends to be Freedom ID's OpenID provider gets nowhere with", () => {
  it('a text that is not an ID token', async () => {
    const notJSON = [
      encodePart('H0stile'),
      encodePart('[]'),
      encodePart(Uint8Array.of(0xff, 0xfe)),
      'H0stile',
    ];
    const header = encodePart('{"alg":"ES256"}');
    const claims = encodePart(JSON.stringify(goodClaims()));
    const wrong: unknown[] = [
      ...notJSON.flatMap((part) => [
        `${part}.${part}.${part}`,
        `${header}.${part}.AAAA`,
        `${part}.${claims}.AAAA`,
      ]),
      ...[undefined, null, '', 7, true, [], {}, [idToken()], { token: idToken() }, '..', 'a.b', 'H0stile'],
      ...[
        `${idToken()}.${claims}`,
        `${idToken()}..`,
        ` ${idToken()}`,
        `${idToken()}\n`,
        `Bearer ${idToken()}`,
      ],
      `${encodePart('{"alg":"dir","enc":"A128GCM"}')}..AAAA.AAAA.AAAA`,
    ];
    for (const options of [BY_KEYS, BY_KEY, BY_SECRET, BY_CONNECTION]) {
      for (const token of wrong) {
        expect(await refusal(withToken(token), options)).to.equal(
          token === undefined
            ? 'Freedom ID token: the id_token must be there. Check that tokenURL is that of OpenID Connect.'
            : "Freedom ID token: the id_token must be a signed JWT, whose header and claims are JSON objects without a name twice. Ask Freedom ID's support about it.",
        );
      }
    }
  });

  it('claims that come twice, or that pollute a prototype', async () => {
    const good = JSON.stringify(goodClaims()).slice(1, -1);
    for (const claims of [
      `{${good},"sub":"H0stile"}`,
      `{"sub":"H0stile",${good}}`,
      `{${good},"\\u0073ub":"H0stile"}`,
      `{${good},"address":{"country":"H0stile","country":"KZ"}}`,
      `{${good},"__proto__":{"admin":true}}`,
      `{"__proto__":{${good}}}`,
      `{${good},"x":[{"__proto__":null}]}`,
    ]) {
      for (const token of [
        jwt({ alg: 'ES256' }, claims),
        jwt(claims.replace('{', '{"alg":"ES256",'), goodClaims()),
      ]) {
        expect(await refusal(withToken(token), BY_KEYS)).to.include('JSON objects without a name twice');
      }
    }
    const harmless = jwt({ alg: 'ES256' }, `{${good},"constructor":{"prototype":{"admin":true}}}`);
    expect(await oidcLogin(withToken(harmless), BY_KEYS)).to.include({ action: 'success' });
    expect({}).to.not.have.property('admin');
  });

  it('claims of another type, such as numbers as strings', async () => {
    const now = Math.floor(Date.now() / 1000);
    const wrong: Record<string, unknown[]> = {
      iss: [['https://passport.freedompay.kz'], { toString: 'x' }, null, undefined],
      sub: [7, [SUB], { id: SUB }, null, undefined, '', ' ', `${SUB}\n`, 'аdmin', 'x'.repeat(256)],
      aud: [[], [[CLIENT_ID]], { 0: CLIENT_ID, length: 1 }, null, undefined, true],
      azp: [null, [CLIENT_ID], true],
      exp: [`${now + 3600}`, '2100-01-01T00:00:00Z', true, [now + 3600], null, undefined],
      iat: [`${now}`, '', true, null, undefined],
      nbf: [`${now}`, null, false],
      nonce: [[NONCE], null, undefined, 7],
      at_hash: [null, '', true, []],
    };
    for (const [claim, values] of Object.entries(wrong)) {
      for (const value of values) {
        const message = await refusal(withToken(idToken({ [claim]: value })), BY_KEYS);
        expect(message, inspect(value)).to.match(
          new RegExp(`^Freedom ID token: ${claim} of the ID token must be `),
        );
      }
    }
    const endless = JSON.stringify({ ...goodClaims(), exp: 0 }).replace('"exp":0', '"exp":1e999');
    expect(await refusal(withToken(jwt({ alg: 'ES256' }, endless)), BY_KEYS)).to.include(
      'exp of the ID token',
    );
  });

  it('denial of service by a megabyte of claims, or by claims nested deep', async () => {
    const huge = withToken(idToken({ padding: 'H0stile'.repeat(MEGABYTE / 7) }));
    const tooLarge = { endpoint: 'token', code: 'ERR_FREEDOM_ID_RESPONSE' } as const;
    expect(await refusal(huge, BY_KEYS, tooLarge)).to.include('larger than 262144 bytes');

    const room = { ...BY_KEYS, maxResponseSize: 100 * MEGABYTE };
    const names = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, index) => [`H0stile${index}`, index]),
    );
    const braces = `{"x":${'['.repeat(MEGABYTE / 2)}${']'.repeat(MEGABYTE / 2)}}`;
    const quotes = `{"x":"${'\\"'.repeat(5 * MEGABYTE)}"}`;
    for (const token of [
      idToken({ padding: 'H0stile'.repeat(MEGABYTE / 7), nonce: 'of another login' }),
      idToken({ ...names, nonce: 'of another login' }),
      idToken({ aud: Array(MEGABYTE / 10).fill('H0stile') }),
      jwt({ alg: 'ES256' }, braces),
      jwt({ alg: 'ES256' }, quotes),
      jwt(quotes, '{}'),
      `${'A'.repeat(MEGABYTE)}.${'A'.repeat(MEGABYTE)}.${'A'.repeat(MEGABYTE)}`,
      '.'.repeat(MEGABYTE),
    ]) {
      expect((await refusal(withToken(token), room)).length).to.be.below(300);
    }
  });

  it('denial of service by a kid of 100 KB', async () => {
    const token = withToken(idToken({}, { kid: 'H0stile'.repeat(15_000) }));
    for (const keys of [
      [jwkOf(publicKey)],
      [{ ...otherKeys.publicKey.export({ format: 'jwk' }), kid: 'H0stile' }],
    ]) {
      expect(await refusal({ ...token, jwks: { keys } }, BY_KEYS)).to.equal(
        'Freedom ID token: signature of the ID token must be made by a key of Freedom ID. Check that jwksURL has the key of its kid and alg.',
      );
    }
  });

  it('denial of service by a set of 10,000 keys that all fit', async () => {
    const { jwk } = manyPrimesKey(4096);
    const decoys = (kid?: string) => Array.from({ length: 10_000 }, () => ({ ...jwk, ...(kid && { kid }) }));
    const { rs256 } = manyPrimesKey(4096);
    const tooLarge = { endpoint: 'jwks', code: 'ERR_FREEDOM_ID_RESPONSE' } as const;
    const room = { ...BY_KEYS, maxResponseSize: 100 * MEGABYTE };
    for (const kid of [undefined, '1']) {
      const token = withToken(idToken({}, { alg: 'RS256', kid }, rs256));
      const jwks = { keys: decoys(kid) };
      expect(await refusal({ ...token, jwks }, BY_KEYS, tooLarge)).to.include('larger than 262144 bytes');
      expect(await refusal({ ...token, jwks }, room)).to.include('signature of the ID token');
    }
    // The one that fits is found among those that do not.
    const jwks = { keys: [...decoys('1'), { ...jwkOf(publicKey), kid: '2' }] };
    const good = withToken(idToken({}, { kid: '2' }));
    expect(await oidcLogin({ ...good, jwks }, room)).to.include({ action: 'success' });
  });

  it('denial of service by a key of 16,384 bits, which has signed the token', async () => {
    const { jwk, rs256 } = manyPrimesKey(16_384);
    const token = idToken({}, { alg: 'RS256' }, rs256);
    const [header, claims, signature = ''] = token.split('.');
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const isSigned = verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      key,
      Buffer.from(signature, 'base64url'),
    );
    expect(isSigned, 'the signature fits').to.equal(true);
    expect(await refusal({ ...withToken(token), jwks: { keys: [jwk] } }, BY_KEYS)).to.include('signature of');
    for (const publicKey of [jwk, key, key.export({ format: 'pem', type: 'spki' }) as string]) {
      expect(() => new FreedomIdOidcClient({ ...minimalOptions, publicKey }))
        .to.throw(TypeError)
        .with.property('message')
        .that.includes('publicKey must be a public key for')
        .and.includes('2,048 to 8,192 bits');
    }
    const large = manyPrimesKey(8192);
    const honest = withToken(idToken({}, { alg: 'RS256' }, large.rs256));
    expect(await oidcLogin({ ...honest, jwks: { keys: [large.jwk] } }, BY_KEYS)).to.include({
      action: 'success',
    });
  });

  it('an identity of another login, of another user, or for another client', async () => {
    const otherHash = encodePart(createHash('sha256').update('another token').digest().subarray(0, 16));
    const swapped: [claims: object, message: RegExp][] = [
      [{ nonce: 'of another login' }, /nonce of the ID token must be that of this login/],
      [{ at_hash: otherHash }, /at_hash of the ID token must be that of the access token/],
      [{ aud: 'shop' }, /aud of the ID token must be this app's client id alone\. Check clientID/],
      [{ aud: [CLIENT_ID, 'shop'] }, /aud of the ID token/],
      [{ aud: [CLIENT_ID, 'shop'], azp: CLIENT_ID }, /aud of the ID token/],
      [{ azp: 'shop' }, /azp of the ID token must be this app's client id/],
      [{ iss: 'https://evil.example' }, /iss of the ID token must be "https:\/\/passport\.freedompay\.kz"/],
      [{ iss: 'https://passport.freedompay.kz/' }, /iss of the ID token/],
      [{ exp: 1_000_000_000 }, /exp of the ID token must be Unix seconds in the future/],
      [{ iat: 4_000_000_000 }, /iat of the ID token must be Unix seconds in the past/],
    ];
    for (const options of [BY_KEYS, BY_KEY, BY_CONNECTION]) {
      for (const [claims, message] of swapped) {
        expect(await refusal(withToken(idToken(claims)), options)).to.match(message);
      }
    }
    for (const userinfo of [
      ...[{ sub: 'admin' }, { sub: 'admin', freedom_id: SUB }, { freedom_id: 'admin' }, {}, { id: SUB }],
      ...[{ sub: [SUB] }, { sub: `${SUB} ` }, { sub: '', freedom_id: SUB }, { sub: false, freedom_id: SUB }],
    ]) {
      const error = { endpoint: 'userinfo', code: 'ERR_FREEDOM_ID_TOKEN' } as const;
      expect(await refusal({ userinfo }, BY_KEYS, error)).to.match(
        /^Freedom ID userinfo: sub of the user info must be the ID token's sub, but is not\. Nobody was signed in/,
      );
    }
  });

  it('an algorithm that the attacker chooses: none, or the public key as a secret', async () => {
    const forged = { ...goodClaims(), sub: 'admin' };
    const none = () => Buffer.alloc(0);
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      for (const options of [BY_KEYS, BY_KEY, BY_SECRET, BY_CONNECTION]) {
        expect(await refusal(withToken(jwt({ alg }, forged, none)), options)).to.match(
          /^Freedom ID token: alg of/,
        );
      }
    }
    const { jwk } = manyPrimesKey(4096);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const secrets = [
      ...(['pem', 'der'] as const).flatMap((format) =>
        (['spki', 'pkcs1'] as const).map(
          (type) => key.export({ format, type } as never) as unknown as string | Buffer,
        ),
      ),
      JSON.stringify(jwk),
      Buffer.from(String(jwk.n), 'base64url'),
      '',
    ];
    for (const secret of secrets) {
      const token = withToken(jwt({ alg: 'HS256' }, forged, hs256(secret)));
      for (const options of [BY_KEYS, { publicKey: key }]) {
        const message = await refusal({ ...token, jwks: { keys: [jwk] } }, options);
        expect(message).to.include('alg of the ID token must be one of RS256, PS256, ES256, EdDSA');
      }
      expect(await refusal(token, BY_SECRET)).to.include('signature of the ID token');
    }
    // A token that is signed with a key, where the secret is expected.
    expect(await refusal(withToken(idToken()), BY_SECRET)).to.include(
      'alg of the ID token must be one of HS256',
    );
  });

  it('a key that the attacker chooses: in the token, private, or symmetric', async () => {
    const own = jwkOf(otherKeys.publicKey);
    for (const header of [
      { jwk: own },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/cert' },
      { x5c: ['H0stile'] },
      { jwk: null },
      { crit: ['H0stile'], H0stile: true },
      { crit: [] },
    ]) {
      for (const signer of [es256(), es256(otherKeys.privateKey)]) {
        const login = oidcLogin(withToken(idToken({}, header, signer)), BY_KEYS);
        expect((await login).asked.map(({ endpoint }) => endpoint)).to.deep.equal(['token']);
        const message = await refusal(withToken(idToken({}, header, signer)), BY_KEYS);
        expect(message).to.match(
          / (jwk|jku|x5u|x5c|crit) of the ID token must be left out\. Ask Freedom ID's support about it\.$/,
        );
      }
    }
    const symmetric = { kty: 'oct', k: encodePart('H0stile'), alg: 'HS256', kid: '1' };
    const byOct = withToken(idToken({}, { alg: 'HS256', kid: '1' }, hs256('H0stile')));
    expect(await refusal({ ...byOct, jwks: { keys: [symmetric] } }, BY_KEYS)).to.include(
      'alg of the ID token',
    );
    for (const key of [
      jwkOf(privateKey),
      { ...jwkOf(publicKey), d: 'H0stile' },
      { ...jwkOf(publicKey), use: 'enc' },
    ]) {
      const message = await refusal({ ...withToken(idToken()), jwks: { keys: [key] } }, BY_KEYS);
      expect(message).to.include('signature of the ID token');
    }
  });

  it('keys from another place: by a redirect, or over http:', async () => {
    const redirect = { endpoint: 'jwks', code: 'ERR_FREEDOM_ID_RESPONSE' } as const;
    for (const status of [301, 302, 303, 307, 308]) {
      const headers = { get: () => 'https://evil.example/jwks' };
      const jwks = () => ({ status, headers, text: async () => '' });
      const message = await refusal({ jwks }, BY_KEYS, redirect);
      expect(message).to.match(
        new RegExp(`^Freedom ID jwks: HTTP ${status}, a redirect, which is never followed`),
      );
      expect((await oidcLogin({ jwks }, BY_KEYS)).asked.map(({ url }) => new URL(url).host)).to.deep.equal([
        'passport.freedompay.kz',
        'passport.freedompay.kz',
      ]);
    }
    for (const allowInsecureHttp of [true, false]) {
      const options = { ...minimalOptions, jwksURL: 'http://evil.example/jwks', allowInsecureHttp };
      expect(() => new FreedomIdOidcClient(options)).to.throw(TypeError, 'jwksURL must be an https: URL');
    }
  });

  it('a secret that is sent to the URL of the keys', async () => {
    const customHeaders = { Authorization: 'Bearer 0f-the-app', 'X-Tenant': '7' };
    const { action, asked } = await oidcLogin({}, { ...BY_KEYS, customHeaders });
    expect(action).to.equal('success');
    expect(asked.map(({ endpoint }) => endpoint)).to.deep.equal(['token', 'jwks', 'userinfo']);
    const [token, jwks, userinfo] = asked;
    const basic = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
    expect(token?.headers).to.include({ authorization: `Basic ${basic}`, 'x-tenant': '7' });
    expect(userinfo?.headers).to.include({ authorization: `Bearer ${ACCESS_TOKEN}` });
    expect(jwks?.headers).to.not.have.property('authorization');
    expect(jwks?.body).to.equal(undefined);
    expect(JSON.stringify(asked)).to.not.include('0f-the-app');
    expect(JSON.stringify(jwks)).to.not.match(new RegExp(`${CLIENT_SECRET}|${CODE}|${ACCESS_TOKEN}`));
  });

  it('a secret that is repeated: in the text of an error, whatever its form', async () => {
    const clientSecret = 's3cret+/%: "ü"&=';
    const clientID = 'demo &%';
    const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
    const token = idToken();
    for (const tokenRequest of ['json', 'form'] as const) {
      for (const endpoint of ['token', 'jwks', 'userinfo'] as const) {
        const credentials =
          tokenRequest === 'form'
            ? `${encode(clientID)}:${encode(clientSecret)}`
            : `${clientID}:${clientSecret}`;
        const basic = Buffer.from(credentials).toString('base64');
        const carried = {
          token: [basic, Buffer.from(basic, 'base64').toString('base64url'), CODE, encode(CODE)],
          jwks: [],
          userinfo: [ACCESS_TOKEN],
        }[endpoint];
        const secrets = [clientSecret, encode(clientSecret), credentials, ...carried];
        const texts = [...secrets, encodeURIComponent(clientSecret), JSON.stringify(clientSecret)];
        for (const text of texts) {
          const error = () => ({
            status: 400,
            text: async () =>
              JSON.stringify({
                error: 'invalid_request',
                error_description: `You sent ${text}, and so: ${text}`,
              }),
          });
          const options = { ...BY_KEYS, clientID, clientSecret, tokenRequest };
          const answers = {
            token: { access_token: ACCESS_TOKEN, id_token: idToken({ aud: clientID }) },
            [endpoint]: error,
          };
          const { action, args } = await oidcLogin(answers, options);
          expect(action, inspect(args)).to.equal('error');
          const shown = inspect(args, { depth: 9, showHidden: true });
          expect(shown).to.include('You sent').and.include('[redacted]');
          for (const secret of secrets) expect(shown).to.not.include(secret);
        }
      }
    }
    // A token that is issued together with an error.
    const issued = { access_token: 'Acce55-short', refresh_token: 'Refre5h-short', id_token: token };
    for (const secret of Object.values(issued)) {
      const { args } = await oidcLogin({
        token: { ...issued, error: { message: `Do not use ${secret} yet.`, code: secret } },
      });
      const shown = inspect(args, { depth: 9, showHidden: true });
      expect(shown).to.include('Do not use [redacted]').and.not.include(secret);
    }
    // A refresh token that is sent.
    const client = new FreedomIdOidcClient({
      ...minimalOptions,
      fetch: async (_url, { body }) => ({
        status: 400,
        text: async () => JSON.stringify({ error: 'invalid_grant', error_description: `No: ${body}` }),
      }),
    });
    const failed = await client.refreshTokens('Refre5h-sent').catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(FreedomIdError);
    expect(inspect(failed, { showHidden: true }))
      .to.include('No: ')
      .and.not.include('Refre5h-sent');
  });
});

describe('an attacker with a browser, in the OpenID Connect flow, gets nowhere with', () => {
  const shop = { clientID: 'shop', clientSecret: 'shop-secret' };
  const emulator = useEmulator({
    clients: [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET }, shop],
    users: [{ freedom_id: 'victim' }, { freedom_id: 'attacker' }],
  });
  const running: RunningApp[] = [];
  let url: string;
  let victim: CookieJar;
  let attacker: CookieJar;

  beforeEach(async () => {
    url = await run();
    victim = new CookieJar();
    attacker = new CookieJar();
  });
  afterEach(() => {
    for (const app of running.splice(0)) app.close();
  });

  /** An app that signs users in by OpenID Connect. */
  async function run(options: Options = {}): Promise<string> {
    const strategy = new FreedomIdOidcStrategy(
      {
        ...minimalOptions,
        callbackURL: 'callback',
        baseURL: emulator.url,
        jwksURL: `${emulator.url}/api/v1/oidc/jwks`,
        ...options,
        passReqToCallback: false,
      },
      async (_accessToken, _refreshToken, { id }) => ({ id }),
    );
    const app = await listen(loginApp(strategy));
    running.push(app);
    return app.url;
  }

  /** Starts a login and agrees at Freedom ID. @returns the callback URL, which no browser has opened yet */
  async function callbackOf(browser: CookieJar, as: 'victim' | 'attacker', app = url): Promise<URL> {
    return new URL(await emulator.approve(locationOf(await browser.get(`${app}/login`)), { as }));
  }

  function withQuery(callback: URL, changes: Record<string, string>): string {
    const changed = new URL(callback);
    for (const [name, value] of Object.entries(changes)) changed.searchParams.set(name, value);
    return changed.href;
  }

  async function userOf(browser: CookieJar): Promise<string | undefined> {
    const { user } = (await (await browser.get(`${url}/me`)).json()) as { user: { id: string } | null };
    return user?.id;
  }

  async function expectError(browser: CookieJar, callback: string, message: RegExp): Promise<void> {
    const response = await browser.get(callback);
    expect(response.status).to.equal(502);
    expect(((await response.json()) as { error: string }).error).to.match(message);
    expect(await userOf(browser)).to.equal(undefined);
  }

  it('code injection of a code that was stolen from another login', async () => {
    const stolen = (await callbackOf(victim, 'victim')).searchParams.get('code') ?? '';
    const own = await callbackOf(attacker, 'attacker');
    await expectError(
      attacker,
      withQuery(own, { code: stolen }),
      /nonce of the ID token must be that of this login/,
    );
  });

  it('code injection of a made-up code, a used one, or one of another client', async () => {
    const used = await callbackOf(victim, 'victim');
    expect((await victim.get(used.href)).status).to.equal(200);
    const foreign = await callbackOf(new CookieJar(), 'victim', await run(shop));
    for (const code of [used.searchParams.get('code'), foreign.searchParams.get('code'), 'made-up']) {
      const own = await callbackOf(attacker, 'attacker');
      expect((await attacker.get(withQuery(own, { code: `${code}` }))).status).to.equal(401);
      expect(await userOf(attacker)).to.equal(undefined);
    }
  });

  it('login CSRF by a callback of another session, or by one that comes again', async () => {
    const own = await callbackOf(victim, 'victim');
    const lure = await callbackOf(attacker, 'attacker');
    emulator.requests.length = 0;
    expect((await victim.get(lure.href)).status).to.equal(403);
    const code = lure.searchParams.get('code') ?? '';
    expect((await victim.get(withQuery(own, { code, state: 'A'.repeat(43) }))).status).to.equal(403);
    expect(emulator.requests).to.deep.equal([]);

    expect((await victim.get(own.href)).status).to.equal(200);
    emulator.requests.length = 0;
    expect((await victim.get(own.href)).status).to.equal(403);
    expect(emulator.requests).to.deep.equal([]);
    expect(await userOf(victim)).to.equal('victim');
  });

  it('a mix-up with the callback of another provider: its code is not sent anywhere', async () => {
    for (const iss of ['https://evil.example', '', `${emulator.url}/`]) {
      const own = await callbackOf(attacker, 'attacker');
      emulator.requests.length = 0;
      await expectError(attacker, withQuery(own, { iss }), /^Freedom ID callback: iss must be "http:\/\/127/);
      const refused = withQuery(await callbackOf(attacker, 'attacker'), { iss, error: 'access_denied' });
      emulator.requests.length = 0;
      await expectError(attacker, refused, /^Freedom ID callback: iss must be/);
      expect(emulator.requests).to.deep.equal([]);
    }
    expect((await attacker.get((await callbackOf(attacker, 'attacker')).href)).status).to.equal(200);
  });

  it("a mix-up between the two flows: neither takes the other's callback", async () => {
    const own = await callbackOf(victim, 'victim');
    const code = own.searchParams.get('code') ?? '';
    const ofOtherFlow = new URL(own);
    ofOtherFlow.searchParams.delete('code');
    ofOtherFlow.searchParams.set('authorization_code', code);
    emulator.requests.length = 0;
    expect((await victim.get(ofOtherFlow.href)).status).to.equal(400);
    expect(emulator.requests).to.deep.equal([]);
    expect((await victim.get(own.href)).status).to.equal(200);
  });
});
