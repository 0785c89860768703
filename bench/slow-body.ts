import { Readable } from 'node:stream';
import { FreedomIdClient } from 'passport-freedom-id';
import { CREDENTIALS } from './peer';

/**
 * Reads a response that comes in chunks of one size.
 *
 * @returns the most bytes of memory that it was seen to hold on its way
 */
export async function heldBySlowBody(size: number, chunkSize: number): Promise<number> {
  const before = bytesInUse();
  let held = 0;
  let left = size - '{}'.length;
  const eighth = size / 8;
  let nextLook = left - eighth;
  const body = new Readable({
    read() {
      if (left <= nextLook || left === 0) {
        held = Math.max(held, bytesInUse() - before);
        nextLook = left - eighth;
      }
      if (left === 0) {
        this.push('{}');
        this.push(null);
      } else {
        const length = Math.min(chunkSize, left);
        left -= length;
        this.push(Buffer.alloc(length, ' '));
      }
    },
  });
  const client = new FreedomIdClient({
    ...CREDENTIALS,
    maxResponseSize: size,
    fetch: async () => ({ status: 200, body, text: async () => '' }),
  });
  await client.getUserInfo('token');
  return held;
}

function bytesInUse(): number {
  for (let pass = 0; pass < 2; pass += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
