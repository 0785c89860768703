import { randomBytes } from 'node:crypto';

/** A random text: a state of our own, or a code or token that must be refused. 43 characters for 32 bytes. */
export function madeUp(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}
