import { createHash } from 'node:crypto';
import { expect } from 'chai';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { type Emulator, type EmulatorSigning, startEmulator, type Tampering } from '../../lib/emulator/index';
import { basic } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { freshCode, openidLink, openidTokens, parametersOf, tokenRequest } from '../support/openid-login';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

const SECRET = new TextEncoder().encode(CLIENT_SECRET);

async function keysOf(emulator: { url: string }): Promise<JSONWebKeySet> {
  const response = await fetch(`${emulator.url}/api/v1/oidc/jwks`);
  expect(response.status).to.equal(200);
  return (await response.json()) as JSONWebKeySet;
}

async function idToken(emulator: Emulator): Promise<string> {
  return (await openidTokens(emulator)).id_token ?? '';
}

/** Checked as a client would: against the JWK set. */
async function verified(emulator: Emulator, token: string): Promise<JWTVerifyResult> {
  return jwtVerify(token, createLocalJWKSet(await keysOf(emulator)));
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  return failing.then(
    () => 'it is good',
    (error) => error.code,
  );
}

const BROKEN = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';

describe('an ID token of the emulator', () => {
  let now = Date.now();
  const emulator = useEmulator({ clock: () => now });

  it('says who signed in where, for which app and login, and until when', async () => {
    now = 1_764_000_000_999;
    const fields = await freshCode(emulator, {}, { as: 1 });
    const { json } = await tokenRequest(emulator, fields);
    const hash = createHash('sha256').update(String(json.access_token)).digest();
    expect(decodeJwt(String(json.id_token))).to.deep.equal({
      iss: emulator.url,
      sub: emulator.users[1]?.freedom_id,
      aud: CLIENT_ID,
      exp: 1_764_000_000 + 7 * 24 * 60 * 60,
      iat: 1_764_000_000,
      nonce: 'N0nce',
      at_hash: hash.subarray(0, 16).toString('base64url'),
    });
    now = Date.now();
  });

  it('that comes with refreshed tokens has no nonce', async () => {
    const { refresh_token } = await openidTokens(emulator);
    const { json } = await tokenRequest(emulator, { grant_type: 'refresh_token', refresh_token });
    const { payload } = await verified(emulator, String(json.id_token));
    expect(payload).to.include({ iss: emulator.url, aud: CLIENT_ID });
    expect(payload).to.not.have.property('nonce');
  });

  it('names as the issuer the URL that the app has used, as the callback and the discovery document do', async () => {
    const asked = { url: emulator.url.replace('127.0.0.1', 'localhost') };
    const callback = await emulator.approve(openidLink(asked));
    expect(parametersOf(callback).iss).to.equal(asked.url);
    const { json } = await tokenRequest(asked, await freshCode(emulator));
    expect(decodeJwt(String(json.id_token)).iss).to.equal(asked.url);
    const configuration = await fetch(`${asked.url}/.well-known/openid-configuration`);
    expect(await configuration.json()).to.include({ issuer: asked.url });
  });

  it('names the option url as the issuer, whichever URL the app has used', async () => {
    const url = 'https://id.example/freedom';
    const free = await startEmulator();
    await free.close();
    const port = Number(new URL(free.url).port);
    const behind = await startEmulator({ url, port });
    const inside = { url: `http://127.0.0.1:${port}` };
    for (const address of [{ url }, inside, { url: `${inside.url}/freedom` }]) {
      const callback = await behind.approve(openidLink(address));
      expect(parametersOf(callback).iss).to.equal(url);
      const { code = '' } = parametersOf(callback);
      const fields = { grant_type: 'authorization_code', code, redirect_uri: 'https://app.example/cb' };
      const { json } = await tokenRequest(inside, fields);
      expect(decodeJwt(String(json.id_token)).iss).to.equal(url);
    }
    await behind.close();
  });
});

for (const signing of ['RS256', 'ES256', 'HS256'] satisfies EmulatorSigning[]) {
  describe(`an emulator that signs with ${signing}`, () => {
    const emulator = useEmulator({ signing });
    const verify = (token: string) =>
      signing === 'HS256' ? jwtVerify(token, SECRET) : verified(emulator, token);

    it('signs so that a client can check it', async () => {
      const { protectedHeader } = await verify(await idToken(emulator));
      const { alg, kid, typ, ...others } = protectedHeader;
      expect({ alg, typ, others }).to.deep.equal({ alg: signing, typ: 'JWT', others: {} });
      expect(typeof kid).to.equal(signing === 'HS256' ? 'undefined' : 'string');
    });

    it('shows its public key alone, with its name, use and algorithm', async () => {
      const { keys } = await keysOf(emulator);
      const { kid } = decodeProtectedHeader(await idToken(emulator));
      const members = { RS256: ['n', 'e'], ES256: ['crv', 'x', 'y'], HS256: [] }[signing];
      expect(keys).to.have.length(signing === 'HS256' ? 0 : 1);
      for (const key of keys) {
        expect(key).to.have.all.keys('kty', 'kid', 'use', 'alg', ...members);
        expect(key).to.include({ kid, use: 'sig', alg: signing });
      }
      expect(await keysOf(emulator)).to.deep.equal({ keys });
    });

    it('signs with the same key until it is told to change', async () => {
      const [first, second] = [await idToken(emulator), await idToken(emulator)];
      const before = await keysOf(emulator);
      expect(decodeProtectedHeader(first)).to.deep.equal(decodeProtectedHeader(second));
      emulator.rotateKeys();
      const after = await keysOf(emulator);
      const { protectedHeader } = await verify(await idToken(emulator));
      expect(after.keys).to.have.length(before.keys.length);
      if (signing === 'HS256') return;
      expect(after.keys[0]?.kid).to.equal(protectedHeader.kid).and.not.equal(before.keys[0]?.kid);
      expect(await codeOf(verify(first))).to.equal('ERR_JWKS_NO_MATCHING_KEY');
    });

    it('names it in the discovery document', async () => {
      const response = await fetch(`${emulator.url}/.well-known/openid-configuration`);
      expect(await response.json()).to.deep.equal({
        issuer: emulator.url,
        authorization_endpoint: `${emulator.url}/openid`,
        token_endpoint: `${emulator.url}/api/v1/oidc/token`,
        userinfo_endpoint: `${emulator.url}/api/v1/oidc/userinfo`,
        jwks_uri: `${emulator.url}/api/v1/oidc/jwks`,
        scopes_supported: [
          'read.email',
          'read.emails',
          'read.phone',
          'read.phones',
          'read.date_of_birth',
          'read.firstname',
          'read.lastname',
          'read.patronymic',
          'read.gender',
          'read.country',
          'read.nationality',
          'read.identifier',
          'read.profile',
          'read.cards',
          'openid',
        ],
        response_types_supported: ['code'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [signing],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce', 'at_hash'],
        authorization_response_iss_parameter_supported: true,
      });
    });

    it('breaks the signature of one token where it is told to', async () => {
      emulator.tamper({ signature: 'broken' });
      const [broken, good] = [await idToken(emulator), await idToken(emulator)];
      expect(await codeOf(verify(broken))).to.equal(BROKEN);
      expect(await codeOf(verify(good))).to.equal('it is good');
      expect(Buffer.from(broken.split('.')[2] ?? '', 'base64url')).to.have.length(
        Buffer.from(good.split('.')[2] ?? '', 'base64url').length,
      );
    });
  });
}

describe('an emulator that signs with HS256', () => {
  it('takes the UTF-8 bytes of the secret of the client that asks', async () => {
    const clients = [
      { clientID: 'other', clientSecret: 's3cret' },
      { clientID: CLIENT_ID, clientSecret: 'құпия' },
    ];
    const emulator = await startEmulator({ signing: 'HS256', clients });
    const fields = await freshCode(emulator);
    const { json } = await tokenRequest(emulator, fields, basic(CLIENT_ID, 'құпия'));
    const secret = new TextEncoder().encode('құпия');
    expect((await jwtVerify(String(json.id_token), secret)).payload.aud).to.equal(CLIENT_ID);
    await emulator.close();
  });
});

describe('emulator.tamper()', () => {
  const emulator = useEmulator();
  const HMAC = useEmulator({ signing: 'HS256' });
  const EC = useEmulator({ signing: 'ES256' });

  it('changes, adds and leaves out claims of the next token, which is signed as usual', async () => {
    emulator.tamper({ claims: { aud: ['demo', 'other'], azp: 'other', nonce: undefined } });
    const { payload } = await verified(emulator, await idToken(emulator));
    expect(payload).to.deep.include({ aud: ['demo', 'other'], azp: 'other', iss: emulator.url });
    expect(payload).to.not.have.property('nonce');
    expect((await verified(emulator, await idToken(emulator))).payload).to.deep.include({
      aud: 'demo',
      nonce: 'N0nce',
    });
  });

  it('changes, adds and leaves out headers', async () => {
    emulator.tamper({ header: { kid: undefined, typ: 'at+jwt', jku: 'https://evil.example/keys' } });
    const { protectedHeader } = await verified(emulator, await idToken(emulator));
    expect(protectedHeader).to.deep.equal({
      alg: 'RS256',
      typ: 'at+jwt',
      jku: 'https://evil.example/keys',
    });
  });

  it('queues up, a token for each call, and clearFaults() clears what still waits', async () => {
    const [first, second, third] = [{ sub: 'u-1' }, { sub: 'u-2' }, { sub: 'u-3' }];
    for (const claims of [first, second, third]) emulator.tamper({ claims });
    expect(decodeJwt(await idToken(emulator)).sub).to.equal('u-1');
    expect(decodeJwt(await idToken(emulator)).sub).to.equal('u-2');
    emulator.clearFaults();
    expect(decodeJwt(await idToken(emulator)).sub).to.equal(emulator.users[0]?.freedom_id);
  });

  it('sends no signature where the algorithm becomes none', async () => {
    for (const tampering of [{}, { signature: 'broken' }] as const) {
      emulator.tamper({ header: { alg: 'none' }, ...tampering });
      const token = await idToken(emulator);
      expect(token).to.match(/^[\w-]+\.[\w-]+\.$/);
      expect(decodeProtectedHeader(token)).to.have.property('alg', 'none');
    }
  });

  it('signs with the client secret where the algorithm becomes HS256', async () => {
    emulator.tamper({ header: { alg: 'HS256' } });
    const token = await idToken(emulator);
    expect((await jwtVerify(token, SECRET)).protectedHeader).to.have.property('kid');
  });

  it('signs with a key of its kind where the algorithm becomes RS256, PS256 or ES256', async () => {
    const keys = async (other: Emulator, kty: string) =>
      (await keysOf(other)).keys.filter((key) => key.kty === kty).map(({ alg: _, ...key }) => key);
    emulator.tamper({ header: { alg: 'PS256' } });
    const pss = await jwtVerify(
      await idToken(emulator),
      createLocalJWKSet({ keys: await keys(emulator, 'RSA') }),
    );
    expect(pss.protectedHeader.alg).to.equal('PS256');
    for (const [other, alg] of [
      [HMAC, 'RS256'],
      [HMAC, 'ES256'],
      [EC, 'RS256'],
      [emulator, 'ES256'],
    ] as const) {
      other.tamper({ header: { alg } });
      const token = await idToken(other);
      expect(decodeProtectedHeader(token).alg).to.equal(alg);
      expect(Buffer.from(token.split('.')[2] ?? '', 'base64url')).to.have.length(alg === 'RS256' ? 256 : 64);
      expect(await codeOf(verified(other, token))).to.match(/^ERR_JWKS_NO_MATCHING_KEY$/);
    }
  });

  it('signs as usual if the algorithm is left out or unknown', async () => {
    for (const alg of [undefined, 'XS999', 7, 'constructor']) {
      emulator.tamper({ header: { alg } });
      const [header, claims, signature] = (await idToken(emulator)).split('.');
      const kid = (await keysOf(emulator)).keys[0]?.kid;
      const tampered = Buffer.from(header ?? '', 'base64url').toString();
      expect(JSON.parse(tampered)).to.deep.equal({ kid, typ: 'JWT', ...(alg !== undefined && { alg }) });
      expect(claims).to.match(/^[\w-]+$/);
      expect(Buffer.from(signature ?? '', 'base64url')).to.have.length(256);
    }
    HMAC.tamper({ header: { alg: 'XS999' } });
    const [, , mac] = (await idToken(HMAC)).split('.');
    expect(Buffer.from(mac ?? '', 'base64url')).to.have.length(32);
  });

  it('names what is misspelt or of the wrong type, and changes nothing then', async () => {
    for (const [tampering, message] of [
      [{ headers: {} }, 'there is no option "headers", only header, claims, signature'],
      ['x', 'the options must be an object, but are "x"'],
      [undefined, 'the options must be an object, but are undefined'],
      [{ claims: 'x' }, 'claims must be an object, but is "x"'],
      [{ claims: null }, 'claims must be an object, but is null'],
      [{ header: [] }, 'header must be an object, but is of type object'],
      [{ header: 7 }, 'header must be an object, but is 7'],
      [{ signature: true }, "signature must be 'broken' or left out, but is true"],
      [{ signature: 'none' }, `signature must be 'broken' or left out, but is "none"`],
    ] as const) {
      expect(() => emulator.tamper(tampering as Tampering))
        .to.throw(TypeError)
        .with.property('message', `tamper: ${message}`);
    }
    emulator.tamper({ header: undefined, claims: undefined, signature: undefined });
    expect(await codeOf(verified(emulator, await idToken(emulator)))).to.equal('it is good');
  });
});
