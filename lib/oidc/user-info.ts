import { FreedomIdError } from '../errors';
import {
  createProfile,
  type FreedomIdProfile,
  type FreedomIdUserInfo,
  readBirthday,
  readText,
  readValues,
} from '../profile';
import type { FreedomIdClaims } from './id-token';

/** The user of the ID token, whose profile is loaded. */
export interface FreedomIdSubject {
  /** The user's id. */
  sub: string;
  /** The claims of the ID token, after validation. */
  claims: FreedomIdClaims;
}

/** The user's profile in OpenID Connect. See docs/profile.md. */
export interface FreedomIdOidcProfile extends FreedomIdProfile {
  /** The e-mail addresses: `email`, then those of `emails`, without duplicates. `verified` is the claim `email_verified`, for `email` only. */
  emails?: { value: string; verified?: boolean }[];
  /** The claims of the ID token, after validation. */
  _claims: FreedomIdClaims;
}

/**
 * Maps user info, or the claims of an ID token, to a profile. Guess: Freedom ID's own names are those of get-data (protocol 7, 10).
 * Those of the standard win (OpenID Connect Core, 5.1).
 */
export function parseProfile(
  info: FreedomIdUserInfo,
  { sub, claims }: FreedomIdSubject,
): FreedomIdOidcProfile {
  const { json } = info;
  const profile = createProfile(
    {
      id: sub,
      givenName: readText(json.given_name) ?? readText(json.firstname),
      familyName: readText(json.family_name) ?? readText(json.lastname),
      middleName: readText(json.middle_name) ?? readText(json.patronymic),
      displayName: readText(json.name),
      emails: emailsIn(json),
      phoneNumbers: readValues(readText(json.phone_number) ?? json.phone, json.phones),
      birthday: readBirthday(json.birthdate) ?? readBirthday(json.date_of_birth),
      gender: GENDERS.get(json.gender),
    },
    info,
  );
  return { ...profile, _claims: claims };
}

const GENDERS: ReadonlyMap<unknown, 'male' | 'female'> = new Map([
  ['male', 'male'],
  ['M', 'male'],
  ['female', 'female'],
  ['F', 'female'],
]);

function emailsIn({
  email,
  emails,
  email_verified: verified,
}: Record<string, unknown>): FreedomIdOidcProfile['emails'] {
  const found = readValues(email, emails);
  const [first, ...others] = found ?? [];
  if (!first || typeof verified !== 'boolean' || first.value !== readText(email)) return found;
  return [{ ...first, verified }, ...others];
}

/** @throws FreedomIdError if user info is not that of the ID token's user (OpenID Connect Core, 5.3.2) */
export function checkUserInfo(json: Record<string, unknown>, sub: string): void {
  // Guess: the name in the documentation of get-data (protocol 7, 10).
  const { freedom_id: id } = json;
  if ((json.sub ?? id) !== sub) throw wrongUser('sub of the user info');
}

/** @throws FreedomIdError if a profile, which a subclass may have made, is not that of the ID token's user */
export function checkProfile(profile: unknown, { sub }: FreedomIdSubject): void {
  const { id } = Object(profile) as { id?: unknown };
  if (id !== sub) throw wrongUser('id of the profile that userProfile gives');
}

function wrongUser(what: string): FreedomIdError {
  return new FreedomIdError(
    `Freedom ID userinfo: ${what} must be the ID token's sub, but is not. Nobody was signed in. Check userInfoURL, and userProfile if the app overrides it.`,
    { code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'userinfo' },
  );
}
