import { inspect } from 'node:util';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { FreedomIdClient, FreedomIdStrategy } from '../../lib';
import { readLoginOptions } from '../../lib/login/options';
import { OAuthFlow } from '../../lib/oauth/flow';
import { FreedomIdOidcClient, FreedomIdOidcStrategy } from '../../lib/oidc';
import { OidcFlow } from '../../lib/oidc/flow';
import { DEFAULT_ALGORITHMS, readClientOptions } from '../../lib/oidc/options';
import { namesRead, optionRows, readPage, snippets } from '../support/documents';
import { basic } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { endingOf } from '../support/ending';
import { request } from '../support/mocked-login';
import { parametersOf } from '../support/openid-login';
import { minimalOptions } from '../support/options';
import { construct } from '../support/wrong-options';

const page = readPage('docs/oidc.md');
const rows = optionRows(page);
const written = (value: unknown) => inspect(value).replaceAll(/(?<=\[) | (?=\])/g, '');

describe('docs/oidc.md', () => {
  it('lists every option that is new here or has another default, and no other', async () => {
    const first = await namesRead(minimalOptions, construct);
    const read = await namesRead(
      minimalOptions,
      (options) => new FreedomIdOidcStrategy(options, async () => false),
    );
    const listed = rows.map(({ name }) => name);
    expect(read).to.include.members(listed);
    expect(listed).to.include.members(read.filter((name) => !first.includes(name)));
    expect(listed).to.include.members(['scope', 'sessionKey', 'authorizationURL', 'tokenURL']);

    const [, gone = ''] = /there is no ([^,]*(?:, `\w+`)* or `\w+`)/.exec(page.replaceAll(/\s+/g, ' ')) ?? [];
    const missing = first.filter((name) => !read.includes(name));
    expect([...gone.matchAll(/`(\w+)`/g)].map(([, name]) => name)).to.have.members(missing);
    for (const refused of [{ state: false }, { stateIn: 'path' }]) {
      expect(page).to.include(inspect(refused).slice(2, -2));
      const make = () =>
        new FreedomIdOidcStrategy({ ...minimalOptions, ...refused } as never, async () => false);
      expect(make).to.throw(TypeError, Object.keys(refused)[0]);
    }
  });

  it('has the default of each', () => {
    const flow = new OidcFlow(new FreedomIdOidcClient(minimalOptions));
    const client = readClientOptions(minimalOptions);
    const settings: Record<string, unknown> = {
      ...readLoginOptions(minimalOptions, () => {}, flow),
      ...client,
      algorithms: DEFAULT_ALGORITHMS,
    };
    expect(client.signature).to.deep.equal({ by: 'connection', algorithms: undefined });
    for (const { name, shown } of rows) {
      const endpoint = /^`baseURL` \+ `([^`]+)`/.exec(shown)?.[1];
      if (endpoint) expect(settings[name], name).to.equal(`${client.baseURL}${endpoint}`);
      else if (shown === '`baseURL`') expect(settings[name], name).to.equal(client.baseURL);
      else if (shown === 'none') expect(settings[name], name).to.equal(undefined);
      else expect(shown, name).to.equal(`\`${written(settings[name])}\``);
    }
    // What is not listed is as in the first strategy.
    const first = readLoginOptions(
      minimalOptions,
      () => {},
      new OAuthFlow(new FreedomIdClient(minimalOptions), 'query'),
    );
    for (const name of ['proxy', 'passReqToCallback', 'skipUserProfile'] as const)
      expect(settings[name]).to.equal(first[name]);
  });

  describe('compares the flows', () => {
    const emulator = useEmulator();

    it('by the requests of a login', async () => {
      const options = { ...minimalOptions, callbackURL: '/callback', baseURL: emulator.url };
      const strategies = [
        new FreedomIdStrategy(options, async (_accessToken, _refreshToken, profile) => profile),
        new FreedomIdOidcStrategy(options, async (_accessToken, _refreshToken, profile) => profile),
      ];
      const counts: string[] = [];
      for (const strategy of strategies) {
        const { session, ...start } = request();
        const { args } = await endingOf(strategy, { ...start, session });
        const { pathname, search } = new URL(await emulator.approve(String(args[0])));
        const end = await endingOf(strategy, request(`${pathname}${search}`, session));
        expect(end).to.include({ action: 'success' });
        counts.push(String(emulator.requests.splice(0).length));
      }
      const [, ...shown] = /^\| requests to Freedom ID per login \| (\d+) \| (\d+), /m.exec(page) ?? [];
      expect(shown).to.deep.equal(counts);
    });
  });

  describe('sets Keycloak up', () => {
    const CLIENT = { clientID: 'shop', clientSecret: 'shop-secret' };
    const REDIRECT_URI = 'https://sso.example/realms/shop/broker/freedom-id/endpoint';
    const emulator = useEmulator({ clients: [{ ...CLIENT, redirectURIs: [REDIRECT_URI] }] });
    const [provider, mappers] = snippets('docs/oidc.md', 'json').map((text) => JSON.parse(text));

    it('with the URLs that the strategy uses', () => {
      const { authorizationURL, tokenURL, userInfoURL, issuer } = readClientOptions(minimalOptions);
      expect(provider.config).to.include({
        authorizationUrl: authorizationURL,
        tokenUrl: tokenURL,
        userInfoUrl: userInfoURL,
        issuer,
      });
      const [, alias] = /broker\/([\w-]+)\/endpoint/.exec(page) ?? [];
      expect([
        provider.alias,
        ...mappers.map((one: { identityProviderAlias: string }) => one.identityProviderAlias),
      ]).to.deep.equal([alias, alias, alias]);
    });

    it('so that a person comes through it with a name and an address', async () => {
      const config = JSON.parse(
        JSON.stringify(provider.config).replaceAll('https://passport.freedompay.kz', emulator.url),
      );
      const link = `${config.authorizationUrl}?${new URLSearchParams({
        scope: config.defaultScope,
        state: 'zMr0bVYSvk5bGmrgJ0_2qRA.L6rTvr5e-1E.YWNjb3VudA',
        response_type: 'code',
        client_id: CLIENT.clientID,
        redirect_uri: REDIRECT_URI,
        nonce: 'dd0fd3ff',
      })}`;
      const { code = '' } = parametersOf(await emulator.approve(link));
      expect(config.clientAuthMethod).to.equal('client_secret_basic');
      const answer = await fetch(config.tokenUrl, {
        method: 'POST',
        headers: { authorization: basic(CLIENT.clientID, CLIENT.clientSecret) },
        body: new URLSearchParams({ code, redirect_uri: REDIRECT_URI, grant_type: 'authorization_code' }),
      });
      const tokens = (await answer.json()) as Record<string, string>;
      const claims = decodeJwt(tokens.id_token ?? '');
      expect(claims).to.include({ iss: config.issuer, aud: CLIENT.clientID, nonce: 'dd0fd3ff' });

      const userInfo = await fetch(config.userInfoUrl, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      const { sub, ...fields } = (await userInfo.json()) as Record<string, string>;
      expect(sub).to.equal(claims.sub);
      // What Keycloak knows by itself, and what the mappers tell.
      const user: Record<string, unknown> = { email: fields.email };
      for (const { config: mapper } of mappers) user[mapper['user.attribute']] = fields[mapper.claim];
      expect(user).to.deep.equal({ email: 'asel@example.kz', firstName: 'Әсел', lastName: 'Құнанбаева' });
    });
  });

  it('names what the probe tells before Keycloak is set up', () => {
    const probe = readPage('docs/probe.md');
    for (const id of ['oidcTokenURL', 'oidcTokenRequest', 'oidcUserInfo', 'jwks', 'discovery']) {
      expect(page).to.include(`\`${id}\``);
      expect(probe).to.include(`| \`${id}\` |`);
    }
  });
});
