import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { checkIdToken, type IdTokenContext } from '../../lib/oidc/id-token';
import { RemoteKeys } from '../../lib/oidc/keys';
import type { SignatureCheck } from '../../lib/oidc/signature';
import { secretSigner, signedJWT, signer } from '../support/signer';

const NOW = 1_800_000_000;
const ISSUER = 'https://id.example';
const good = signer('ES256');
const other = signer('ES256', 'other');

const hashOf = (token: string, hash: string) => {
  const digest = createHash(hash).update(token).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
};

const byKey: SignatureCheck = { by: 'key', algorithms: ['ES256', 'RS256'], key: good.jwk ?? {} };
const byConnection: SignatureCheck = { by: 'connection', algorithms: undefined };

interface Change {
  header?: object;
  claims?: object;
  context?: Partial<IdTokenContext>;
  signature?: SignatureCheck;
  by?: typeof good;
}

/** Checks a token that holds, but for what is changed. */
function check({ header, claims, context, signature = byKey, by = good }: Change = {}) {
  const token = signedJWT(
    { alg: by.alg, kid: by.kid, ...header },
    {
      iss: ISSUER,
      sub: 'user-1',
      aud: 'app',
      exp: NOW + 60,
      iat: NOW,
      nonce: 'N',
      at_hash: hashOf('access', 'sha256'),
      ...claims,
    },
    by,
  );
  const rules = { clientID: 'app', issuer: ISSUER, clockTolerance: 30, signature };
  return checkIdToken(token, rules, { accessToken: 'access', nonce: 'N', ...context });
}

async function messageOf(change: Change): Promise<string> {
  const error = await check(change).catch((reason) => reason);
  expect(error).to.include({
    name: 'FreedomIdError',
    code: 'ERR_FREEDOM_ID_TOKEN',
    endpoint: 'token',
    status: 502,
  });
  return error.message.replace('Freedom ID token: ', '');
}

describe('an ID token', () => {
  const { now } = Date;
  beforeEach(() => {
    Date.now = () => NOW * 1000;
  });
  afterEach(() => {
    Date.now = now;
  });

  it('that holds gives its claims', async () => {
    expect(await check({ claims: { extra: [1] } })).to.deep.equal({
      iss: ISSUER,
      sub: 'user-1',
      aud: 'app',
      exp: NOW + 60,
      iat: NOW,
      nonce: 'N',
      at_hash: hashOf('access', 'sha256'),
      extra: [1],
    });
  });

  it('that does not hold is an error that says what was expected, and what to do', async () => {
    const support = "Ask Freedom ID's support about it.";
    const clock = "Check this server's clock, and the option clockTolerance.";
    const cases: [Change, string][] = [
      [
        { header: { alg: 'PS256' } },
        'alg of the ID token must be one of ES256, RS256, but is PS256. Check the option algorithms.',
      ],
      [
        { header: { alg: 7 }, signature: byConnection },
        `alg of the ID token must be there, and not none. ${support}`,
      ],
      [{ header: { crit: ['b64'] } }, `crit of the ID token must be left out. ${support}`],
      ...['jwk', 'jku', 'x5c', 'x5u'].map((name): [Change, string] => [
        { header: { [name]: null } },
        `${name} of the ID token must be left out. ${support}`,
      ]),
      [{ header: { kid: 7 } }, `kid of the ID token must be a string, or left out. ${support}`],
      [{ claims: { iss: 'x' } }, `iss of the ID token must be "${ISSUER}". Check the option issuer.`],
      [{ claims: { sub: '' } }, `sub of the ID token must be 1 to 255 visible ASCII characters. ${support}`],
      [{ context: { sub: 'user-2' } }, `sub of the ID token must be the user who signed in. ${support}`],
      [{ claims: { aud: 'x' } }, "aud of the ID token must be this app's client id alone. Check clientID."],
      [
        { claims: { azp: 'x' } },
        "azp of the ID token must be this app's client id, or left out. Check clientID.",
      ],
      [{ by: other }, 'signature of the ID token must be made by a key of Freedom ID. Check publicKey.'],
      [{ claims: { exp: NOW - 30 } }, `exp of the ID token must be Unix seconds in the future. ${clock}`],
      [{ claims: { iat: NOW + 31 } }, `iat of the ID token must be Unix seconds in the past. ${clock}`],
      [
        { claims: { nbf: NOW + 31 } },
        `nbf of the ID token must be Unix seconds in the past, or left out. ${clock}`,
      ],
      [
        { claims: { nbf: null } },
        `nbf of the ID token must be Unix seconds in the past, or left out. ${clock}`,
      ],
      [
        { claims: { nonce: 'x' } },
        'nonce of the ID token must be that of this login. Let the user start again.',
      ],
      [{ claims: { nonce: undefined } }, `nonce of the ID token must be that of this login. ${support}`],
      [
        { header: { alg: 'app-secret' } },
        'alg of the ID token must be one of ES256, RS256. Check the option algorithms.',
      ],
      [
        { claims: { at_hash: 'x' } },
        `at_hash of the ID token must be that of the access token, or left out. ${support}`,
      ],
      [
        { context: { accessToken: 'x' } },
        `at_hash of the ID token must be that of the access token, or left out. ${support}`,
      ],
    ];
    for (const [change, message] of cases) expect(await messageOf(change)).to.equal(message);
  });

  it('whose signature does not fit names the option that gives the key', async () => {
    const keys = new RemoteKeys(async () => [good.jwk ?? {}]);
    const algorithms = ['ES256', 'HS256'];
    expect(await messageOf({ by: other, signature: { by: 'keys', algorithms, keys } })).to.match(
      /Check that jwksURL has the key of its kid and alg\.$/,
    );
    const secret = { by: 'secret', algorithms, secret: Buffer.from('x') } as const;
    expect(await messageOf({ by: secretSigner('y'), signature: secret })).to.match(
      /Check clientSecret and algorithms\.$/,
    );
  });

  it('may be as late and as early as the tolerance says, and no more', async () => {
    await check({ claims: { exp: NOW - 29, iat: NOW + 30, nbf: NOW + 30 } });
    await check({ claims: { exp: NOW + 0.5, iat: NOW - 0.5, nbf: NOW - 1000 } });
    // JSON's 1e999 is infinite, and so never in the past.
    const infinite = (name: string) => `{"${name}":1e999}`;
    for (const name of ['exp', 'iat', 'nbf']) {
      expect(JSON.parse(infinite(name))[name]).to.equal(Number.POSITIVE_INFINITY);
      const claims = `{"iss":"${ISSUER}","sub":"u","aud":"app","exp":${NOW + 9},"iat":${NOW},"nonce":"N"}`;
      const text = claims.replace(/,"(?:exp|iat)":\d+/g, (part) =>
        part.startsWith(`,"${name}"`) ? '' : part,
      );
      const token = signedJWT({ alg: 'ES256' }, text.replace('}', `,"${name}":1e999}`), good);
      const rules = { clientID: 'app', issuer: ISSUER, clockTolerance: 30, signature: byKey };
      const error = await checkIdToken(token, rules, { accessToken: 'access', nonce: 'N' }).catch(
        (reason) => reason,
      );
      expect(error.message).to.match(new RegExp(`^Freedom ID token: ${name} of`));
    }
  });

  it('need not have what is optional', async () => {
    await check({
      header: { kid: undefined },
      claims: { at_hash: undefined, azp: undefined, nbf: undefined },
    });
    await check({ claims: { nonce: undefined }, context: { nonce: undefined } });
    await check({ context: { sub: 'user-1' } });
  });

  it('has a hash of the access token by the algorithm of the signature', async () => {
    const hashes = {
      ...{ RS256: 'sha256', PS384: 'sha384', ES512: 'sha512', HS384: 'sha384' },
      ...{ EdDSA: 'sha512', Ed25519: 'sha512', ES256K: 'sha256', unknown: 'sha512' },
    };
    for (const [alg, hash] of Object.entries(hashes)) {
      const header = { alg };
      await check({ header, claims: { at_hash: hashOf('access', hash) }, signature: byConnection });
      const wrong = { at_hash: hashOf('access', hash === 'sha256' ? 'sha512' : 'sha256') };
      expect(await messageOf({ header, claims: wrong, signature: byConnection })).to.match(/^at_hash/);
    }
  });
});
