import { parseObject } from '../http/json';
import { readBirthday } from '../profile';
import { requireThat } from '../require-that';
import { isUUID } from '../uuid';

/** The fields of a user in Freedom ID, named as Freedom ID names them (protocol 9, documented). Others are sent as they are. */
interface FreedomIdUserFields {
  /** An e-mail address. */
  email?: string | undefined;
  /** Given name. */
  firstname?: string | undefined;
  /** Family name. */
  lastname?: string | undefined;
  /** `YYYY-MM-DD`. */
  date_of_birth?: string | undefined;
  /** Three capital letters, e.g. `KAZ`. */
  country?: string | undefined;
  /** Any text. Its meaning is not documented. */
  nationality?: string | undefined;
  /** `M` or `F`. */
  gender?: 'M' | 'F' | undefined;
  /** Any text. Its meaning is not documented. */
  identifier?: string | undefined;
  /** Any other field is sent as it is. */
  [field: string]: unknown;
}

/** A user to be created: fields by Freedom ID's own names (protocol 9, documented). */
export interface FreedomIdNewUser extends FreedomIdUserFields {
  /** `+` and 10 to 15 digits. */
  phone: string;
}

/** A user to be updated: fields by Freedom ID's own names (protocol 9, documented). What is left out stays as it is. */
export interface FreedomIdUserUpdate extends FreedomIdUserFields {
  /** The user's id, a UUID. */
  freedom_id: string;
  /** `+` and 10 to 15 digits. */
  phone?: string | undefined;
}

/** Freedom ID's answer after a user was created or updated (protocol 9). */
export interface FreedomIdUserResult {
  /** The user's id, if the response has one. The shape of the response is not documented. */
  freedomId?: string;
  /** The whole response, parsed. `{}` if it is empty. */
  raw: Record<string, unknown>;
}

interface Format {
  shape: string;
  fits(value: unknown): boolean;
}

const TEXT: Format = { shape: 'a string', fits: (value) => typeof value === 'string' };

/** Protocol 9. */
const FORMATS: Record<string, Format> = {
  freedom_id: { shape: 'a UUID', fits: isUUID },
  phone: { shape: '+ and 10 to 15 digits', fits: (value) => matches(value, /^\+\d{10,15}$/) },
  email: { shape: 'an e-mail address', fits: (value) => matches(value, /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u) },
  firstname: TEXT,
  lastname: TEXT,
  identifier: TEXT,
  nationality: TEXT,
  date_of_birth: { shape: 'a date as YYYY-MM-DD', fits: isDate },
  country: { shape: 'three capital letters, such as KAZ', fits: (value) => matches(value, /^[A-Z]{3}$/) },
  gender: { shape: 'M or F', fits: (value) => matches(value, /^[MF]$/) },
};

/**
 * @param required - the field that must be there
 * @returns a copy, which is sent: the app cannot change it any more
 * @throws `TypeError` that names the first field that is not as documented
 */
export function readUserFields(user: unknown, required: 'phone' | 'freedom_id'): Record<string, unknown> {
  const fields = copyFields(user);
  requireThat(fields !== undefined, 'user', 'an object that JSON can express', user);
  for (const [field, { shape, fits }] of Object.entries(FORMATS)) {
    const value = fields[field];
    if (value !== undefined || field === required) {
      requireThat(fits(value), `the field ${field}`, shape, value);
    }
  }
  return fields;
}

function copyFields(user: unknown): Record<string, unknown> | undefined {
  try {
    return parseObject(JSON.stringify(user));
  } catch {
    return undefined;
  }
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

/** A day that exists: not February 30. */
function isDate(value: unknown): boolean {
  const text = readBirthday(value);
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
}
