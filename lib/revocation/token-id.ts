import { isObject, parseObject } from '../http/json';
import { decodeUTF8 } from '../http/utf8';
import { isUUID } from '../uuid';
import { type NodeRequest, readOn } from './stream';

/** `{"id": "<token id>"}` has 48 bytes (protocol 5). */
const MAX_BYTES = 4096;

/** Why a request is refused, by the HTTP status. */
const REFUSALS = {
  400: 'the body must be JSON in UTF-8, with the id of a token, a UUID',
  405: 'the method must be POST',
  408: 'the body did not come in time',
  413: `the body may have ${MAX_BYTES} bytes at most`,
  415: 'the content type must be application/json, in UTF-8 and not compressed',
};

/** The status if the body was not read to its end. A client that has gone does not see it. */
const STATUSES = { late: 408, enough: 413, gone: 400 } as const;

/** The request is not what Freedom ID sends. */
export class Refusal extends Error {
  constructor(readonly httpStatus: keyof typeof REFUSALS) {
    super(REFUSALS[httpStatus]);
  }
}

/** @returns the id as it came. @throws {@link Refusal}, or an error that the app must hear of */
export async function readTokenId(req: NodeRequest, deadline: AbortSignal): Promise<string> {
  const { method, headers } = req;
  if (method !== 'POST') throw new Refusal(405);
  if (!isJSON(headers['content-type'])) throw new Refusal(415);
  if (!/^identity$/i.test(headers['content-encoding'] ?? 'identity')) throw new Refusal(415);
  if (Number(headers['content-length']) > MAX_BYTES) throw new Refusal(413);
  const bytes = givenBody(req) ?? (await readBody(req, deadline));
  if (bytes.length > MAX_BYTES) throw new Refusal(413);
  const id = parseObject(decodeUTF8(bytes) ?? '')?.id;
  if (!isUUID(id)) throw new Refusal(400);
  return id;
}

function isJSON(contentType = ''): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1] ?? 'utf-8';
  return /^application\/json\s*(?:;|$)/i.test(contentType) && /^utf-?8$/i.test(charset);
}

/** The body that a parser has left: text, bytes, or a parsed value, which is turned into JSON again. */
function givenBody(req: NodeRequest): Uint8Array | undefined {
  const { rawBody, body } = req as { rawBody?: unknown; body?: unknown };
  const given = rawBody ?? body;
  // Express 4 sets `{}` if a parser has read nothing.
  if (!isRead(req) && (given === undefined || given === null || isEmpty(given))) return undefined;
  if (given === undefined) {
    throw new Error(
      'passport-freedom-id: something has read the body of the revocation webhook and left it neither in req.body nor in req.rawBody: mount revocationHandler before the body parser',
    );
  }
  if (given instanceof Uint8Array) return given;
  return Buffer.from(typeof given === 'string' ? given : toJSON(given));
}

/** In HTTP/2, Node.js itself reads the rest of a body that the client has broken off. That does not count. */
function isRead({ readableDidRead, readableEnded, aborted }: NodeRequest): boolean {
  return !aborted && (readableDidRead || readableEnded);
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** @throws {@link Refusal} where JSON cannot express it, or is nested so deep that the stack overflows */
function toJSON(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw new Refusal(400);
  }
}

async function readBody(req: NodeRequest, deadline: AbortSignal): Promise<Uint8Array> {
  // One buffer: a list of one-byte chunks takes a hundred times their size.
  const buffer = Buffer.allocUnsafe(MAX_BYTES);
  let size = 0;
  const ending = await readOn(req, deadline, (chunk) => {
    if (size + chunk.length > MAX_BYTES) return false;
    buffer.set(chunk, size);
    size += chunk.length;
    return true;
  });
  if (ending !== 'ended') throw new Refusal(STATUSES[ending]);
  return buffer.subarray(0, size);
}
