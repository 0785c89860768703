import { KeyObject } from 'node:crypto';

/**
 * @param value - what was given for the option
 * @throws `TypeError`: `passport-freedom-id: <option> must be <shape>, but is <value>`
 */
export function requireThat(
  condition: boolean,
  option: string,
  shape: string,
  value: unknown,
): asserts condition {
  if (!condition) {
    throw new TypeError(`passport-freedom-id: ${option} must be ${shape}, but is ${found(option, value)}`);
  }
}

/** @throws `TypeError` if an argument is not a string, or is empty */
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

/** Options whose value is never shown: it may be a secret, or personal. */
const UNSHOWN =
  /^(?:options|clientID|clientSecret|customHeaders|publicKey|code|nonce|token|accessToken|refreshToken|requestId|user|the (?:parameter|field) .*)$/s;

/** The length of one text, and of the whole description of a value. */
const MAX_TEXT = 60;
const MAX_FOUND = 200;

const MAX_ITEMS = 5;

/** Describes the value of an option. Never throws, and the description is short, whatever the app has given. */
function found(option: string, value: unknown): string {
  try {
    return inOneLine(UNSHOWN.test(option) ? kindOf(value) : shown(value), MAX_FOUND);
  } catch {
    return 'a value that cannot be read';
  }
}

/** Shows the value itself, if it is short. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => (Array.isArray(item) ? kindOf(item) : shown(item)));
    return `[${items.join(', ')}${value.length > MAX_ITEMS ? ', …' : ''}]`;
  }
  if (typeof value === 'string') return `"${inOneLine(shownURL(value), MAX_TEXT)}"`;
  // The time to write out a larger one grows with the square of its length.
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

/** Tells the type and the length, and nothing of the value. */
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
