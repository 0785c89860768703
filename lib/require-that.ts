import { KeyObject } from 'node:crypto';

/**
 * @param value - what was given for the option
 * @throws `TypeError`: `passport-freedom-id: <option> must be <shape>, and is <value>`
 */
export function requireThat(
  condition: boolean,
  option: string,
  shape: string,
  value: unknown,
): asserts condition {
  if (!condition) {
    throw new TypeError(`passport-freedom-id: ${option} must be ${shape}, and is ${found(option, value)}`);
  }
}

/** @throws `TypeError` where an argument is no text at all */
export function requireText(value: unknown, argument: string): void {
  requireThat(typeof value === 'string' && value !== '', argument, 'a non-empty string', value);
}

/** A string with more than white space in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/**
 * The part of a URL that a message may show: no user name, no password, no query. Text that cannot be parsed may hold
 * them anywhere around an `@`.
 */
export function shownURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    return text.includes('@') ? '…' : text.replace(/([?#]).*/s, '$1…');
  }
  const { protocol, username, password, host, pathname, search, hash } = url;
  const user = username || password ? '…@' : '';
  return `${protocol}//${user}${host}${pathname}${search && '?…'}${hash && '#…'}`;
}

/** Options that hold a secret, or that somebody may have mistaken for one. */
const UNSHOWN =
  /^(?:options|clientID|clientSecret|customHeaders|publicKey|code|nonce|token|accessToken|refreshToken|requestId|user|the (?:parameter|field) .*)$/s;

/** Of one text, and of all that is said about a value. */
const MAX_TEXT = 60;
const MAX_FOUND = 200;

const MAX_ITEMS = 5;

/** What an option is. Whatever the app has given, this throws nothing and is short. */
function found(option: string, value: unknown): string {
  try {
    return inOneLine(UNSHOWN.test(option) ? kindOf(value) : shown(value), MAX_FOUND);
  } catch {
    return 'a value that cannot be read';
  }
}

/** By its value, where that is a few words. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => (Array.isArray(item) ? kindOf(item) : shown(item)));
    return `[${items.join(', ')}${value.length > MAX_ITEMS ? ', …' : ''}]`;
  }
  if (typeof value === 'string') return `"${inOneLine(shownURL(value), MAX_TEXT)}"`;
  // Writing out a larger one takes time with the square of its length.
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? `${value}n` : kindOf(value);
  return typeof value === 'object' || typeof value === 'function' ? kindOf(value) : String(value);
}

function inOneLine(text: string, maxLength: number): string {
  const start = text
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ');
  return text.length > maxLength ? `${start}…` : start;
}

/** By type and length, and nothing of its value. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (value === '') return 'an empty string';
  if (typeof value === 'string') return `a string of ${counted(value.length, 'character')}`;
  if (typeof value === 'function') return `a function of ${counted(value.length, 'parameter')}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return `an array of ${counted(value.length, 'item')}`;
  if (value instanceof Uint8Array) return 'bytes, not a text';
  if (value instanceof KeyObject) return `a ${value.type} KeyObject`;
  if (value instanceof URL) return 'a URL object, not its text';
  return `an object of ${counted(Object.keys(value).length, 'member')}`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
