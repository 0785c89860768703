/**
 * The user as Passport knows them: a `passport.Profile`. What was not shared is absent, never `undefined` or `null`; but a name
 * always has its two parts.
 */
export interface FreedomIdProfile {
  provider: 'freedom-id';
  /** `freedom_id`, or in OpenID Connect `sub`: the key under which to store the user. No other field stands in for it. */
  id: string;
  /** Given and family name; `''` when neither was shared, and in OpenID Connect no `name` either. */
  displayName: string;
  name?: {
    /** `firstname` (in OpenID Connect `given_name`), or `''` */
    givenName: string;
    /** `lastname` (`family_name`), or `''` */
    familyName: string;
    /** `patronymic` (`middle_name`) */
    middleName?: string;
  };
  /** `email`, then `emails`, none twice. */
  emails?: { value: string }[];
  /** `phone` (`phone_number`), then `phones`, none twice. */
  phoneNumbers?: { value: string }[];
  /** `date_of_birth` (`birthdate`), `YYYY-MM-DD` as sent. */
  birthday?: string;
  /** From `gender`: `M` or `F`, in OpenID Connect a word, too. */
  gender?: 'male' | 'female';
  /** The user's data as they came, in JSON. */
  _raw: string;
  /** The same, parsed: every other field is here, untouched. */
  _json: Record<string, unknown>;
}

/** The user's data as Freedom ID sends them. */
export interface FreedomIdUserInfo {
  /** The body as it came. */
  raw: string;
  /** The body, parsed. */
  json: Record<string, unknown>;
}

/** Whatever a flow has found, in the profile's terms. */
type Found = Pick<FreedomIdProfile, 'id'> & {
  [K in 'givenName' | 'familyName' | 'middleName' | 'displayName']?: string | undefined;
} & { [K in 'emails' | 'phoneNumbers' | 'birthday' | 'gender']: FreedomIdProfile[K] | undefined };

/** @param found.displayName - where neither part of the name is there */
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

/** A string without white space around it, if anything is left of it. */
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
