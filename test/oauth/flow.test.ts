import { expect } from 'chai';
import { type FetchFunction, FreedomIdClient, type FreedomIdError } from '../../lib';
import { OAuthFlow } from '../../lib/oauth/flow';
import { minimalOptions } from '../support/options';

describe('the OAuth flow', () => {
  let sent: { redirect_uri: string } & Record<string, unknown>;
  const fetch: FetchFunction = async (_url, { body = '' }) => {
    sent = JSON.parse(body);
    return Response.json({ redirect_uri: 'https://provider.example/login', access_token: 'access' });
  };
  const client = new FreedomIdClient({ ...minimalOptions, fetch });
  const flow = new OAuthFlow(client, 'query');

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

  it('adds the state to the path instead where it is told to', async () => {
    const inPath = new OAuthFlow(client, 'path');
    await inPath.createLink({ callbackURL: 'https://app.example/cb?a=b', state: 'a&b' }, [], {});
    expect(sent.redirect_uri).to.equal('https://app.example/cb/a%26b?a=b');
  });

  it('sends the callback URL as it is where there is no state', async () => {
    for (const stateIn of ['query', 'path'] as const) {
      await new OAuthFlow(client, stateIn).createLink(
        { callbackURL: 'https://app.example/cb', state: undefined },
        [],
        {},
      );
      expect(sent.redirect_uri).to.equal('https://app.example/cb');
    }
  });

  it('shows the state in no error, wherever it travels, and however short it is', async () => {
    const refuses: FetchFunction = async (_url, { body = '' }) => {
      const { redirect_uri } = JSON.parse(body) as { redirect_uri: string };
      return Response.json({ error: { code: 1, message: `No ${redirect_uri}` } }, { status: 422 });
    };
    const refused = new FreedomIdClient({ ...minimalOptions, fetch: refuses });
    for (const stateIn of ['query', 'path'] as const) {
      for (const state of ['S-7', 'St te', 'S'.repeat(43)]) {
        const link = new OAuthFlow(refused, stateIn).createLink(
          { callbackURL: 'https://app.example/cb', state },
          [],
          {},
        );
        const { message } = await link.then(expect.fail, (error: FreedomIdError) => error);
        expect(message)
          .to.include('No https://app.example/cb')
          .and.include('which was sent as https://app.example/cb');
        expect(decodeURIComponent(message)).to.not.include(state);
      }
    }
  });
});
