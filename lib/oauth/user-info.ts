import { FreedomIdError } from '../errors';
import {
  createProfile,
  type FreedomIdProfile,
  type FreedomIdUserInfo,
  isUserId,
  readBirthday,
  readText,
  readValues,
} from '../profile';

/**
 * Maps get-data's response to a profile. Guess: the names `patronymic`, `email`, `phone` and `gender`, and its values (protocol
 * 7).
 *
 * @throws FreedomIdError where `freedom_id` is not 1 to 255 visible ASCII characters: no other field stands in for it
 */
export function parseProfile(info: FreedomIdUserInfo): FreedomIdProfile {
  const { json } = info;
  const { freedom_id: id, gender } = json;
  if (!isUserId(id)) {
    throw new FreedomIdError(
      "Freedom ID get-data: the response has no freedom_id of 1 to 255 visible ASCII characters. Check that userProfileURL is Freedom ID's.",
      { code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'get-data' },
    );
  }
  return createProfile(
    {
      id,
      givenName: readText(json.firstname),
      familyName: readText(json.lastname),
      middleName: readText(json.patronymic),
      emails: readValues(json.email, json.emails),
      phoneNumbers: readValues(json.phone, json.phones),
      birthday: readBirthday(json.date_of_birth),
      gender: gender === 'M' ? 'male' : gender === 'F' ? 'female' : undefined,
    },
    info,
  );
}
