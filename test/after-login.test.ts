import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { undiciFetch } from '../examples/undici';
import { FreedomIdClient, type FreedomIdClientOptions, type FreedomIdTokens } from '../lib';
import { type Emulator, type EmulatorOptions, startEmulator } from '../lib/emulator';
import { minimalOptions } from './support/options';

/** What an app does with the emulator once a user is in, over real sockets. */
describe('after a login', () => {
  let emulator: Emulator;
  afterEach(() => emulator.close());

  async function start(
    options: EmulatorOptions = {},
    connection: Partial<FreedomIdClientOptions> = {},
  ): Promise<FreedomIdClient> {
    emulator = await startEmulator(options);
    return new FreedomIdClient({ ...minimalOptions, ...connection, baseURL: emulator.url });
  }

  async function logIn(client: FreedomIdClient, as: string | number = 0): Promise<FreedomIdTokens> {
    const grants = ['read.firstname', 'read.phone', 'read.profile'];
    const link = await client.createAuthorizationLink({ redirectURI: 'https://app.example/cb', grants });
    const callback = new URL(await emulator.approve(link, { as }));
    return client.exchangeCode(callback.searchParams.get('authorization_code') ?? '');
  }

  const transports = { 'the built-in transport': {}, "undici's request": { fetch: undiciFetch() } };
  for (const [name, connection] of Object.entries(transports)) {
    it(`the full profile is asked for and waited for, over ${name}`, async () => {
      const client = await start({ profileDelay: 0 }, connection);
      const { accessToken } = await logIn(client);
      const { requestId, status, freedomId } = await client.requestProfile(accessToken);
      expect(status).to.equal('accepted');
      const completed = await client.waitForProfile(accessToken, { requestId });
      expect(completed).to.include({ requestId, freedomId, status: 'completed' });
      expect(completed.profile).to.have.property('payload').that.is.a('string');
      expect(completed.datetime).to.be.instanceOf(Date);
      expect(await client.getProfileStatus(accessToken, requestId)).to.include({ status: 'completed' });
    });
  }

  it('a full profile that takes a while is waited for', async () => {
    let now = Date.now();
    const client = await start({ clock: () => now, profileDelay: 5000 }, { timeout: 1_000_000 });
    const { accessToken } = await logIn(client);
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const seen: string[] = [];
      const wait = client.waitForProfile(accessToken, { onStatus: ({ status }) => seen.push(status) });
      let isSettled = false;
      void wait.finally(() => {
        isSettled = true;
      });
      for (let asked = 0; !isSettled; ) {
        await turn();
        if (seen.length < asked) continue;
        // All requests so far have their response, so a second passes.
        now += 1000;
        mock.timers.tick(1000);
        asked = emulator.requests.filter(({ url }) => url.endsWith('/status')).length;
      }
      expect(await wait).to.include({ status: 'completed' });
      expect(seen).to.include('pending').and.to.have.property('length').below(6);
    } finally {
      mock.timers.reset();
    }
  });

  it('a full profile that fails, or that another person asked for, is a rejection', async () => {
    const client = await start();
    const { accessToken } = await logIn(client);
    emulator.nextProfile({ status: 'failed', delay: 0, statusMessage: 'No document.' });
    const { requestId } = await client.requestProfile(accessToken);
    const errorOf = (token: string) =>
      client.waitForProfile(token, { requestId }).then(
        () => expect.fail('it did not reject'),
        (error) => error,
      );
    expect(await errorOf(accessToken)).to.include({
      code: 'ERR_FREEDOM_ID_REJECTED',
      providerCode: 'failed',
    });
    const other = await logIn(client, 1);
    expect(await errorOf(other.accessToken)).to.include({ providerCode: 'not_found' });
  });

  it('a user is created, signs in, and is changed', async () => {
    const client = await start();
    const { accessToken } = await logIn(client);
    const { freedomId = '' } = await client.createUser(accessToken, {
      phone: '+77010000099',
      firstname: 'Айгүл',
    });
    const created = await logIn(client, freedomId);
    expect((await client.getUserInfo(created.accessToken)).json).to.deep.equal({
      freedom_id: freedomId,
      phone: '+77010000099',
      firstname: 'Айгүл',
    });
    await client.updateUser(accessToken, { freedom_id: freedomId, firstname: 'Айгерім' });
    expect((await client.getUserInfo(created.accessToken)).json).to.include({ firstname: 'Айгерім' });
  });

  it('a user whose phone is taken makes an error that names the field, and not the number', async () => {
    const client = await start();
    const { accessToken } = await logIn(client);
    const error = await client.createUser(accessToken, { phone: '+77010000001' }).catch((reason) => reason);
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'user', httpStatus: 422 });
    expect(error.fields).to.have.all.keys('phone');
    expect(error.message).to.include('phone: The phone has already been taken. Check what was sent.');
  });

  it('20 refreshes at once send one request, and its refresh token is the next to use', async () => {
    const client = await start();
    const { refreshToken = '' } = await logIn(client);
    const all = await Promise.all(Array.from({ length: 20 }, () => client.refreshTokens(refreshToken)));
    expect(emulator.requests.filter(({ method }) => method === 'PATCH')).to.have.length(1);
    const [{ refreshToken: next = '' } = expect.fail()] = all;
    expect(all.map((tokens) => tokens.refreshToken)).to.deep.equal(Array(20).fill(next));
    expect(await client.refreshTokens(next)).to.have.property('accessToken');
    expect(await client.refreshTokens(refreshToken).catch(({ code }) => code)).to.equal(
      'ERR_FREEDOM_ID_REJECTED',
    );
  });
});
