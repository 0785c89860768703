import { expect } from 'chai';
import { fits } from '../../lib/oidc/jwk';
import type { JWT } from '../../lib/oidc/jwt';
import { readJWT } from '../../lib/oidc/jwt';
import { RemoteKeys } from '../../lib/oidc/keys';
import { isSigned } from '../../lib/oidc/signature';
import { type Signer, secretSigner, signedJWT, signer } from '../support/signer';

const tokenOf = (by: Signer, header: object = { kid: by.kid }): JWT =>
  readJWT(signedJWT({ alg: by.alg, ...header }, { sub: 'S' }, by)) ?? expect.fail('no JWT');

const remote = (keys: unknown[]) => new RemoteKeys(async () => keys as Record<string, unknown>[]);

const isSignedBy = (jwt: JWT, keys: unknown[], alg = String(jwt.header.alg)) =>
  isSigned(jwt, alg, { by: 'keys', algorithms: [alg], keys: remote(keys) });

describe('the signature of a JWT', () => {
  const good = signer('ES256');
  const other = signer('ES256', 'other');

  it('is not checked if the connection is the proof', async () => {
    const jwt = tokenOf({ ...other, kid: 'key' });
    expect(await isSigned(jwt, 'ES256', { by: 'connection', algorithms: undefined })).to.equal(true);
  });

  it('is that of the client secret', async () => {
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const jwt = tokenOf(secretSigner('сырдарья', alg));
      const check = (secret: string) =>
        isSigned(jwt, alg, { by: 'secret', algorithms: [alg], secret: Buffer.from(secret) });
      expect([await check('сырдарья'), await check('other')]).to.deep.equal([true, false]);
    }
  });

  it('is that of the one key, whatever its name', async () => {
    const check = (by: Signer) =>
      isSigned(tokenOf(by), 'ES256', { by: 'key', algorithms: ['ES256'], key: good.jwk ?? {} });
    expect([await check({ ...good, kid: 'any' }), await check(other)]).to.deep.equal([true, false]);
  });

  it('is that of the key with the name that the token gives', async () => {
    const jwt = tokenOf(good);
    expect(await isSignedBy(jwt, [other.jwk, good.jwk])).to.equal(true);
    expect(await isSignedBy(jwt, [other.jwk, { ...good.jwk, kid: 'another' }])).to.equal(false);
    expect(await isSignedBy(jwt, [{ ...good.jwk, kid: undefined }])).to.equal(false);
    expect(await isSignedBy(jwt, [{ ...other.jwk, kid: 'key' }, good.jwk]), 'two of one name').to.equal(true);
    expect(await isSignedBy(jwt, [])).to.equal(false);
  });

  it('is that of any key that fits, ten at most, where the token gives no name', async () => {
    const jwt = tokenOf(good, {});
    const others = Array.from({ length: 9 }, () => other.jwk);
    const unfit = Array.from({ length: 50 }, () => signer('RS256').jwk);
    expect(await isSignedBy(jwt, [...unfit, ...others, good.jwk])).to.equal(true);
    expect(await isSignedBy(jwt, [other.jwk, ...others, good.jwk])).to.equal(false);
  });

  it('may be of a key that is not known yet, where the token gives no name', async () => {
    const sets = [[other.jwk], [good.jwk]] as Record<string, unknown>[][];
    const keys = new RemoteKeys(async () => sets.shift() ?? expect.fail('fetched again'));
    const check = (jwt: JWT) => isSigned(jwt, 'ES256', { by: 'keys', algorithms: ['ES256'], keys });
    expect(await check(tokenOf(other, {}))).to.equal(true);
    expect(await check(tokenOf(good, {}))).to.equal(true);
  });

  it('is not tried with new keys if the named key has not made it', async () => {
    let fetched = 0;
    const keys = new RemoteKeys(async () => {
      fetched += 1;
      return [good.jwk ?? {}];
    });
    const check = (jwt: JWT) => isSigned(jwt, 'ES256', { by: 'keys', algorithms: ['ES256'], keys });
    expect(await check(tokenOf(good))).to.equal(true);
    expect(await check(tokenOf({ ...other, kid: 'key' }))).to.equal(false);
    expect(fetched).to.equal(1);
  });

  it('is found beside keys that are broken', async () => {
    const broken = [
      { kty: 'EC', crv: 'P-256' },
      { ...good.jwk, x: 'AAAA' },
      { ...good.jwk, y: good.jwk?.x },
      { ...good.jwk, ext: 'no' },
    ];
    expect(await isSignedBy(tokenOf(good, {}), [...broken, good.jwk])).to.equal(true);
    expect(await isSignedBy(tokenOf(good, {}), broken)).to.equal(false);
  });

  it('is of the algorithm that the caller has allowed', async () => {
    const { jwk } = signer('RS256');
    const anyAlg = { ...jwk, alg: undefined };
    for (const alg of ['RS256', 'PS256']) {
      const jwt = tokenOf(signer(alg));
      expect(await isSignedBy(jwt, [anyAlg])).to.equal(true);
      expect(await isSignedBy(jwt, [anyAlg], alg === 'RS256' ? 'PS256' : 'RS256')).to.equal(false);
    }
  });
});

describe('a key', () => {
  const rsa = signer('RS256').jwk ?? {};
  const ec = signer('ES256').jwk ?? {};
  const ed = signer('EdDSA').jwk ?? {};
  const free = ({ alg: _, use: __, ...key }: Record<string, unknown>) => key;

  it('fits the algorithms of its kind', () => {
    const fitting = (key: Record<string, unknown>) =>
      [
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
        'Ed25519',
        'HS256',
        'none',
      ]
        .filter((alg) => fits(free(key), alg))
        .join(' ');
    expect(fitting(rsa)).to.equal('RS256 RS384 RS512 PS256 PS384 PS512');
    expect(fitting(ec)).to.equal('ES256');
    expect(fitting({ ...ec, crv: 'P-384' })).to.equal('ES384');
    expect(fitting({ ...ec, crv: 'P-521' })).to.equal('ES512');
    expect(fitting(ed)).to.equal('EdDSA Ed25519');
    expect(fitting({ ...ed, crv: 'X25519' })).to.equal('');
    expect(fitting({ kty: 'oct', k: 'c2VjcmV0' })).to.equal('');
    expect(fitting({})).to.equal('');
  });

  it('fits only the use that it names', () => {
    expect(fits(rsa, 'RS256')).to.equal(true);
    expect(fits(rsa, 'PS256'), 'another algorithm').to.equal(false);
    expect(fits({ ...rsa, use: 'enc' }, 'RS256')).to.equal(false);
    expect(fits({ ...rsa, use: null }, 'RS256')).to.equal(false);
    expect(fits({ ...rsa, key_ops: ['verify'] }, 'RS256')).to.equal(true);
    for (const operations of [['sign'], [], 'verify', null]) {
      expect(fits({ ...rsa, key_ops: operations }, 'RS256')).to.equal(false);
    }
  });

  it('that is private fits nothing: anybody could sign with it', () => {
    for (const key of [rsa, ec, ed]) expect(fits({ ...key, d: 'AQAB' }, String(key.alg))).to.equal(false);
  });

  it('of RSA has 8,192 bits at most', () => {
    const ofBytes = (bytes: number) =>
      fits({ ...rsa, n: Buffer.alloc(bytes, 255).toString('base64url') }, 'RS256');
    expect([256, 1024, 1025].map(ofBytes)).to.deep.equal([true, true, false]);
    for (const n of [undefined, null, 7, {}]) expect(fits({ ...rsa, n }, 'RS256')).to.equal(false);
    expect(fits({ ...ec, n: 'x'.repeat(2000) }, 'ES256'), 'no RSA').to.equal(true);
  });
});
