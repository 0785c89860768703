import { expect } from 'chai';
import { toFlowTokens } from '../../lib/login/flow-tokens';

describe('the tokens of a flow', () => {
  const raw = { access_token: 'a', refresh_token: 'r', id_token: 'i', expires_in: 7 };

  it('have for params the token response without the refresh token', () => {
    expect(toFlowTokens({ accessToken: 'a', refreshToken: 'r', raw })).to.deep.equal({
      accessToken: 'a',
      refreshToken: 'r',
      params: { access_token: 'a', id_token: 'i', expires_in: 7 },
    });
    expect(raw).to.have.property('refresh_token');
  });

  it('have what the flow adds, unless it is undefined', () => {
    const paramsWith = (more: object) => toFlowTokens({ accessToken: 'a', raw }, more).params;
    expect(paramsWith({ expires_in: 9 })).to.include({ expires_in: 9 });
    expect(paramsWith({ expires_in: undefined })).to.include({ expires_in: 7 });
  });
});
