import { inspect } from 'node:util';
import { expect } from 'chai';
import { readTokens } from '../lib/oauth/tokens';
import { readTokens as readOidcTokens } from '../lib/oidc/tokens';

const IN_AN_HOUR = () => new Date(Date.now() + 3_600_000);

describe('expired() of tokens', () => {
  const flows = {
    'the first flow': (expiresAt?: Date) =>
      readTokens({ access_token: 'a', access_expire_at: expiresAt?.toISOString() }),
    'OpenID Connect': (expiresAt?: Date) =>
      readOidcTokens({
        access_token: 'a',
        expires_in: expiresAt && (expiresAt.getTime() - Date.now()) / 1000,
      }),
  };
  for (const [flow, tokensUntil] of Object.entries(flows)) {
    it(`tells, in ${flow}, whether the access token ends within so many seconds`, () => {
      const tokens = tokensUntil(IN_AN_HOUR());
      expect(tokens?.expired()).to.equal(false);
      expect(tokens?.expired(3500)).to.equal(false);
      expect(tokens?.expired(3600)).to.equal(true);
      expect(tokens?.expired(7200)).to.equal(true);
    });

    it(`says no, in ${flow}, where nobody has told when that is`, () => {
      expect(tokensUntil()?.expired(1e9)).to.equal(false);
    });
  }

  it('says yes on the date, and after it', () => {
    const past = readTokens({ access_token: 'a', access_expire_at: '2025-03-04T06:35:50.000000Z' });
    expect(past?.expired()).to.equal(true);
    const now = readTokens({ access_token: 'a', access_expire_at: new Date().toISOString() });
    expect(now?.expired()).to.equal(true);
  });

  it('accepts only a number of seconds, 0 or more, as the window', () => {
    const tokens = readTokens({ access_token: 'a' });
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, '60', null]) {
      expect(() => tokens?.expired(wrong as number)).to.throw(
        TypeError,
        'windowSeconds must be a number of seconds',
      );
    }
  });

  it('is not among the data that a log or JSON shows', () => {
    const tokens = readTokens({ access_token: 'a' });
    expect(Object.keys(tokens ?? {})).to.deep.equal(['accessToken', 'raw']);
    expect(inspect(tokens)).not.to.contain('Function');
  });
});
