import { expect } from 'chai';
import {
  expectError,
  ISSUER,
  JWKS_URL,
  logIn,
  logInWith,
  oidcStrategyWith,
  openidProvider,
  type ProviderSettings,
  REFRESH,
  SUB,
} from '../support/memory-openid';
import { CLIENT_SECRET } from '../support/options';
import { pairOf, secretSigner, signer } from '../support/signer';

/**
 * What the modules of the OpenID Foundation's conformance suite for relying parties demand in the code flow, by their names. Each
 * login would succeed but for the one thing that its module changes.
 */
describe('the conformance suite for relying parties', () => {
  const rsa = signer('RS256', 'first');

  async function expectSuccess(settings: ProviderSettings, options = {}) {
    const { action, args } = await logInWith({ by: rsa, ...settings }, options);
    expect(action, String(args[0])).to.equal('success');
    expect(args[0]).to.include({ id: SUB });
    return args[0];
  }

  async function expectRefusal(name: string, settings: ProviderSettings, options = {}) {
    const error = expectError(
      await logInWith({ by: rsa, ...settings }, options),
      'ERR_FREEDOM_ID_TOKEN',
      'token',
    );
    expect(error.message).to.match(new RegExp(`^Freedom ID token: ${name} of the ID token must be `));
  }

  it('oidcc-client-test: signs the user in', () => expectSuccess({}));

  it('oidcc-client-test-invalid-iss: refuses another issuer', async () => {
    for (const iss of ['https://evil.example', `${ISSUER}/`, undefined, null, [ISSUER], '']) {
      await expectRefusal('iss', { claims: { iss } });
    }
  });

  it('oidcc-client-test-missing-sub: refuses a token that is nobody’s', async () => {
    for (const sub of [undefined, '', null, 7, 'аdmin', 'x'.repeat(256)]) {
      await expectRefusal('sub', { claims: { sub } });
    }
  });

  it('oidcc-client-test-missing-aud: refuses a token that is for nobody', async () => {
    for (const aud of [undefined, null, [], '']) await expectRefusal('aud', { claims: { aud } });
  });

  it('oidcc-client-test-invalid-aud: refuses the token of another client', async () => {
    for (const aud of ['other', ['other'], 'demo ', { demo: 1 }])
      await expectRefusal('aud', { claims: { aud } });
  });

  it('a second audience is not trusted, with azp or without', async () => {
    await expectRefusal('aud', { claims: { aud: ['demo', 'other'] } });
    await expectRefusal('aud', { claims: { aud: ['demo', 'other'], azp: 'demo' } });
    await expectSuccess({ claims: { aud: ['demo'] } });
  });

  it('a token that was made for another party is refused', async () => {
    for (const azp of ['other', null, ['demo']]) await expectRefusal('azp', { claims: { azp } });
    await expectSuccess({ claims: { azp: 'demo' } });
  });

  it('an expired token is refused, and one without an expiry', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const exp of [now - 31, 0, undefined, null, String(now + 60), '']) {
      await expectRefusal('exp', { claims: { exp } });
    }
    await expectSuccess({ claims: { exp: now - 20 } });
  });

  it('oidcc-client-test-missing-iat: refuses a token of no date, or of the future', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const iat of [undefined, null, String(now), now + 40])
      await expectRefusal('iat', { claims: { iat } });
    await expectSuccess({ claims: { iat: now + 20 } });
  });

  it('a token that is not valid yet is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const nbf of [now + 40, String(now), null, '']) await expectRefusal('nbf', { claims: { nbf } });
    await expectSuccess({ claims: { nbf: now + 20 } });
  });

  it('oidcc-client-test-nonce-invalid: refuses the token of another login', async () => {
    for (const nonce of ['other', undefined, null, '']) await expectRefusal('nonce', { claims: { nonce } });
  });

  it('oidcc-client-test-kid-absent-single-jwks: takes the one key', () =>
    expectSuccess({ header: { kid: undefined }, keys: [{ ...rsa.jwk, kid: undefined }] }));

  it('oidcc-client-test-kid-absent-multiple-jwks: tries each key that fits', () =>
    expectSuccess({
      header: { kid: undefined },
      keys: [signer('ES256').jwk, signer('RS256', 'second').jwk, rsa.jwk],
    }));

  it('a kid that no key has is refused', () => expectRefusal('signature', { header: { kid: 'unknown' } }));

  it('the kid of another key is refused, though a good one is there', () =>
    expectRefusal('signature', {
      header: { kid: 'second' },
      keys: [signer('RS256', 'second').jwk, rsa.jwk],
    }));

  it('oidcc-client-test-idtoken-sig-rs256: takes a good signature', () => expectSuccess({}));

  for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA']) {
    it(`oidcc-client-test-invalid-sig-${alg.toLowerCase()}: refuses a bad signature`, async () => {
      const own = signer(alg, 'first');
      await expectSuccess({ by: own });
      await expectRefusal('signature', { by: { ...signer(alg, 'second'), kid: 'first' }, keys: [own.jwk] });
      await expectRefusal('signature', { by: own, idToken: (token) => token.replace(/\.[^.]*$/, '.') });
    });
  }

  it('oidcc-client-test-invalid-sig-hs256: refuses a bad signature', async () => {
    const options = { jwksURL: undefined, algorithms: ['HS256'] };
    await expectSuccess({ by: secretSigner(CLIENT_SECRET) }, options);
    await expectRefusal('signature', { by: secretSigner('other') }, options);
  });

  it('oidcc-client-test-idtoken-sig-none: refuses a token that nobody has signed, with a key or without', async () => {
    const unsigned = (alg: string) => ({
      header: { alg },
      idToken: (token: string) => token.replace(/\.[^.]*$/, '.'),
    });
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      await expectRefusal('alg', unsigned(alg));
      await expectRefusal('alg', unsigned(alg), { jwksURL: undefined });
    }
  });

  it('a key never becomes a secret, and a secret never a key', async () => {
    // If the public key were used as a secret, anybody could sign.
    const { publicKey } = pairOf('RS256', 'first');
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      JSON.stringify(rsa.jwk),
      CLIENT_SECRET,
    ]) {
      await expectRefusal('alg', { by: { ...secretSigner(secret), kid: 'first' }, keys: [rsa.jwk] });
    }
    await expectRefusal('alg', { by: rsa }, { jwksURL: undefined, algorithms: ['HS256'] });
  });

  it('oidcc-client-test-userinfo-invalid-sub: refuses the data of another user', async () => {
    for (const sub of ['other', '', null, undefined, 7, [SUB]]) {
      const ending = await logInWith({ by: rsa, userInfo: { sub, firstname: 'Eve' } });
      expectError(ending, 'ERR_FREEDOM_ID_TOKEN', 'userinfo');
    }
  });

  it('missing user info is an error, and no profile', async () => {
    const answer = (response: Response) => (path: string) => (path === '/userinfo' ? response : undefined);
    for (const response of [new Response(null, { status: 404 }), new Response(''), Response.json([])]) {
      expectError(
        await logInWith({ by: rsa, answer: answer(response) }),
        'ERR_FREEDOM_ID_RESPONSE',
        'userinfo',
      );
    }
  });

  it('oidcc-client-test-scope-userinfo-claims: makes the profile of what the user info has', async () => {
    const userInfo = { sub: SUB, given_name: 'John', email: 'john@example.com', email_verified: true };
    expect(await expectSuccess({ userInfo })).to.deep.include({
      displayName: 'John',
      emails: [{ value: 'john@example.com', verified: true }],
    });
  });

  it('oidcc-client-test-client-secret-basic: sends the secret in the header', async () => {
    const provider = openidProvider({ by: rsa });
    await logIn(oidcStrategyWith({ fetch: provider.fetch }), provider);
    const [token] = provider.to('/token');
    expect(token?.headers.authorization).to.equal(`Basic ${btoa(`demo:${CLIENT_SECRET}`)}`);
    expect(token?.body).to.not.include(CLIENT_SECRET);
  });

  it('oidcc-client-test-signing-key-rotation: fetches the keys anew for one that is unknown', async () => {
    const provider = openidProvider({ by: rsa });
    const strategy = oidcStrategyWith({ fetch: provider.fetch });
    expect(await logIn(strategy, provider)).to.include({ action: 'success' });
    // The key that signs now was not there a moment ago.
    provider.settings.by = signer('RS256', 'second');
    expect(await logIn(strategy, provider)).to.include({ action: 'success' });
    expect(provider.to('/jwks')).to.have.length(2);
  });

  it('oidcc-client-test-refresh-token: takes the new tokens', async () => {
    const provider = openidProvider({ by: rsa });
    const { client } = oidcStrategyWith({ fetch: provider.fetch });
    const tokens = await client.refreshTokens('old', { sub: SUB });
    expect(tokens).to.include({ refreshToken: REFRESH });
    expect(tokens.claims).to.include({ sub: SUB });
  });

  it('oidcc-client-test-refresh-token-invalid-issuer: refuses the token of another issuer', async () => {
    const provider = openidProvider({ by: rsa, claims: { iss: 'https://evil.example' } });
    const refreshed = oidcStrategyWith({ fetch: provider.fetch }).client.refreshTokens('old', { sub: SUB });
    expectError(
      { action: 'error', args: [await refreshed.catch((error: unknown) => error)] },
      'ERR_FREEDOM_ID_TOKEN',
      'token',
    );
  });

  it('oidcc-client-test-refresh-token-invalid-sub: refuses the token of another user', async () => {
    const provider = openidProvider({ by: rsa, claims: { sub: 'other' } });
    const refreshed = oidcStrategyWith({ fetch: provider.fetch, jwksURL: JWKS_URL }).client.refreshTokens(
      'old',
      { sub: SUB },
    );
    expectError(
      { action: 'error', args: [await refreshed.catch((error: unknown) => error)] },
      'ERR_FREEDOM_ID_TOKEN',
      'token',
    );
  });
});
