import { expect } from 'chai';
import { readTokens } from '../../lib/oidc/tokens';

describe('the tokens of an OpenID Connect login', () => {
  it('are read from the token response, with their expiry', () => {
    const raw = {
      access_token: 'a',
      refresh_token: 'r',
      token_type: 'bearer',
      expires_in: 60.5,
      id_token: 'i',
    };
    const before = Date.now();
    const { accessExpiresAt, ...tokens } = readTokens(raw) ?? expect.fail('no tokens');
    expect(tokens).to.deep.equal({ accessToken: 'a', refreshToken: 'r', raw });
    expect(accessExpiresAt?.getTime()).to.be.within(before + 60_500, Date.now() + 60_500);
  });

  it('need no more than an access token', () => {
    expect(readTokens({ access_token: 'a' })).to.deep.equal({ accessToken: 'a', raw: { access_token: 'a' } });
  });

  it('have no expiry where there is no number of seconds', () => {
    for (const seconds of ['60', -1, null, 1e300, Number.NaN, {}, undefined]) {
      expect(readTokens({ access_token: 'a', expires_in: seconds }), String(seconds)).to.not.have.property(
        'accessExpiresAt',
      );
    }
    expect(readTokens({ access_token: 'a', expires_in: 0 })).to.have.property('accessExpiresAt');
  });

  it('have no refresh token that cannot be sent', () => {
    for (const token of ['', 7, null, 'a b', 'é']) {
      expect(readTokens({ access_token: 'a', refresh_token: token })).to.not.have.property('refreshToken');
    }
  });

  it('do not exist without an access token that can be sent as a bearer token', () => {
    for (const token of ['', 7, null, undefined, 'a b', 'é\n', ['a']]) {
      expect(readTokens({ access_token: token }), String(token)).to.equal(undefined);
    }
    expect(readTokens({ access_token: 'a', token_type: null })).to.include({ accessToken: 'a' });
    for (const type of ['mac', 'DPoP', '', 7, ['Bearer']]) {
      expect(readTokens({ access_token: 'a', token_type: type }), String(type)).to.equal(undefined);
    }
  });
});
