import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from 'node:crypto';
import { expect } from 'chai';
import { FreedomIdOidcStrategy } from 'passport-freedom-id/oidc';
import { ASYMMETRIC_ALGORITHMS, SYMMETRIC_ALGORITHMS } from '../../lib/oidc/jwk';
import { type Ending, endingOf } from '../support/ending';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from '../support/options';

const ISSUER = 'https://passport.freedompay.kz';

/** Makes signatures with node:crypto, and not with WebCrypto, which checks them. */
interface Signer {
  alg: string;
  publicKey?: KeyObject;
  signatureOf(input: string): Buffer;
}

const CURVES: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** Made once, because it takes a while. */
let rsa: KeyPairKeyObjectResult | undefined;

function keyPairFor(alg: string): KeyPairKeyObjectResult {
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519');
  const namedCurve = CURVES[alg];
  if (namedCurve) return generateKeyPairSync('ec', { namedCurve });
  rsa ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return rsa;
}

function signerFor(alg: string): Signer {
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) {
    return { alg, signatureOf: (input) => createHmac(hash, CLIENT_SECRET).update(input).digest() };
  }
  const { privateKey, publicKey } = keyPairFor(alg);
  const padding = alg.startsWith('PS') && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const, ...padding };
  const algorithm = alg.startsWith('Ed') ? undefined : hash;
  return { alg, publicKey, signatureOf: (input) => sign(algorithm, Buffer.from(input), key) };
}

function withAnotherBit(signature: Buffer): Buffer {
  signature.writeUInt8(signature.readUInt8(5) ^ 1, 5);
  return signature;
}

/** Runs a whole login, whose ID token is signed so. */
async function logInBy({ alg, publicKey, signatureOf }: Signer): Promise<Ending> {
  let nonce: string | null = null;
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const idToken = () => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, aud: CLIENT_ID, sub: '1', nonce, iat, exp: iat + 60 };
    const input = `${encoded({ alg })}.${encoded(claims)}`;
    return `${input}.${signatureOf(input).toString('base64url')}`;
  };
  const answers: Record<string, () => object> = {
    '/token': () => ({ access_token: 'access', token_type: 'Bearer', id_token: idToken() }),
    '/keys': () => ({ keys: [publicKey?.export({ format: 'jwk' })] }),
    '/userinfo': () => ({ sub: '1' }),
  };
  const options = {
    ...minimalOptions,
    algorithms: [alg],
    ...(publicKey && { jwksURL: `${ISSUER}/keys` }),
    fetch: async (url: string) => Response.json(answers[url.slice(url.lastIndexOf('/'))]?.()),
  };
  const strategy = new FreedomIdOidcStrategy(
    options,
    async (_accessToken, _refreshToken, profile) => profile,
  );
  const session = {};
  const { args } = await endingOf(strategy, { url: '/login', session });
  const { searchParams } = new URL(String(args[0]));
  nonce = searchParams.get('nonce');
  return endingOf(strategy, { url: `/callback?code=C&state=${searchParams.get('state')}`, session });
}

/** WebCrypto is not the same in each Node.js: scripts/test-nodes.ts runs this under all that are supported. */
describe('the entry oidc, as it is built,', () => {
  for (const alg of [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS]) {
    it(`signs in with an ID token by ${alg}, and not where one bit of the signature is another`, async () => {
      const signer = signerFor(alg);
      const { action, args } = await logInBy(signer);
      expect(action, String(args[0])).to.equal('success');
      expect(args[0]).to.include({ id: '1' });
      const signatureOf = (input: string) => withAnotherBit(signer.signatureOf(input));
      const forged = await logInBy({ ...signer, signatureOf });
      expect(forged.action).to.equal('error');
      expect(forged.args[0]).to.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token' });
    });
  }
});
