import { gzipSync } from 'node:zlib';
import {
  asHTML,
  asMessage,
  asOAuth,
  body,
  byByte,
  closes,
  cutShort,
  cutShortDeflated,
  cutShortInChunks,
  cutShortWithHead,
  dripping,
  fields,
  gzipBomb,
  huge,
  inChunks,
  invalidChunk,
  invalidChunkWithHead,
  never,
  redirect,
  resetAfterHeaders,
  resetBeforeHeaders,
  resetDuringHeaders,
  resets,
  splitLetter,
  status,
  switchProtocols,
  whenReused,
  withCode,
  withFields,
} from './breakages';
import type { ExchangeName } from './flow';
import type { Breakage } from './provider';
import type { TransportName } from './transports';

/**
 * How a run must end, as the table shows it. `instead` holds what differs from what it usually yields, `reason` matches the
 * error's message.
 */
export type Expected =
  | { outcome: 'ok'; instead?: Record<string, unknown> }
  | { outcome: `fail ${string}` }
  | { outcome: `error ${'TIMEOUT' | 'NETWORK' | 'RESPONSE' | 'REJECTED' | 'TOKEN'}`; reason: RegExp };

export interface Fault {
  name: string;
  breakage: Breakage;
  expected: Expected;
  /** Where something else is expected: in one exchange, or over one transport. */
  but?: Partial<Record<ExchangeName | TransportName, Expected>>;
  /** A run goes before the exchange breaks, and its connections are kept alive. */
  keptAlive?: true;
  /** How many runs go on at once. */
  atOnce?: number;
  /** Transports that send the failed request a second time. */
  sentTwiceOver?: TransportName[];
  /** Exchanges whose request these transports send only once. */
  sentOnceAt?: ExchangeName[];
}

const ok = (instead: Record<string, unknown> = {}): Expected => ({ outcome: 'ok', instead });
const network = (reason: RegExp): Expected => ({ outcome: 'error NETWORK', reason });
const response = (reason: RegExp): Expected => ({ outcome: 'error RESPONSE', reason });
const rejected = (reason: RegExp): Expected => ({ outcome: 'error REJECTED', reason });

const late: Expected = { outcome: 'error TIMEOUT', reason: /no complete response within \d+ ms/ };
const broken = network(/connection failed \((?:ECONNRESET|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE)\)/);
const refused = response(/response is broken \((?:HPE_INVALID_CHUNK_SIZE|HTTPParserError)\)/);
const notAnObject = response(/HTTP 200 with a body that is not a JSON object/);
const tooLarge = response(/larger than 262144 bytes/);
const incomplete = response(
  /without a redirect_uri|without an access_token|has no freedom_id|without a list of keys|without a status/,
);
const ofNobody: Expected = {
  outcome: 'error TOKEN',
  reason: /sub of the user info must be the ID token's sub/,
};

/** What the standard's fetch makes of a GET with a body, whatever the fault. */
export const BODY_REFUSED = network(/the option fetch sends no body with a GET/);

/** A user who is created or changed by a request whose response has no body. */
const ofUnknownId = ok({ freedomId: undefined });
const ofUsers = (expected: Expected) => ({ 'create-user': expected, 'update-user': expected });

const withoutDates = { accessExpiresAt: undefined, refreshExpiresAt: undefined };
const withoutOptional = {
  'get-profile': ok({ statusMessage: undefined }),
  'profile-status': ok({ statusMessage: undefined, profile: undefined, datetime: undefined }),
  refresh: ok({ id: undefined, refreshToken: undefined, ...withoutDates }),
};

const busy = (code: number) => response(new RegExp(`HTTP ${code}.*; try again later`));

const INTRUDER = [
  '"redirect_uri":"https://intruder.example/","access_token":"Intruder","freedom_id":"Intruder"',
  '"id_token":"Intruder","keys":[],"sub":"Intruder","status":"rejected"',
].join();
const POLLUTION = `{${INTRUDER},"error":{"message":"No."},"polluted":true}`;
const REQUIRED = [
  'redirect_uri',
  'access_token',
  'freedom_id',
  'id_token',
  'token_type',
  'keys',
  'sub',
  'status',
];

/** Whatever can go wrong with an exchange. */
export const FAULTS: Fault[] = [
  { name: 'connection refused', breakage: 'refuses', expected: network(/ECONNREFUSED/) },
  { name: 'DNS failure', breakage: 'has no address', expected: network(/ENOTFOUND/) },
  {
    name: 'TLS name mismatch',
    breakage: 'shows another name',
    expected: network(/ERR_TLS_CERT_ALTNAME_INVALID/),
  },
  { name: 'expired certificate', breakage: 'has expired', expected: network(/CERT_HAS_EXPIRED/) },

  // The transport on undici's request sends again after a reset: it cannot tell a new connection from a kept one. But nobody
  // creates a user twice.
  {
    name: 'reset before the headers',
    breakage: resetBeforeHeaders,
    expected: broken,
    sentTwiceOver: ["undici's request"],
    sentOnceAt: ['create-user'],
  },
  {
    name: 'reset during the headers',
    breakage: resetDuringHeaders,
    expected: broken,
    sentTwiceOver: ["undici's request"],
    sentOnceAt: ['create-user'],
  },
  { name: 'reset after the headers', breakage: resetAfterHeaders, expected: broken },
  { name: 'body cut short', breakage: cutShort, expected: broken },
  { name: 'chunked body cut short', breakage: cutShortInChunks, expected: broken },
  { name: 'body cut short with its head', breakage: cutShortWithHead, expected: broken },
  { name: 'invalid chunk', breakage: invalidChunk, expected: refused },
  { name: 'invalid chunk with its head', breakage: invalidChunkWithHead, expected: refused },
  {
    name: 'deflated body cut short before its first byte',
    breakage: cutShortDeflated,
    expected: broken,
  },
  {
    name: 'other protocol',
    breakage: switchProtocols,
    expected: response(/HTTP 101/),
    but: { "undici's fetch": broken, "undici's request": broken },
    sentTwiceOver: ["undici's request"],
    sentOnceAt: ['create-user'],
  },
  { name: 'no response at all', breakage: never, expected: late },
  { name: 'one byte a second', breakage: dripping, expected: late },

  { name: '302 to another host', breakage: redirect, expected: response(/HTTP 302, a redirect/) },
  { name: '204', breakage: status(204, () => ''), expected: response(/HTTP 204/), but: ofUsers(ofUnknownId) },
  { name: '401', breakage: status(401), expected: rejected(/HTTP 401/) },
  { name: '403', breakage: status(403), expected: rejected(/HTTP 403/) },
  {
    name: '422',
    breakage: status(422, withFields),
    expected: rejected(/HTTP 422.*; grants\.0(?:, read\.firstname)?: You sent/),
  },
  {
    name: '429 with Retry-After',
    breakage: status(429, () => '', { 'retry-after': '30' }),
    expected: response(/HTTP 429\. Too many requests; try again in 30 s/),
    // This transport does not show the headers.
    but: { "undici's request": response(/HTTP 429\. Too many requests; try again later/) },
  },
  ...[400, 401, 403, 404, 405, 407, 410, 418, 421, 422, 431, 451].map(
    (code): Fault => ({
      name: `${code} with HTML`,
      breakage: status(code, asHTML),
      expected: response(new RegExp(`HTTP ${code} with an HTML page, not Freedom ID's JSON`)),
      // Its standard shows nothing of a proxy's demand, and sends a misdirected request again.
      ...(code === 421 && { sentTwiceOver: ["undici's fetch"] }),
      ...(code === 407 && { but: { "undici's fetch": network(/connection failed \(/) } }),
    }),
  ),
  ...[408, 425, 429].flatMap((code): Fault[] => [
    { name: `${code} with HTML`, breakage: status(code, asHTML), expected: busy(code) },
    { name: `${code} with an error code`, breakage: status(code, withCode), expected: busy(code) },
  ]),
  { name: '401 without a body', breakage: status(401, () => ''), expected: rejected(/HTTP 401\. /) },
  { name: '403 without a body', breakage: status(403, () => ''), expected: rejected(/HTTP 403\. /) },
  {
    name: '404 without a body',
    breakage: status(404, () => ''),
    expected: response(/HTTP 404 with an empty body/),
  },
  {
    name: '401 with a message at the top',
    breakage: status(401, asMessage),
    expected: rejected(/HTTP 401, "You sent /),
  },
  { name: '304', breakage: status(304, () => ''), expected: response(/HTTP 304, not modified/) },
  { name: '500 with HTML', breakage: status(500, asHTML), expected: response(/HTTP 500/) },
  { name: '503', breakage: status(503, () => ''), expected: response(/HTTP 503/) },
  { name: '503 with an error code', breakage: status(503, withCode), expected: response(/HTTP 503/) },
  {
    name: '200 with an error code',
    breakage: status(200, withCode),
    expected: rejected(/HTTP 200, "You sent .*" \(code 100101\)/),
    // It means that Freedom ID does not accept the authorization code, which came from the browser.
    but: { token: { outcome: 'fail 100101' }, 'oidc-token': { outcome: 'fail 100101' } },
  },
  {
    name: '200 with errors by field',
    breakage: status(200, withFields),
    expected: rejected(/HTTP 200, "Error validating .*; grants\.0(?:, read\.firstname)?: You sent/),
  },
  {
    name: "200 with OAuth's error",
    breakage: status(200, asOAuth),
    expected: rejected(/HTTP 200, "You sent .*" \(code invalid_request\)/),
  },

  {
    name: '200 with "error": false',
    breakage: body((json) => json.replace('{', '{"error":false,')),
    expected: response(/HTTP 200 with "error": false/),
  },

  {
    name: 'empty body',
    breakage: body(() => ''),
    expected: response(/HTTP 200 with an empty body/),
    but: ofUsers(ofUnknownId),
  },
  { name: 'invalid JSON', breakage: body((json) => `${json}}`), expected: notAnObject },
  { name: 'JSON null', breakage: body(() => 'null'), expected: notAnObject },
  { name: 'JSON array', breakage: body((json) => `[${json}]`), expected: notAnObject },
  { name: 'JSON string', breakage: body((json) => JSON.stringify(json)), expected: notAnObject },
  { name: 'JSON number', breakage: body(() => '7'), expected: notAnObject },
  {
    name: 'invalid UTF-8',
    breakage: body((json) => Buffer.from(json.replace('Ә', '\xff'), 'latin1')),
    expected: notAnObject,
  },
  { name: 'UTF-8 letter split between chunks', breakage: splitLetter, expected: ok() },
  { name: 'one byte in each chunk', breakage: byByte, expected: ok() },
  { name: 'four at once, in chunks', breakage: inChunks, atOnce: 4, expected: ok() },
  { name: 'four at once, one byte in each chunk', breakage: byByte, atOnce: 4, expected: ok() },
  {
    name: 'content coding in capitals',
    breakage: body(gzipSync, { 'content-encoding': 'GZIP' }),
    expected: ok(),
    // This transport does not decompress.
    but: { "undici's request": notAnObject },
  },
  {
    name: 'unknown content coding',
    breakage: body(gzipSync, { 'content-encoding': 'pied-piper' }),
    expected: response(/its content coding is pied-piper/),
    but: { "undici's fetch": notAnObject, "undici's request": notAnObject },
  },
  { name: 'byte order mark', breakage: body((json) => `\ufeff${json}`), expected: ok() },
  {
    name: 'gzip bomb',
    breakage: gzipBomb,
    expected: tooLarge,
    // This transport does not ask for compression, and does not decompress.
    but: { "undici's request": notAnObject },
  },
  { name: '100 MB body', breakage: huge, expected: tooLarge },
  {
    name: 'wrong content type',
    breakage: body((json) => json, { 'content-type': 'text/html; charset=windows-1251' }),
    expected: ok(),
  },

  // The last of equal keys counts, as in JSON.parse.
  {
    name: 'duplicate keys',
    breakage: body((json) => json.replace('{', `{${INTRUDER},`)),
    expected: ok(),
  },
  {
    name: '__proto__ and constructor keys',
    breakage: body((json) =>
      json.replace('{', `{"__proto__":${POLLUTION},"constructor":{"prototype":${POLLUTION}},`),
    ),
    expected: ok(),
  },
  {
    name: 'all fields in __proto__',
    breakage: body((json) => `{"__proto__":${json}}`),
    expected: incomplete,
    but: { userinfo: ofNobody, ...ofUsers(ofUnknownId) },
  },
  {
    name: 'missing fields',
    breakage: body(() => '{}'),
    expected: incomplete,
    but: { userinfo: ofNobody, ...ofUsers(ofUnknownId) },
  },
  {
    name: 'mistyped fields',
    breakage: fields((name, value) => (REQUIRED.includes(name) ? 7 : value)),
    expected: incomplete,
    but: { userinfo: ofNobody, ...ofUsers(ofUnknownId) },
  },
  {
    name: 'missing optional fields',
    breakage: fields((name, value) => (REQUIRED.includes(name) ? value : undefined)),
    expected: ok(),
    but: {
      token: ok({ tokenId: undefined, expires: false }),
      'get-data': ok({ displayName: '', birthday: undefined }),
      'oidc-token': ok({ tokenId: undefined, expires: false }),
      userinfo: ok({ displayName: '', birthday: undefined }),
      ...withoutOptional,
    },
  },
  {
    name: 'mistyped optional fields',
    breakage: fields((name, value) => (REQUIRED.includes(name) ? value : 7)),
    expected: ok(),
    but: {
      token: ok({ tokenId: 7, expires: false }),
      'get-data': ok({ displayName: '', birthday: undefined }),
      'oidc-token': ok({ tokenId: 7 }),
      userinfo: ok({ displayName: '', birthday: undefined }),
      ...withoutOptional,
    },
  },
  {
    name: 'dates that are not dates',
    breakage: body((json) => json.replaceAll(/"\d{4}-\d\d-\d\d[^"]*"/g, '"the day before yesterday"')),
    expected: ok(),
    but: {
      token: ok({ expires: false }),
      'get-data': ok({ birthday: undefined }),
      userinfo: ok({ birthday: undefined }),
      'profile-status': ok({ datetime: undefined }),
      refresh: ok(withoutDates),
    },
  },

  {
    name: 'kept-alive socket closed as it is reused',
    breakage: whenReused(closes),
    keptAlive: true,
    expected: ok(),
    sentTwiceOver: ['node-fetch', 'node-fetch on one connection', "undici's request"],
    sentOnceAt: ['create-user'],
    but: { "undici's fetch": broken, 'create-user': broken },
  },
  {
    name: 'kept-alive socket reset as it is reused',
    breakage: whenReused(resets),
    keptAlive: true,
    expected: ok(),
    sentTwiceOver: ['node-fetch', 'node-fetch on one connection', "undici's request"],
    sentOnceAt: ['create-user'],
    but: { "undici's fetch": broken, 'create-user': broken },
  },
];
