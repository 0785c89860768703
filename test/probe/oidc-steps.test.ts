import { expect } from 'chai';
import { FreedomIdError } from '../../lib/errors';
import type { Login } from '../../lib/probe/logins';
import { FORMATS, OidcSteps } from '../../lib/probe/oidc-steps';
import { CLIENT_REFUSED, Unanswered } from '../../lib/probe/unanswered';
import { PROVIDER, useNock } from '../support/nock';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';
import { type Asked, CALLBACK, type Reply, type Scene, type Script, scene } from '../support/probe-scene';
import { type Signer, secretSigner, signedJWT, signer } from '../support/signer';

const DISCOVERY = 'GET /.well-known/openid-configuration';
const TOKEN = 'POST /api/v1/oidc/token';
const USER_INFO = 'GET /api/v1/oidc/userinfo';
const JWKS = 'GET /api/v1/oidc/jwks';

const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;

const DOCUMENT = {
  token_endpoint: `${PROVIDER}/api/v1/oidc/token`,
  userinfo_endpoint: `${PROVIDER}/api/v1/oidc/userinfo`,
  jwks_uri: `${PROVIDER}/api/v1/oidc/jwks`,
};

const refused = (status: number, error: string): Reply => [status, { error }];
const NOTHING: Reply = [404, '<html>'];

/** A form is text for nock. */
const isForm = ({ body }: Asked) => typeof body === 'string';
const paramsOf = (asked: Asked): Record<string, unknown> =>
  isForm(asked)
    ? Object.fromEntries(new URLSearchParams(asked.body as string))
    : (asked.body as Record<string, unknown>);

const key = signer('ES256');

/** Claims that hold, but for the nonce. */
function goodClaims(): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: PROVIDER, sub: 'aigerim', aud: CLIENT_ID, exp: now + 3600, iat: now };
}

/** By what is asked for, as it is logged. */
type Answers = Partial<Record<string, (asked: Asked) => Reply | undefined>>;

interface Extras extends Omit<Script, 'answer'> {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  by?: Signer;
  /** Of the token response; `undefined` leaves one out. */
  tokens?: Record<string, unknown>;
}

type Played = Scene & { steps: OidcSteps };

function play(
  answers: Answers = {},
  { claims, header, by = key, tokens, comeBack = agree, ...more }: Extras = {},
): Played {
  let nonce: string | null = null;
  const issue = (asked: Asked): Reply => {
    if (!String(paramsOf(asked).code).startsWith('code')) return refused(400, 'invalid_grant');
    const idToken = signedJWT(
      { alg: by.alg, kid: by.kid, ...header },
      { ...goodClaims(), nonce, ...claims },
      by,
    );
    return [200, { access_token: 'access', id_token: idToken, personal: 'madina', ...tokens }];
  };
  const all: Answers = {
    [DISCOVERY]: () => [200, DOCUMENT],
    [TOKEN]: issue,
    [USER_INFO]: () => [200, { sub: 'aigerim', city: 'almaty' }],
    [JWKS]: () => [200, { keys: [key.jwk] }],
    ...answers,
  };
  const played = scene({
    answer: (asked) => {
      const own = all[`${asked.method} ${asked.path}`];
      return own ? own(asked) : NOTHING;
    },
    ...more,
    comeBack(login) {
      nonce = new URL(login.link).searchParams.get('nonce');
      return comeBack(login);
    },
  });
  return Object.assign(played, { steps: new OidcSteps(played.settings) });
}

/** The person agrees. */
const agree = (login: Login) => `${CALLBACK}?code=code_${login.number}&state=${stateOf(login)}`;

const stateOf = ({ link }: Login) => new URL(link).searchParams.get('state') ?? '';

const errorOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

const missesOf = (misses: readonly { url: string; what: string }[]) =>
  Object.fromEntries(misses.map(({ url, what }) => [url.replace(PROVIDER, ''), what]));

const breaks = () => {
  throw new Error('the connection breaks');
};

describe('the steps through OpenID Connect', () => {
  useNock();

  describe('to a discovery document', () => {
    it('look for it at its place, without credentials', async () => {
      const played = play();
      const { found, misses } = await played.steps.discovery();
      await played.steps.discovery();
      expect(found).to.deep.equal({ url: `${PROVIDER}/.well-known/openid-configuration`, json: DOCUMENT });
      expect(misses).to.deep.equal([]);
      expect(played.log).to.deep.equal([DISCOVERY]);
      expect(played.asked[0]).to.deep.include({ authorization: '', body: '' });
      expect(played.told).to.deep.equal(['Looking for a discovery document']);
    });

    it('find none where it names no token endpoint, and where there is no JSON', async () => {
      for (const [reply, what] of [
        [[200, {}], 'something else'],
        [[200, { token_endpoint: 7 }], 'something else'],
        [[200, { token_endpoint: ' ' }], 'something else'],
        [[200, '<html>'], 'HTTP 200'],
        [[404, '<html>'], 'HTTP 404'],
        [[404, { error: 'none' }], 'HTTP 404'],
      ] as const) {
        const { found, misses } = await play({ [DISCOVERY]: () => reply }).steps.discovery();
        expect(found).to.equal(undefined);
        expect(missesOf(misses)).to.deep.equal({ '/.well-known/openid-configuration': what });
      }
    });

    it('have no answer in an outage', async () => {
      const error = await errorOf(play({ [DISCOVERY]: () => [503, ''] }).steps.discovery());
      expect(error).to.be.instanceOf(FreedomIdError).with.property('httpStatus', 503);
    });

    it('have no answer if the response is not HTTP', async () => {
      const garbage = () => {
        throw Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_CONSTANT' });
      };
      const error = await errorOf(play({ [DISCOVERY]: garbage }).steps.discovery());
      expect(error).to.be.instanceOf(FreedomIdError).with.property('code', 'ERR_FREEDOM_ID_RESPONSE');
    });
  });

  describe('to the token endpoint', () => {
    it('send it a made-up code', async () => {
      const played = play();
      const { found, misses } = await played.steps.tokenEndpoint();
      await played.steps.tokenEndpoint();
      expect(found?.url).to.equal(`${PROVIDER}/api/v1/oidc/token`);
      expect(misses).to.deep.equal([]);
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN]);
      const [, asked] = played.asked;
      expect(asked?.authorization).to.equal(BASIC);
      expect(asked?.body).to.deep.include({ redirect_uri: CALLBACK, grant_type: 'authorization_code' });
      expect(asked?.body)
        .to.have.property('code')
        .that.matches(/^[\w-]{43}$/);
      expect(played.told[1]).to.equal('Looking for the token endpoint, with a made-up code');
    });

    it('try every place that it may be at, in JSON and in a form, with a code of its own for each', async () => {
      const discovered = { ...DOCUMENT, token_endpoint: `${PROVIDER}/other` };
      const played = play({
        [DISCOVERY]: () => [200, discovered],
        [TOKEN]: () => NOTHING,
        'POST /other': () => refused(405, 'no'),
      });
      const { found, misses } = await played.steps.tokenEndpoint();
      expect(found).to.equal(undefined);
      expect(missesOf(misses)).to.deep.equal({
        '/other': 'HTTP 405',
        '/api/v1/oidc/token': 'HTTP 404',
        '/api/v1oidc//token': 'HTTP 404',
        '/api/v1oidc/token': 'HTTP 404',
      });
      expect(played.log.slice(1)).to.deep.equal(
        ['/other', '/api/v1/oidc/token', '/api/v1oidc//token', '/api/v1oidc/token'].flatMap((path) => [
          `POST ${path}`,
          `POST ${path}`,
        ]),
      );
      expect(played.asked.slice(1).map(isForm)).to.deep.equal(Array(4).fill([false, true]).flat());
      expect(new Set(played.asked.slice(1).map((asked) => paramsOf(asked).code))).to.have.property('size', 8);
    });

    it('find it at the place that has another kind of response', async () => {
      for (const reply of [
        refused(400, 'invalid_request'),
        refused(401, 'no'),
        refused(422, 'no'),
        refused(200, 'no'),
      ]) {
        const played = play({ [TOKEN]: () => refused(404, 'no'), 'POST /api/v1oidc//token': () => reply });
        const { found, misses } = await played.steps.tokenEndpoint();
        expect(found?.url).to.equal(`${PROVIDER}/api/v1oidc//token`);
        expect(missesOf(misses)).to.deep.equal({ '/api/v1/oidc/token': 'HTTP 404' });
        expect(played.log.slice(-1)).to.deep.equal(['POST /api/v1oidc//token']);
      }
    });

    it('find it if it understands only a form', async () => {
      const played = play({
        [TOKEN]: (asked) => (isForm(asked) ? refused(400, 'invalid_grant') : [415, '<html>']),
      });
      const { found } = await played.steps.tokenEndpoint();
      expect(found?.url).to.equal(`${PROVIDER}/api/v1/oidc/token`);
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN, TOKEN]);
    });

    it('find it by the error code of the standard, whatever the status', async () => {
      for (const status of [404, 405, 500]) {
        const played = play({ [TOKEN]: () => refused(status, 'invalid_grant') });
        expect((await played.steps.tokenEndpoint()).found?.url).to.equal(`${PROVIDER}/api/v1/oidc/token`);
      }
    });

    it('find it where any code is accepted', async () => {
      const { found } = await play({ [TOKEN]: () => [200, { access_token: 'a' }] }).steps.tokenEndpoint();
      expect(found?.json).to.deep.equal({ access_token: 'a' });
    });

    it('go on if something else is there, which answers everything with JSON', async () => {
      const printed = 'POST /api/v1oidc//token';
      for (const json of [{}, { access_token: 7 }]) {
        const played = play({ [TOKEN]: () => [200, json], [printed]: () => refused(400, 'invalid_grant') });
        const { found, misses } = await played.steps.tokenEndpoint();
        expect(found?.url).to.equal(`${PROVIDER}/api/v1oidc//token`);
        expect(missesOf(misses)).to.deep.equal({ '/api/v1/oidc/token': 'something else' });
      }
    });

    it('find it behind an outage of another place, and have no answer where it is nowhere', async () => {
      const printed = 'POST /api/v1oidc//token';
      const found = play({ [TOKEN]: () => [503, ''], [printed]: () => refused(400, 'invalid_grant') });
      expect((await found.steps.tokenEndpoint()).found?.url).to.equal(`${PROVIDER}/api/v1oidc//token`);
      const lost = play({ [TOKEN]: () => [503, ''], [printed]: () => [502, ''] });
      expect(await errorOf(lost.steps.tokenEndpoint())).to.have.property('httpStatus', 503);
    });

    it('give the reason of the first of the two formats', async () => {
      const { misses } = await play({
        [TOKEN]: (asked) => (isForm(asked) ? NOTHING : [415, '<html>']),
      }).steps.tokenEndpoint();
      expect(missesOf(misses)).to.include({ '/api/v1/oidc/token': 'HTTP 415' });
    });

    it('give up every login where the client is refused in both formats', async () => {
      const played = play({ [TOKEN]: () => refused(401, 'invalid_client') });
      expect(await errorOf(played.steps.tokenEndpoint())).to.equal(CLIENT_REFUSED);
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN, TOKEN]);
      expect(await errorOf(played.steps.cameBack.json())).to.equal(CLIENT_REFUSED);
      expect(played.log).to.not.include('login');
    });

    it('give nothing up if the client is accepted in one of the formats', async () => {
      const played = play({
        [TOKEN]: (asked) => refused(401, isForm(asked) ? 'invalid_grant' : 'invalid_client'),
      });
      expect((await played.steps.tokenEndpoint()).found?.url).to.equal(`${PROVIDER}/api/v1/oidc/token`);
      await played.steps.cameBack.json();
      expect(played.log).to.include('login');
    });
  });

  describe('to a place that discovery names', () => {
    it('go there first, and to none twice', async () => {
      const named = {
        token_endpoint: `${PROVIDER}/a/token`,
        userinfo_endpoint: `${PROVIDER}/a/me`,
        jwks_uri: `${PROVIDER}/a/jwks`,
      };
      const played = play({
        [DISCOVERY]: () => [200, named],
        'POST /a/token': (asked) =>
          String(paramsOf(asked).code).startsWith('code')
            ? [200, { access_token: 'access' }]
            : refused(400, 'invalid_grant'),
        'GET /a/me': () => [200, { sub: 'x' }],
        'GET /a/jwks': () => [200, { keys: [{}] }],
      });
      await played.steps.userInfo();
      await played.steps.keys();
      expect(played.log).to.deep.equal([
        DISCOVERY,
        'POST /a/token',
        'login',
        'POST /a/token',
        'GET /a/me',
        'GET /a/jwks',
      ]);
      const lost = play({ [USER_INFO]: () => NOTHING, [JWKS]: () => NOTHING });
      await lost.steps.userInfo();
      await lost.steps.keys();
      expect(lost.log.slice(4)).to.deep.equal([
        USER_INFO,
        'GET /api/v1oidc/userinfo',
        JWKS,
        'GET /.well-known/jwks.json',
        'GET /api/v1/oidc/certs',
      ]);
    });

    it("send nothing to another origin than the provider's, nor to what is no plain URL", async () => {
      for (const url of [
        'https://evil.example/token',
        'https://passport.freedompay.kz.evil.example/token',
        'https://passport.freedompay.kz:8443/token',
        'http://passport.freedompay.kz/token',
        'https://passport.freedompay.kz@evil.example/token',
        `${PROVIDER}/token?to=https://evil.example`,
        '/token',
        ' ',
        { toString: () => 'https://evil.example/token' },
      ]) {
        const named = {
          token_endpoint: `${PROVIDER}/api/v1/oidc/token`,
          userinfo_endpoint: url,
          jwks_uri: url,
        };
        const played = play({ [DISCOVERY]: () => [200, named] });
        await played.steps.idToken();
        await played.steps.userInfo();
        const own = [DISCOVERY, TOKEN, 'login', TOKEN, JWKS, USER_INFO];
        expect(played.log, String(url)).to.deep.equal(own);
        const evil = play({ [DISCOVERY]: () => [200, { ...named, token_endpoint: url }] });
        await evil.steps.idToken();
        await evil.steps.userInfo();
        expect(evil.log, String(url)).to.deep.equal(own);
      }
    });

    it('go to the usual places where there is no discovery, or nobody can ask for it', async () => {
      for (const reply of [NOTHING, [503, '']] as const) {
        const played = play({ [DISCOVERY]: () => reply });
        expect((await played.steps.tokenEndpoint()).found?.url).to.equal(`${PROVIDER}/api/v1/oidc/token`);
        expect(played.log).to.deep.equal([DISCOVERY, TOKEN]);
      }
    });

    it('name it by its path, and describe what must not be shown', () => {
      const { steps, settings } = play();
      settings.discretion.hide('aigerim');
      expect(steps.pathOf(`${PROVIDER}/a/token`)).to.equal('/a/token');
      expect(steps.pathOf('https://other.example/token')).to.equal('https://other.example/token');
      expect(steps.pathOf(`${PROVIDER}/aigerim`)).to.match(/^string of \d+$/);
      settings.discretion.hide('openid-configuration');
      expect(steps.pathOf(`${PROVIDER}/.well-known/openid-configuration`), 'ours in any case').to.equal(
        '/.well-known/openid-configuration',
      );
      expect(steps.issuer).to.equal(PROVIDER);
    });
  });

  describe('through a login', () => {
    it('send the person to the provider, and tell what comes back', async () => {
      const played = play();
      const { params, stateIn, nonce } = await played.steps.cameBack.json();
      await played.steps.cameBack.json();
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN, 'login']);
      expect(stateIn).to.equal('query');
      expect(params.toString()).to.equal('code=code_1');
      const [login] = played.shown;
      const { origin, pathname, searchParams } = new URL(login?.link ?? '');
      const { state, ...sent } = Object.fromEntries(searchParams);
      expect(origin + pathname).to.equal(`${PROVIDER}/openid`);
      expect(sent).to.deep.equal({
        response_type: 'code',
        client_id: CLIENT_ID,
        redirect_uri: CALLBACK,
        scope: 'openid read.firstname read.lastname',
        nonce,
      });
      expect(nonce).to.match(/^[\w-]{43}$/);
      expect(state)
        .to.match(/^[\w-]{43}$/)
        .and.not.equal(nonce);
      expect(login?.task).to.equal('agree');
    });

    it('start another login for the other format', async () => {
      const { steps, shown } = play();
      const [json, form] = [await steps.cameBack.json(), await steps.cameBack.form()];
      expect(json.nonce).to.not.equal(form.nonce);
      expect(shown.map(stateOf)).to.satisfy(([one, two]: string[]) => one !== two);
    });

    it('hide what comes back for a code', async () => {
      const { steps, settings } = play(
        {},
        { comeBack: (login) => `${CALLBACK}?state=${stateOf(login)}&code=code_a&authorization_code=code_b` },
      );
      await steps.cameBack.json();
      expect(settings.discretion.code('code_a')).to.equal('string of 6');
      expect(settings.discretion.code('code_b')).to.equal('string of 6');
    });

    it('start no login if nothing responds at all', async () => {
      const played = play({ [DISCOVERY]: breaks, [TOKEN]: breaks });
      expect(await errorOf(played.steps.cameBack.json())).to.have.property('code', 'ERR_FREEDOM_ID_NETWORK');
      expect(played.log).to.not.include('login');
    });

    it('start a login if something responds, even if nothing is found', async () => {
      for (const answers of [
        { [DISCOVERY]: breaks },
        { [TOKEN]: breaks },
        { [DISCOVERY]: () => NOTHING, [TOKEN]: () => NOTHING },
        { [DISCOVERY]: breaks, [TOKEN]: (): Reply => [503, ''] },
      ]) {
        const played = play(answers);
        await played.steps.cameBack.json();
        expect(played.log).to.include('login');
      }
    });
  });

  describe('to tokens', () => {
    it('exchange the code of each login in its own format, before the next one begins', async () => {
      const secret = 'a+b c%d';
      const played = play({}, { clientSecret: secret });
      for (const format of FORMATS) {
        await played.steps.exchanged[format]();
        await played.steps.exchanged[format]();
      }
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN, 'login', TOKEN, 'login', TOKEN]);
      const [json, form] = [played.asked[2], played.asked[3]];
      const fields = { redirect_uri: CALLBACK, grant_type: 'authorization_code' };
      expect(json?.body).to.deep.equal({ code: 'code_1', ...fields });
      expect(json?.authorization).to.equal(
        `Basic ${Buffer.from(`${CLIENT_ID}:${secret}`).toString('base64')}`,
      );
      expect(form?.body).to.be.a('string');
      expect(form && paramsOf(form)).to.deep.equal({ code: 'code_2', ...fields });
      expect(form?.authorization).to.equal(
        `Basic ${Buffer.from(`${CLIENT_ID}:a%2Bb+c%25d`).toString('base64')}`,
      );
      expect(played.told.slice(-2)).to.deep.equal([
        'Exchanging the code, in JSON',
        'Exchanging the code, in a form',
      ]);
    });

    it('return what came, and hide it', async () => {
      const { steps, settings } = play();
      const tokens = await steps.exchanged.json();
      expect(tokens).to.include({ accessToken: 'access' });
      expect(tokens).to.have.nested.property('json.personal', 'madina');
      expect(settings.discretion.code('madina')).to.equal('string of 6');
      const { nonce } = await steps.cameBack.json();
      expect(tokens).to.have.property('nonce', nonce);
    });

    it('take the code by the name of the other flow, too', async () => {
      const { steps } = play(
        {},
        { comeBack: (login) => `${CALLBACK}?state=${stateOf(login)}&authorization_code=code_b` },
      );
      expect(await steps.exchanged.json()).to.include({ accessToken: 'access' });
    });

    it('return the error by which a format is refused, and throw an outage', async () => {
      const playing = (reply: Reply) =>
        play({
          [TOKEN]: (asked) =>
            String(paramsOf(asked).code).startsWith('code') ? reply : refused(400, 'invalid_grant'),
        });
      for (const reply of [refused(400, 'no'), [415, '<html>'], [500, '']] as const) {
        const error = await playing(reply).steps.exchanged.json();
        expect(error).to.be.instanceOf(FreedomIdError).with.property('httpStatus', reply[0]);
      }
      for (const status of [429, 503]) {
        const { steps } = playing([status, '']);
        expect(await errorOf(steps.exchanged.json())).to.have.property('httpStatus', status);
      }
    });

    it('have none where the callback brings no code', async () => {
      for (const query of ['', '&error=access_denied', '&code=', '&code=&authorization_code=a']) {
        const played = play({}, { comeBack: (login) => `${CALLBACK}?state=${stateOf(login)}${query}` });
        expect(await errorOf(played.steps.exchanged.json()))
          .to.be.instanceOf(Unanswered)
          .with.property('message', 'the callback brought no code');
        expect(played.log).to.deep.equal([DISCOVERY, TOKEN, 'login']);
      }
    });

    it('have none where the token endpoint was not found, and need no login to say so', async () => {
      const played = play({ [TOKEN]: () => NOTHING });
      expect(await errorOf(played.steps.exchanged.json()))
        .to.be.instanceOf(Unanswered)
        .with.property('message', 'the token endpoint was not found');
      expect(played.log).to.not.include('login');
    });

    it('have none where no access token comes that can be sent', async () => {
      for (const access_token of [undefined, null, 7, '', 'a b']) {
        const { steps } = play({}, { tokens: { access_token } });
        expect(await errorOf(steps.exchanged.json()))
          .to.be.instanceOf(Unanswered)
          .with.property('message', 'the token endpoint sent no access_token');
      }
    });

    it('take those of the first login that has any', async () => {
      const first = play();
      expect(await first.steps.tokens()).to.equal(await first.steps.exchanged.json());
      expect(first.shown).to.have.length(1);
      const refusing = play({
        [TOKEN]: (asked) => (isForm(asked) ? [200, { access_token: 'access' }] : refused(400, 'no')),
      });
      expect(await refusing.steps.tokens()).to.equal(await refusing.steps.exchanged.form());
      const skipping = play({}, { comeBack: (login) => (login.number === 1 ? undefined : agree(login)) });
      expect(await skipping.steps.tokens()).to.equal(await skipping.steps.exchanged.form());
    });

    it('have none where both fail, for the reason of the first', async () => {
      const refusing = play({
        [TOKEN]: (asked) => refused(isForm(asked) ? 401 : 400, 'no'),
      });
      const first = await refusing.steps.exchanged.json();
      expect(await errorOf(refusing.steps.tokens()))
        .to.equal(first)
        .and.have.property('httpStatus', 400);
      const skipping = play({}, { comeBack: () => undefined });
      expect(await errorOf(skipping.steps.tokens())).to.have.property('message', 'the login was skipped');
    });
  });

  describe('to user info', () => {
    it('ask for it with the access token, and hide it', async () => {
      const played = play();
      const { found } = await played.steps.userInfo();
      await played.steps.userInfo();
      expect(found).to.deep.equal({
        url: `${PROVIDER}/api/v1/oidc/userinfo`,
        json: { sub: 'aigerim', city: 'almaty' },
      });
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN, 'login', TOKEN, USER_INFO]);
      expect(played.asked.at(-1)).to.deep.include({ authorization: 'Bearer access', body: '' });
      expect(played.settings.discretion.code('almaty')).to.equal('string of 6');
      expect(played.told.at(-1)).to.equal('Looking for user info');
    });

    it('find none in what has no members, or is refused', async () => {
      const played = play({
        [USER_INFO]: () => [200, {}],
        'GET /api/v1oidc/userinfo': () => refused(401, 'no'),
      });
      const { found, misses } = await played.steps.userInfo();
      expect(found).to.equal(undefined);
      expect(missesOf(misses)).to.deep.equal({
        '/api/v1/oidc/userinfo': 'something else',
        '/api/v1oidc/userinfo': 'HTTP 401',
      });
    });
  });

  describe('to the keys of ID tokens', () => {
    it('ask for them without credentials', async () => {
      const played = play();
      const { found } = await played.steps.keys();
      await played.steps.keys();
      expect(found).to.deep.equal({ url: `${PROVIDER}/api/v1/oidc/jwks`, json: { keys: [key.jwk] } });
      expect(played.log).to.deep.equal([DISCOVERY, JWKS]);
      expect(played.asked[1]).to.deep.include({ authorization: '', body: '' });
      expect(played.told.at(-1)).to.equal('Looking for the keys of ID tokens');
    });

    it('find none where there is no list of them, or an empty one', async () => {
      const played = play({
        [JWKS]: () => [200, {}],
        'GET /.well-known/jwks.json': () => [200, { keys: 'RSA' }],
        'GET /api/v1/oidc/certs': () => [200, { keys: [] }],
      });
      const { found, misses } = await played.steps.keys();
      expect(found).to.equal(undefined);
      expect(missesOf(misses)).to.deep.equal({
        '/api/v1/oidc/jwks': 'something else',
        '/.well-known/jwks.json': 'something else',
        '/api/v1/oidc/certs': 'something else',
      });
    });
  });

  describe('to an ID token', () => {
    const check = async (answers: Answers, extras: Extras) => {
      const { jwt, checked, fault } = await play(answers, extras).steps.idToken();
      return { alg: jwt.header.alg, checked, fault: fault instanceof FreedomIdError ? fault.message : fault };
    };

    it('check it with the key that was found, and hide what it says of the person', async () => {
      const played = play({}, { claims: { city: 'almaty', aud: CLIENT_ID, roles: ['admin'] } });
      const { jwt, checked, fault } = await played.steps.idToken();
      expect(jwt.header).to.deep.equal({ alg: 'ES256', kid: 'key' });
      expect(jwt.claims).to.include({ iss: PROVIDER, sub: 'aigerim' });
      expect({ checked, fault }).to.deep.equal({ checked: 'keys', fault: undefined });
      expect(played.log).to.deep.equal([DISCOVERY, TOKEN, 'login', TOKEN, JWKS]);
      const { discretion } = played.settings;
      for (const text of ['aigerim', 'almaty', 'admin']) {
        expect(discretion.code(text)).to.equal(`string of ${text.length}`);
      }
      expect(discretion.code(CLIENT_ID), 'no secret').to.equal(CLIENT_ID);
      expect(discretion.url(PROVIDER)).to.equal(PROVIDER);
    });

    it('check it with a key among others that are not keys, or have odd members', async () => {
      const keys = [
        null,
        'RSA',
        [],
        { ...signer('ES256', 'other').jwk },
        { ...key.jwk, ext: 'yes', key_ops: ['verify', 'x'] },
      ];
      expect(await check({ [JWKS]: () => [200, { keys }] }, {})).to.deep.equal({
        alg: 'ES256',
        checked: 'keys',
        fault: undefined,
      });
    });

    it('check it with the client secret where that has signed it', async () => {
      for (const alg of ['HS256', 'HS512']) {
        expect(await check({}, { by: secretSigner(CLIENT_SECRET, alg) })).to.deep.equal({
          alg,
          checked: 'secret',
          fault: undefined,
        });
      }
    });

    it('check its claims alone where there are no keys, or the algorithm is not known', async () => {
      const claims = { alg: 'ES256', checked: 'connection', fault: undefined };
      expect(await check({ [JWKS]: () => NOTHING }, {})).to.deep.equal(claims);
      expect(await check({ [JWKS]: () => [503, ''] }, {}), 'in an outage').to.deep.equal(claims);
      expect(await check({}, { header: { alg: 'ES999' } })).to.deep.equal({ ...claims, alg: 'ES999' });
    });

    it('say what does not hold', async () => {
      const wrong: [Extras, string, string][] = [
        [{ by: { ...signer('ES256', 'other'), kid: 'key' } }, 'keys', 'signature of the ID token must be'],
        [{ by: secretSigner('another') }, 'secret', 'signature of the ID token must be'],
        [{ claims: { nonce: 'another' } }, 'keys', 'nonce of the ID token must be that of this login'],
        [{ claims: { aud: 'another' } }, 'keys', 'aud of the ID token must be'],
        [{ claims: { iss: undefined } }, 'keys', `iss of the ID token must be "${PROVIDER}"`],
        [
          { claims: { at_hash: 'another' } },
          'keys',
          'at_hash of the ID token must be that of the access token',
        ],
        [{ header: { alg: 'none' } }, 'connection', 'alg of the ID token must be there, and not none'],
        [{ header: { alg: 7 } }, 'connection', 'alg of the ID token must be there, and not none'],
        [{ header: { alg: undefined } }, 'connection', 'alg of the ID token must be there, and not none'],
      ];
      for (const [extras, by, words] of wrong) {
        const { checked, fault } = await check({}, extras);
        expect(checked, words).to.equal(by);
        expect(fault).to.include(words);
      }
    });

    it('check its times as the strategy does', async () => {
      const now = Math.floor(Date.now() / 1000);
      expect(await check({}, { claims: { exp: now - 20, iat: now + 20 } })).to.have.property(
        'fault',
        undefined,
      );
      const { fault } = await check({}, { claims: { exp: now - 40 } });
      expect(fault).to.include('exp of the ID token must be');
    });

    it('accept any issuer', async () => {
      const extras = { claims: { iss: 'https://other.example' } };
      expect(await check({}, extras)).to.have.property('fault', undefined);
    });

    it('have none to check if it cannot be read', async () => {
      for (const [id_token, shown] of [
        [undefined, 'undefined'],
        ['a.b', 'string of 3'],
        [{ a: 1 }, 'object of 1 (a: number)'],
      ] as const) {
        const { steps } = play({}, { tokens: { id_token } });
        expect(await errorOf(steps.idToken()))
          .to.be.instanceOf(Unanswered)
          .with.property('message', `the id_token cannot be read: ${shown}`);
      }
    });
  });

  it('end with the probe, whatever they wait for', async () => {
    for (const place of [DISCOVERY, TOKEN, USER_INFO, JWKS]) {
      let reason: unknown;
      const played: Played = play({
        [place]: () => {
          reason = played.end();
          return undefined;
        },
      });
      const { steps } = played;
      const step = { [DISCOVERY]: steps.discovery, [TOKEN]: steps.tokenEndpoint, [JWKS]: steps.keys }[place];
      expect(await errorOf((step ?? steps.userInfo)()), place).to.equal(reason);
    }
  });

  it('end in a check of an ID token, too', async () => {
    let reason: unknown;
    const played: Played = play({
      [JWKS]: () => {
        reason = played.end();
        return undefined;
      },
    });
    expect(await errorOf(played.steps.idToken())).to.equal(reason);
  });

  it('wait no longer for an answer than they are told to', async () => {
    const { steps } = play({ [DISCOVERY]: () => undefined }, { timeout: 1 });
    expect(await errorOf(steps.discovery())).to.have.property('code', 'ERR_FREEDOM_ID_TIMEOUT');
  });
});
