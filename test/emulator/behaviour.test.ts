import { expect } from 'chai';
import { type Emulator, type EmulatorBehaviour, startEmulator } from '../../lib/emulator/index';
import { api, basic, codeIn, linkFor } from '../support/emulated-login';
import { freshCode, openidLink, tokenRequest, userInfoRequest } from '../support/openid-login';

/** Runs with an emulator that behaves so, whatever comes of it. */
async function withEmulator<Result>(
  behaviour: EmulatorBehaviour,
  run: (emulator: Emulator) => Promise<Result>,
): Promise<Result> {
  const emulator = await startEmulator({ behaviour });
  try {
    return await run(emulator);
  } finally {
    await emulator.close();
  }
}

describe('the option behaviour', () => {
  const messageFrom = (behaviour: unknown) =>
    startEmulator({ behaviour: behaviour as EmulatorBehaviour }).then(
      () => 'it has started',
      (error: unknown) => {
        expect(error).to.be.instanceOf(TypeError);
        return (error as Error).message;
      },
    );

  it('that is misspelt is named, and so are those that there are', async () => {
    expect(await messageFrom({ callbackjoin: '&' })).to.equal(
      'startEmulator: behaviour: there is no option "callbackjoin", only callbackJoin, errorStatus',
    );
    for (const [behaviour, got] of [
      [null, 'null'],
      ['x', '"x"'],
      [[], 'of type object'],
    ]) {
      expect(await messageFrom(behaviour)).to.equal(
        `startEmulator: behaviour: the options must be an object, and are ${got}`,
      );
    }
  });

  it('that is wrong is shown with what it should be', async () => {
    const status = 'a status from 200 to 599 that has a body and is no redirect';
    const kinds = 'validation, client, code, token';
    for (const [behaviour, message] of [
      [{ callbackJoin: true }, "callbackJoin must be '&' or '?', and is true"],
      [
        { errorStatus: '200' },
        `errorStatus must be ${status}, or an object with some of ${kinds}, and is "200"`,
      ],
      [
        { errorStatus: [200] },
        `errorStatus must be ${status}, or an object with some of ${kinds}, and is of type object`,
      ],
      [{ errorStatus: { codes: 400 } }, `errorStatus has no "codes", only ${kinds}`],
      [{ errorStatus: { client: 400, code: null } }, `errorStatus.code must be ${status}, and is null`],
    ] as const) {
      expect(await messageFrom(behaviour)).to.equal(`startEmulator: behaviour.${message}`);
    }
    for (const errorStatus of [199, 204, 205, 300, 304, 399, 600, 200.5, Number.NaN, 1n]) {
      const start = `startEmulator: behaviour.errorStatus must be ${status}, or `;
      expect(await messageFrom({ errorStatus })).to.include(start);
      expect(await messageFrom({ errorStatus: { token: errorStatus } })).to.include(
        'behaviour.errorStatus.token ',
      );
    }
  });

  it('that is undefined is as one that is left out', async () => {
    const unsaid = { callbackJoin: undefined, errorStatus: undefined };
    for (const behaviour of [undefined, {}, unsaid, { errorStatus: { token: undefined } }]) {
      const emulator = await startEmulator({ behaviour });
      expect(await emulator.refuse(await linkFor(emulator))).to.equal(
        'https://app.example/cb?state=S&error_code=100102',
      );
      expect((await api(emulator).data('x')).status).to.equal(401);
      await emulator.close();
    }
  });
});

describe('the behaviour callbackJoin', () => {
  it('joins the parameter of the callback by &, or by a second ?', async () => {
    for (const callbackJoin of ['&', '?'] as const) {
      await withEmulator({ callbackJoin }, async (emulator) => {
        expect(await emulator.refuse(await linkFor(emulator))).to.equal(
          `https://app.example/cb?state=S${callbackJoin}error_code=100102`,
        );
        expect(await emulator.refuse(await linkFor(emulator, [], 'https://a.example'))).to.equal(
          'https://a.example?error_code=100102',
        );
      });
    }
  });
});

describe('the behaviour errorStatus', () => {
  /** The statuses of an error of each kind and flow. */
  const statuses = (errorStatus: EmulatorBehaviour['errorStatus']) =>
    withEmulator({ errorStatus }, async (emulator) => {
      const call = api(emulator);
      const { access_token } = (
        await call.token({ authorization_code: codeIn(await emulator.approve(await linkFor(emulator))) })
      ).json as Record<string, string>;
      const openid = async (fields: object) => (await tokenRequest(emulator, { ...fields })).status;
      return {
        validation: [
          (await call.authorize({})).status,
          (await call.token({})).status,
          await openid({}),
          await openid({ grant_type: 'password' }),
        ],
        client: [
          (await call.authorize({}, basic('nobody'))).status,
          (await tokenRequest(emulator, {}, basic('nobody'))).status,
        ],
        code: [
          (await call.token({ authorization_code: 'x' })).status,
          await openid({ ...(await freshCode(emulator)), code: 'x' }),
        ],
        token: [
          (await call.data('x')).status,
          (await call.refresh('x')).status,
          await openid({ grant_type: 'refresh_token', refresh_token: 'x' }),
          (await userInfoRequest(emulator, 'x')).status,
          (await call.requestProfile(access_token ?? '', {})).status,
        ],
      };
    });
  const usual = {
    validation: [422, 422, 400, 400],
    client: [401, 401],
    code: [400, 400],
    token: [401, 401, 400, 401, 403],
  };

  it('is the documented one, or the standard’s, unless it is told', async () => {
    expect(await statuses(undefined)).to.deep.equal(usual);
    expect(await statuses({})).to.deep.equal(usual);
  });

  it('may be one number for all errors', async () => {
    for (const status of [200, 299, 400, 599]) {
      const all = await statuses(status);
      expect(new Set(Object.values(all).flat())).to.deep.equal(new Set([status]));
    }
  });

  it('may be another for each kind of error', async () => {
    for (const [kind, list] of Object.entries(usual)) {
      expect(await statuses({ [kind]: 418 })).to.deep.equal({ ...usual, [kind]: list.map(() => 418) });
    }
  });

  it('leaves the errors that are HTTP’s own, and the pages for a person, as they are', async () => {
    await withEmulator({ errorStatus: 200 }, async (emulator) => {
      const statusOf = async (path: string, init: RequestInit = {}) =>
        (await fetch(emulator.url + path, init)).status;
      expect(await statusOf('/nowhere')).to.equal(404);
      expect(await statusOf('/api/v1/oauth/token', { method: 'DELETE' })).to.equal(405);
      expect(await statusOf('/login', { method: 'POST', body: 'x'.repeat(65_537) })).to.equal(413);
      expect(await statusOf('/login')).to.equal(410);
      expect((await fetch(openidLink(emulator, { client_id: 'x' }))).status).to.equal(400);
    });
  });
});
