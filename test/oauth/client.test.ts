import { expect } from 'chai';
import nock from 'nock';
import { FreedomIdClient, FreedomIdError } from '../../lib';
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
      [client.createAuthorizationLink({ redirectURI, grants: 'openid' as never }), /grants must be an array/],
      [client.createAuthorizationLink({ redirectURI, grants: [1n] as never }), /grants must be an array/],
      [client.refreshTokens('s3 cret'), /refreshToken must be a token/],
      [client.getUserInfo('s3cret\r\nx: y'), /accessToken must be a token/],
      [client.getUserInfo(undefined as never), /accessToken must be a token/],
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
