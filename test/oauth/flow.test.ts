import { expect } from 'chai';
import { type FetchFunction, FreedomIdClient } from '../../lib';
import { OAuthFlow } from '../../lib/oauth/flow';
import { minimalOptions } from '../support/options';

describe('the OAuth flow', () => {
  let sent: { redirect_uri: string } & Record<string, unknown>;
  const fetch: FetchFunction = async (_url, { body = '' }) => {
    sent = JSON.parse(body);
    return Response.json({ redirect_uri: 'https://provider.example/login', access_token: 'access' });
  };
  const flow = new OAuthFlow(new FreedomIdClient({ ...minimalOptions, fetch }));

  /** Asks for a login link. @returns the redirect URI that was sent */
  async function redirectURIFor(callbackURL: string, state: string | undefined): Promise<string> {
    await flow.createLink({ callbackURL, state }, [], {});
    return sent.redirect_uri;
  }

  it('sends what a subclass adds, and its own members win', async () => {
    const added = {
      revoke_uri: 'https://app.example/gone',
      redirect_uri: 'evil',
      grants: 7,
      authorization_code: 'x',
    };
    await flow.createLink({ callbackURL: 'https://app.example/cb', state: undefined }, ['read.email'], added);
    expect(sent).to.deep.equal({ ...added, redirect_uri: 'https://app.example/cb', grants: ['read.email'] });
    await flow.exchangeCode('C', undefined, added);
    expect(sent).to.deep.equal({ ...added, authorization_code: 'C' });
  });

  it('adds the state to the query of the callback URL, and changes nothing else of it', async () => {
    for (const [callbackURL, state, redirectURI] of [
      ['https://app.example', 'S', 'https://app.example?state=S'],
      ['https://app.example/cb?a=%20b', 'S', 'https://app.example/cb?a=%20b&state=S'],
      ['https://app.example/cb', 'a&b=c', 'https://app.example/cb?state=a%26b%3Dc'],
    ] as const) {
      expect(await redirectURIFor(callbackURL, state)).to.equal(redirectURI);
    }
  });

  it('sends the callback URL as it is where there is no state', async () => {
    expect(await redirectURIFor('https://app.example/cb', undefined)).to.equal('https://app.example/cb');
  });
});
