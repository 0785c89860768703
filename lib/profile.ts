import { FreedomIdError } from './errors';

/** The user as Passport knows them. What was not shared is absent, never `undefined` or `null`. */
export interface FreedomIdProfile {
  provider: 'freedom-id';
  /** `freedom_id`: the key to store the user under. It never changes and is never another field. */
  id: string;
  /** Given and family name; `''` when neither was shared. */
  displayName: string;
  name?: {
    /** `firstname` */
    givenName?: string;
    /** `lastname` */
    familyName?: string;
    /** `patronymic` */
    middleName?: string;
  };
  /** `email`, then `emails`, none twice. */
  emails?: { value: string }[];
  /** `phone`, then `phones`, none twice. */
  phoneNumbers?: { value: string }[];
  /** `date_of_birth`, `YYYY-MM-DD` as sent. */
  birthday?: string;
  /** From `gender`, `M` or `F`. */
  gender?: 'male' | 'female';
  /** get-data's body as it came. */
  _raw: string;
  /** get-data's body, parsed: every other field is here, untouched. */
  _json: Record<string, unknown>;
}

/** Freedom ID's are UUIDs. Anything that two eyes or two databases could read differently is none: `admin` and `аdmin`. */
const FREEDOM_ID = /^[\x21-\x7e]{1,255}$/;

/**
 * Maps get-data's answer (protocol 7).
 *
 * @throws FreedomIdError where `freedom_id` is not a string of visible ASCII: nothing else may stand in for it
 */
export function parseProfile({
  raw,
  json,
}: {
  raw: string;
  json: Record<string, unknown>;
}): FreedomIdProfile {
  const id = json.freedom_id;
  if (typeof id !== 'string' || !FREEDOM_ID.test(id)) {
    throw new FreedomIdError(
      "Freedom ID get-data: the answer has no freedom_id of 1 to 255 visible ASCII characters. Check that userProfileURL is Freedom ID's.",
      { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'get-data' },
    );
  }
  const name = compact({
    givenName: text(json.firstname),
    familyName: text(json.lastname),
    middleName: text(json.patronymic),
  });
  return compact({
    provider: 'freedom-id',
    id,
    displayName: [name.givenName, name.familyName].filter(Boolean).join(' '),
    name: Object.keys(name).length > 0 ? name : undefined,
    emails: values(json.email, json.emails),
    phoneNumbers: values(json.phone, json.phones),
    birthday: birthday(json.date_of_birth),
    gender: json.gender === 'M' ? 'male' : json.gender === 'F' ? 'female' : undefined,
    _raw: raw,
    _json: json,
  });
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined. */
function compact<const T extends object>(members: T): Compact<T> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return kept as Compact<T>;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim() || undefined : undefined;
}

function birthday(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;
}

/** [guess] The shape of `emails` and `phones` is not documented: strings, or objects that carry one, in a list or alone. */
function values(...fields: unknown[]): { value: string }[] | undefined {
  const found = fields.flat().map(entryText);
  const unique = [...new Set(found.filter((value) => value !== undefined))];
  return unique.length > 0 ? unique.map((value) => ({ value })) : undefined;
}

function entryText(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return text(entry);
  const { value, email, phone, number } = entry as Record<string, unknown>;
  return text(value) ?? text(email) ?? text(phone) ?? text(number);
}
