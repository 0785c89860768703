import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { FreedomIdError } from '../../lib';
import type { FreedomIdOidcProfile } from '../../lib/oidc';
import { ACCESS_TOKEN, goodClaims, oidcLogin, SUB } from '../support/oidc-login';
import { property } from '../support/property';
import {
  fieldValue,
  hostileAnswer,
  type Json,
  MAX_SIZE,
  type Member,
  responseTo,
  verdictOn,
} from './hostile-answer';

const MEMBERS_OF_OBJECTS = Object.getOwnPropertyNames(Object.prototype);

const anyID = fc.oneof(
  fc.constantFrom<unknown>(SUB, SUB, SUB, undefined, null, '', 0, false, [SUB], { toString: SUB }),
  fc.constantFrom<unknown>('another-user', `${SUB} `, SUB.toUpperCase(), `${SUB}\0`),
  fieldValue,
);

const ids: fc.Arbitrary<Member> = fc.tuple(fc.constantFrom('sub', 'freedom_id', 'id', 'user_id'), anyID);

const named = (...names: string[]): fc.Arbitrary<Member> => fc.tuple(fc.constantFrom(...names), fieldValue);

const fields = fc.oneof(
  named('given_name', 'firstname', 'family_name', 'lastname', 'middle_name', 'patronymic', 'name'),
  named('email', 'emails', 'phone_number', 'phone', 'phones', 'birthdate', 'date_of_birth', 'gender'),
  // Both styles at once, each of them good.
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom('given_name', 'firstname', 'family_name', 'lastname', 'middle_name', 'patronymic'),
      fc.constantFrom<unknown>('Әсел', ' Аружан ', ''),
    ),
  },
  fc.tuple(
    fc.constantFrom('email_verified', 'phone_number_verified'),
    fc.constantFrom<unknown>(true, false, 'true', 1, null),
  ),
  fc.tuple(
    fc.constant('gender'),
    fc.constantFrom<unknown>('male', 'female', 'M', 'F', 'Male', 'toString', ['male']),
  ),
  fc.tuple(
    fc.constantFrom('birthdate', 'date_of_birth'),
    fc.constantFrom<unknown>('2000-01-31', '0000', '2000-1-1'),
  ),
  fc.tuple(
    fc.constantFrom('email', 'emails'),
    fc.constantFrom<unknown>('a@b.kz', ['a@b.kz', 'c@d.kz'], { email: 'e@f.kz' }),
  ),
);

const answer = hostileAnswer({ sub: SUB }, fc.oneof({ weight: 4, arbitrary: fields }, ids));
/** Without the `sub` at the beginning. */
const bareAnswer = hostileAnswer({}, fc.oneof({ weight: 2, arbitrary: fields }, ids));

/** Whose data they are: `sub`, or Freedom ID's own name where there is none. */
function idIn({ sub, freedom_id: id }: Json): unknown {
  return sub === undefined || sub === null ? id : sub;
}

/** The profile as the documentation has it, member by member. */
function profileOf(json: Json, raw: string): Json {
  const text = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = json[name];
      if (typeof value === 'string' && value.trim() !== '') return value.trim();
    }
    return undefined;
  };
  const given = text('given_name', 'firstname');
  const family = text('family_name', 'lastname');
  const middle = text('middle_name', 'patronymic');
  const emails = entriesOf(json.email, json.emails);
  const phones = entriesOf(text('phone_number') ?? json.phone, json.phones);
  const birthday = ['birthdate', 'date_of_birth']
    .map((name) => json[name])
    .find((value) => typeof value === 'string' && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value));
  const genders: Json = { male: 'male', M: 'male', female: 'female', F: 'female' };
  const gender =
    typeof json.gender === 'string' && Object.hasOwn(genders, json.gender) && genders[json.gender];

  const profile: Json = { provider: 'freedom-id', id: SUB, _raw: raw, _json: json, _claims: goodClaims() };
  profile.displayName = given || family ? [given, family].filter(Boolean).join(' ') : (text('name') ?? '');
  if (given || family || middle) {
    profile.name = {
      givenName: given ?? '',
      familyName: family ?? '',
      ...(middle && { middleName: middle }),
    };
  }
  if (emails.length > 0) {
    const isVerified = typeof json.email_verified === 'boolean' && text('email') !== undefined;
    profile.emails = emails.map((value, index) =>
      isVerified && index === 0 ? { value, verified: json.email_verified } : { value },
    );
  }
  if (phones.length > 0) profile.phoneNumbers = phones.map((value) => ({ value }));
  if (birthday) profile.birthday = birthday;
  if (gender) profile.gender = gender;
  return profile;
}

/** A text, an object that has one, or a list of these; none twice. */
function entriesOf(...members: unknown[]): string[] {
  const texts = members.flat().map((entry) => {
    const candidates =
      typeof entry === 'object' && entry !== null
        ? ['value', 'email', 'phone', 'number'].map((name) => (entry as Json)[name])
        : [entry];
    return candidates.find((one): one is string => typeof one === 'string' && one.trim() !== '')?.trim();
  });
  return [...new Set(texts.filter((one) => one !== undefined))];
}

/** Those of a login that runs at the same moment as another are the same, but for its second. */
const withoutTimes = ({ _claims, ...profile }: Json): Json => {
  const { exp: _exp, iat: _iat, ...claims } = _claims as Json;
  return { ...profile, _claims: claims };
};

describe('whatever user info comes', () => {
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(MEMBERS_OF_OBJECTS);
  });

  property(
    "verify gets the profile of the ID token's user, or is not called",
    fc.oneof({ weight: 2, arbitrary: answer }, bareAnswer),
    async (hostile) => {
      const options = { maxResponseSize: MAX_SIZE };
      const { action, args } = await oidcLogin({ userinfo: () => responseTo(hostile) }, options);
      const verdict = verdictOn(hostile);

      if ('json' in verdict && idIn(verdict.json) === SUB) {
        expect(action, inspect(args)).to.equal('success');
        const profile = args[0] as FreedomIdOidcProfile & Json;
        expect(withoutTimes(profile)).to.deep.equal(
          withoutTimes(profileOf(JSON.parse(verdict.raw), verdict.raw)),
        );
        for (const value of [...Object.values(profile), ...Object.values(profile.name ?? {})]) {
          expect(value).to.not.be.oneOf([undefined, null]);
        }
        return;
      }
      expect(action, inspect(args)).to.equal('error');
      const code =
        'json' in verdict
          ? 'ERR_FREEDOM_ID_TOKEN'
          : 'code' in verdict
            ? verdict.code
            : 'ERR_FREEDOM_ID_REJECTED';
      expect(args[0]).to.be.instanceOf(FreedomIdError).and.include({ code, endpoint: 'userinfo' });
      expect(String(args[0])).to.match(/^FreedomIdError: Freedom ID userinfo: [^\p{Cc}]+$/u);
      const shown = inspect(args, { depth: 9 });
      for (const secret of [ACCESS_TOKEN, 'another-user', SUB]) expect(shown).to.not.include(secret);
    },
  );
});
