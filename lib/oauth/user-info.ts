import { FreedomIdError } from '../errors';
import { compact, type FreedomIdProfile, isUserId, readBirthday, readText, readValues } from '../profile';

/** The user's data as Freedom ID sends them. */
export interface FreedomIdUserInfo {
  /** The body as it came. */
  raw: string;
  /** The body, parsed. */
  json: Record<string, unknown>;
}

/**
 * Maps get-data's response to a profile. Guess: the names `patronymic`, `email`, `phone` and `gender`, and its values (protocol
 * 7).
 *
 * @throws FreedomIdError where `freedom_id` is not 1 to 255 visible ASCII characters: no other field stands in for it
 */
export function parseProfile({ raw, json }: FreedomIdUserInfo): FreedomIdProfile {
  const { freedom_id: id, gender } = json;
  if (!isUserId(id)) {
    throw new FreedomIdError(
      "Freedom ID get-data: the response has no freedom_id of 1 to 255 visible ASCII characters. Check that userProfileURL is Freedom ID's.",
      { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'get-data' },
    );
  }
  const givenName = readText(json.firstname) ?? '';
  const familyName = readText(json.lastname) ?? '';
  const middleName = readText(json.patronymic);
  return compact({
    provider: 'freedom-id',
    id,
    displayName: `${givenName} ${familyName}`.trim(),
    name: givenName || familyName || middleName ? compact({ givenName, familyName, middleName }) : undefined,
    emails: readValues(json.email, json.emails),
    phoneNumbers: readValues(json.phone, json.phones),
    birthday: readBirthday(json.date_of_birth),
    gender: gender === 'M' ? 'male' : gender === 'F' ? 'female' : undefined,
    _raw: raw,
    _json: json,
  });
}
