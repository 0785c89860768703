import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { basic } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { parametersOf } from '../support/openid-login';

/**
 * What Keycloak sends as an identity broker, written out by hand. It compares user info's `sub` with the ID token's, and reads
 * `error=access_denied` as a refusal.
 */
const REDIRECT_URI = 'https://sso.example/realms/shop/broker/freedom-id/endpoint';
const CLIENT = { clientID: 'shop broker', clientSecret: 'p%/+: ä' };

/** From version 26.4 on, Keycloak encodes both parts of Basic as a form; before, and where it is told to, it does not. */
const encoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');

const CREDENTIALS = {
  'HTTP Basic, encoded as a form': {
    authorization: basic(encoded(CLIENT.clientID), encoded(CLIENT.clientSecret)),
    fields: {},
  },
  'HTTP Basic, as they are': { authorization: basic(CLIENT.clientID, CLIENT.clientSecret), fields: {} },
  'the form': {
    authorization: undefined,
    fields: { client_id: CLIENT.clientID, client_secret: CLIENT.clientSecret },
  },
};

describe('Keycloak, as a broker between its apps and the emulator,', () => {
  const emulator = useEmulator({ clients: [{ ...CLIENT, redirectURIs: [REDIRECT_URI] }] });

  const linkWith = (more: Record<string, string> = {}) => {
    const query = new URLSearchParams({
      scope: 'openid read.email',
      // Its state has dots, and characters of Base64url.
      state: 'zMr0bVYSvk5bGmrgJ0_2qRA.L6rTvr5e-1E.YWNjb3VudA',
      response_type: 'code',
      client_id: CLIENT.clientID,
      redirect_uri: REDIRECT_URI,
      nonce: randomUUID(),
      ...more,
    });
    return `${emulator.url}/openid?${query}`;
  };
  const requestTokens = async (
    fields: Record<string, string>,
    { authorization, fields: own }: (typeof CREDENTIALS)[keyof typeof CREDENTIALS],
  ) => {
    const response = await fetch(`${emulator.url}/api/v1/oidc/token`, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        ...(authorization && { authorization }),
      },
      body: String(new URLSearchParams({ ...fields, ...own })),
    });
    expect(response.status).to.equal(200);
    return (await response.json()) as Record<string, string>;
  };

  for (const [way, credentials] of Object.entries(CREDENTIALS)) {
    it(`signs a person in with its client and secret in ${way}`, async () => {
      const link = linkWith();
      const { code = '', state } = parametersOf(await emulator.approve(link));
      expect(state).to.equal(parametersOf(link).state);
      const grant_type = 'authorization_code';
      const tokens = await requestTokens({ code, redirect_uri: REDIRECT_URI, grant_type }, credentials);

      const jwks = await fetch(`${emulator.url}/api/v1/oidc/jwks`);
      const { payload } = await jwtVerify(
        tokens.id_token ?? '',
        createLocalJWKSet((await jwks.json()) as JSONWebKeySet),
        { issuer: emulator.url, audience: CLIENT.clientID },
      );
      expect(payload.nonce).to.equal(parametersOf(link).nonce);

      const userInfo = await fetch(`${emulator.url}/api/v1/oidc/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      expect(userInfo.status).to.equal(200);
      expect(userInfo.headers.get('content-type')).to.equal('application/json');
      expect(await userInfo.json()).to.deep.equal({ sub: payload.sub, email: 'asel@example.kz' });

      const { refresh_token = '' } = tokens;
      const refreshed = await requestTokens({ refresh_token, grant_type: 'refresh_token' }, credentials);
      expect(refreshed).to.have.property('access_token');
    });
  }

  it('may ask for more than the protocol has: a prompt, a hint, PKCE', async () => {
    const link = linkWith({
      prompt: 'login',
      login_hint: 'asel@example.kz',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const { code = '' } = parametersOf(await emulator.approve(link));
    const fields = {
      code,
      redirect_uri: REDIRECT_URI,
      grant_type: 'authorization_code',
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      code_challenge_method: 'S256',
    };
    expect(await requestTokens(fields, CREDENTIALS['the form'])).to.have.property('id_token');
  });

  it('is told of a refusal', async () => {
    const link = linkWith();
    expect(parametersOf(await emulator.refuse(link))).to.include({
      error: 'access_denied',
      state: parametersOf(link).state,
    });
  });
});
