import { requireThat } from '../require-that';

/** The `Authorization` header of a request. */
export interface Authorization {
  scheme: 'Basic' | 'Bearer';
  credentials: string;
}

/** RFC 7617. */
export function basic(name: string, password: string): Authorization {
  return { scheme: 'Basic', credentials: Buffer.from(`${name}:${password}`).toString('base64') };
}

/** RFC 6750. @param name - the token's name in an error message. @throws `TypeError` if it is not a token */
export function bearer(token: unknown, name: string): Authorization {
  requireThat(isToken(token), name, 'a token of visible ASCII characters', token);
  return { scheme: 'Bearer', credentials: token };
}

/** Visible ASCII only: the HTTP library refuses some other characters, and its message would print the token. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}
