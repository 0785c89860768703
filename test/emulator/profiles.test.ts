import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { api, basic, codeIn, linkFor, signInAt } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a full profile of the emulator', () => {
  let now = Date.parse('2025-03-04T06:35:50.000Z');
  const emulator = useEmulator({
    clock: () => now,
    clients: [
      { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET },
      { clientID: 'other', clientSecret: 's' },
    ],
  });
  const call = () => api(emulator);
  /** An access token. */
  const tokenOf = async (as = 0, grants = ['read.profile']): Promise<string> => {
    const tokens = await signInAt(emulator, await linkFor(emulator, grants), emulator, { as });
    return tokens.access_token ?? '';
  };
  const asked = (request_id: string = randomUUID()) => ({
    request_id,
    created_at: new Date(now).toISOString(),
  });
  /** Makes a request, and reads its status when `after` milliseconds have passed. */
  const statusAfter = async (token: string, after: number) => {
    const request = asked();
    await call().requestProfile(token, request);
    now += after;
    return statusOf(token, request.request_id);
  };
  const statusOf = async (token: string, request_id: string): Promise<unknown> =>
    (await call().profileStatus(token, { request_id })).json.status;

  it('is accepted, pending for two seconds, and then completed, with the record in it', async () => {
    const token = await tokenOf(2);
    const user = emulator.users[2];
    const { request_id, created_at } = asked();
    const accepted = await call().requestProfile(token, { request_id, created_at });
    expect(accepted).to.deep.equal({
      status: 200,
      json: { request_id, status: 'accepted', freedom_id: user?.freedom_id },
    });
    now += 1999;
    expect(await call().profileStatus(token, { request_id })).to.deep.equal({
      status: 200,
      json: {
        request_id,
        status: 'pending',
        freedom_id: user?.freedom_id,
        datetime: '2025-03-04T06:35:51.999000Z',
      },
    });
    now += 1;
    const { json } = await call().profileStatus(token, { request_id });
    expect(json).to.deep.include({ status: 'completed', datetime: '2025-03-04T06:35:52.000000Z' });
    expect(json).to.have.all.keys('request_id', 'status', 'freedom_id', 'profile', 'datetime');
    const { payload } = json.profile as unknown as { payload: string };
    expect(JSON.parse(Buffer.from(payload, 'base64').toString())).to.deep.equal(user);
  });

  it('is kept for 60 minutes once it is completed or has failed', async () => {
    const token = await tokenOf();
    for (const status of ['completed', 'failed'] as const) {
      emulator.nextProfile({ status });
      const request = asked();
      await call().requestProfile(token, request);
      now += 2000 + HOUR - 1;
      expect(await statusOf(token, request.request_id)).to.equal(status);
      now += 1;
      expect(await statusOf(token, request.request_id)).to.equal('not_found');
    }
  });

  it('is kept for 24 hours while it is pending, and is forgotten then', async () => {
    const token = await tokenOf();
    emulator.nextProfile({ delay: Number.POSITIVE_INFINITY });
    const endless = asked();
    await call().requestProfile(token, endless);
    now += DAY - 1;
    expect(await statusOf(token, endless.request_id)).to.equal('pending');
    now += 1;
    expect(await statusOf(token, endless.request_id)).to.equal('not_found');
    for (const [delay, status] of [
      [DAY, 'completed'],
      [DAY + 1, 'not_found'],
    ] as const) {
      emulator.nextProfile({ delay });
      expect(await statusAfter(token, DAY)).to.equal(status);
    }
  });

  it('may fail or be rejected, for a reason or for none', async () => {
    const token = await tokenOf();
    const freedom_id = emulator.users[0]?.freedom_id;
    emulator.nextProfile({ status: 'failed', delay: 0, statusMessage: 'No documents.' });
    emulator.nextProfile({ status: 'rejected', statusMessage: 'Not now.' });
    emulator.nextProfile({ status: 'rejected' });
    const [failed, rejected, mute] = [asked(), asked(), asked()];
    const { json } = await call().requestProfile(token, failed);
    expect(json).to.deep.equal({ request_id: failed.request_id, status: 'accepted', freedom_id });
    expect((await call().profileStatus(token, failed)).json).to.deep.equal({
      request_id: failed.request_id,
      status: 'failed',
      status_message: 'No documents.',
      freedom_id,
      datetime: new Date(now).toISOString().replace('Z', '000Z'),
    });
    expect(await call().requestProfile(token, rejected)).to.deep.equal({
      status: 200,
      json: { request_id: rejected.request_id, status: 'rejected', status_message: 'Not now.', freedom_id },
    });
    expect((await call().requestProfile(token, mute)).json).to.deep.equal({
      request_id: mute.request_id,
      status: 'rejected',
      freedom_id,
    });
    expect(await statusOf(token, rejected.request_id)).to.equal('not_found');
  });

  it('gives its message only together with the status that it is about', async () => {
    const token = await tokenOf();
    emulator.nextProfile({ statusMessage: 'Here it is.' });
    const request = asked();
    await call().requestProfile(token, request);
    expect((await call().profileStatus(token, request)).json).to.not.have.property('status_message');
    now += 2000;
    expect((await call().profileStatus(token, request)).json).to.include({
      status: 'completed',
      status_message: 'Here it is.',
    });
  });

  it('that is asked for again starts nothing new, so that a client may try once more', async () => {
    const token = await tokenOf();
    const request = asked();
    await call().requestProfile(token, request);
    emulator.nextProfile({ status: 'rejected' });
    now += 1999;
    const again = { ...request, request_id: request.request_id.toUpperCase() };
    expect((await call().requestProfile(token, again)).json).to.include({
      request_id: again.request_id,
      status: 'pending',
    });
    now += 1;
    expect((await call().requestProfile(token, request)).json).to.include({ status: 'accepted' });
    expect(await statusOf(token, request.request_id)).to.equal('completed');
    now += HOUR;
    expect((await call().requestProfile(token, request)).json).to.include({ status: 'rejected' });
  });

  it('is known only to the person and the app that it was requested for', async () => {
    const request = asked();
    const { access_token = '', refresh_token = '' } = await signInAt(
      emulator,
      await linkFor(emulator, ['read.profile']),
    );
    await call().requestProfile(access_token, request);
    const { json } = await call().authorize(
      { redirect_uri: 'https://app.example/cb', grants: ['read.profile'] },
      basic('other', 's'),
    );
    const code = codeIn(await emulator.approve(json.redirect_uri ?? ''));
    const foreign = await call().token({ authorization_code: code }, basic('other', 's'));
    for (const token of [await tokenOf(1), foreign.json.access_token ?? '']) {
      expect(await statusOf(token, request.request_id)).to.equal('not_found');
      expect((await call().requestProfile(token, request)).json).to.include({ status: 'accepted' });
    }
    const renewed = (await call().refresh(refresh_token)).json.access_token ?? '';
    for (const token of [renewed, await tokenOf()]) {
      expect(await statusOf(token, request.request_id)).to.equal('pending');
    }
  });

  it('needs a good access token that has the grant read.profile', async () => {
    const refused = { status: 403, json: { error: { message: 'This action is unauthorized.' } } };
    const unknown = { status: 401, json: { error: { message: 'Unauthenticated.' } } };
    const without = await tokenOf(0, ['read.firstname']);
    for (const [token, answer] of [
      [without, refused],
      ['x', unknown],
      ['', unknown],
    ] as const) {
      for (const act of ['requestProfile', 'profileStatus'] as const) {
        // The same for every request id: a client without the grant learns nothing about it.
        expect(await call()[act](token, {})).to.deep.equal(answer);
      }
    }
    const unshared = await signInAt(emulator, await linkFor(emulator, ['read.profile', 'openid']), emulator, {
      grants: ['openid'],
    });
    expect(await call().requestProfile(unshared.access_token ?? '', asked())).to.deep.equal(refused);
  });

  it('adds nothing to the data of the user', async () => {
    expect((await call().data(await tokenOf())).json).to.have.all.keys('freedom_id');
  });

  it('needs a request that is complete and valid, and is told each field that is not', async () => {
    const token = await tokenOf();
    const { request_id, created_at } = asked();
    const required = 'The request id field is required.';
    const noUUID = 'The request id must be a valid UUID.';
    const noDate = 'The created at is not a valid date.';
    for (const [body, errors] of [
      [{}, { request_id: [required], created_at: ['The created at field is required.'] }],
      [undefined, { request_id: [required], created_at: ['The created at field is required.'] }],
      [{ request_id: null, created_at }, { request_id: [required] }],
      [{ request_id: '', created_at }, { request_id: [required] }],
      [{ request_id: 7, created_at }, { request_id: [noUUID] }],
      [
        { request_id: 'x', created_at: 'x' },
        { request_id: [noUUID], created_at: [noDate] },
      ],
      [{ request_id: `${request_id}0`, created_at }, { request_id: [noUUID] }],
      [{ request_id: `0${request_id}`, created_at }, { request_id: [noUUID] }],
      ...[
        '2025-03-04',
        '2025-03-04T06:35:50',
        '2025-02-30T06:35:50Z',
        '2025-13-01T06:35:50Z',
        '2025-03-04T26:35:50Z',
        '2025-03-04T06:35:50Zx',
        'x2025-03-04T06:35:50Z',
        1741070150,
      ].map((wrong) => [{ request_id, created_at: wrong }, { created_at: [noDate] }] as const),
    ] as const) {
      expect(await call().requestProfile(token, body), JSON.stringify(body)).to.deep.equal({
        status: 422,
        json: { error: { message: 'Error validating transmitted data.', errors } },
      });
    }
    for (const good of [
      '2025-03-04T06:35:50Z',
      '2025-03-04T06:35:50.000000Z',
      '2025-03-04T11:35:50.5+05:00',
    ]) {
      const { status } = await call().requestProfile(token, { request_id, created_at: good });
      expect(status, good).to.equal(200);
    }
    for (const body of [{}, undefined]) {
      expect((await call().profileStatus(token, body)).json).to.deep.equal({
        error: { message: 'Error validating transmitted data.', errors: { request_id: [required] } },
      });
    }
  });

  it('is asked for in a GET whose body is read and recorded', async () => {
    const request_id = randomUUID();
    await call().profileStatus(await tokenOf(), { request_id });
    const { method, url, body } = emulator.requests.at(-1) ?? {};
    expect([method, url, body]).to.deep.equal([
      'GET',
      '/api/v1/oauth/get-profile/status',
      JSON.stringify({ request_id }),
    ]);
  });

  it('can be made to break on the way, each endpoint by itself', async () => {
    const token = await tokenOf();
    emulator.fault('get-profile', 'status-500');
    emulator.fault('profile-status', 'status-500');
    for (const act of ['requestProfile', 'profileStatus'] as const) {
      expect((await call()[act](token, asked())).status).to.equal(500);
      expect((await call()[act](token, asked())).status).to.equal(200);
    }
  });
});

describe('the option profileDelay', () => {
  it('is how long a profile takes by default', async () => {
    let now = Date.now();
    const emulator = await startEmulator({ clock: () => now, profileDelay: 0 });
    const { access_token = '' } = await signInAt(emulator, await linkFor(emulator, ['read.profile']));
    const ask = async (): Promise<unknown> => {
      const request = { request_id: randomUUID(), created_at: new Date(now).toISOString() };
      await api(emulator).requestProfile(access_token, request);
      return (await api(emulator).profileStatus(access_token, request)).json.status;
    };
    expect(await ask()).to.equal('completed');
    emulator.nextProfile({ delay: 1 });
    expect(await ask()).to.equal('pending');
    now += 1;
    expect(await ask()).to.equal('completed');
    await emulator.close();
  });
});

describe('emulator.nextProfile()', () => {
  const emulator = useEmulator({ profileDelay: 0 });

  it('is forgotten by clearFaults()', async () => {
    emulator.nextProfile({ status: 'rejected' });
    emulator.nextProfile({ status: 'rejected' });
    emulator.clearFaults();
    const { access_token = '' } = await signInAt(emulator, await linkFor(emulator, ['read.profile']));
    const request = { request_id: randomUUID(), created_at: new Date().toISOString() };
    expect((await api(emulator).requestProfile(access_token, request)).json).to.include({
      status: 'accepted',
    });
  });

  it('names what is misspelt or wrong', () => {
    for (const [outcome, message] of [
      [{ state: 'failed' }, 'there is no option "state", only status, delay, statusMessage'],
      ['failed', 'the options must be an object, but are "failed"'],
      [{ status: 'pending' }, 'status must be one of completed, failed, rejected, but is "pending"'],
      [{ delay: -1 }, 'delay must be milliseconds, 0 or more, but is -1'],
      [{ delay: Number.NaN }, 'delay must be milliseconds, 0 or more, but is NaN'],
      [{ delay: '5' }, 'delay must be milliseconds, 0 or more, but is "5"'],
      [{ statusMessage: 7 }, 'statusMessage must be a string, but is 7'],
    ] as const) {
      expect(() => emulator.nextProfile(outcome as never)).to.throw(TypeError, `nextProfile: ${message}`);
    }
  });
});
