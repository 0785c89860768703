import { expect } from 'chai';
import type { FreedomIdClaims } from '../../lib/oidc';
import { checkProfile, checkUserInfo, parseProfile } from '../../lib/oidc/user-info';

const claims: FreedomIdClaims = { iss: 'I', sub: 'user-1', aud: 'demo', exp: 2, iat: 1 };
const subject = { sub: 'user-1', claims };

function profileOf(json: Record<string, unknown>) {
  const {
    _raw: _1,
    _json: _2,
    _claims: _3,
    provider: _4,
    id: _5,
    ...profile
  } = parseProfile({ raw: '', json }, subject);
  return profile;
}

describe('the profile of user info', () => {
  it('is that of the ID token’s user, with what was sent and the claims', () => {
    const json = { sub: 'other', freedom_id: 'other', x: 1 };
    expect(parseProfile({ raw: 'RAW', json }, subject)).to.deep.equal({
      provider: 'freedom-id',
      id: 'user-1',
      displayName: '',
      _raw: 'RAW',
      _json: json,
      _claims: claims,
    });
  });

  it('reads the names of the standard', () => {
    const json = {
      given_name: ' John ',
      family_name: 'Doe',
      middle_name: 'Robert',
      name: 'Johnny',
      email: 'john@example.com',
      email_verified: true,
      phone_number: '+77010000001',
      birthdate: '2000-01-31',
      gender: 'male',
    };
    expect(profileOf(json)).to.deep.equal({
      displayName: 'John Doe',
      name: { givenName: 'John', familyName: 'Doe', middleName: 'Robert' },
      emails: [{ value: 'john@example.com', verified: true }],
      phoneNumbers: [{ value: '+77010000001' }],
      birthday: '2000-01-31',
      gender: 'male',
    });
  });

  it("reads Freedom ID's own names", () => {
    const json = {
      firstname: 'John',
      lastname: 'Doe',
      patronymic: 'Robert',
      email: 'john@example.com',
      emails: ['john@example.com', 'jd@work.example'],
      phone: '+77010000001',
      phones: ['+77470000003'],
      date_of_birth: '2000-01-31',
      gender: 'F',
    };
    expect(profileOf(json)).to.deep.equal({
      displayName: 'John Doe',
      name: { givenName: 'John', familyName: 'Doe', middleName: 'Robert' },
      emails: [{ value: 'john@example.com' }, { value: 'jd@work.example' }],
      phoneNumbers: [{ value: '+77010000001' }, { value: '+77470000003' }],
      birthday: '2000-01-31',
      gender: 'female',
    });
  });

  it('prefers the names of the standard, where they say something', () => {
    const both = (standard: unknown) =>
      profileOf({
        ...{ given_name: standard, family_name: standard, middle_name: standard },
        ...{ firstname: 'f', lastname: 'l', patronymic: 'p' },
        ...{ phone_number: standard, phone: '2', birthdate: standard, date_of_birth: '2002-02-02' },
      });
    expect(both('2001-01-01')).to.deep.equal({
      displayName: '2001-01-01 2001-01-01',
      name: { givenName: '2001-01-01', familyName: '2001-01-01', middleName: '2001-01-01' },
      phoneNumbers: [{ value: '2001-01-01' }],
      birthday: '2001-01-01',
    });
    for (const nothing of ['', ' ', null, 7, {}]) {
      expect(both(nothing), String(nothing)).to.deep.equal({
        displayName: 'f l',
        name: { givenName: 'f', familyName: 'l', middleName: 'p' },
        phoneNumbers: [{ value: '2' }],
        birthday: '2002-02-02',
      });
    }
  });

  it('takes name for the display name if both of its parts are absent', () => {
    expect(profileOf({ name: 'John Doe' })).to.deep.equal({ displayName: 'John Doe' });
    expect(profileOf({ name: 'John Doe', family_name: 'Doe' }).displayName).to.equal('Doe');
    expect(profileOf({ name: { first: 'John' } })).to.deep.equal({ displayName: '' });
  });

  it('tells whether the e-mail address was verified, where that is said of it', () => {
    const emailsOf = (json: Record<string, unknown>) => profileOf(json).emails;
    const list = { email: 'a@x', emails: ['b@x'] };
    expect(emailsOf({ ...list, email_verified: false })).to.deep.equal([
      { value: 'a@x', verified: false },
      { value: 'b@x' },
    ]);
    for (const said of ['true', 1, null, undefined]) {
      expect(emailsOf({ ...list, email_verified: said })).to.deep.equal([{ value: 'a@x' }, { value: 'b@x' }]);
    }
    expect(emailsOf({ emails: ['b@x'], email_verified: true })).to.deep.equal([{ value: 'b@x' }]);
    expect(emailsOf({ email: ' ', emails: ['b@x'], email_verified: true })).to.deep.equal([{ value: 'b@x' }]);
    expect(emailsOf({ email_verified: true })).to.equal(undefined);
    expect(emailsOf({ email: ' a@x ', email_verified: true })).to.deep.equal([
      { value: 'a@x', verified: true },
    ]);
  });

  it('reads gender in words and letters', () => {
    const genders = {
      male: 'male',
      M: 'male',
      female: 'female',
      F: 'female',
      other: undefined,
      '': undefined,
    };
    for (const [sent, gender] of Object.entries(genders))
      expect(profileOf({ gender: sent }).gender).to.equal(gender);
    expect(profileOf({ gender: ['M'] })).to.not.have.property('gender');
  });
});

describe('the user of user info', () => {
  const refusal = { code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'userinfo', name: 'FreedomIdError' };

  it('is that of the ID token', () => {
    checkUserInfo({ sub: 'user-1' }, 'user-1');
    checkUserInfo({ sub: 'user-1', freedom_id: 'other' }, 'user-1');
    checkUserInfo({ freedom_id: 'user-1' }, 'user-1');
    checkUserInfo({ sub: null, freedom_id: 'user-1' }, 'user-1');
    for (const json of [
      {},
      { sub: 'other' },
      { sub: 'other', freedom_id: 'user-1' },
      { sub: '', freedom_id: 'user-1' },
    ]) {
      expect(() => checkUserInfo(json, 'user-1'))
        .to.throw(/sub of the user info must be the ID token's sub/)
        .with.includes(refusal);
    }
  });

  it('is that of the profile, even from an override', () => {
    checkProfile({ id: 'user-1' }, subject);
    for (const profile of [{ id: 'other' }, {}, undefined, null, 'user-1', { id: ['user-1'] }]) {
      expect(() => checkProfile(profile, subject))
        .to.throw(/id of the profile/)
        .with.includes(refusal);
    }
  });
});
