import { expect } from 'chai';
import { type EmulatorUser, startEmulator } from '../../lib/emulator/index';
import { api, linkFor, signInAt } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Every field of protocol 9. */
const record = {
  phone: '+77010000099',
  email: 'new@example.kz',
  firstname: 'Абай',
  lastname: 'Құнанбайұлы',
  identifier: '450810300099',
  nationality: 'KAZ',
  date_of_birth: '1945-08-10',
  country: 'KAZ',
  gender: 'M',
};

/** Values that break the format of a field, each with what the emulator says of it. */
const wrong: [field: string, values: unknown[], message: string][] = [
  [
    'phone',
    ['77010000099', '+770100000', '+7701000009912345', '+7701000009x', ' +77010000099', '+77010000099\n', 7],
    'The phone format is invalid.',
  ],
  ['email', ['x', '@x', 'x@', 'a b@x', 'a@b@c', '', null], 'The email must be a valid email address.'],
  ['firstname', [7, null, ['x'], {}], 'The firstname must be a string.'],
  ['lastname', [7], 'The lastname must be a string.'],
  ['identifier', [450810300099], 'The identifier must be a string.'],
  ['nationality', [false], 'The nationality must be a string.'],
  [
    'date_of_birth',
    ['10.08.1945', '1945-8-10', '1945-02-29', '1945-13-01', '1945-08-10T00:00:00Z', 'x1945-08-10', 1945, ''],
    'The date of birth does not match the format Y-m-d.',
  ],
  ['country', ['kaz', 'KZ', 'KAZA', 'xKAZ', '', null], 'The country format is invalid.'],
  ['gender', ['m', 'MF', 'X', '', 'male', null], 'The gender format is invalid.'],
];

describe('users that apps create and update at the emulator', () => {
  let emulator: Awaited<ReturnType<typeof startEmulator>>;
  let token: string;
  const call = () => api(emulator);
  const validation = (errors: object) => ({
    status: 422,
    json: { error: { message: 'Error validating transmitted data.', errors } },
  });
  beforeEach(async () => {
    emulator = await startEmulator();
    ({ access_token: token = '' } = await signInAt(emulator, await linkFor(emulator)));
  });
  afterEach(() => emulator.close());
  /** What get-data gives of a user. */
  const dataOf = async (as: string | number): Promise<unknown> => {
    const grants = [...Object.keys(record), 'patronymic'].map((field) => `read.${field}`);
    const tokens = await signInAt(emulator, await linkFor(emulator, grants), emulator, { as });
    return (await call().data(tokens.access_token ?? '')).json;
  };

  it('are created with a new Freedom ID, and can sign in', async () => {
    const { status, json } = await call().createUser(token, record);
    expect(status).to.equal(200);
    expect(json).to.have.all.keys('freedom_id');
    const { freedom_id = '' } = json;
    expect(freedom_id).to.match(UUID);
    expect(emulator.users).to.have.length(4);
    expect(emulator.users[3]).to.deep.equal({ freedom_id, ...record });
    expect(await (await fetch(await linkFor(emulator))).text()).to.include('Абай Құнанбайұлы');
    expect(await dataOf(freedom_id)).to.deep.equal({ freedom_id, ...record });
  });

  it('are created from a phone number alone, without what protocol 9 does not name', async () => {
    const { freedom_id } = emulator.users[0] ?? {};
    for (const phone of ['+7701000009', '+770100000991234']) {
      const request = { freedom_id, phone, patronymic: 'x', cards: [] };
      const { json } = await call().createUser(token, request);
      expect(json.freedom_id).to.not.equal(freedom_id);
      expect(emulator.users.at(-1)).to.deep.equal({ freedom_id: json.freedom_id, phone });
    }
  });

  it('are updated, in the fields that the request has', async () => {
    const { freedom_id = '', ...before } = emulator.users[0] ?? {};
    expect(
      await call().updateUser(token, { freedom_id, email: 'other@example.kz', cards: [1] }),
    ).to.deep.equal({
      status: 200,
      json: { freedom_id },
    });
    expect(emulator.users[0]).to.deep.equal({ freedom_id, ...before, email: 'other@example.kz' });
    await call().updateUser(token, { freedom_id, ...record });
    expect(emulator.users[0]).to.deep.equal({ freedom_id, ...before, ...record });
    expect(await dataOf(0)).to.deep.equal({ freedom_id, ...before, ...record });
    // Somebody who has signed in before is still the same person.
    expect((await call().data(token)).json).to.deep.equal({ freedom_id, firstname: 'Абай' });
  });

  it('may be updated with the token of any user', async () => {
    const { json } = await call().createUser(token, { phone: record.phone });
    for (const freedom_id of [json.freedom_id, emulator.users[1]?.freedom_id]) {
      expect((await call().updateUser(token, { freedom_id, firstname: 'Neu' })).status).to.equal(200);
      expect(emulator.users.find((one) => one.freedom_id === freedom_id)).to.include({ firstname: 'Neu' });
    }
  });

  it('are not updated if there is no such user', async () => {
    const before = structuredClone(emulator.users);
    for (const [freedom_id, message] of [
      ['5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e00', 'The selected freedom id is invalid.'],
      [undefined, 'The freedom id field is required.'],
      [null, 'The freedom id field is required.'],
      ['', 'The freedom id field is required.'],
      ['u-1', 'The freedom id must be a valid UUID.'],
      [7, 'The freedom id must be a valid UUID.'],
    ] as const) {
      expect(await call().updateUser(token, { freedom_id, firstname: 'x' })).to.deep.equal(
        validation({ freedom_id: [message] }),
      );
    }
    expect(emulator.users).to.deep.equal(before);
  });

  it('have fields in the format of protocol 9, and the request is told each one that is not', async () => {
    const { freedom_id } = emulator.users[1] ?? {};
    const before = structuredClone(emulator.users);
    for (const [field, values, message] of wrong) {
      for (const value of values) {
        const errors = { [field]: [message] };
        const name = `${field} ${JSON.stringify(value)}`;
        expect(await call().createUser(token, { ...record, [field]: value }), name).to.deep.equal(
          validation(errors),
        );
        expect(await call().updateUser(token, { freedom_id, [field]: value }), name).to.deep.equal(
          validation(errors),
        );
      }
    }
    const required = { phone: ['The phone field is required.'] };
    for (const body of [undefined, {}, { phone: null }, { phone: '' }]) {
      expect(await call().createUser(token, body)).to.deep.equal(validation(required));
    }
    expect(await call().updateUser(token, undefined)).to.deep.equal(
      validation({ freedom_id: ['The freedom id field is required.'] }),
    );
    const all = Object.fromEntries(wrong.map(([field, [value]]) => [field, value]));
    const messages = Object.fromEntries(wrong.map(([field, , message]) => [field, [message]]));
    expect(await call().createUser(token, all)).to.deep.equal(validation(messages));
    expect(await call().updateUser(token, { freedom_id, ...all })).to.deep.equal(validation(messages));
    expect(emulator.users).to.deep.equal(before);
  });

  it('have a phone number that nobody else has', async () => {
    const taken = validation({ phone: ['The phone has already been taken.'] });
    const [first, second] = emulator.users;
    const { freedom_id, phone } = first ?? {};
    expect(await call().createUser(token, { phone })).to.deep.equal(taken);
    expect(await call().updateUser(token, { freedom_id: second?.freedom_id, phone })).to.deep.equal(taken);
    expect((await call().updateUser(token, { freedom_id, phone })).status).to.equal(200);
    // Two users without a phone number do not collide.
    expect((await call().updateUser(token, { freedom_id: second?.freedom_id })).status).to.equal(200);
  });

  it('are out of reach without a good access token', async () => {
    const { refresh_token = '' } = await signInAt(emulator, await linkFor(emulator));
    for (const bad of ['x', '', refresh_token]) {
      for (const act of ['createUser', 'updateUser'] as const) {
        expect(await call()[act](bad, record)).to.deep.equal({
          status: 401,
          json: { error: { message: 'Unauthenticated.' } },
        });
      }
    }
    expect(emulator.users).to.have.length(3);
  });

  it('can be made to break on the way', async () => {
    emulator.fault('user', 'status-500');
    emulator.fault('user', 'status-500');
    expect((await call().createUser(token, record)).status).to.equal(500);
    expect((await call().updateUser(token, record)).status).to.equal(500);
    expect((await call().createUser(token, record)).status).to.equal(200);
  });
});

describe('the users that an emulator is started with', () => {
  const users: EmulatorUser[] = [{ freedom_id: '5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e01', firstname: 'Before' }];
  const emulator = useEmulator({ users });

  it('are not changed in the list that was given', async () => {
    const { access_token = '' } = await signInAt(emulator, await linkFor(emulator));
    await api(emulator).updateUser(access_token, { freedom_id: users[0]?.freedom_id, firstname: 'After' });
    await api(emulator).createUser(access_token, record);
    expect(emulator.users.map(({ firstname }) => firstname)).to.deep.equal(['After', 'Абай']);
    expect(users.map(({ firstname }) => firstname)).to.deep.equal(['Before']);
  });
});
