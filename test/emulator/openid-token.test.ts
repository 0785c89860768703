import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { api, basic, codeIn, linkFor, signInAt } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import {
  freshCode,
  openidLink,
  openidTokens,
  parametersOf,
  tokenRequest,
  userInfoRequest,
} from '../support/openid-login';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

const DAY = 24 * 60 * 60 * 1000;
const ODD_SECRET = 'p+% /:ä&=?';

/** RFC 6749 2.3.1: both parts as in a form. */
const encodedBasic = (id: string, secret: string) => {
  const encoded = (text: string) => String(new URLSearchParams({ x: text })).slice(2);
  return basic(encoded(id), encoded(secret));
};
const form = (fields: Record<string, string>) => new URLSearchParams(fields);
const refused = (error: string, status = 400) => ({ status, error });
/** The whole response to a refused request. */
const refusalOf = async (...request: Parameters<typeof tokenRequest>) => {
  const { status, json } = await tokenRequest(...request);
  expect(json).to.have.all.keys('error', 'error_description');
  // RFC 6749 5.2 lists the characters.
  expect(json.error_description).to.match(/^[ !#-[\]-~]+$/);
  return { status, error: json.error };
};

describe('the API of OpenID Connect', () => {
  let now = Date.now();
  const emulator = useEmulator({
    clock: () => now,
    clients: [
      { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET },
      { clientID: 'other', clientSecret: ODD_SECRET },
      { clientID: 'o d+d', clientSecret: 'x' },
    ],
  });

  describe('its token endpoint', () => {
    it('exchanges a code, sent as JSON or as a form', async () => {
      for (const asBody of [(fields: Record<string, string>) => fields, form]) {
        const { status, headers, json } = await tokenRequest(emulator, asBody(await freshCode(emulator)));
        expect(status).to.equal(200);
        expect(headers.get('cache-control')).to.equal('no-store');
        expect(json).to.have.all.keys(
          'access_token',
          'token_type',
          'expires_in',
          'refresh_token',
          'id_token',
          'scope',
        );
        expect(json.access_token).to.match(/^[a-zA-Z0-9]{128}$/);
        expect(json.refresh_token).to.match(/^[a-zA-Z0-9]{128}$/);
        expect(json).to.include({
          token_type: 'Bearer',
          expires_in: 604_800,
          scope: 'openid read.firstname read.email',
        });
      }
    });

    describe('knows a client', () => {
      it('by HTTP Basic, with both parts as they are or encoded as a form', async () => {
        for (const authorization of [
          basic(),
          basic('other', ODD_SECRET),
          encodedBasic('other', ODD_SECRET),
        ]) {
          const { status, error } = await refusalOf(emulator, { grant_type: 'x' }, authorization);
          expect({ status, error }).to.deep.equal(refused('unsupported_grant_type'));
        }
        for (const id of ['o d+d', 'o%20d%2Bd']) {
          expect(await refusalOf(emulator, { grant_type: 'x' }, basic(id, 'x'))).to.deep.equal(
            refused('unsupported_grant_type'),
          );
        }
      });

      it('by the form, where it holds both client_id and client_secret', async () => {
        const fields = { ...(await freshCode(emulator)), client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
        expect((await tokenRequest(emulator, form(fields), '')).status).to.equal(200);
      });

      it('not by JSON, nor by only one of the two', async () => {
        const fields = await freshCode(emulator);
        const both = { client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
        for (const body of [
          { ...fields, ...both },
          form({ ...fields, client_id: CLIENT_ID }),
          form({ ...fields, client_secret: CLIENT_SECRET }),
          form({ ...fields, client_id: CLIENT_ID, client_secret: '' }),
          form(fields),
        ]) {
          expect(await refusalOf(emulator, body, '')).to.deep.equal(refused('invalid_client', 401));
        }
        expect((await tokenRequest(emulator, fields)).status).to.equal(200);
      });

      it('only if its secret is right; otherwise it asks for HTTP Basic', async () => {
        for (const authorization of [
          basic('nobody'),
          basic(CLIENT_ID, 'wrong'),
          basic(CLIENT_ID, ODD_SECRET),
          basic(CLIENT_ID, ''),
          encodedBasic('other', `${ODD_SECRET}x`),
          'Basic ???',
          'Bearer x',
        ]) {
          const body = await freshCode(emulator);
          expect(await refusalOf(emulator, body, authorization)).to.deep.equal(
            refused('invalid_client', 401),
          );
          const { headers } = await tokenRequest(emulator, body, authorization);
          expect(headers.get('www-authenticate')).to.equal('Basic realm="Freedom ID"');
        }
        const wrong = { ...(await freshCode(emulator)), client_id: CLIENT_ID, client_secret: 'wrong' };
        expect(await refusalOf(emulator, form(wrong), '')).to.deep.equal(refused('invalid_client', 401));
      });

      it('in one way only: a secret or another client_id in the form is refused together with Basic', async () => {
        const fields = await freshCode(emulator);
        for (const more of [
          { client_id: CLIENT_ID, client_secret: CLIENT_SECRET },
          { client_secret: CLIENT_SECRET },
          { client_id: 'other' },
        ]) {
          expect(await refusalOf(emulator, form({ ...fields, ...more }))).to.deep.equal(
            refused('invalid_request'),
          );
        }
        const same = await tokenRequest(emulator, form({ ...fields, client_id: CLIENT_ID }));
        expect(same.status).to.equal(200);
        const odd = form({ client_id: 'o d+d', grant_type: 'x' });
        expect(await refusalOf(emulator, odd, encodedBasic('o d+d', 'x'))).to.deep.equal(
          refused('unsupported_grant_type'),
        );
      });
    });

    describe('refuses', () => {
      it('a request without one of its parameters, and no other', async () => {
        const fields = await freshCode(emulator);
        for (const name of Object.keys(fields)) {
          for (const value of [undefined, null, '', 7, ['x']]) {
            expect(await refusalOf(emulator, { ...fields, [name]: value }), name).to.deep.equal(
              refused('invalid_request'),
            );
          }
          expect(await refusalOf(emulator, form({ ...fields, [name]: '' }))).to.deep.equal(
            refused('invalid_request'),
          );
        }
        expect(await refusalOf(emulator, { grant_type: 'refresh_token' })).to.deep.equal(
          refused('invalid_request'),
        );
        expect((await tokenRequest(emulator, { ...fields, code_verifier: 'x' })).status).to.equal(200);
      });

      it('a form with a parameter twice', async () => {
        const fields = Object.entries(await freshCode(emulator));
        for (const [name = '', value = ''] of [...fields, ['resource', 'x']]) {
          const twice = new URLSearchParams([...fields, [name, value], [name, value]]);
          expect(await refusalOf(emulator, twice)).to.deep.equal(refused('invalid_request'));
        }
      });

      it('a body that is neither a JSON object nor a form', async () => {
        const send = async (type: string, body: string) => {
          const response = await fetch(`${emulator.url}/api/v1/oidc/token`, {
            method: 'POST',
            headers: { authorization: basic(), 'content-type': type },
            body,
          });
          return { status: response.status, error: ((await response.json()) as { error: string }).error };
        };
        const json = JSON.stringify(await freshCode(emulator));
        for (const [type, body] of [
          ['text/plain', json],
          ['application/json', json.slice(1)],
          ['application/json', 'null'],
          ['application/json', '"x"'],
          ['application/jsonx', json],
          ['application/x-www-form-urlencodedx', 'grant_type=x'],
          ['xapplication/x-www-form-urlencoded', 'grant_type=x'],
        ] as const) {
          expect(await send(type, body), type).to.deep.equal(refused('invalid_request'));
        }
      });

      it('another grant type', async () => {
        for (const grant_type of ['password', 'client_credentials', 'Authorization_code']) {
          expect(await refusalOf(emulator, { ...(await freshCode(emulator)), grant_type })).to.deep.equal(
            refused('unsupported_grant_type'),
          );
        }
      });

      it('a code that is unknown, used, or expired', async () => {
        const used = await freshCode(emulator);
        expect((await tokenRequest(emulator, used)).status).to.equal(200);
        const late = await freshCode(emulator);
        now += 300_000;
        for (const fields of [used, late, { ...used, code: 'x' }]) {
          expect(await refusalOf(emulator, fields)).to.deep.equal(refused('invalid_grant'));
        }
      });

      it('a code for another client or another redirect URI, and does not use it up', async () => {
        const redirect_uri = 'https://app.example/cb?x=1';
        const fields = await freshCode(emulator, { redirect_uri });
        expect(await refusalOf(emulator, fields, basic('other', ODD_SECRET))).to.deep.equal(
          refused('invalid_grant'),
        );
        for (const other of [
          'https://app.example/cb',
          'https://app.example/cb?x=1&y',
          'https://app.example/',
        ]) {
          expect(await refusalOf(emulator, { ...fields, redirect_uri: other })).to.deep.equal(
            refused('invalid_grant'),
          );
        }
        expect((await tokenRequest(emulator, fields)).status).to.equal(200);
      });

      it('a code of the other flow, which refuses its codes in turn', async () => {
        const code = codeIn(await emulator.approve(await linkFor(emulator)));
        expect(await refusalOf(emulator, { ...(await freshCode(emulator)), code })).to.deep.equal(
          refused('invalid_grant'),
        );
        const { code: own } = await freshCode(emulator);
        expect((await api(emulator).token({ authorization_code: own })).json).to.have.nested.property(
          'error.code',
          100101,
        );
      });
    });

    describe('refreshes tokens', () => {
      const refresh = (refresh_token: unknown) => ({ grant_type: 'refresh_token', refresh_token });

      it('once for each refresh token, for the client that got it', async () => {
        const old = await openidTokens(emulator, { scope: 'openid read.email' });
        const foreign = basic('other', ODD_SECRET);
        expect(await refusalOf(emulator, refresh(old.refresh_token), foreign)).to.deep.equal(
          refused('invalid_grant'),
        );
        const { status, json } = await tokenRequest(emulator, refresh(old.refresh_token));
        expect(status).to.equal(200);
        expect(json).to.have.all.keys(Object.keys(old));
        expect(json.scope).to.equal('openid read.email');
        for (const name of ['access_token', 'refresh_token', 'id_token']) {
          expect(json[name], name).to.not.equal(old[name]);
        }
        expect((await userInfoRequest(emulator, json.access_token)).json).to.have.property('email');
        for (const token of [old.refresh_token, old.access_token, 'x']) {
          expect(await refusalOf(emulator, refresh(token))).to.deep.equal(refused('invalid_grant'));
        }
        now += 28 * DAY;
        expect(await refusalOf(emulator, refresh(json.refresh_token))).to.deep.equal(
          refused('invalid_grant'),
        );
      });

      it('of its own flow only', async () => {
        const theirs = await signInAt(emulator, await linkFor(emulator));
        expect(await refusalOf(emulator, refresh(theirs.refresh_token))).to.deep.equal(
          refused('invalid_grant'),
        );
        const ours = await openidTokens(emulator);
        expect((await api(emulator).refresh(ours.refresh_token ?? '')).status).to.equal(401);
      });
    });
  });

  describe('its user info', () => {
    it('has the subject, and what the person shares under the names of get-data', async () => {
      const { access_token } = await openidTokens(emulator, {}, { as: 1, grants: ['read.email'] });
      for (const method of ['GET', 'POST']) {
        const { status, json } = await userInfoRequest(emulator, access_token, method);
        expect(status).to.equal(200);
        expect(json).to.deep.equal({ sub: emulator.users[1]?.freedom_id, email: 'madonna@example.com' });
      }
    });

    it('has the true subject, whatever else the record says', async () => {
      const clients = [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, grants: ['read.sub'] }];
      const lying = await startEmulator({ clients, users: [{ freedom_id: 'u-1', sub: 'u-2' }] });
      const { access_token } = await openidTokens(lying, { scope: 'openid read.sub' });
      expect((await userInfoRequest(lying, access_token)).json).to.deep.equal({ sub: 'u-1' });
      await lying.close();
    });

    it('is for an access token of this flow only, and until it expires', async () => {
      const theirs = await signInAt(emulator, await linkFor(emulator));
      const { access_token, refresh_token, id_token } = await openidTokens(emulator);
      for (const token of ['x', '', refresh_token, id_token, theirs.access_token]) {
        for (const method of ['GET', 'POST']) {
          const { status, headers, json } = await userInfoRequest(emulator, token, method);
          expect(status).to.equal(401);
          expect(headers.get('www-authenticate')).to.equal('Bearer error="invalid_token"');
          expect(json).to.have.property('error', 'invalid_token');
        }
      }
      expect((await api(emulator).data(access_token ?? '')).status).to.equal(401);
      now += 7 * DAY - 1;
      expect((await userInfoRequest(emulator, access_token)).status).to.equal(200);
      now += 1;
      expect((await userInfoRequest(emulator, access_token)).status).to.equal(401);
    });
  });

  describe('its errors', () => {
    it('come with HTTP 200 if all errors do, but not those that go through the browser', async () => {
      const lenient = await startEmulator({ behaviour: { errorStatus: 200 } });
      const wrongCode = { ...(await freshCode(lenient)), code: 'x' };
      expect(await refusalOf(lenient, wrongCode)).to.deep.equal(refused('invalid_grant', 200));
      expect(await refusalOf(lenient, wrongCode, basic('nobody'))).to.deep.equal(
        refused('invalid_client', 200),
      );
      const { status, json } = await userInfoRequest(lenient, 'x');
      expect({ status, error: json.error }).to.deep.equal(refused('invalid_token', 200));
      const page = await fetch(openidLink(lenient, { client_id: 'nobody' }));
      expect(page.status).to.equal(400);
      expect(parametersOf(await lenient.refuse(openidLink(lenient)))).to.include({
        error: 'access_denied',
      });
      await lenient.close();
    });
  });

  describe('its faults', () => {
    const exchanges = {
      token: async () => (await api(emulator).token({})).status,
      'oidc-token': async () => (await tokenRequest(emulator, {})).status,
      userinfo: async () => (await userInfoRequest(emulator, 'x')).status,
      jwks: async () => (await fetch(`${emulator.url}/api/v1/oidc/jwks`)).status,
    };
    const endpoints = Object.keys(exchanges) as (keyof typeof exchanges)[];
    const usual = { token: 422, 'oidc-token': 400, userinfo: 401, jwks: 200 };

    it('are for the next exchange on their endpoint, and no other', async () => {
      for (const endpoint of endpoints) {
        emulator.fault(endpoint, 'status-500');
        for (const other of endpoints.filter((one) => one !== endpoint)) {
          expect(await exchanges[other]()).to.equal(usual[other]);
        }
        expect(await exchanges[endpoint]()).to.equal(500);
        expect(await exchanges[endpoint]()).to.equal(usual[endpoint]);
      }
    });

    it('are for user info by POST, too', async () => {
      emulator.fault('userinfo', 'status-500');
      const response = await fetch(`${emulator.url}/api/v1/oidc/userinfo`, { method: 'POST' });
      expect(response.status).to.equal(500);
    });

    it('leave the code and the tampering that wait as they are', async () => {
      const fields = await freshCode(emulator);
      emulator.tamper({ claims: { sub: 'u-1' } });
      emulator.fault('oidc-token', 'reset');
      expect(await tokenRequest(emulator, fields).catch((error) => error)).to.be.instanceOf(TypeError);
      const { json } = await tokenRequest(emulator, fields);
      const [, claims = ''] = String(json.id_token).split('.');
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).to.include({ sub: 'u-1' });
    });

    it('name the endpoints that exist', () => {
      expect(() => emulator.fault('openid' as never, 'reset'))
        .to.throw(TypeError)
        .with.property(
          'message',
          'fault: the endpoint must be one of authorize, token, get-data, get-profile, profile-status, user, oidc-token, userinfo, jwks',
        );
    });
  });
});
