import { expect } from 'chai';
import { readUserFields } from '../../lib/oauth/user-fields';

const ID = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';
const PHONE = '+77010000001';

describe('the fields of a user', () => {
  const good: Record<string, unknown[]> = {
    phone: ['+7701000000', '+770100000012345', undefined],
    email: ['a@b', 'әсел@пошта.қаз', undefined],
    firstname: ['', 'Әсел'],
    lastname: ["O'Neil"],
    identifier: ['960322400001'],
    nationality: ['KAZ', 'қазақ'],
    date_of_birth: ['2000-02-29', '1900-01-01'],
    country: ['KAZ'],
    gender: ['M', 'F'],
  };
  for (const [field, values] of Object.entries(good)) {
    it(`may have ${values.map((value) => JSON.stringify(value) ?? 'nothing').join(', ')} for ${field}`, () => {
      for (const value of values) {
        const user = { freedom_id: ID, ...(value !== undefined && { [field]: value }) };
        expect(readUserFields({ ...user, [field]: value }, 'freedom_id')).to.deep.equal(user);
      }
    });
  }

  const bad: Record<string, { shape: string; values: unknown[] }> = {
    freedom_id: {
      shape: 'a UUID',
      values: ['', 'x', `${ID}0`, `x${ID}`, `${ID}\n`, ID.replaceAll('-', ''), 7, null, [ID]],
    },
    phone: {
      shape: '+ and 10 to 15 digits',
      values: [
        '77010000001',
        `x${PHONE}`,
        '+770100000',
        '+7701000000123456',
        '+7701 0000001',
        `${PHONE}\n`,
        77010000001,
        null,
        [PHONE],
      ],
    },
    email: {
      shape: 'an e-mail address',
      values: ['', 'a', '@b', 'a@', 'a@b@c', 'a b@c', 'a@b\u0000', 'a\u007f@b', 7],
    },
    firstname: { shape: 'a string', values: [7, null, {}, ['a']] },
    lastname: { shape: 'a string', values: [false] },
    identifier: { shape: 'a string', values: [960322400001] },
    nationality: { shape: 'a string', values: [{}] },
    date_of_birth: {
      shape: 'a date as YYYY-MM-DD',
      values: [
        '2001-02-29',
        '2000-13-01',
        '2000-00-10',
        '00-01-01',
        '2000-1-1',
        '2000-01-01T00:00:00Z',
        new Date(0),
        20000101,
      ],
    },
    country: {
      shape: 'three capital letters, such as KAZ',
      values: ['kaz', 'KZ', 'KAZA', 'КАЗ', 'KAZ\n', 398],
    },
    gender: { shape: 'M or F', values: ['m', 'MF', 'male', '', 1, null] },
  };
  for (const [field, { shape, values }] of Object.entries(bad)) {
    it(`must have ${shape} for ${field}, and an error shows no value`, () => {
      for (const value of values) {
        const user = { freedom_id: ID, phone: PHONE, [field]: value };
        expect(() => readUserFields(user, 'phone'), String(value))
          .to.throw(TypeError, `passport-freedom-id: the field ${field} must be ${shape}, but is `)
          .with.property('message')
          .that.matches(
            /but is (?:a|an) (?:string of \d+ characters?|empty string|number|boolean|array of 1 item|object of 0 members)$|but is null$/,
          );
      }
    });
  }

  it('must have the one that is required', () => {
    expect(() => readUserFields({ freedom_id: ID }, 'phone')).to.throw(
      TypeError,
      'the field phone must be + and 10 to 15 digits, but is undefined',
    );
    expect(() => readUserFields({ phone: PHONE }, 'freedom_id')).to.throw(
      TypeError,
      'the field freedom_id must be a UUID, but is undefined',
    );
    expect(readUserFields({ phone: PHONE }, 'phone')).to.deep.equal({ phone: PHONE });
  });

  it('are sent as they are if they are unknown, and copied before the app can change them', () => {
    const user = Object.freeze({ phone: PHONE, tags: Object.freeze(['a', { b: null }]), __proto__: null });
    const fields = readUserFields(user, 'phone');
    expect(fields).to.deep.equal({ phone: PHONE, tags: ['a', { b: null }] });
    expect(fields.tags).not.to.equal(user.tags);
    let reads = 0;
    const shifty = {
      get phone() {
        reads += 1;
        return reads === 1 ? PHONE : 'changed';
      },
    };
    expect(readUserFields(shifty, 'phone')).to.deep.equal({ phone: PHONE });
  });

  it('must be an object that JSON can express', () => {
    const circle: Record<string, unknown> = { phone: PHONE };
    circle.self = circle;
    let deep: unknown = 'x';
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    const hostile = {
      get phone() {
        throw new Error(PHONE);
      },
    };
    const wrongs = [
      undefined,
      null,
      'text',
      7,
      [PHONE],
      () => PHONE,
      circle,
      { phone: PHONE, deep },
      { phone: PHONE, big: 1n },
      hostile,
    ];
    for (const wrong of wrongs) {
      expect(() => readUserFields(wrong, 'phone'))
        .to.throw(TypeError, 'user must be an object that JSON can express, but is ')
        .with.property('message')
        .that.does.not.include(PHONE);
    }
  });
});
