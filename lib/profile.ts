/**
 * The user's profile, in the shape of Passport's `Profile`. What the user has not shared is absent, never `undefined` or `null`.
 * See docs/profile.md.
 */
export interface FreedomIdProfile {
  /** Always `freedom-id`, with OpenID Connect, too. */
  provider: 'freedom-id';
  /** The user's id: `freedom_id`, or in OpenID Connect `sub`. Store your users by it, and by nothing else. */
  id: string;
  /** Given and family name. Without both, in OpenID Connect the claim `name`; else `''`. */
  displayName: string;
  /** The parts of the name. Absent if the user has shared none of them. */
  name?: {
    /** `firstname`, in OpenID Connect `given_name`; `''` if it was not shared. */
    givenName: string;
    /** `lastname`, in OpenID Connect `family_name`; `''` if it was not shared. */
    familyName: string;
    /** `patronymic`, in OpenID Connect `middle_name`. */
    middleName?: string;
  };
  /** The e-mail addresses: `email`, then those of `emails`, without duplicates. */
  emails?: { value: string }[];
  /** The phone numbers: `phone`, in OpenID Connect `phone_number`; then those of `phones`, without duplicates. */
  phoneNumbers?: { value: string }[];
  /** The date of birth, `YYYY-MM-DD`: `date_of_birth`, in OpenID Connect `birthdate`. */
  birthday?: string;
  /** From `gender`: `M` or `F`, in OpenID Connect also `male` or `female`. */
  gender?: 'male' | 'female';
  /** The user info as Freedom ID sent it: JSON text. */
  _raw: string;
  /** The same, parsed. All fields are here, unchanged. */
  _json: Record<string, unknown>;
}

/** The user info: the user's data as Freedom ID sent them (protocol 7). */
export interface FreedomIdUserInfo {
  /** The body of the response, as text. */
  raw: string;
  /** The same, parsed. */
  json: Record<string, unknown>;
}

/** What a flow has found, by the profile's names. */
type Found = Pick<FreedomIdProfile, 'id'> & {
  [K in 'givenName' | 'familyName' | 'middleName' | 'displayName']?: string | undefined;
} & { [K in 'emails' | 'phoneNumbers' | 'birthday' | 'gender']: FreedomIdProfile[K] | undefined };

/** @param found.displayName - used if both parts of the name are absent */
export function createProfile(
  { id, givenName = '', familyName = '', middleName, displayName = '', ...found }: Found,
  { raw, json }: FreedomIdUserInfo,
): FreedomIdProfile {
  return compact({
    provider: 'freedom-id',
    id,
    displayName: `${givenName} ${familyName}`.trim() || displayName,
    name: givenName || familyName || middleName ? compact({ givenName, familyName, middleName }) : undefined,
    ...found,
    _raw: raw,
    _json: json,
  });
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out the members that are undefined. */
export function compact<const T extends object>(members: T): Compact<T> {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(members) as (keyof T & string)[]) {
    if (members[name] !== undefined) kept[name] = members[name];
  }
  return kept as Compact<T>;
}

/**
 * Freedom ID's ids are UUIDs. Letters beyond ASCII are refused, because two people or two databases may read them
 * differently: `admin` and `аdmin`, which begins with a Cyrillic letter.
 */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value);
}

/** A string without white space around it. @returns undefined for anything else, and if nothing is left */
export function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.trim() || undefined : undefined;
}

/** A date as `YYYY-MM-DD`. */
export function readBirthday(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;
}

/**
 * Gathers e-mail addresses or phone numbers, none twice. Guess: the shape of `emails` and `phones` is not documented, so
 * strings and objects that hold one are read, in a list or alone (protocol 7).
 */
export function readValues(...fields: unknown[]): { value: string }[] | undefined {
  const found: string[] = [];
  for (const field of fields) {
    for (const entry of Array.isArray(field) ? field : [field]) {
      const text = entryText(entry);
      if (text !== undefined) found.push(text);
    }
  }
  return found.length > 0 ? [...new Set(found)].map((value) => ({ value })) : undefined;
}

function entryText(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return readText(entry);
  const { value, email, phone, number } = entry as Record<string, unknown>;
  return readText(value) ?? readText(email) ?? readText(phone) ?? readText(number);
}
