import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdError, FreedomIdOidcClient, type FreedomIdOidcClientOptions } from '../../lib/oidc';
import {
  ACCESS,
  ISSUER,
  JWKS_URL,
  openidProvider,
  type ProviderSettings,
  REFRESH,
  SUB,
} from '../support/memory-openid';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';
import { signer } from '../support/signer';

const redirectURI = 'https://app.example/cb';
const login = { redirectURI, nonce: 'N' };

function clientOf(settings: ProviderSettings = {}, options: Partial<FreedomIdOidcClientOptions> = {}) {
  const provider = openidProvider(settings);
  provider.pending.nonce = 'N';
  const credentials = { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const client = new FreedomIdOidcClient({
    ...credentials,
    jwksURL: JWKS_URL,
    fetch: provider.fetch,
    ...options,
  });
  return { client, provider };
}

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not reject'),
    (reason: unknown) => reason,
  );

describe('FreedomIdOidcClient', () => {
  describe('makes the URL where the browser signs in', () => {
    const { client } = clientOf();
    const request = { redirectURI, scope: ['read.email'], state: 'S', nonce: 'N' };
    const paramsOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

    it('with the parameters that are required, and no more', () => {
      const url = client.authorizationURL(request);
      expect(url.split('?')[0]).to.equal(`${ISSUER}/openid`);
      expect(paramsOf(url)).to.deep.equal({
        response_type: 'code',
        client_id: CLIENT_ID,
        redirect_uri: redirectURI,
        scope: 'openid read.email',
        state: 'S',
        nonce: 'N',
      });
    });

    it('with openid in its scope, once and first', () => {
      const scopeOf = (scope: string | string[]) =>
        paramsOf(client.authorizationURL({ ...request, scope })).scope;
      expect(scopeOf([])).to.equal('openid');
      expect(scopeOf('read.email,openid openid')).to.equal('openid read.email');
      expect(scopeOf(['openid', 'a', 'a'])).to.equal('openid a');
    });

    it('with other parameters, which replace those of the option, but not its own', () => {
      const { client: own } = clientOf(
        {},
        { authorizationURL: `${ISSUER}/openid?prompt=none&tenant=1&scope=x` },
      );
      const url = own.authorizationURL({
        ...request,
        prompt: 'login',
        max_age: 60,
        client_id: 'other',
        unset: undefined,
      });
      expect(paramsOf(url)).to.deep.include({
        prompt: 'login',
        max_age: '60',
        tenant: '1',
        client_id: CLIENT_ID,
      });
      expect(new URL(url).searchParams.getAll('prompt')).to.deep.equal(['login']);
      expect(new URL(url).searchParams.getAll('scope')).to.deep.equal(['openid read.email']);
      expect(url).to.not.include('unset');
    });

    it('and nothing where a parameter is missing or is no text', () => {
      for (const name of ['redirectURI', 'state', 'nonce', 'scope']) {
        for (const value of [undefined, null, 7]) {
          expect(() => client.authorizationURL({ ...request, [name]: value }), name)
            .to.throw(TypeError)
            .with.property('message')
            .that.matches(new RegExp(`^passport-freedom-id: ${name} must be `));
        }
      }
      expect(() => client.authorizationURL({ ...request, state: '' })).to.throw(TypeError, /state must be/);
      expect(() => client.authorizationURL({ ...request, claims: {} })).to.throw(
        TypeError,
        /the parameter claims must be/,
      );
    });
  });

  describe('exchanges a code', () => {
    it('with a JSON POST and Basic authentication, and sends nothing more', async () => {
      const { client, provider } = clientOf();
      await client.exchangeCode('the-code', login);
      const [token, ...more] = provider.received.filter(({ method }) => method === 'POST');
      expect(more).to.deep.equal([]);
      expect(token).to.deep.equal({
        path: '/token',
        method: 'POST',
        headers: {
          accept: 'application/json',
          'user-agent': 'passport-freedom-id',
          'content-type': 'application/json',
          authorization: `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}`,
        },
        body: JSON.stringify({
          code: 'the-code',
          redirect_uri: redirectURI,
          grant_type: 'authorization_code',
        }),
      });
    });

    it('with a form, and credentials that are encoded first, where the option says so', async () => {
      const odd = { clientID: 'my app', clientSecret: 'p+%:ә' };
      const { client, provider } = clientOf({ claims: { aud: 'my app' } }, { ...odd, tokenRequest: 'form' });
      await client.exchangeCode('the+code', { ...login, params: { resource: 'a b', depth: 1 } });
      const [token] = provider.to('/token');
      expect(token?.headers).to.include({
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${btoa('my+app:p%2B%25%3A%D3%99')}`,
      });
      expect(token?.body).to.equal(
        'resource=a+b&depth=1&code=the%2Bcode&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&grant_type=authorization_code',
      );
      const notText = { ...login, params: { claims: {} } };
      expect(await reasonOf(client.exchangeCode('c', notText))).to.be.instanceOf(TypeError);
    });

    it('with credentials as they are, in JSON, whatever is in them', async () => {
      const odd = { clientID: 'my app', clientSecret: 'p+%:ә' };
      const { client, provider } = clientOf({ claims: { aud: 'my app' } }, odd);
      await client.exchangeCode('c', login);
      const encoded = Buffer.from('my app:p+%:ә').toString('base64');
      expect(provider.to('/token')[0]?.headers.authorization).to.equal(`Basic ${encoded}`);
    });

    it('with more parameters, which do not replace its own', async () => {
      const { client, provider } = clientOf();
      await client.exchangeCode('the-code', { ...login, params: { code: 'x', extra: [1] } });
      expect(JSON.parse(provider.to('/token')[0]?.body ?? '')).to.deep.equal({
        code: 'the-code',
        extra: [1],
        redirect_uri: redirectURI,
        grant_type: 'authorization_code',
      });
    });

    it('and gives the tokens, and what the ID token says', async () => {
      const { client } = clientOf({ tokens: { scope: 'openid' } });
      const tokens = await client.exchangeCode('the-code', login);
      expect(tokens).to.include({ accessToken: ACCESS, refreshToken: REFRESH, idToken: tokens.raw.id_token });
      expect(tokens.claims).to.include({ sub: SUB, iss: ISSUER, aud: CLIENT_ID, nonce: 'N' });
      expect(tokens.raw).to.include({ scope: 'openid', token_type: 'Bearer' });
      expect(tokens.accessExpiresAt).to.be.instanceOf(Date);
    });

    it('and refuses wrong arguments before anything is sent', async () => {
      const { client, provider } = clientOf();
      for (const bad of [undefined, null, '', 7]) {
        const calls = {
          code: client.exchangeCode(bad as string, login),
          nonce: client.exchangeCode('c', { ...login, nonce: bad as string }),
          redirectURI: client.exchangeCode('c', { ...login, redirectURI: bad as string }),
        };
        for (const [name, call] of Object.entries(calls)) {
          const reason = await reasonOf(call);
          expect(reason).to.be.instanceOf(TypeError);
          expect(String(reason)).to.match(
            new RegExp(`passport-freedom-id: ${name} must be a non-empty string`),
          );
        }
      }
      const withoutLogin = client.exchangeCode as (code: string) => Promise<unknown>;
      expect(String(await reasonOf(withoutLogin.call(client, 'c')))).to.match(
        /redirectURI must be a non-empty/,
      );
      expect(provider.received).to.deep.equal([]);
    });

    it('and takes a response without an access token for unusable', async () => {
      const { client } = clientOf({ tokens: { access_token: 'a b' } });
      const error = await reasonOf(client.exchangeCode('c', login));
      expect(error)
        .to.be.instanceOf(FreedomIdError)
        .with.includes({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'token', httpStatus: 200 });
      expect(String(error)).to.match(
        /HTTP 200 without an access_token that can be sent back as a bearer\. Check baseURL and tokenURL\.$/,
      );
    });

    it('and takes a response without an ID token for wrong', async () => {
      const { client } = clientOf({ idToken: () => undefined });
      const error = await reasonOf(client.exchangeCode('c', login));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token', status: 502 });
      expect(String(error)).to.match(
        /^FreedomIdError: Freedom ID token: the id_token must be there\. Check that tokenURL is that of OpenID Connect\.$/,
      );
    });
  });

  describe('refreshes tokens', () => {
    it('by the standard, with JSON or a form', async () => {
      for (const tokenRequest of ['json', 'form'] as const) {
        const { client, provider } = clientOf({}, { tokenRequest });
        expect(await client.refreshTokens('old')).to.include({ accessToken: ACCESS, refreshToken: REFRESH });
        expect(provider.to('/token')[0]?.body).to.equal(
          tokenRequest === 'json'
            ? '{"grant_type":"refresh_token","refresh_token":"old"}'
            : 'grant_type=refresh_token&refresh_token=old',
        );
      }
    });

    it('without an ID token, which need not come', async () => {
      for (const none of [undefined, null]) {
        const { client } = clientOf({ idToken: () => none });
        const tokens = await client.refreshTokens('old', { sub: SUB });
        expect(tokens).to.not.have.any.keys('idToken', 'claims');
      }
    });

    it('with an ID token, which must be valid, and may have any nonce', async () => {
      const { client, provider } = clientOf({ claims: { nonce: 'other' } });
      expect((await client.refreshTokens('old', { sub: SUB })).claims).to.include({ sub: SUB });
      expect((await client.refreshTokens('old')).idToken).to.be.a('string');
      provider.settings.claims = { sub: 'other' };
      expect(await reasonOf(client.refreshTokens('old', { sub: SUB }))).to.include({
        code: 'ERR_FREEDOM_ID_TOKEN',
      });
      provider.settings.claims = {};
      provider.settings.idToken = () => 'none';
      expect(await reasonOf(client.refreshTokens('old'))).to.include({ code: 'ERR_FREEDOM_ID_TOKEN' });
    });

    it('only with a valid sub, which is checked before the refresh token is used up', async () => {
      const { client, provider } = clientOf();
      for (const sub of ['', null, 7]) {
        const reason = await reasonOf(client.refreshTokens('old', { sub: sub as string }));
        expect(String(reason)).to.match(/^TypeError: passport-freedom-id: sub must be a non-empty string/);
      }
      expect(provider.received).to.deep.equal([]);
      expect(await client.refreshTokens('old', null as never)).to.include({ accessToken: ACCESS });
    });

    it('for 20 callers at once with one request, and checks the ID token for each', async () => {
      const { client, provider } = clientOf();
      const subs = Array.from({ length: 20 }, (_, index) => (index % 2 ? SUB : 'other'));
      const results = await Promise.allSettled(subs.map((sub) => client.refreshTokens('old', { sub })));
      expect(provider.to('/token')).to.have.length(1);
      expect(results.map(({ status }) => status)).to.deep.equal(
        subs.map((sub) => (sub === SUB ? 'fulfilled' : 'rejected')),
      );
      const tokens = await client.refreshTokens('next', { sub: SUB });
      expect(tokens).to.include({ accessToken: ACCESS }).and.to.have.property('claims');
      expect(tokens.expired()).to.equal(false);
    });

    it('and gives the request up when the only caller does', async () => {
      const { client } = clientOf({ answer: () => new Promise<Response>(() => {}) as never });
      const controller = new AbortController();
      const given = reasonOf(client.refreshTokens('old', { signal: controller.signal }));
      controller.abort('enough');
      expect(await given).to.equal('enough');
    });

    it('and says what a rejection means', async () => {
      const answer = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
      const { client } = clientOf({ answer });
      const error = await reasonOf(client.refreshTokens('old'));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', providerCode: 'invalid_grant' });
      expect(String(error)).to.match(
        /The token may have expired or been revoked; let the user log in again\.$/,
      );
    });

    it('with a token that can be sent', async () => {
      const { client } = clientOf();
      for (const token of ['', 'a b', undefined]) {
        const reason = await reasonOf(client.refreshTokens(token as string));
        expect(String(reason)).to.match(/^TypeError: passport-freedom-id: refreshToken must be a token/);
      }
    });
  });

  describe('reads the user', () => {
    it('with the access token as bearer, and checks whose data they are', async () => {
      const { client, provider } = clientOf({ userInfo: { sub: SUB, x: 1 } });
      expect(await client.getUserInfo('token', { sub: SUB })).to.deep.equal({
        raw: `{"sub":"${SUB}","x":1}`,
        json: { sub: SUB, x: 1 },
      });
      expect(provider.received).to.deep.equal([
        {
          path: '/userinfo',
          method: 'GET',
          headers: {
            accept: 'application/json',
            'user-agent': 'passport-freedom-id',
            authorization: 'Bearer token',
          },
          body: undefined,
        },
      ]);
      expect(await reasonOf(client.getUserInfo('token', { sub: 'other' }))).to.include({
        code: 'ERR_FREEDOM_ID_TOKEN',
        endpoint: 'userinfo',
      });
    });

    it('and refuses wrong arguments', async () => {
      const { client, provider } = clientOf();
      expect(String(await reasonOf(client.getUserInfo('token', { sub: '' })))).to.match(
        /^TypeError: passport-freedom-id: sub must be a non-empty string/,
      );
      expect(String(await reasonOf(client.getUserInfo('a b', { sub: SUB })))).to.match(
        /^TypeError: passport-freedom-id: accessToken must be a token of visible ASCII characters/,
      );
      // As for FreedomIdClient, whose method has the same name.
      const withoutSub = client.getUserInfo as (accessToken: string) => Promise<unknown>;
      expect(String(await reasonOf(withoutSub.call(client, 'token')))).to.match(
        /sub must be a non-empty string/,
      );
      expect(provider.received).to.deep.equal([]);
    });

    it('and says that signed data are not read', async () => {
      const { header, jwt } = {
        header: { 'content-type': 'application/jwt' },
        jwt: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
      };
      const { client } = clientOf({ answer: () => new Response(jwt, { headers: header }) });
      const error = await reasonOf(client.getUserInfo('token', { sub: SUB }));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'userinfo' });
      expect(String(error)).to.match(
        /HTTP 200 with a signed or encrypted JWT, where JSON is expected\. Ask Freedom ID to send JSON\.$/,
      );
    });
  });

  describe('fetches the keys of the signature', () => {
    it('without credentials, but with the other headers of the app', async () => {
      const { client, provider } = clientOf(
        {},
        { customHeaders: { Authorization: 'Bearer app', 'X-Trace': '1' } },
      );
      await client.exchangeCode('c', login);
      expect(provider.to('/jwks')).to.deep.equal([
        {
          path: '/jwks',
          method: 'GET',
          headers: { accept: 'application/json', 'user-agent': 'passport-freedom-id', 'x-trace': '1' },
          body: undefined,
        },
      ]);
    });

    it('once for several logins', async () => {
      const { client, provider } = clientOf();
      await Promise.all([client.exchangeCode('c', login), client.exchangeCode('c', login)]);
      await client.exchangeCode('c', login);
      expect(provider.to('/jwks')).to.have.length(1);
    });

    it('and says what is wrong with them', async () => {
      for (const keys of [undefined, null, {}, 'text']) {
        const error = await reasonOf(clientOf({ keys }).client.exchangeCode('c', login));
        expect(error).to.include({ code: 'ERR_FREEDOM_ID_RESPONSE', endpoint: 'jwks' });
        expect(String(error)).to.match(
          /^FreedomIdError: Freedom ID jwks: HTTP 200 without a list of keys\. Check jwksURL\.$/,
        );
      }
      const answer = (path: string) => (path === '/jwks' ? new Response('{}', { status: 404 }) : undefined);
      const error = await reasonOf(clientOf({ answer }).client.exchangeCode('c', login));
      expect(error).to.include({ code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'jwks' });
      expect(String(error)).to.include(`Check that ${JWKS_URL} is the right URL.`);
      const forbidden = (path: string) =>
        path === '/jwks' ? new Response('{}', { status: 403 }) : undefined;
      expect(
        String(await reasonOf(clientOf({ answer: forbidden }).client.exchangeCode('c', login))),
      ).to.include(`Check that ${JWKS_URL} is the right URL.`);
    });

    it('and ignores what is not a key', async () => {
      const keys = [null, 7, 'text', [], {}, { kty: 'RSA' }, { kid: 'key' }, signer('ES256').jwk];
      await clientOf({ keys }).client.exchangeCode('c', login);
    });
  });

  describe('is given up by a signal', () => {
    const reason = new Error('the user went away');

    it('that has aborted already: nothing is sent', async () => {
      const { client, provider } = clientOf();
      const signal = AbortSignal.abort(reason);
      expect(await reasonOf(client.exchangeCode('c', { ...login, signal }))).to.equal(reason);
      expect(await reasonOf(client.refreshTokens('r', { signal }))).to.equal(reason);
      expect(await reasonOf(client.getUserInfo('a', { sub: SUB, signal }))).to.equal(reason);
      expect(provider.received).to.deep.equal([]);
    });

    it('that aborts while a response is awaited: at once', async () => {
      const controller = new AbortController();
      const answer = () => {
        controller.abort(reason);
        return new Promise<Response>(() => {});
      };
      const { client } = clientOf({ answer }, { timeout: 60_000 });
      expect(await reasonOf(client.exchangeCode('c', { ...login, signal: controller.signal }))).to.equal(
        reason,
      );
    });

    it('that aborts while the keys are awaited, which others still get', async () => {
      const controller = new AbortController();
      let answerKeys = (_keys: Response) => {};
      const keys = new Promise<Response>((resolve) => {
        answerKeys = resolve;
      });
      const answer = (path: string) => (path === '/jwks' ? keys : undefined);
      const { client, provider } = clientOf({ answer }, { timeout: 60_000 });
      const other = client.exchangeCode('c', login);
      const aborted = reasonOf(client.exchangeCode('c', { ...login, signal: controller.signal }));
      while (provider.to('/jwks').length === 0) await new Promise(setImmediate);
      controller.abort(reason);
      expect(await aborted).to.equal(reason);
      answerKeys(Response.json({ keys: [signer('ES256').jwk] }));
      expect((await other).claims).to.include({ sub: SUB });
    });

    it('and by nothing else', async () => {
      const { client, provider } = clientOf();
      for (const signal of [null, {}, 'abort', new AbortController()]) {
        const reason = await reasonOf(client.getUserInfo('a', { sub: SUB, signal: signal as AbortSignal }));
        expect(String(reason)).to.match(
          /^TypeError: passport-freedom-id: signal must be an AbortSignal, but is /,
        );
      }
      expect(provider.received).to.deep.equal([]);
    });

    it('and leaves nothing on it', async () => {
      const { signal } = new AbortController();
      const heard: number[] = [];
      const answer = async () => {
        await new Promise(setImmediate);
        heard.push(getEventListeners(signal, 'abort').length);
        return undefined as never;
      };
      const { client } = clientOf({ answer });
      await client.exchangeCode('c', { ...login, signal });
      expect(heard, 'while the tokens and the keys are awaited').to.deep.equal([1, 1]);
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    });
  });

  it('shows its URLs, and no secret', () => {
    const { client } = clientOf();
    expect(inspect(client, { showHidden: true, depth: 5 }))
      .to.not.include(CLIENT_SECRET)
      .and.not.include('ZGVtbzp');
    expect(client).to.include({
      clientID: CLIENT_ID,
      issuer: ISSUER,
      authorizationEndpoint: `${ISSUER}/openid`,
      tokenURL: `${ISSUER}/api/v1/oidc/token`,
      userInfoURL: `${ISSUER}/api/v1/oidc/userinfo`,
    });
  });
});
