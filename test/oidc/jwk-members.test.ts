import { expect } from 'chai';
import type { FreedomIdOidcStrategyOptions } from '../../lib/oidc';
import { ACCESS_TOKEN, idToken, jwkOf, oidcLogin, publicKey, SUB } from '../support/oidc-login';

describe('a public key with members that the platform does not accept', () => {
  const login = (key: object, { inSet }: { inSet: boolean }) => {
    const options: Partial<FreedomIdOidcStrategyOptions> = inSet
      ? { jwksURL: 'https://provider.example/jwks' }
      : { publicKey: { ...key } };
    const token = { access_token: ACCESS_TOKEN, id_token: idToken() };
    return oidcLogin({ token, jwks: { keys: [key] } }, options);
  };

  for (const inSet of [true, false]) {
    it(`checks signatures all the same, ${inSet ? 'in a JWK Set' : 'as the option publicKey'}`, async () => {
      for (const members of [
        { key_ops: ['verify'] },
        { key_ops: ['sign', 'verify'] },
        { key_ops: ['verify', 'https://provider.example/attest'] },
        { key_ops: ['verify', 'verify'] },
        { ext: true },
        { ext: 'true' },
        { ext: null, key_ops: ['verify'] },
      ]) {
        const { action, args } = await login({ ...jwkOf(publicKey), ...members }, { inSet });
        expect(action, JSON.stringify([members, args])).to.equal('success');
        expect(args[0]).to.include({ id: SUB });
      }
    });
  }

  it('checks none where verifying is not among its operations', async () => {
    for (const key_ops of [[], ['sign'], 'verify', null, { includes: 'verify' }]) {
      const { action, args } = await login({ ...jwkOf(publicKey), key_ops }, { inSet: true });
      expect(action).to.equal('error');
      expect(args[0]).to.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token' });
    }
  });
});
