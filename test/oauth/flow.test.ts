import { expect } from 'chai';
import { type FetchFunction, FreedomIdClient } from '../../lib';
import { OAuthFlow } from '../../lib/oauth/flow';
import { minimalOptions } from '../support/options';

describe('the OAuth flow', () => {
  /** Asks for a login link. @returns the redirect URI that was sent */
  async function redirectURIFor(callbackURL: string, state: string | undefined): Promise<string> {
    let sent = '';
    const fetch: FetchFunction = async (_url, { body = '' }) => {
      sent = JSON.parse(body).redirect_uri;
      return Response.json({ redirect_uri: 'https://provider.example/login' });
    };
    const flow = new OAuthFlow(new FreedomIdClient({ ...minimalOptions, fetch }));
    await flow.createLink({ callbackURL, state }, []);
    return sent;
  }

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
