import { createHash, createHmac, verify } from 'node:crypto';
import fc from 'fast-check';
import {
  ACCESS_TOKEN,
  encodePart,
  es256,
  hs256,
  ISSUER,
  jwkOf,
  NONCE,
  otherKeys,
  publicKey,
  type Signer,
  SUB,
} from '../support/oidc-login';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

// Hostile ID tokens, and a judge of them that is written from the standards: nothing of lib is used here.

/** Every text that a token of these tests has, and no message may show. */
export const MARK = 'H0stile';

/** What proves the origin of the token, as the options say. */
export type Trust = 'key' | 'secret' | 'connection' | 'connection and a list of algorithms';

/** Member of a JSON object, its value as JSON: it may name a member twice, or be what JSON.stringify never writes. */
type Member = [name: string, json: string];

/** A token before it is signed. Times are in it as `@-20`: Unix seconds from now. */
export interface HostileToken {
  header: Member[];
  claims: Member[];
  signer: keyof typeof SIGNERS;
  garble: keyof typeof GARBLES;
  /** What stands in the place of a token. */
  instead: { value: unknown } | undefined;
}

const SIGNERS = {
  'the right key': es256(),
  'the client secret': hs256(),
  'the client secret (HS384)': (signed) => createHmac('sha384', CLIENT_SECRET).update(signed).digest(),
  'another key': es256(otherKeys.privateKey),
  'another secret': hs256('guess'),
  'the public key as a secret (PEM)': hs256(publicKey.export({ format: 'pem', type: 'spki' }) as string),
  'the public key as a secret (JWK)': hs256(JSON.stringify(jwkOf(publicKey))),
  'the public key as a secret (DER)': hs256(publicKey.export({ format: 'der', type: 'spki' })),
  nobody: () => Buffer.alloc(0),
  'zeros (CVE-2022-21449)': () => Buffer.alloc(64),
} satisfies Record<string, Signer>;

const GARBLES = {
  'not at all': (token: string) => token,
  'a fourth part': (token: string) => `${token}.${MARK}`,
  'five parts': (token: string) => `${token}..`,
  'no signature': (token: string) => token.replace(/\.[^.]*$/, ''),
  'an empty signature': (token: string) => token.replace(/[^.]*$/, ''),
  'the first part alone': (token: string) => token.replace(/\..*$/, ''),
  'padding at the end': (token: string) => `${token}==`,
  'a line end': (token: string) => `${token}\n`,
  'white space before': (token: string) => ` ${token}`,
  'a cut': (token: string) => token.slice(0, -9),
  'parts swapped': (token: string) => token.replace(/^([^.]*)\.([^.]*)/, '$2.$1'),
  'other claims': (token: string) =>
    token.replace(/\.[^.]*\./, `.${encodePart(`{"iss":"${ISSUER}","sub":"${MARK}"}`)}.`),
  'another header': (token: string) => token.replace(/^[^.]*/, encodePart('{"alg":"none"}')),
  'base64 with padding': (token: string) => token.replace(/^[^.]*/, (part) => `${part}=`),
  'invalid UTF-8': (token: string) =>
    token.replace(/\.([^.]*)\./, (_, part: string) => {
      const bytes = Buffer.from(part, 'base64url');
      return `.${encodePart(Buffer.concat([bytes.subarray(0, -1), Buffer.from(',"x":"\xff"}', 'latin1')]))}.`;
    }),
  'a byte order mark': (token: string) => token.replace(/^[^.]*/, (part) => `77-7${part}`),
  'one letter changed': (token: string) =>
    token.replace(/.(?=.{100}$)/, (letter) => (letter === 'A' ? 'B' : 'A')),
};

const texts = fc.constantFrom<unknown>(
  ...[`${MARK}`, '', ' ', '\0', `${MARK}\r\nX: y`, `\u202e${MARK}`, `${MARK}\ud800`, 'Ә', MARK.repeat(50)],
  ...[
    `${ISSUER}/`,
    ISSUER.toUpperCase(),
    `${ISSUER}.evil.example`,
    `${CLIENT_ID} `,
    'shop',
    `${SUB} `,
    'аdmin',
  ],
  ...[
    `${NONCE}=`,
    NONCE.toLowerCase(),
    'true',
    'null',
    'undefined',
    '__proto__',
    'constructor',
    '9'.repeat(255),
  ],
);
const others = fc.constantFrom<unknown>(
  ...[null, true, false, 0, 1, -1, 1.5, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null]],
  ...[{ toString: MARK }, { length: 1, 0: MARK }],
);

/** JSON that JSON.stringify does not write. */
const strangeJSON = fc.constantFrom(
  ...[
    '1e999',
    '-1e999',
    '-0',
    '1E2',
    '{"a":1,"a":2}',
    '{"__proto__":{"admin":true}}',
    '[{"a":{"b":1,"\\u0062":2}}]',
  ],
  ...[
    '{"constructor":{"prototype":{"admin":true}}}',
    '"\\ud800"',
    '"\\u0000"',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
  ],
  ...['["a:a","a:a",{"a":"{\\"a\\":1,\\"a\\":2}"}]', '{"a\\"":1,"a":2}', '{"":1," ":2}'],
  ...[`${'['.repeat(98)}${']'.repeat(98)}`, `${'['.repeat(200)}${']'.repeat(200)}`],
);
const anyJSON = fc.oneof(
  { weight: 4, arbitrary: texts.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: others.map((value) => JSON.stringify(value)) },
  strangeJSON,
  fc.json({ maxDepth: 2 }),
);

const jsonOf = (...values: unknown[]) => fc.constantFrom(...values.map((value) => JSON.stringify(value)));

/** At least 10 s from where they begin or end to hold, with the tolerance of 30 s. */
const times = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('@-20', '@20', '@-40', '@40') },
  fc.constantFrom('@0', '@-20', '@20', '@-40', '@40', '@3600', '@-3600', '@-20.5', '@1e9', '0', '-1'),
  fc.constantFrom('"@3600"', '"2100-01-01T00:00:00Z"', '[@3600]', '@3600000', '4102444800000'),
);

const atHash = createHash('sha256').update(ACCESS_TOKEN).digest();
const hashes = jsonOf(
  encodePart(atHash.subarray(0, 16)),
  encodePart(atHash),
  encodePart(atHash.subarray(16)),
  encodePart(createHash('sha512').update(ACCESS_TOKEN).digest().subarray(0, 32)),
  atHash.subarray(0, 16).toString('base64'),
);

const claim: fc.Arbitrary<Member> = fc.oneof(
  fc.tuple(fc.constant('iss'), fc.oneof(jsonOf(ISSUER, [ISSUER]), anyJSON)),
  fc.tuple(fc.constant('sub'), fc.oneof(jsonOf(SUB, 'other', [SUB], 'x'.repeat(256)), anyJSON)),
  fc.tuple(
    fc.constant('aud'),
    fc.oneof(
      jsonOf(
        [CLIENT_ID],
        [CLIENT_ID, CLIENT_ID],
        [CLIENT_ID, 'shop'],
        ['shop', CLIENT_ID],
        [[CLIENT_ID]],
        ['shop'],
      ),
      anyJSON,
    ),
  ),
  fc.tuple(fc.constant('azp'), fc.oneof(jsonOf(CLIENT_ID, 'shop', [CLIENT_ID]), anyJSON)),
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom('exp', 'iat', 'nbf'),
      fc.oneof({ weight: 2, arbitrary: times }, anyJSON),
    ),
  },
  fc.tuple(fc.constant('nonce'), fc.oneof(jsonOf(NONCE, [NONCE], 'nonce'), anyJSON)),
  fc.tuple(fc.constant('at_hash'), fc.oneof({ weight: 2, arbitrary: hashes }, anyJSON)),
  fc.tuple(fc.constantFrom('__proto__', 'constructor', 'toString', 'email', 'acr', ''), anyJSON),
  fc.tuple(fc.string(), anyJSON),
);

const algorithm = jsonOf(
  ...['none', 'None', 'NONE', 'nOnE', 'none ', 'ES256', 'HS256', 'HS384', 'RS256', 'PS256', 'EdDSA', 'ES384'],
  ...['es256', 'ES256 ', 'RS384', 'ES256K', '', 'dir', 'toString', '__proto__', ['ES256'], null, 7],
);
const headerMember: fc.Arbitrary<Member> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('alg'), fc.oneof(algorithm, anyJSON)) },
  fc.tuple(
    fc.constant('crit'),
    fc.oneof(jsonOf([], ['b64'], ['exp'], ['alg'], 'b64', null, ['__proto__']), anyJSON),
  ),
  fc.tuple(fc.constant('jwk'), fc.oneof(jsonOf(jwkOf(otherKeys.publicKey), jwkOf(publicKey)), anyJSON)),
  fc.tuple(fc.constantFrom('jku', 'x5u'), fc.oneof(jsonOf('https://evil.example/jwks'), anyJSON)),
  fc.tuple(fc.constant('x5c'), anyJSON),
  fc.tuple(fc.constant('kid'), fc.oneof(jsonOf('1', '../../dev/null', "' OR 1=1"), anyJSON)),
  fc.tuple(
    fc.constantFrom('typ', 'cty', 'b64', 'zip', 'enc', 'apu'),
    fc.oneof(jsonOf('JWT', false), anyJSON),
  ),
  fc.tuple(fc.constantFrom('__proto__', 'constructor', ''), anyJSON),
);

/** Most have one or two things that are wrong: with more, whatever is checked first hides the rest. */
const changes = (member: fc.Arbitrary<Member>) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Member[]>([]) },
    { weight: 3, arbitrary: fc.array(member, { minLength: 1, maxLength: 1 }) },
    fc.array(member, { maxLength: 4 }),
  );

/** Whether the changes take the place of what they change, or stand beside it: a name comes twice. */
const beside = fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true));
const leftOut = fc.oneof(
  { weight: 9, arbitrary: fc.constant('') },
  fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nonce'),
);

const goodClaims: Member[] = [
  ['iss', JSON.stringify(ISSUER)],
  ['sub', JSON.stringify(SUB)],
  ['aud', JSON.stringify(CLIENT_ID)],
  ['exp', '@3600'],
  ['iat', '@0'],
  ['nonce', JSON.stringify(NONCE)],
];

function changed(good: Member[], more: Member[], isBeside: boolean, without: string): Member[] {
  const names = isBeside ? [] : more.map(([name]) => name);
  return [...good.filter(([name]) => !names.includes(name) && name !== without), ...more];
}

/** Generates one value most of the time, and sometimes one of the others. */
const mostly = <T extends string>(usual: T, all: Record<T, unknown>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, fc.constantFrom(...(Object.keys(all) as T[])));

const instead = fc.oneof(
  { weight: 30, arbitrary: fc.constant(undefined) },
  fc.record({
    value: fc.oneof(texts, others, fc.constantFrom(undefined, 'a.b.c', '..', 'e30.e30.', 'e30.e30.e30')),
  }),
);

/** @param trust - what proves the origin: most of the tokens are signed accordingly */
export function hostileToken(trust: Trust): fc.Arbitrary<HostileToken> {
  const [alg, signer] =
    trust === 'secret' ? (['HS256', 'the client secret'] as const) : (['ES256', 'the right key'] as const);
  return fc
    .record({
      header: changes(headerMember),
      claims: changes(claim),
      isBeside: beside,
      without: leftOut,
      signer: mostly(signer, SIGNERS),
      garble: mostly('not at all', GARBLES),
      instead,
    })
    .map(({ header, claims, isBeside, without, ...rest }) => ({
      header: changed([['alg', JSON.stringify(alg)]], header, isBeside, ''),
      claims: changed(goodClaims, claims, isBeside, without),
      ...rest,
    }));
}

/** @param now - Unix seconds */
export function textOf({ header, claims, signer, garble, instead }: HostileToken, now: number): unknown {
  if (instead) return instead.value;
  const [first, second] = [header, claims].map((members) => encodePart(jsonWith(members, now)));
  const signature = SIGNERS[signer](`${first}.${second}`);
  return GARBLES[garble](`${first}.${second}.${encodePart(signature)}`);
}

function jsonWith(members: Member[], now: number): string {
  const written = members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join();
  return `{${written.replaceAll(/@(-?[\d.e]+)/g, (_, seconds: string) => String(now + Number(seconds)))}}`;
}

/** Judges a token as OpenID Connect Core 1.0 (3.1.3.7, 3.1.3.8), RFC 7515, 7518, 7519 and 8725 have it. @returns its claims, if it holds */
export function judge(token: unknown, trust: Trust, now: number): Record<string, unknown> | undefined {
  try {
    if (typeof token !== 'string') return undefined;
    const parts = token.split('.');
    if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]*$/.test(part))) return undefined;
    const [header, claims] = parts.slice(0, 2).map((part) => readJSON(utf8(part)));
    if (!isRecord(header) || !isRecord(claims)) return undefined;
    return isHeaderGood(header, trust) &&
      areClaimsGood(claims, header.alg as string, now) &&
      isSignedBy(token, trust)
      ? claims
      : undefined;
  } catch {
    return undefined;
  }
}

function utf8(part: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'));
}

function isHeaderGood(header: Record<string, unknown>, trust: Trust): boolean {
  const { alg, kid = '' } = header;
  // What the option `algorithms` allows; of these, only one is made with the key at hand.
  const isAllowed = {
    key: alg === 'ES256',
    secret: alg === 'HS256',
    connection: typeof alg === 'string' && /\S/.test(alg) && !/^none$/i.test(alg),
    'connection and a list of algorithms': alg === 'ES256' || alg === 'RS384',
  }[trust];
  return (
    isAllowed &&
    typeof kid === 'string' &&
    ['crit', 'jwk', 'jku', 'x5c', 'x5u'].every((name) => !Object.hasOwn(header, name))
  );
}

function areClaimsGood(claims: Record<string, unknown>, alg: string, now: number): boolean {
  const has = (name: string) => Object.hasOwn(claims, name);
  const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
  const { iss, sub, aud, azp, exp, iat, nbf, nonce, at_hash } = claims;
  const audience = typeof aud === 'string' ? [aud] : aud;
  const bits = Number(/256|384|512/.exec(alg)?.[0] ?? 512);
  const hash = createHash(`sha${bits}`)
    .update(ACCESS_TOKEN)
    .digest()
    .subarray(0, bits / 16);
  return (
    iss === ISSUER &&
    typeof sub === 'string' &&
    sub.length >= 1 &&
    sub.length <= 255 &&
    [...sub].every((letter) => letter > ' ' && letter < '\x7f') &&
    Array.isArray(audience) &&
    audience.length > 0 &&
    audience.every((one) => one === CLIENT_ID) &&
    (!has('azp') || azp === CLIENT_ID) &&
    isTime(exp) &&
    exp > now - 30 &&
    isTime(iat) &&
    iat < now + 30 &&
    (!has('nbf') || (isTime(nbf) && nbf < now + 30)) &&
    nonce === NONCE &&
    (!has('at_hash') || at_hash === hash.toString('base64url'))
  );
}

function isSignedBy(token: string, trust: Trust): boolean {
  const [signed, end = ''] = token.split(/\.(?=[^.]*$)/);
  const bytes = Buffer.from(`${signed}`);
  const signature = Buffer.from(end, 'base64url');
  if (trust.startsWith('connection')) return true;
  if (trust === 'secret') return createHmac('sha256', CLIENT_SECRET).update(bytes).digest().equals(signature);
  return verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/**
 * A reader of JSON that refuses a name that comes twice (RFC 7515, 4; RFC 7519, 4), the name `__proto__`, and more than 100
 * levels. JSON.parse reads what is in a piece without members.
 */
function readJSON(text: string): unknown {
  let at = 0;
  const space = () => {
    while (/[\t\n\r ]/.test(text[at] ?? '')) at += 1;
  };
  const take = (wanted: string) => {
    space();
    if (text[at] !== wanted) return false;
    at += 1;
    return true;
  };
  const demand = (condition: boolean) => {
    if (!condition) throw new SyntaxError(`at ${at}`);
  };
  const scalar = () => {
    space();
    const [found = ''] = /^(?:"(?:[^"\\]|\\.)*"|[^\s,:[\]{}"]+)/.exec(text.slice(at)) ?? [];
    at += found.length;
    return JSON.parse(found);
  };
  const value = (depth: number): unknown => {
    if (take('{')) {
      demand(depth > 0);
      const members = new Map<string, unknown>();
      while (!take('}')) {
        demand(members.size === 0 || take(','));
        const name = scalar();
        demand(typeof name === 'string' && !members.has(name) && name !== '__proto__' && take(':'));
        members.set(name, value(depth - 1));
      }
      return Object.fromEntries(members);
    }
    if (take('[')) {
      demand(depth > 0);
      const items: unknown[] = [];
      while (!take(']')) {
        demand(items.length === 0 || take(','));
        items.push(value(depth - 1));
      }
      return items;
    }
    return scalar();
  };
  const whole = value(100);
  space();
  demand(at === text.length);
  return whole;
}
