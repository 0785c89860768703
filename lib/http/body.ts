import { Readable } from 'node:stream';
import type { FetchResponse } from './fetch';
import { decodeUTF8 } from './utf8';

/** The response is larger than the option `maxResponseSize`. */
export class TooLarge extends Error {}

/** The response cannot be read, for the reason that the message names. */
export class BrokenResponse extends Error {}

/** @returns the body as text. A stream that is not UTF-8 becomes a text that is not JSON. @throws {@link TooLarge} */
export async function readBody(response: FetchResponse, maxSize: number): Promise<string> {
  const { body } = response;
  if (!isAsyncIterable(body)) {
    const text = await response.text();
    if (Buffer.byteLength(text) > maxSize) throw new TooLarge();
    return text;
  }
  const bytes = new Bytes(maxSize);
  await (body instanceof Readable ? readStream(body, bytes) : readIterable(body, bytes));
  return bytes.decode();
}

const EMPTY = Buffer.alloc(0);

/** The bytes received so far, up to a maximum size. In one growing buffer: a list of one-byte chunks takes a hundred times their size. */
class Bytes {
  private buffer = EMPTY;

  private size = 0;

  constructor(private readonly maxSize: number) {}

  add(chunk: Uint8Array | string): void {
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(chunk);
    const size = this.size + bytes.length;
    if (size > this.maxSize) throw new TooLarge();
    if (size > this.buffer.length) this.grow(size);
    this.buffer.set(bytes, this.size);
    this.size = size;
  }

  /** At least doubles the size, so that each byte is copied about twice, however many chunks arrive. */
  private grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.min(Math.max(size, 2 * this.buffer.length), this.maxSize));
    larger.set(this.buffer);
    this.buffer = larger;
  }

  decode(): string {
    // The substitute is not empty, because a 401 with an empty body is a rejection by Freedom ID.
    return decodeUTF8(this.buffer.subarray(0, this.size)) ?? '\ufffd';
  }
}

/** Uses events, because the stream's iterator takes more processor time than all other code of this package in a login. */
function readStream(stream: Readable, bytes: Bytes): Promise<void> {
  return new Promise((resolve, reject) => {
    const endEarly = () => reject(stream.errored ?? new Error('the response ended early'));
    stream.on('data', (chunk) => {
      try {
        bytes.add(chunk);
      } catch (reason) {
        stream.destroy(reason as Error);
      }
    });
    stream.on('error', reject);
    stream.on('end', resolve);
    // `close` comes after `end`, too.
    stream.on('close', () => {
      if (!stream.readableEnded) endEarly();
    });
    // The stream may have failed before these listeners were added.
    if (!stream.readable) endEarly();
  });
}

async function readIterable(body: AsyncIterable<Uint8Array>, bytes: Bytes): Promise<void> {
  for await (const chunk of body) bytes.add(chunk);
}

function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
