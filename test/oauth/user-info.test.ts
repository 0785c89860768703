import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import { parseProfile } from '../../lib/oauth/user-info';

const ID = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';

function profileOf(fields: Record<string, unknown>) {
  const json = { freedom_id: ID, ...fields };
  return parseProfile({ raw: JSON.stringify(json), json });
}

describe('parseProfile', () => {
  it('maps every field that Freedom ID documents', () => {
    const json = {
      freedom_id: ID,
      firstname: 'Әсел',
      lastname: 'Құнанбаева',
      patronymic: 'Нұрланқызы',
      date_of_birth: '2000-01-01',
      email: 'a@example.kz',
      emails: ['b@example.kz'],
      phone: '+77010000001',
      phones: ['+77010000002'],
      gender: 'F',
      country: 'KAZ',
      nationality: 'KAZ',
      identifier: '000101600001',
      cards: [{ id: 1 }],
    };
    const raw = JSON.stringify(json);
    expect(parseProfile({ raw, json })).to.deep.equal({
      provider: 'freedom-id',
      id: ID,
      displayName: 'Әсел Құнанбаева',
      name: { givenName: 'Әсел', familyName: 'Құнанбаева', middleName: 'Нұрланқызы' },
      emails: [{ value: 'a@example.kz' }, { value: 'b@example.kz' }],
      phoneNumbers: [{ value: '+77010000001' }, { value: '+77010000002' }],
      birthday: '2000-01-01',
      gender: 'female',
      _raw: raw,
      _json: json,
    });
  });

  it('leaves out what was not shared, whether it is absent or null', () => {
    const nothing = { provider: 'freedom-id', id: ID, displayName: '' };
    const { _raw, _json, ...absent } = profileOf({});
    expect(absent).to.deep.equal(nothing);
    const nulls = {
      firstname: null,
      lastname: null,
      date_of_birth: null,
      email: null,
      phones: null,
      gender: null,
    };
    const { _raw: _1, _json: _2, ...rest } = profileOf(nulls);
    expect(rest).to.deep.equal(nothing);
  });

  it('makes the display name of the given name and the family name, or of the one that there is', () => {
    expect(profileOf({ firstname: 'Madonna' })).to.deep.include({
      displayName: 'Madonna',
      name: { givenName: 'Madonna', familyName: '' },
    });
    expect(profileOf({ lastname: 'Doe' })).to.deep.include({
      displayName: 'Doe',
      name: { givenName: '', familyName: 'Doe' },
    });
    expect(profileOf({ firstname: ' John ', lastname: ' Doe ' }).displayName).to.equal('John Doe');
    expect(profileOf({ firstname: '  ', lastname: '' }))
      .to.include({ displayName: '' })
      .and.not.have.property('name');
    expect(profileOf({ patronymic: 'Robert' })).to.deep.include({
      displayName: '',
      name: { givenName: '', familyName: '', middleName: 'Robert' },
    });
  });

  it('gives a name both a given and a family name, as passport.Profile has it, but no middle name that was not shared', () => {
    const full = profileOf({ firstname: ' John ', lastname: ' Doe ', patronymic: '  ' });
    expect(full.name).to.deep.equal({ givenName: 'John', familyName: 'Doe' });
    expect(profileOf({ firstname: null, lastname: 'Doe' }).name).to.deep.equal({
      givenName: '',
      familyName: 'Doe',
    });
  });

  it('takes e-mail addresses and phone numbers from strings and from objects that carry one', () => {
    const entries = [
      { value: 'v' },
      { email: 'e' },
      { phone: 'p' },
      { number: 'n' },
      's',
      7,
      null,
      {},
      [],
      { value: 1 },
    ];
    const expected = ['v', 'e', 'p', 'n', 's'].map((value) => ({ value }));
    expect(profileOf({ emails: entries }).emails).to.deep.equal(expected);
    expect(profileOf({ phones: entries }).phoneNumbers).to.deep.equal(expected);
    expect(profileOf({ emails: 'alone@example.kz' }).emails).to.deep.equal([{ value: 'alone@example.kz' }]);
    expect(profileOf({ phone: { number: '+7' } }).phoneNumbers).to.deep.equal([{ value: '+7' }]);
    expect(profileOf({ emails: [7], phone: 77010000001 })).to.not.have.any.keys('emails', 'phoneNumbers');
  });

  it('lists no value twice', () => {
    const { emails } = profileOf({
      email: 'a@example.kz',
      emails: ['b@example.kz', { value: 'a@example.kz' }, 'b@example.kz'],
    });
    expect(emails).to.deep.equal([{ value: 'a@example.kz' }, { value: 'b@example.kz' }]);
  });

  it('maps the genders M and F, and leaves any other to _json', () => {
    expect(profileOf({ gender: 'M' }))
      .to.deep.include({ gender: 'male' })
      .and.nested.include({ '_json.gender': 'M' });
    expect(profileOf({ gender: 'F' }).gender).to.equal('female');
    expect(profileOf({ gender: 'X' })).to.not.have.property('gender');
  });

  it('leaves a birthday in another form to _json', () => {
    const others = ['01.02.2000', 20000101, '2000-01-01T00:00:00Z', 'on 2000-01-01', ['2000-01-01']];
    for (const date_of_birth of others) {
      expect(profileOf({ date_of_birth }), String(date_of_birth)).to.not.have.property('birthday');
    }
  });

  it('throws when freedom_id is missing: no other field replaces it', () => {
    for (const freedom_id of [undefined, null, '', ' ', 0, 42, true, {}, [ID]]) {
      const json = { freedom_id, id: 'token id', email: 'a@example.kz', sub: 'x' };
      expect(() => parseProfile({ raw: '', json }), String(freedom_id))
        .to.throw(FreedomIdError, 'freedom_id')
        .that.includes({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'get-data', status: 502 });
    }
  });

  it('throws when freedom_id could be read as another one', () => {
    const confusing = [
      'a b',
      `${ID} `,
      `${ID}\n`,
      `${ID}\u200b`,
      `\u202e${ID}`,
      'аdmin',
      'ａ',
      'é',
      'x\0',
      'x'.repeat(256),
    ];
    for (const freedom_id of confusing) {
      expect(() => profileOf({ freedom_id }), JSON.stringify(freedom_id)).to.throw(
        FreedomIdError,
        'visible ASCII',
      );
    }
    for (const freedom_id of [ID, 'u-1', 'x'.repeat(255)])
      expect(profileOf({ freedom_id }).id).to.equal(freedom_id);
  });
});
