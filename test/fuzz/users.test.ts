import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdClient, FreedomIdError } from '../../lib';
import { minimalOptions } from '../support/options';
import { property } from '../support/property';
import {
  ACCESS_TOKEN,
  type Answer,
  fieldValue,
  hostileAnswer,
  type Json,
  MAX_SIZE,
  PERSON,
  PERSONAL,
  responseTo,
  verdictOn,
} from './hostile-answer';

const METHODS = ['createUser', 'updateUser'] as const;

/** Makes one call. @returns how it ended, and the bodies that were sent */
async function call(method: (typeof METHODS)[number], user: unknown, answer?: Answer) {
  const sent: string[] = [];
  const client = new FreedomIdClient({
    ...minimalOptions,
    maxResponseSize: MAX_SIZE,
    fetch: async (_, { body = '' }) => {
      sent.push(body);
      return answer ? responseTo(answer) : { status: 204, text: async () => '' };
    },
  });
  const end = await client[method](ACCESS_TOKEN, user as typeof PERSON).then(
    (result) => ({ result, reason: undefined }),
    (reason: unknown) => ({ result: undefined, reason }),
  );
  return { ...end, sent };
}

/** Whether the response is a success without a body, which of no other endpoint is one. */
function isEmptySuccess(answer: Answer): boolean {
  const { status, text, encoding, breaks } = answer;
  const hasBytes = encoding !== 'UTF-8 with an invalid byte';
  return status >= 200 && status < 300 && !breaks && hasBytes && text.trim() === '';
}

const answers = hostileAnswer(
  {},
  fc.oneof(
    fc.tuple(fc.constant('freedom_id'), fieldValue),
    fc.tuple(fc.constantFrom('id', 'phone', 'errors', 'message'), fieldValue),
  ),
);
const empty = fc.record({
  status: fc.integer({ min: 200, max: 299 }),
  text: fc.constantFrom('', ' ', '\r\n', '\ufeff'),
  encoding: fc.constant('UTF-8' as const),
  streamed: fc.boolean(),
  breaks: fc.boolean(),
});

describe('whatever Freedom ID responds to a user that is created or changed', () => {
  property(
    'the call gives what is documented, or fails with the matching error, which shows nothing of the user',
    fc.tuple(fc.constantFrom(...METHODS), fc.oneof({ weight: 9, arbitrary: answers }, empty)),
    async ([method, answer]) => {
      const { result, reason, sent } = await call(method, PERSON, answer);
      expect(sent).to.deep.equal([JSON.stringify(PERSON)]);
      const verdict = isEmptySuccess(answer) ? { json: {} as Json } : verdictOn(answer);
      if ('json' in verdict) {
        const { freedom_id: id } = verdict.json;
        const freedomId = typeof id === 'string' ? id.trim() : '';
        expect(result, String(reason)).to.deep.equal({ ...(freedomId && { freedomId }), raw: verdict.json });
        return;
      }
      const code = 'code' in verdict ? verdict.code : 'ERR_FREEDOM_ID_REJECTED';
      expect(reason).to.be.instanceOf(FreedomIdError).and.include({ code, endpoint: 'user' });
      expect(String(reason)).to.match(/^FreedomIdError: Freedom ID user: [^\p{Cc}]+$/u);
      const told = textsOf(reason as FreedomIdError);
      for (const secret of [ACCESS_TOKEN, ...PERSONAL]) expect(told).to.not.include(secret);
      // Alone, a letter is a name of something else.
      expect(told).to.not.match(/KAZ|\(F\)|"F"/);
    },
  );
});

/** All that an error tells. */
function textsOf({ message, providerCode, fields = {}, cause }: FreedomIdError): string {
  return [message, providerCode, (cause as Error)?.message, ...Object.entries(fields).flat(2)].join('\n');
}

/** Protocol 9, once more. @returns whether Freedom ID would accept the JSON */
function isDocumented(body: string | undefined, required: string): boolean {
  if (body === undefined) return false;
  const user: unknown = JSON.parse(body);
  if (Object.prototype.toString.call(user) !== '[object Object]' || isDeep(user)) return false;
  const fields = user as Json;
  if (!Object.hasOwn(fields, required)) return false;
  return Object.entries(FORMATS).every(([field, fits]) => {
    if (!Object.hasOwn(fields, field)) return true;
    const value = fields[field];
    return typeof value === 'string' && fits(value);
  });
}

const FORMATS: Record<string, (text: string) => boolean> = {
  freedom_id: (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text),
  phone: (text) => text[0] === '+' && /^[0-9]{10,15}$/.test(text.slice(1)),
  email: (text) =>
    text.split('@').length === 2 && text.split('@').every((part) => /^[^\s\p{Cc}]+$/u.test(part)),
  firstname: () => true,
  lastname: () => true,
  identifier: () => true,
  nationality: () => true,
  date_of_birth: (text) => /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && isDay(text),
  country: (text) => text.length === 3 && [...text].every((letter) => letter >= 'A' && letter <= 'Z'),
  gender: (text) => text === 'M' || text === 'F',
};

function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Deeper than any JSON that is read or sent. */
function isDeep(value: unknown, levels = 100): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeep(member, levels - 1));
}

const anything = fc.anything({
  ...{ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withSet: true },
  ...{ withNullPrototype: true, withObjectString: true, withTypedArray: true, withSparseArray: true },
  withUnicodeString: true,
});

const near = fc.constantFrom<unknown>(
  ...[PERSON.phone, `${PERSON.phone}\n`, '+٧٧٠١٠٠٠٠٠٠١', PERSON.freedom_id, PERSON.freedom_id.toUpperCase()],
  ...[
    'a@b',
    '@',
    'a@b@c',
    'a b@c',
    '2000-02-29',
    '2001-02-29',
    '0000-01-01',
    '2000-13-01',
    'KAZ',
    'kaz',
    'M',
  ],
  ...[
    '',
    'x',
    '\ud800',
    undefined,
    null,
    Number.NaN,
    Symbol('s'),
    () => PERSON.phone,
    new String(PERSON.phone),
  ],
);
const anyValue = fc.oneof({ weight: 4, arbitrary: near }, anything);

/** A function that gives another value each time, or throws. */
type Shifty = () => unknown;

const shifty: fc.Arbitrary<() => Shifty> = fc
  .array(fc.oneof({ weight: 9, arbitrary: anyValue }, fc.constant('throw')), { minLength: 1, maxLength: 4 })
  .map((values) => () => {
    let calls = 0;
    return () => {
      const value = values[calls % values.length];
      calls += 1;
      if (value === 'throw') throw new Error(PERSON.phone);
      return value;
    };
  });

/** A member that is a value, or a getter. */
const member = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...Object.keys(FORMATS)) },
    fc.constantFrom('__proto__', 'constructor', 'toString', 'card'),
    fc.string(),
  ),
  fc.oneof({ weight: 6, arbitrary: fc.record({ value: anyValue }) }, fc.record({ makeGetter: shifty })),
  fc.boolean(),
);

const good = { phone: PERSON.phone, freedom_id: PERSON.freedom_id };

/** Makes a user. Not the user itself: fast-check, too, would look at it. */
type Maker = () => object;

const object: fc.Arbitrary<Maker> = fc
  .tuple(fc.constantFrom({}, good, PERSON), fc.array(member, { maxLength: 5 }))
  .map(([start, members]) => () => {
    const user = { ...start };
    for (const [name, how, enumerable] of members) {
      const descriptor = 'makeGetter' in how ? { get: how.makeGetter() } : { value: how.value };
      Object.defineProperty(user, name, { ...descriptor, enumerable, configurable: true });
    }
    return user;
  });

const withToJSON = fc.tuple(object, shifty).map(
  ([make, makeMethod]) =>
    () =>
      Object.defineProperty(make(), 'toJSON', { value: makeMethod() }),
);

const TRAPS = ['get', 'ownKeys', 'getOwnPropertyDescriptor', 'has', 'getPrototypeOf'];
const proxy = fc.tuple(object, fc.constantFrom(...TRAPS), shifty).map(
  ([make, trap, makeTrap]) =>
    () =>
      new Proxy(make(), { [trap]: makeTrap() }),
);

function revoked(): object {
  const { proxy: user, revoke } = Proxy.revocable(good, {});
  revoke();
  return user;
}

const circle = object.map((make) => () => {
  const user = make();
  return Object.defineProperty(user, 'self', { value: user, enumerable: true, configurable: true });
});

const deep = fc.integer({ min: 95, max: 105 }).map((levels) => {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level += 1) value = [value];
  return { ...good, value };
});

/** Users that are the same each time somebody looks. */
const steady = fc.oneof(
  fc
    .tuple(fc.constantFrom({}, good), fc.array(fc.tuple(fc.constantFrom(...Object.keys(FORMATS)), anyValue)))
    .map(([start, members]) => ({ ...start, ...Object.fromEntries(members) })),
  anything,
  deep,
);

describe('whatever the app gives for a user', () => {
  const REQUIRED = { createUser: 'phone', updateUser: 'freedom_id' } as const;

  property(
    'what is documented is sent as it is, and anything else is a TypeError before anything is sent',
    fc.tuple(fc.constantFrom(...METHODS), steady),
    async ([method, user]) => {
      const text = textOf(user);
      const { reason, sent } = await call(method, user);
      if (isDocumented(text, REQUIRED[method])) {
        expect(reason).to.equal(undefined);
        expect(sent).to.deep.equal([text]);
      } else expectTypeError(reason, sent);
    },
  );

  property(
    'what changes while it is read is sent as it was checked, or not at all',
    fc.tuple(fc.constantFrom(...METHODS), fc.oneof(object, withToJSON, proxy, fc.constant(revoked), circle)),
    async ([method, make]) => {
      const { reason, sent } = await call(method, make());
      if (reason === undefined) {
        expect(sent).to.have.length(1);
        expect(isDocumented(sent[0], REQUIRED[method]), sent[0]).to.equal(true);
      } else expectTypeError(reason, sent);
    },
  );
});

/** @returns undefined where JSON cannot express the value */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function expectTypeError(reason: unknown, sent: string[]): void {
  expect(sent).to.deep.equal([]);
  expect(reason).to.be.instanceOf(TypeError);
  const { message } = reason as TypeError;
  expect(message).to.match(
    /^passport-freedom-id: (?:user|the field \w+) must be [^\p{Cc}]+, but is [^\p{Cc}]+$/u,
  );
  for (const secret of [ACCESS_TOKEN, PERSON.phone, PERSON.email])
    expect(inspect(reason)).to.not.include(secret);
}
