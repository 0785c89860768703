import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdError } from '../../lib';
import type { FreedomIdOidcProfile } from '../../lib/oidc';
import {
  ACCESS_TOKEN,
  idToken,
  jwkOf,
  oidcLogin,
  otherKeys,
  privateKey,
  publicKey,
  SUB,
} from '../support/oidc-login';
import { CLIENT_SECRET } from '../support/options';
import { property } from '../support/property';

// A JWK Set in which the key of the ID token may be, among others that are broken, of another kind, or not for signatures.

const MARK = 'H0stile';

const good = jwkOf(publicKey);
const wrong = jwkOf(otherKeys.publicKey);

/** So many entries in the place of one. */
type Entry = { key: unknown; times: number };

/** What a key says of itself: absent, right, or not. */
const facts = fc.record(
  {
    kid: fc.constantFrom<unknown>('1', '1', '1', '2', '', MARK, null, 1, ['1'], { 1: '1' }),
    use: fc.constantFrom<unknown>('sig', 'sig', 'sig', 'enc', 'SIG', '', null, ['sig'], MARK),
    key_ops: fc.constantFrom<unknown>(
      ...[['verify'], ['verify'], ['verify'], ['verify', 'sign'], ['verify', MARK], ['verify', 'verify']],
      ...[['encrypt'], ['sign'], [], 'verify', null, { includes: 'verify' }, [['verify']]],
    ),
    alg: fc.constantFrom<unknown>('ES256', 'ES256', 'ES256', 'ES384', 'RS256', 'HS256', 'none', '', null, [
      'ES256',
    ]),
    ext: fc.constantFrom<unknown>(true, false, MARK, null),
    x5c: fc.constantFrom<unknown>([], [MARK], MARK),
    x5t: fc.constant(MARK),
    iat: fc.constant(1),
    oth: fc.constant([{ r: MARK }]),
  },
  { requiredKeys: [] },
);
const tidyFacts = fc.record({ kid: fc.constant('1'), use: fc.constant('sig') }, { requiredKeys: [] });

/** Keys without what they say of themselves. */
const material = fc.oneof(
  { weight: 6, arbitrary: fc.constant<object>(good) },
  { weight: 2, arbitrary: fc.constant<object>(wrong) },
  fc.constantFrom<object>(
    // What is private or symmetric has no place there.
    ...[jwkOf(privateKey), { ...good, d: MARK }, { ...good, d: '' }, { kty: 'oct', k: 'c2VjcmV0' }],
    { kty: 'oct', k: Buffer.from(CLIENT_SECRET).toString('base64url') },
    // Broken.
    ...[{}, { kty: 'EC' }, { kty: 'EC', crv: 'P-256' }, { ...good, y: undefined }, { ...good, x: '' }],
    ...[
      { ...good, x: 7 },
      { ...good, y: wrong.y },
      { ...good, x: `${good.x}AAAA` },
      { ...good, x: MARK.repeat(500) },
    ],
    ...[
      { ...good, crv: 'P-384' },
      { ...good, crv: 'secp256k1' },
      { ...good, crv: MARK },
      { ...good, crv: null },
    ],
    // Of another kind.
    ...[
      { ...good, kty: 'RSA' },
      { ...good, kty: 'ec' },
      { ...good, kty: MARK },
      { ...good, kty: ['EC'] },
    ],
    ...[
      { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
      { kty: 'OKP', crv: 'Ed25519', x: good.x },
      { kty: 'AKP', pub: MARK },
    ],
  ),
);

const key = fc.tuple(material, fc.oneof(tidyFacts, facts)).map(([own, said]) => ({ ...own, ...said }));
const noKey = fc.constantFrom<unknown>(null, 7, '', MARK, true, [], [good], [[good]], { keys: [good] });

const entries = fc.array(
  fc.record<Entry>({
    key: fc.oneof({ weight: 6, arbitrary: key }, noKey),
    times: fc.oneof(
      { weight: 40, arbitrary: fc.constant(1) },
      { weight: 8, arbitrary: fc.constantFrom(2, 9, 10, 11) },
      fc.constantFrom(100, 100, 100, 10_000),
    ),
  }),
  { maxLength: 5 },
);

const noSet = fc.constantFrom<unknown>(
  ...[
    {},
    { keys: null },
    { keys: good },
    { keys: { 0: good, length: 1 } },
    { keys: 'keys' },
    { Keys: [good] },
  ],
  ...[good, { keys: undefined, __proto__: { keys: [good] } }],
);

const values = fc.record({
  entries,
  instead: fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, noSet),
  kid: fc.constantFrom(undefined, undefined, '1', '1', MARK, ''),
});

/** Room for 10,000 keys, unless they are bloated. */
const MAX_SIZE = 5_000_000;

/**
 * Whether a key may check an ES256 signature: RFC 7517 (4.2 to 4.4), RFC 7518 (6.2), and no private or symmetric one. Of the
 * broken ones, each fits that says it is of P-256.
 */
function fitsToken(entry: Record<string, unknown>): boolean {
  const allowed = (name: string, isRight: (value: unknown) => boolean) =>
    !Object.hasOwn(entry, name) || isRight(entry[name]);
  return (
    entry.kty === 'EC' &&
    entry.crv === 'P-256' &&
    !Object.hasOwn(entry, 'd') &&
    allowed('use', (use) => use === 'sig') &&
    allowed('alg', (alg) => alg === 'ES256') &&
    allowed('key_ops', (operations) => Array.isArray(operations) && operations.includes('verify'))
  );
}

/** Whether the set has the token's key: among those of its `kid`, where it has one, and among the first ten that fit. */
function hasKey(list: unknown[], kid: string | undefined): boolean {
  return list
    .filter((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
    .map((entry) => entry as Record<string, unknown>)
    .filter((entry) => kid === undefined || entry.kid === kid)
    .filter(fitsToken)
    .slice(0, 10)
    .some(({ x, y }) => x === good.x && y === good.y);
}

describe('whatever JWK Set comes', () => {
  property(
    'the user is signed in where the key of the token is in it and may be used, and else the login ends in one error',
    values,
    async ({ entries, instead, kid }) => {
      const list = entries.flatMap(({ key, times }) => Array<unknown>(times).fill(key));
      const jwks = JSON.stringify(instead ?? { keys: list });
      const answers = { token: { access_token: ACCESS_TOKEN, id_token: idToken({}, { kid }) }, jwks };
      const options = { jwksURL: 'https://provider.example/jwks', maxResponseSize: MAX_SIZE };
      const { action, args, asked } = await oidcLogin(answers, options);

      const { keys } = JSON.parse(jwks) as { keys?: unknown };
      const isRead = Array.isArray(keys) && Buffer.byteLength(jwks) <= MAX_SIZE;
      if (isRead && hasKey(keys, kid)) {
        expect(action, inspect(args)).to.equal('success');
        expect((args[0] as FreedomIdOidcProfile).id).to.equal(SUB);
        return;
      }
      expect(action, inspect(args)).to.equal('error');
      const [error] = args;
      expect(error)
        .to.be.instanceOf(FreedomIdError)
        .and.include(
          isRead
            ? { code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token' }
            : { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'jwks', httpStatus: 200 },
        );
      expect(String(error)).to.match(/^FreedomIdError: Freedom ID (token|jwks): [^\p{Cc}]+\.$/u);
      expect(asked.map(({ endpoint }) => endpoint)).to.deep.equal(['token', 'jwks']);
      const shown = inspect(args, { depth: 9, showHidden: true });
      for (const secret of [MARK, CLIENT_SECRET, ACCESS_TOKEN, String(good.x)]) {
        expect(shown).to.not.include(secret);
      }
    },
  );
});
