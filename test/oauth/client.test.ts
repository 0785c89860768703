import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import nock from 'nock';
import { type FetchFunction, FreedomIdClient, FreedomIdError } from '../../lib';
import { answerOnce, PROVIDER, useNock } from '../support/nock';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from '../support/options';

const basic = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;
const LINK =
  'https://passport.freedompay.kz/login?track_id=ac22c50c-22c7-4aeb-9160-e59b735f9c44&expire_at=1727246098';
const redirectURI = 'https://app.example/cb?state=S';

/** As documented: 128 letters and digits. */
const ACCESS = 'a'.repeat(128);
const REFRESH = 'B3'.repeat(64);
const TOKENS = {
  id: '01953bd1-a6d3-739e-8aa3-83e881f09055',
  access_token: ACCESS,
  refresh_token: REFRESH,
  access_expire_at: '2025-03-04T06:35:50.000000Z',
  refresh_expire_at: '2025-03-25T06:35:50.000000Z',
};

const common = {
  accept: 'application/json',
  'user-agent': 'passport-freedom-id',
  'accept-encoding': 'gzip,deflate',
  host: 'passport.freedompay.kz',
};

async function errorOf(promise: Promise<unknown>): Promise<FreedomIdError> {
  const error = await promise.then(
    () => expect.fail('it did not reject'),
    (reason) => reason,
  );
  expect(error).to.be.instanceOf(FreedomIdError);
  return error;
}

describe('FreedomIdClient', () => {
  useNock();
  let client: FreedomIdClient;
  beforeEach(() => {
    client = new FreedomIdClient(minimalOptions);
  });

  describe('on the wire', () => {
    it('asks for a login link with a JSON POST and Basic authentication, and sends nothing more', async () => {
      const sent = answerOnce('POST', '/api/v1/oauth/authorize', 200, { redirect_uri: LINK });
      expect(
        await client.createAuthorizationLink({ redirectURI, grants: ['read.firstname', 'read.new'] }),
      ).to.equal(LINK);
      const body = { redirect_uri: redirectURI, grants: ['read.firstname', 'read.new'] };
      expect(sent).to.deep.equal({
        path: '/api/v1/oauth/authorize',
        headers: {
          ...common,
          authorization: basic,
          'content-type': 'application/json',
          'content-length': String(JSON.stringify(body).length),
        },
        body,
      });
    });

    it('exchanges a code with a JSON POST and Basic authentication, and sends nothing more', async () => {
      const sent = answerOnce('POST', '/api/v1/oauth/token', 200, TOKENS);
      await client.exchangeCode('the code');
      expect(sent).to.deep.equal({
        path: '/api/v1/oauth/token',
        headers: {
          ...common,
          authorization: basic,
          'content-type': 'application/json',
          'content-length': '33',
        },
        body: { authorization_code: 'the code' },
      });
    });

    it('refreshes with a PATCH, the refresh token as bearer and no body', async () => {
      const sent = answerOnce('PATCH', '/api/v1/oauth/token', 200, TOKENS);
      expect(await client.refreshTokens('old-token')).to.include({
        accessToken: ACCESS,
        refreshToken: REFRESH,
      });
      expect(sent).to.deep.equal({
        path: '/api/v1/oauth/token',
        headers: { ...common, authorization: 'Bearer old-token', 'content-length': '0' },
        body: '',
      });
    });

    it('reads the user with a GET and the access token as bearer', async () => {
      const raw = '{ "freedom_id": "1",  "firstname": "Әсел" }';
      const sent = answerOnce('GET', '/api/v1/oauth/get-data', 200, raw);
      expect(await client.getUserInfo(ACCESS)).to.deep.equal({
        raw,
        json: { freedom_id: '1', firstname: 'Әсел' },
      });
      expect(sent).to.deep.equal({
        path: '/api/v1/oauth/get-data',
        headers: { ...common, authorization: `Bearer ${ACCESS}` },
        body: '',
      });
    });

    it('asks for the full profile with a JSON POST, a new UUID and the time', async () => {
      const sent = answerOnce('POST', '/api/v1/oauth/get-profile', 200, { status: 'accepted' });
      const before = Date.now();
      const { requestId } = await client.requestProfile(ACCESS);
      expect(requestId).to.match(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      const { request_id, created_at } = sent.body as Record<string, string>;
      expect(request_id).to.equal(requestId);
      expect(created_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Date.parse(created_at ?? '')).to.be.within(before, Date.now());
      expect(sent.body).to.have.all.keys('request_id', 'created_at');
      expect(sent.headers).to.include({
        authorization: `Bearer ${ACCESS}`,
        'content-type': 'application/json',
      });
    });

    it("asks for the full profile's status with a GET that has a JSON body", async () => {
      const sent = answerOnce('GET', '/api/v1/oauth/get-profile/status', 200, { status: 'pending' });
      await client.getProfileStatus(ACCESS, TOKENS.id);
      expect(sent).to.deep.equal({
        path: '/api/v1/oauth/get-profile/status',
        headers: {
          ...common,
          authorization: `Bearer ${ACCESS}`,
          'content-type': 'application/json',
          'content-length': '53',
        },
        body: { request_id: TOKENS.id },
      });
    });

    for (const [method, call] of [
      ['POST', 'createUser'],
      ['PUT', 'updateUser'],
    ] as const) {
      it(`sends a user with ${method} to a host of its own (${call})`, async () => {
        const user = { freedom_id: TOKENS.id, phone: '+77010000001', firstname: 'Әсел', unknown: { a: 1 } };
        const answer = { freedom_id: '01e272c9-8da6-466e-8a20-fcdf4d4c49ff' };
        const json = { 'content-type': 'application/json' };
        const sent = answerOnce(method, '/api/v1/oauth/user', 200, answer, json, 'https://api.freedompay.kz');
        expect(await client[call](ACCESS, user)).to.deep.equal({ freedomId: answer.freedom_id, raw: answer });
        expect(sent).to.deep.equal({
          path: '/api/v1/oauth/user',
          headers: {
            ...common,
            host: 'api.freedompay.kz',
            authorization: `Bearer ${ACCESS}`,
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(JSON.stringify(user))),
          },
          body: user,
        });
      });
    }

    it('adds the headers of the app, which cannot replace the credentials', async () => {
      const own = {
        'User-Agent': 'shop/1',
        'X-Trace': 'abc',
        Authorization: 'none',
        'Content-Type': 'text/plain',
      };
      const sent = answerOnce('POST', '/api/v1/oauth/token', 200, TOKENS);
      await new FreedomIdClient({ ...minimalOptions, customHeaders: own }).exchangeCode('c');
      expect(sent.headers).to.include({
        'user-agent': 'shop/1',
        'x-trace': 'abc',
        authorization: basic,
        'content-type': 'application/json',
      });
    });

    it('encodes a secret with letters outside ASCII as UTF-8', async () => {
      const sent = answerOnce('POST', '/api/v1/oauth/token', 200, TOKENS);
      await new FreedomIdClient({ ...minimalOptions, clientSecret: 'құпия:x' }).exchangeCode('c');
      const [, encoded = ''] = String(sent.headers.authorization).split(' ');
      expect(Buffer.from(encoded, 'base64').toString()).to.equal(`${CLIENT_ID}:құпия:x`);
    });
  });

  describe('reads tokens', () => {
    const tokensFrom = async (answer: object) => {
      answerOnce('POST', '/api/v1/oauth/token', 200, answer as Record<string, string>);
      return client.exchangeCode('c');
    };

    it('with their dates', async () => {
      expect(await tokensFrom(TOKENS)).to.deep.equal({
        id: TOKENS.id,
        accessToken: ACCESS,
        refreshToken: REFRESH,
        accessExpiresAt: new Date('2025-03-04T06:35:50Z'),
        refreshExpiresAt: new Date('2025-03-25T06:35:50Z'),
        raw: TOKENS,
      });
    });

    it('with a date in any form of ISO 8601 that names its zone', async () => {
      for (const date of [
        '2025-03-04T06:35:50Z',
        '2025-03-04T06:35:50.0Z',
        '2025-03-04T11:35:50+05:00',
        '2025-03-04T01:05:50-0530',
      ]) {
        const { accessExpiresAt } = await tokensFrom({ ...TOKENS, access_expire_at: date });
        expect(accessExpiresAt, date).to.deep.equal(new Date('2025-03-04T06:35:50Z'));
      }
    });

    it('of which only the access token is required', async () => {
      expect(await tokensFrom({ access_token: 'x' })).to.deep.equal({
        accessToken: 'x',
        raw: { access_token: 'x' },
      });
    });

    it('and leaves out members of the wrong type or form', async () => {
      const dates = [
        '',
        'tomorrow',
        'March 7',
        1741070150,
        null,
        '2025-13-45T99:00:00Z',
        '2025-03-04',
        ['2025-03-04T06:35:50Z'],
        '+002025-03-04T06:35:50Z',
        '2025-03-04T06:35:50+0500 (ALMT)',
      ];
      for (const date of dates) {
        const raw = {
          access_token: 'x',
          id: 7,
          refresh_token: ['r'],
          access_expire_at: date,
          refresh_expire_at: date,
        };
        expect(await tokensFrom(raw), String(date)).to.deep.equal({ accessToken: 'x', raw });
      }
      expect(await tokensFrom({ access_token: 'x', id: '', refresh_token: 'a\nb' })).to.have.all.keys(
        'accessToken',
        'raw',
      );
    });

    it('and rejects a response without a usable access token', async () => {
      for (const token of [undefined, null, '', 7, {}, ['x'], 'a b', 'a\r\nx: y', 'ключ']) {
        const error = await errorOf(tokensFrom({ ...TOKENS, access_token: token }));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'token', httpStatus: 200 });
        expect(error.message).to.include('without an access_token').and.not.include('ключ');
        expect(error.message).to.match(/Check baseURL and tokenURL\.$/);
      }
    });
  });

  describe('reads the login link', () => {
    const linkFrom = async (link: unknown, baseURL?: string) => {
      const api = new FreedomIdClient({
        ...minimalOptions,
        fetch: async () => Response.json({ redirect_uri: link }),
        baseURL,
      });
      return api.createAuthorizationLink({ redirectURI, grants: [] });
    };

    it('from any host over https:', async () => {
      expect(await linkFrom('https://id.example/login?a=1')).to.equal('https://id.example/login?a=1');
      expect(await linkFrom('https://id.example/вход')).to.equal(
        'https://id.example/%D0%B2%D1%85%D0%BE%D0%B4',
      );
    });

    it("over http: on the provider's own origin only", async () => {
      expect(await linkFrom('http://127.0.0.1:4400/login', 'http://127.0.0.1:4400')).to.equal(
        'http://127.0.0.1:4400/login',
      );
      await errorOf(linkFrom('http://127.0.0.1:4401/login', 'http://127.0.0.1:4400'));
      await errorOf(linkFrom('http://passport.freedompay.kz/login'));
      await errorOf(linkFrom('blob:http://127.0.0.1:4400/login', 'http://127.0.0.1:4400'));
    });

    it('and rejects everything else', async () => {
      const bad = [
        undefined,
        null,
        '',
        7,
        {},
        ['https://a.example'],
        'javascript:alert(1)',
        'data:text/html,x',
        '//evil.example',
        '/login',
        'https://a.example/\r\nSet-Cookie: a=b',
        'https://a.example/ x',
        '\thttps://a.example',
        'https://',
      ];
      for (const link of bad) {
        const error = await errorOf(linkFrom(link));
        expect(error, String(link)).to.include({
          code: 'ERR_FREEDOM_ID_RESPONSE',
          endpoint: 'authorize',
          status: 502,
        });
        expect(error.message).to.include('redirect_uri');
        expect(error.message).to.match(/Check baseURL and authorizationURL\.$/);
      }
    });
  });

  it('ends at the deadline where a tool for tests answers too late', async () => {
    nock(PROVIDER).get('/api/v1/oauth/get-data').delay(60_000).reply(200, {});
    const impatient = new FreedomIdClient({ ...minimalOptions, timeout: 20 });
    expect(await errorOf(impatient.getUserInfo(ACCESS))).to.include({ code: 'ERR_FREEDOM_ID_TIMEOUT' });
  });

  it('rejects wrong arguments without printing them', async () => {
    const calls: [Promise<unknown>, RegExp][] = [
      [client.exchangeCode(''), /code must be a non-empty string/],
      [client.exchangeCode(7 as never), /code must be a non-empty string/],
      [client.createAuthorizationLink({ redirectURI: '', grants: [] }), /redirectURI must be/],
      [
        client.createAuthorizationLink({ redirectURI, state: 7 as never, grants: [] }),
        /state must be a string, but is a number/,
      ],
      [client.createAuthorizationLink({ redirectURI, grants: 'openid' as never }), /grants must be an array/],
      [client.createAuthorizationLink({ redirectURI, grants: [1n] as never }), /grants must be an array/],
      [client.refreshTokens('s3 cret'), /refreshToken must be a token/],
      [client.getUserInfo('s3cret\r\nx: y'), /accessToken must be a token/],
      [client.getUserInfo(undefined as never), /accessToken must be a token/],
      [client.requestProfile('s3 cret'), /accessToken must be a token/],
      [client.requestProfile('t', { requestId: 's3' }), /requestId must be a UUID/],
      [client.getProfileStatus('s3 cret', TOKENS.id), /accessToken must be a token/],
      [client.getProfileStatus('t', undefined as never), /requestId must be a UUID, but is undefined/],
      [client.createUser('s3 cret', { phone: '+77010000001' }), /token must be a token/],
      [client.createUser('t', {} as never), /the field phone must be/],
      [client.updateUser('s3 cret', { freedom_id: TOKENS.id }), /token must be a token/],
      [client.updateUser('t', { freedom_id: 's3cret' }), /the field freedom_id must be a UUID/],
      [client.updateUser('t', { phone: '+77010000001' } as never), /the field freedom_id must be a UUID/],
      [client.waitForProfile('s3 cret'), /accessToken must be a token/],
      [client.waitForProfile('t', { requestId: 's3' }), /requestId must be a UUID/],
    ];
    for (const [call, message] of calls) {
      const error: Error = await call.then(
        () => expect.fail('it did not reject'),
        (reason) => reason,
      );
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.matches(message);
      expect(error.message).to.not.match(/s3/);
    }
  });
});

describe('a full profile', () => {
  useNock();
  const client = new FreedomIdClient(minimalOptions);
  const PROFILE_ID = TOKENS.id;

  const requestedAs = (answer: Record<string, unknown>) => {
    answerOnce('POST', '/api/v1/oauth/get-profile', 200, answer as nock.Body);
    return client.requestProfile(ACCESS, { requestId: PROFILE_ID });
  };
  const statusAs = (answer: Record<string, unknown>, httpStatus = 200) => {
    answerOnce('GET', '/api/v1/oauth/get-profile/status', httpStatus, answer as nock.Body);
    return client.getProfileStatus(ACCESS, PROFILE_ID);
  };

  it('that is requested tells its status', async () => {
    const raw = { request_id: PROFILE_ID, status: 'accepted', status_message: 'Soon.', freedom_id: '1' };
    const requested = {
      requestId: PROFILE_ID,
      status: 'accepted',
      statusMessage: 'Soon.',
      freedomId: '1',
      raw,
    };
    expect(await requestedAs(raw)).to.deep.equal(requested);
  });

  it('that is asked for tells its status, and once completed is there as it came', async () => {
    const profile = { payload: 'ZW5jcnlwdGVk' };
    const raw = { status: 'completed', freedom_id: '1', profile, datetime: '2025-03-04T06:35:50.000000Z' };
    expect(await statusAs(raw)).to.deep.equal({
      requestId: PROFILE_ID,
      status: 'completed',
      freedomId: '1',
      profile,
      datetime: new Date('2025-03-04T06:35:50Z'),
      raw,
    });
  });

  it('has the statuses that are documented, and counts as pending with any other', async () => {
    for (const status of ['accepted', 'rejected', 'pending']) {
      expect(await requestedAs({ status })).to.include({ status });
    }
    for (const status of ['pending', 'completed', 'failed', 'rejected', 'not_found']) {
      expect(await statusAs({ status })).to.include({ status });
    }
    for (const status of ['completed', 'queued', 'Accepted']) {
      expect(await requestedAs({ status })).to.deep.equal({
        requestId: PROFILE_ID,
        status: 'pending',
        raw: { status },
      });
    }
    for (const status of ['accepted', 'queued', 'COMPLETED']) {
      expect(await statusAs({ status })).to.deep.equal({
        requestId: PROFILE_ID,
        status: 'pending',
        raw: { status },
      });
    }
  });

  it('is unusable without a status', async () => {
    for (const status of [undefined, null, '', ' ', 7, ['completed'], { completed: true }]) {
      const errors = [await errorOf(requestedAs({ status })), await errorOf(statusAs({ status }))];
      expect(errors.map(({ endpoint }) => endpoint)).to.deep.equal(['get-profile', 'profile-status']);
      for (const error of errors) {
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus: 200 });
        expect(error.message).to.match(/: HTTP 200 without a status\. Check baseURL and profileURL\.$/);
      }
    }
  });

  it('leaves out members of the wrong type or form', async () => {
    const wrong = { status_message: 7, freedom_id: {}, profile: 'text', datetime: 'today' };
    for (const raw of [
      { status: 'pending', ...wrong },
      { status: 'pending', status_message: ' ', freedom_id: '' },
    ]) {
      expect(await statusAs(raw)).to.deep.equal({ requestId: PROFILE_ID, status: 'pending', raw });
    }
    const profile = ['a'];
    expect(await statusAs({ status: 'pending', profile })).not.to.have.property('profile');
  });

  it('whose request is rejected makes an error that says what may be wrong', async () => {
    answerOnce('POST', '/api/v1/oauth/get-profile', 403, { error: { message: 'Forbidden.' } });
    const error = await errorOf(client.requestProfile(ACCESS));
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'get-profile' });
    expect(error.message).to.match(/or lack the grant read\.profile; let the user log in again\.$/);
  });

  it('whose status cannot be asked for is an error of the network, where a tool for tests says so, too', async () => {
    nock(PROVIDER)
      .get('/api/v1/oauth/get-profile/status')
      .replyWithError(Object.assign(new Error('no way'), { code: 'EHOSTUNREACH' }));
    const error = await errorOf(client.getProfileStatus(ACCESS, PROFILE_ID));
    expect(error).to.include({ code: 'ERR_FREEDOM_ID_NETWORK', endpoint: 'profile-status' });
    expect(error.message).to.include('EHOSTUNREACH');
  });

  it('whose status is not what a tool for tests expects is an error that does not blame the option fetch', async () => {
    nock(PROVIDER).get('/api/v1/oauth/get-profile/status', { request_id: 'another' }).optionally().reply(200);
    const error = await errorOf(client.getProfileStatus(ACCESS, PROFILE_ID));
    expect(error.message).to.include('the connection failed (').and.not.include('the option fetch');
  });

  it('has a message that is safe to log', async () => {
    const status_message = `Token ${ACCESS}\nis\u0000bad ${'x '.repeat(300)}`;
    const { statusMessage = '' } = await statusAs({ status: 'failed', status_message });
    expect(statusMessage)
      .to.match(/^Token \[redacted\] is bad x x/)
      .and.have.length(200);
    const { statusMessage: none } = await statusAs({ status: 'failed', status_message: '\u0000' });
    expect(none).to.equal(undefined);
  });

  it('that Freedom ID rejects says what may be wrong', async () => {
    const denied = await errorOf(statusAs({ error: { message: 'Forbidden.' } }, 403));
    expect(denied.message).to.equal(
      'Freedom ID profile-status: rejected with HTTP 403, "Forbidden." The token may have expired or been revoked, or lack the grant read.profile; let the user log in again.',
    );
    const errors = { request_id: ['The request id is unknown.'] };
    const invalid = await errorOf(statusAs({ error: { message: 'Invalid.', errors } }, 422));
    expect(invalid.message).to.equal(
      'Freedom ID profile-status: rejected with HTTP 422, "Invalid."; request_id: The request id is unknown. Check what was sent.',
    );
  });
});

describe('a user in Freedom ID', () => {
  const PHONE = '+77010000001';
  const client = (response: () => Response) =>
    new FreedomIdClient({ ...minimalOptions, fetch: async () => response() });

  it('counts as created if the response is a success without a body', async () => {
    for (const [status, body] of [
      [200, ''],
      [201, ' \r\n'],
      [204, null],
    ] as const) {
      const api = client(() => new Response(body, { status }));
      expect(await api.createUser(ACCESS, { phone: PHONE }), String(status)).to.deep.equal({ raw: {} });
      expect(await api.updateUser(ACCESS, { freedom_id: TOKENS.id }), String(status)).to.deep.equal({
        raw: {},
      });
    }
  });

  it('does not count as created if the response is an error without a body, or not JSON', async () => {
    for (const [status, body, code] of [
      [401, '', 'REJECTED'],
      [500, '', 'RESPONSE'],
      [200, 'Created', 'RESPONSE'],
      [200, '[]', 'RESPONSE'],
      [302, '', 'RESPONSE'],
    ] as const) {
      const error = await errorOf(
        client(() => new Response(body, { status })).createUser(ACCESS, { phone: PHONE }),
      );
      expect(error, `${status} ${body}`).to.include({ code: `ERR_FREEDOM_ID_${code}`, endpoint: 'user' });
    }
    const empty = client(() => new Response('', { status: 200 }));
    expect(await errorOf(empty.getUserInfo(ACCESS))).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE' });
  });

  it('has an id where the response has one', async () => {
    for (const freedom_id of [7, null, '', {}]) {
      const raw = { freedom_id };
      const api = client(() => Response.json(raw));
      expect(await api.createUser(ACCESS, { phone: PHONE })).to.deep.equal({ raw });
    }
  });

  it('is created by a request that tells a fetch of the app not to send it twice', async () => {
    const told: unknown[] = [];
    const fetch: FetchFunction = async (_, init) => {
      told.push('once' in init && init.once);
      return new Response(null, { status: 204 });
    };
    const api = new FreedomIdClient({ ...minimalOptions, fetch });
    await api.createUser(ACCESS, { phone: PHONE });
    await api.updateUser(ACCESS, { freedom_id: TOKENS.id });
    expect(told).to.deep.equal([true, false]);
  });

  it('that is not accepted makes an error that names the fields, and shows nothing of what was sent', async () => {
    const user = {
      phone: PHONE,
      email: 'asel@example.kz',
      firstname: 'Әсел',
      gender: 'F' as const,
      more: { address: ['Abay 10'], account: 7000555123, vip: true, none: null },
    };
    const { address, account } = user.more;
    const echo = `${user.phone} ${user.email} ${user.firstname} ${address[0]} ${account}`;
    const errors = { phone: [`The phone ${encodeURIComponent(PHONE)} is taken by ${echo} (F).`] };
    const api = client(() => Response.json({ error: { message: `Not ${echo}`, errors } }, { status: 422 }));
    const error = await errorOf(api.createUser(ACCESS, user));
    const R = '[redacted]';
    expect(error.message).to.equal(
      `Freedom ID user: rejected with HTTP 422, "Not ${R} ${R} ${R} ${R} ${R}"; phone: The phone ${R} is taken by ${R} ${R} ${R} ${R} ${R} (${R}). Check what was sent.`,
    );
    expect(error.fields).to.deep.equal({
      phone: [`The phone ${R} is taken by ${R} ${R} ${R} ${R} ${R} (${R}).`],
    });
  });
});

describe('20 refreshes at once', () => {
  const answers =
    (sent: string[]) =>
    async (_: string, { headers }: { headers: Record<string, string> }) => {
      sent.push(String(headers.authorization));
      await new Promise(setImmediate);
      return Response.json({ access_token: `a${sent.length}`, refresh_token: 'r2' });
    };

  it('with one token send one request, and share its tokens', async () => {
    const sent: string[] = [];
    const client = new FreedomIdClient({ ...minimalOptions, fetch: answers(sent) });
    const all = await Promise.all(Array.from({ length: 20 }, () => client.refreshTokens('r1')));
    expect(sent).to.deep.equal(['Bearer r1']);
    expect(new Set(all.map(({ accessToken }) => accessToken))).to.deep.equal(new Set(['a1']));
    await client.refreshTokens('r1');
    expect(sent).to.have.length(2);
  });

  it('with two tokens send two', async () => {
    const sent: string[] = [];
    const client = new FreedomIdClient({ ...minimalOptions, fetch: answers(sent) });
    await Promise.all(Array.from({ length: 20 }, (_, index) => client.refreshTokens(`r${index % 2}`)));
    expect(sent).to.deep.equal(['Bearer r0', 'Bearer r1']);
  });
});

describe('a call with a signal', () => {
  const calls: Record<string, (client: FreedomIdClient, signal: AbortSignal) => Promise<unknown>> = {
    createAuthorizationLink: (client, signal) =>
      client.createAuthorizationLink({ redirectURI, grants: [], signal }),
    exchangeCode: (client, signal) => client.exchangeCode('c', { signal }),
    refreshTokens: (client, signal) => client.refreshTokens('t', { signal }),
    getUserInfo: (client, signal) => client.getUserInfo('t', { signal }),
    requestProfile: (client, signal) => client.requestProfile('t', { signal }),
    getProfileStatus: (client, signal) => client.getProfileStatus('t', TOKENS.id, { signal }),
    waitForProfile: (client, signal) => client.waitForProfile('t', { signal }),
    createUser: (client, signal) => client.createUser('t', { phone: '+77010000001' }, { signal }),
    updateUser: (client, signal) => client.updateUser('t', { freedom_id: TOKENS.id }, { signal }),
  };

  it('is any of them', () => {
    const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(FreedomIdClient.prototype);
    expect(calls).to.have.all.keys(methods);
  });

  for (const [name, call] of Object.entries(calls)) {
    it(`is given up with its reason, and so is its request (${name})`, async () => {
      const signals: AbortSignal[] = [];
      const fetch: FetchFunction = (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      };
      const client = new FreedomIdClient({ ...minimalOptions, fetch, timeout: 60_000 });
      const controller = new AbortController();
      const given = call(client, controller.signal).catch((error) => error);
      await new Promise(setImmediate);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await given).to.equal(reason);
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
    });
  }

  it('may share it with any number of others, and Node.js warns of no leak', async () => {
    const client = new FreedomIdClient({ ...minimalOptions, fetch: () => new Promise(() => {}) });
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 3 }, () =>
      Object.values(calls).map((call) => call(client, signal)),
    ).flat();
    const reasons = all.map((given) => given.catch((error) => error));
    expect(getEventListeners(signal, 'abort')).to.have.length(1);
    controller.abort('enough');
    expect(new Set(await Promise.all(reasons))).to.deep.equal(new Set(['enough']));
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('leaves no timer behind when it is given up in a pause', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    // By then mocha has started its own.
    await new Promise(setImmediate);
    const before = timers();
    const client = new FreedomIdClient({
      ...minimalOptions,
      fetch: async () => Response.json({ status: 'pending' }),
    });
    const controller = new AbortController();
    const given = client
      .waitForProfile('t', { requestId: TOKENS.id, signal: controller.signal })
      .catch((error) => error);
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
    expect(timers()).to.equal(before + 2);
    controller.abort('enough');
    expect(await given).to.equal('enough');
    expect(timers()).to.equal(before);
  });
});
