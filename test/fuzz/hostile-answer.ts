import fc from 'fast-check';
import type { FetchResponse, FreedomIdErrorCode } from '../../lib';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

/** A response of Freedom ID, or of a server in its place. */
export interface Answer {
  status: number;
  text: string;
  encoding: keyof typeof encodings;
  /** Whether fetch gives a stream of bytes, or a text. */
  streamed: boolean;
  /** Whether the connection breaks before the end. */
  breaks: boolean;
}

const encodings = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with a byte order mark': (text: string) => Buffer.from(`\ufeff${text}`),
  'Latin-1': (text: string) => Buffer.from(text, 'latin1'),
  'UTF-8 with an invalid byte': (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0xff])]),
};

export type Json = Record<string, unknown>;

export const CODE = 'the-authorization-code';
export const ACCESS_TOKEN = 'the-access-token';
export const BASIC = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');

/** A user that is created or changed. Freedom ID may repeat any of it, and no error may. */
export const PERSON = {
  freedom_id: '01e3a1d0-1b2c-4d3e-9f40-5a6b7c8d9e0f',
  phone: '+77010000001',
  email: 'aset+id@mail.example',
  firstname: 'Әсет',
  lastname: `O'Qasym & "sons"`,
  identifier: '960322400001',
  country: 'KAZ',
  gender: 'F' as const,
  card: { number: 4400_4301_2345_6789, holders: ['ASET QASYM'] },
};

/** All texts and numbers of it that are more than a word. */
export const PERSONAL = [
  ...['4400430123456789', 'ASET QASYM', PERSON.freedom_id, PERSON.phone, PERSON.email],
  ...[PERSON.firstname, PERSON.lastname, PERSON.identifier],
];

export const MAX_SIZE = 4000;

const mistyped = fc.constantFrom<unknown>(null, 0, 1, -1.5, true, false, [], {}, [[]], [null]);

const word = fc.constantFrom<unknown>(
  ...['access', 'M', 'F', '2000-01-01', '2030-01-01T00:00:00.000000Z', '9999-99-99T99:99:99Z'],
  ...[
    '',
    ' ',
    'a b',
    ' a@example.kz ',
    '+7 701 000 00 01',
    'Әсел',
    'Ä',
    '\r\nX: y',
    '\ud800',
    'x'.repeat(500),
  ],
);

const entryMember = fc.constantFrom('value', 'email', 'phone', 'number', '__proto__');
const entry = fc.oneof(word, mistyped, fc.dictionary(entryMember, fc.oneof(word, mistyped)));

/** Values of a field that should be a text, or a list of entries. */
export const fieldValue = fc.oneof(word, entry, fc.array(entry, { maxLength: 5 }), fc.jsonValue());

const echo = fc.constantFrom<unknown>(
  'Invalid authorization_code.',
  `not ${CLIENT_SECRET}, not ${CODE}`,
  `Basic ${BASIC}, Bearer ${ACCESS_TOKEN}`,
  `${PERSONAL.join(' ')} ${PERSON.country} (${PERSON.gender}) is taken`,
  JSON.stringify(PERSON),
  encodeURIComponent(JSON.stringify(PERSON)),
  '\u001b[31mred\r\nnext line',
  'y'.repeat(1000),
  null,
);

const errorMembers = fc.record(
  {
    message: echo,
    code: fc.constantFrom<unknown>(100101, '100101', 100102, -1, 1e300, CODE, PERSON.phone, null, [], {}),
    errors: fc.oneof(
      mistyped,
      fc.dictionary(
        fc.constantFrom('grants.3', '__proto__', CODE, PERSON.phone),
        fc.oneof(echo, fc.array(echo)),
      ),
    ),
  },
  { requiredKeys: [] },
);

const error = fc.oneof(errorMembers, mistyped, fc.constantFrom('', 'access_denied', '100101', CODE));

const pollution = fc.constantFrom({ polluted: true, error: 'x', freedom_id: 'x', access_token: 'x' });

/** A member of a JSON object. */
export type Member = [name: string, value: unknown];

/** The text of a JSON object. Unlike an object it may name a member twice, or `__proto__`. */
function textOf(members: Member[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

function jsonText(good: Member[], wrong: fc.Arbitrary<Member>): fc.Arbitrary<string> {
  const member: fc.Arbitrary<Member> = fc.oneof(
    { weight: 10, arbitrary: wrong },
    { weight: 1, arbitrary: fc.tuple(fc.constant('error'), error) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('__proto__', 'constructor', 'toString'), pollution) },
    { weight: 1, arbitrary: fc.tuple(fc.string(), fc.jsonValue()) },
  );
  return fc.array(member, { maxLength: 8 }).map((members) => textOf([...good, ...members]));
}

/**
 * Responses that are almost right, and some that are not JSON objects at all.
 *
 * @param good - the members of a right response
 * @param wrong - members that are added to them or replace them
 */
export function hostileAnswer(good: Json, wrong: fc.Arbitrary<Member>): fc.Arbitrary<Answer> {
  const near = jsonText(Object.entries(good), wrong);
  const noJSON = fc.oneof(
    fc.constantFrom('', 'null', '[]', '0', '{', '<html>', '{"a":1}{', '['.repeat(3000), 'z'.repeat(MAX_SIZE)),
    fc.string(),
    fc.json(),
    near.map((text) => text.slice(1)),
  );
  const text = fc.oneof({ weight: 8, arbitrary: near }, jsonText([], wrong), noJSON);
  const encoding = fc.oneof(
    { weight: 8, arbitrary: fc.constant('UTF-8' as const) },
    fc.constantFrom(...(Object.keys(encodings) as (keyof typeof encodings)[])),
  );
  const status = fc.oneof(
    { weight: 3, arbitrary: fc.constant(200) },
    fc.constantFrom(100, 199, 201, 299, 300, 304, 399, 400, 401, 403, 404, 408, 425, 429, 499, 500, 503, 599),
    fc.integer({ min: 100, max: 599 }),
  );
  const breaks = fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true));
  return fc.record({ status, text, encoding, streamed: fc.boolean(), breaks });
}

/** The response as a fetch function would give it. */
export function responseTo(answer: Answer): FetchResponse {
  const { status, streamed, breaks } = answer;
  const bytes = bytesOf(answer);
  const text = async () => {
    if (breaks) throw new Error(`broken: ${BASIC}, ${ACCESS_TOKEN}`);
    return new TextDecoder().decode(bytes);
  };
  if (!streamed) return { status, text };
  const body = (async function* () {
    // Not beyond the limit: so a response that is both too large and broken always fails because it breaks.
    const middle = Math.min(MAX_SIZE, Math.floor(bytes.length / 2));
    yield bytes.subarray(0, middle);
    if (breaks) throw new Error(`broken: ${BASIC}, ${ACCESS_TOKEN}`);
    yield bytes.subarray(middle);
  })();
  return { status, body, text };
}

function bytesOf({ text, encoding }: Answer): Uint8Array {
  return encodings[encoding](text);
}

/** What the library must make of a response. */
export type Verdict = { json: Json; raw: string } | { refused: true } | { code: FreedomIdErrorCode };

/** Judges as the library must: the body decides, unless the status is 5xx or asks to wait. */
export function verdictOn(answer: Answer): Verdict {
  const { status } = answer;
  if (answer.breaks) return { code: 'ERR_FREEDOM_ID_NETWORK' };
  const raw = decoded(answer);
  const size = answer.streamed ? bytesOf(answer).length : Buffer.byteLength(raw ?? '');
  const json = raw === undefined ? undefined : objectIn(raw);
  if (size > MAX_SIZE || status >= 500 || [408, 425, 429].includes(status)) {
    return { code: 'ERR_FREEDOM_ID_RESPONSE' };
  }
  const isEmptyNo = (status === 401 || status === 403) && raw?.trim() === '';
  const saysNo = json !== undefined && (status >= 400 || saysSomething(json.error));
  if (isEmptyNo || saysNo) {
    return isInvalidCode(json?.error) ? { refused: true } : { code: 'ERR_FREEDOM_ID_REJECTED' };
  }
  const isSuccess = status >= 200 && status < 300 && (json?.error ?? null) === null;
  return raw !== undefined && json && isSuccess ? { json, raw } : { code: 'ERR_FREEDOM_ID_RESPONSE' };
}

function saysSomething(error: unknown): boolean {
  return Array.isArray(error) ? error.some(Boolean) : Boolean(error);
}

function decoded(answer: Answer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: answer.streamed }).decode(bytesOf(answer));
  } catch {
    return undefined;
  }
}

function objectIn(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return Object.prototype.toString.call(json) === '[object Object]' ? (json as Json) : undefined;
  } catch {
    return undefined;
  }
}

function isInvalidCode(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null ? (error as Json).code : error;
  return code === 100101 || code === '100101';
}
