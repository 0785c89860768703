import { expect } from 'chai';
import * as client from 'openid-client';
import type { EmulatorSigning } from '../../lib/emulator/index';
import { useEmulator } from '../support/emulator';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

const REDIRECT_URI = 'https://app.example/cb';

/** Ways of telling who the client is, as openid-client knows them. */
const METHODS = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
};

for (const signing of ['RS256', 'ES256', 'HS256'] satisfies EmulatorSigning[]) {
  describe(`openid-client, at an emulator that signs with ${signing},`, () => {
    const emulator = useEmulator({ signing });
    const expected = { expectedNonce: 'N0nce', expectedState: 'St4te', idTokenExpected: true };

    /** Finds out by discovery all that it needs. */
    const discover = async (method: keyof typeof METHODS = 'client_secret_basic', secret = CLIENT_SECRET) => {
      const configuration = await client.discovery(
        new URL(emulator.url),
        CLIENT_ID,
        { client_secret: secret, id_token_signed_response_alg: signing },
        METHODS[method](secret),
        { execute: [client.allowInsecureRequests] },
      );
      // It checks the signature, too; by default it relies on TLS.
      if (signing !== 'HS256') client.enableNonRepudiationChecks(configuration);
      return configuration;
    };
    const linkOf = (configuration: client.Configuration) =>
      client.buildAuthorizationUrl(configuration, {
        redirect_uri: REDIRECT_URI,
        scope: 'openid read.email',
        state: 'St4te',
        nonce: 'N0nce',
      }).href;
    const signIn = async (configuration: client.Configuration) => {
      const callback = new URL(await emulator.approve(linkOf(configuration), { as: 1 }));
      return client.authorizationCodeGrant(configuration, callback, expected);
    };
    const sub = () => emulator.users[1]?.freedom_id ?? '';

    for (const method of Object.keys(METHODS) as (keyof typeof METHODS)[]) {
      it(`signs a person in with ${method}, and finds user info for the same subject`, async () => {
        const configuration = await discover(method);
        const tokens = await signIn(configuration);
        expect(tokens.claims()).to.include({ iss: emulator.url, aud: CLIENT_ID, sub: sub(), nonce: 'N0nce' });
        expect(tokens.expiresIn()).to.be.closeTo(604_800, 5);
        expect(await client.fetchUserInfo(configuration, tokens.access_token, sub())).to.deep.equal({
          sub: sub(),
          email: 'madonna@example.com',
        });
      });
    }

    it('refreshes the tokens', async () => {
      const configuration = await discover();
      const { refresh_token = '' } = await signIn(configuration);
      const tokens = await client.refreshTokenGrant(configuration, refresh_token);
      expect(tokens.claims()).to.include({ sub: sub() });
      const again = await client.refreshTokenGrant(configuration, refresh_token).catch((error) => error);
      expect(again).to.include({ error: 'invalid_grant', status: 400 });
    });

    it('understands a refusal, a used code, and a wrong secret', async () => {
      const configuration = await discover();
      const refusal = new URL(await emulator.refuse(linkOf(configuration)));
      const refused = client.authorizationCodeGrant(configuration, refusal, expected);
      expect(await refused.catch((error) => error))
        .to.be.instanceOf(client.AuthorizationResponseError)
        .and.include({
          error: 'access_denied',
        });
      const callback = new URL(await emulator.approve(linkOf(configuration)));
      await client.authorizationCodeGrant(configuration, callback, expected);
      const used = client.authorizationCodeGrant(configuration, callback, expected);
      expect(await used.catch((error) => error)).to.include({ error: 'invalid_grant', status: 400 });
      const stranger = await discover('client_secret_post', 'wrong');
      const unknown = await signIn(stranger).catch((error) => error);
      expect(unknown).to.have.property('status', 401);
      expect(unknown.cause).to.deep.equal([{ scheme: 'basic', parameters: { realm: 'Freedom ID' } }]);
    });

    it('refuses an ID token that was tampered with', async () => {
      const configuration = await discover();
      for (const tampering of [
        { signature: 'broken' },
        { claims: { nonce: 'other' } },
        { claims: { aud: 'other' } },
        { claims: { iss: 'https://evil.example' } },
        { claims: { exp: 1 } },
        { header: { alg: 'none' } },
      ] as const) {
        // It does not check signatures of HS256.
        if (signing === 'HS256' && 'signature' in tampering) continue;
        emulator.tamper(tampering);
        const failed = await signIn(configuration).catch((error) => error);
        expect(failed, JSON.stringify(tampering)).to.be.instanceOf(Error);
      }
      expect((await signIn(configuration)).claims()).to.include({ sub: sub() });
    });
  });
}
