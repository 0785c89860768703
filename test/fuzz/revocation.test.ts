import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { revocationHandler } from '../../lib';
import { property } from '../support/property';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How the body reaches the handler: as it comes, or by a body parser. */
type Way = 'stream' | 'req.body, parsed' | 'req.body, text' | 'req.body, bytes' | 'req.rawBody' | 'nowhere';

interface Sent {
  method: string;
  headers: Record<string, string>;
  /** In pieces of this length. */
  pieces: number;
  body: Buffer;
  way: Way;
  /** Whether the client goes before the end. */
  breaksOff: boolean;
  /** Whether `content-length` is there, and true. */
  announced: boolean;
}

const id = fc.oneof(
  { weight: 4, arbitrary: fc.uuid() },
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.uuid().chain((uuid) => fc.nat(35).map((place) => `${uuid.slice(0, place)}g${uuid.slice(place + 1)}`)),
  fc.jsonValue(),
);
const json = fc
  .record({ id, more: fc.jsonValue() }, { requiredKeys: [] })
  .map((members) => Buffer.from(JSON.stringify(members)));
const body: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: json },
  // Damaged somewhere.
  fc.tuple(json, fc.nat(), fc.nat(255)).map(([bytes, place, byte]) => {
    const damaged = Buffer.from(bytes);
    damaged[place % damaged.length] = byte;
    return damaged;
  }),
  // About as long as a body may be.
  fc.tuple(json, fc.integer({ min: 4090, max: 4102 })).map(([bytes, length]) => {
    return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length), ' ')]);
  }),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
);
const contentType = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('application/json', 'Application/JSON; charset=utf-8') },
  fc.constantFrom('text/plain', 'application/json; charset=koi8-r', 'application/jsonx', ''),
  fc.string(),
);
const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.oneof({ weight: 9, arbitrary: fc.constant('POST') }, fc.constantFrom('GET', 'HEAD', 'post', '')),
  headers: fc
    .record({
      'content-type': contentType,
      'content-encoding': fc.option(fc.constantFrom('gzip', 'identity'), { freq: 8, nil: '' }),
    })
    .map((headers) => Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))),
  pieces: fc.constantFrom(1, 7, 1000, 100_000),
  body,
  way: fc.constantFrom<Way[]>(
    'stream',
    'stream',
    'req.body, parsed',
    'req.body, text',
    'req.body, bytes',
    'req.rawBody',
    'nowhere',
  ),
  breaksOff: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
  announced: fc.boolean(),
});

/** The body as a parser gives it, or undefined where it would have refused it by itself. */
function parsed({ way, body }: Sent): object | undefined {
  if (way === 'req.body, text') return { body: body.toString() };
  if (way === 'req.body, bytes') return { body };
  if (way === 'req.rawBody') return { rawBody: body, body: { id: 'not this one' } };
  if (way === 'nowhere') return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    return way === 'req.body, parsed' && typeof value === 'object' ? { body: value } : undefined;
  } catch {
    return undefined;
  }
}

async function requestOf({ method, headers, pieces, body, announced }: Sent, parts: object | undefined) {
  const req = new IncomingMessage(new Socket());
  Object.assign(req, { method, url: '/', httpVersionMajor: 1, httpVersionMinor: 1, httpVersion: '1.1' });
  const framing = announced ? { 'content-length': `${body.length}` } : { 'transfer-encoding': 'chunked' };
  Object.assign(req.headers, headers, framing);
  const push = () => {
    for (let start = 0; start < body.length; start += pieces) req.push(body.subarray(start, start + pieces));
  };
  if (parts) {
    push();
    req.complete = true;
    req.push(null);
    for await (const _ of req);
    Object.assign(req, parts);
  } else push();
  return req;
}

const listenersOf = (req: IncomingMessage) =>
  ['data', 'end', 'error'].map((event) => req.listenerCount(event));

/** Follows the documentation, not the code of the handler. @returns the id, or the status of a refusal */
function verdictOn({ method, headers, body, way, breaksOff }: Sent, isParsed: boolean): string | number {
  if (method !== 'POST') return 405;
  if (!/^application\/json(; charset=utf-8)?$/i.test(headers['content-type'] ?? '')) return 415;
  if (headers['content-encoding'] === 'gzip') return 415;
  if (body.length > 4096) return 413;
  if (isParsed && way === 'nowhere') return 500;
  if (!isParsed && breaksOff) return 400;
  try {
    // Parsers that decode replace what is not UTF-8.
    const fatal = !isParsed || way === 'req.body, bytes' || way === 'req.rawBody';
    const text = new TextDecoder('utf-8', { fatal }).decode(body);
    const { id } = JSON.parse(text) as { id: unknown };
    return typeof id === 'string' && UUID.test(id) ? id : 400;
  } catch {
    return 400;
  }
}

describe('whatever request comes to the revocation webhook', () => {
  property('it has one of the documented responses, and only a UUID reaches the app', sent, async (made) => {
    const parts = parsed(made);
    const req = await requestOf(made, parts);
    const res = new ServerResponse(req);
    const calls: unknown[] = [];
    const errors: unknown[] = [];
    const handler = revocationHandler((...args) => void calls.push(args), {
      onError: (error) => errors.push(error),
    });

    const listeners = listenersOf(req);
    const handled = handler(req, res);
    setImmediate(() => {
      if (parts) return;
      if (made.breaksOff) return void req.destroy();
      req.complete = true;
      req.push(null);
    });
    await handled;

    const verdict = verdictOn(made, parts !== undefined);
    // How long a body was before it was parsed is not known.
    const isKnown =
      parts === undefined || made.way === 'req.body, bytes' || made.way === 'req.rawBody' || made.announced;
    if (typeof verdict === 'string') {
      expect([res.statusCode, ...calls]).to.deep.equal([204, [verdict, req]]);
    } else if (isKnown || verdict !== 413) {
      expect(res.statusCode).to.equal(verdict);
      expect(calls).to.deep.equal([]);
    } else expect(res.statusCode).to.be.oneOf([204, 400, 413, 500]);
    expect(res.writableEnded).to.equal(true);
    expect(errors).to.have.length(res.statusCode === 500 ? 1 : 0);
    expect(listenersOf(req)).to.deep.equal(listeners);
  });
});
