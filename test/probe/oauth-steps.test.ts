import { expect } from 'chai';
import { GRANTS as EMULATOR_GRANTS } from '../../lib/emulator/clients';
import { FreedomIdError } from '../../lib/errors';
import type { Login } from '../../lib/probe/logins';
import { MISTAKES, OAuthSteps } from '../../lib/probe/oauth-steps';
import { CLIENT_REFUSED, Unanswered } from '../../lib/probe/unanswered';
import { PROVIDER, useNock } from '../support/nock';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';
import { type Asked, CALLBACK, type Reply, type Scene, type Script, scene } from '../support/probe-scene';

const AUTHORIZE = 'POST /api/v1/oauth/authorize';
const TOKEN = 'POST /api/v1/oauth/token';
const REFRESH = 'PATCH /api/v1/oauth/token';
const GET_DATA = 'GET /api/v1/oauth/get-data';

const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;
const BASIC_GRANTS = ['read.firstname', 'read.lastname'];
const GRANTS = [
  ...BASIC_GRANTS,
  'read.patronymic',
  'read.email',
  'read.emails',
  'read.phone',
  'read.phones',
  'read.date_of_birth',
  'read.gender',
  'read.country',
  'read.nationality',
  'read.identifier',
  'read.profile',
  'read.cards',
  'openid',
];

interface LinkRequest {
  redirect_uri: string;
  grants: string[];
}

const linkRequestOf = ({ body }: Asked) => body as LinkRequest;

const refusal = (status: number, error: object): Reply => [status, { error: { message: 'No.', ...error } }];
const refusedFields = (...fields: string[]) =>
  refusal(422, { errors: Object.fromEntries(fields.map((field) => [field, ['is invalid']])) });

/** Where the login page would send the browser back to. */
const link = (asked: Asked): Reply => [
  200,
  { redirect_uri: `${PROVIDER}/login?to=${encodeURIComponent(linkRequestOf(asked).redirect_uri)}` },
];
const backOf = ({ link }: Login) => new URL(link).searchParams.get('to') ?? '';

const TOKENS = { id: 'first', access_token: 'access1', refresh_token: 'refresh1', personal: 'madina' };
const NEW_TOKENS = { id: 'second', access_token: 'access2', refresh_token: 'refresh2', personal: 'timur' };

/** By what is asked for, as it is logged. */
type Answers = Partial<Record<string, (asked: Asked) => Reply | undefined>>;

const ANSWERS: Answers = {
  [AUTHORIZE]: link,
  [TOKEN]: () => [200, TOKENS],
  [REFRESH]: () => [200, NEW_TOKENS],
  [GET_DATA]: () => [200, { freedom_id: 'id', firstname: 'aigerim' }],
};

/** Appends to the redirect URI, as a provider that keeps all of it. */
const joined = (url: string, params: string) => `${url}${url.includes('?') ? '&' : '?'}${params}`;

function play(answers: Answers = {}, more: Omit<Script, 'answer'> = {}): Scene & { steps: OAuthSteps } {
  const all = { ...ANSWERS, ...answers };
  const played = scene({
    answer: (asked) => all[`${asked.method} ${asked.path}`]?.(asked),
    comeBack: (login) =>
      joined(backOf(login), login.task === 'agree' ? 'authorization_code=code_one' : 'error_code=100102'),
    ...more,
  });
  return Object.assign(played, { steps: new OAuthSteps(played.settings) });
}

/** Refuses a request for a link in each place but these. */
const onlyIn =
  (...places: string[]) =>
  (asked: Asked): Reply => {
    const { pathname, search } = new URL(linkRequestOf(asked).redirect_uri);
    const place = search.includes('state=') ? 'query' : pathname.length > 43 ? 'path' : 'nowhere';
    return places.includes(place) ? link(asked) : refusedFields('redirect_uri');
  };

const errorOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

const urisOf = ({ asked }: Scene) => asked.map((one) => linkRequestOf(one).redirect_uri);
const grantsOf = ({ asked }: Scene) => asked.map((one) => linkRequestOf(one).grants);

describe("the steps through Freedom ID's own flow", () => {
  useNock();

  describe('to the grants', () => {
    it('ask for a link with every documented one', async () => {
      const played = play();
      expect(await played.steps.grants()).to.deep.equal({ given: GRANTS, refused: [] });
      expect(GRANTS, 'as the emulator knows them').to.have.members(EMULATOR_GRANTS);
      await played.steps.grants();
      expect(played.log).to.deep.equal([AUTHORIZE]);
      expect(played.asked[0]).to.deep.include({
        authorization: BASIC,
        body: { redirect_uri: CALLBACK, grants: GRANTS },
      });
      expect(played.told).to.deep.equal(['Asking for a login link with every documented grant']);
    });

    it('ask again without those that are refused by their number', async () => {
      const played = play({
        [AUTHORIZE]: (asked) => {
          const { grants } = linkRequestOf(asked);
          const index = grants.indexOf('read.cards');
          if (grants.length === 15) return refusedFields('grants.3', 'grants.14');
          return index < 0 ? link(asked) : refusedFields(`grants.${index}`);
        },
      });
      const refused = ['read.email', 'read.cards', 'openid'];
      const given = GRANTS.filter((grant) => !refused.includes(grant));
      expect(await played.steps.grants()).to.deep.equal({ given, refused });
      expect(grantsOf(played).map(({ length }) => length)).to.deep.equal([15, 13, 12]);
    });

    it('ask again for the usual ones only, if the error names none', async () => {
      for (const status of [403, 500]) {
        const played = play({
          [AUTHORIZE]: (asked) =>
            linkRequestOf(asked).grants.length > 2 ? refusal(status, { code: 7 }) : link(asked),
        });
        expect(await played.steps.grants()).to.deep.equal({ given: BASIC_GRANTS, refused: GRANTS.slice(2) });
        expect(grantsOf(played)).to.deep.equal([GRANTS, BASIC_GRANTS]);
      }
    });

    it('may end with fewer than the usual ones', async () => {
      const played = play({
        [AUTHORIZE]: (asked) => {
          const { grants } = linkRequestOf(asked);
          if (grants.length > 2) return refusal(403, {});
          return grants.includes('read.lastname') ? refusedFields('grants.1') : link(asked);
        },
      });
      expect(await played.steps.grants()).to.deep.equal({
        given: ['read.firstname'],
        refused: GRANTS.filter((grant) => grant !== 'read.firstname'),
      });
    });

    it('do not take an outage for a refusal of grants', async () => {
      const played = play({ [AUTHORIZE]: () => [503, ''] });
      expect(await played.steps.grants()).to.deep.equal({ given: BASIC_GRANTS, refused: [] });
      expect(played.log).to.deep.equal([AUTHORIZE]);
    });

    it('do not take a server error that always comes for a refusal of grants', async () => {
      const played = play({ [AUTHORIZE]: () => [500, ''] });
      expect(await played.steps.grants()).to.deep.equal({ given: BASIC_GRANTS, refused: [] });
      expect(grantsOf(played)).to.deep.equal([GRANTS, BASIC_GRANTS]);
    });

    it('end where even the bare callback URL is refused, and say what to do', async () => {
      const played = play({ [AUTHORIZE]: () => refusedFields('redirect_uri') });
      const error = await errorOf(played.steps.grants());
      expect(error)
        .to.be.instanceOf(Unanswered)
        .with.property('message', 'the callback URL is refused, even without a state');
      expect(error)
        .to.have.property('advice')
        .that.matches(/^Freedom ID refuses the callback URL: .*--callback\.$/);
      expect(grantsOf(played)).to.deep.equal([GRANTS, BASIC_GRANTS]);
    });

    it('take the client for refused if a wrong secret has the same error, and give up every login', async () => {
      const played = play({ [AUTHORIZE]: () => refusal(401, { code: 'invalid_client' }) });
      const error = await errorOf(played.steps.grants());
      expect(error)
        .to.be.instanceOf(Unanswered)
        .with.property('message', 'the client id or its secret is refused');
      expect(error).to.have.property('advice').that.includes('--client and FREEDOM_ID_CLIENT_SECRET');
      expect(await errorOf(played.settings.logins.go('', 'agree', 'state'))).to.equal(error);
      expect(grantsOf(played)).to.deep.equal([GRANTS, BASIC_GRANTS, BASIC_GRANTS]);
      expect(played.asked.map(({ authorization }) => authorization === BASIC)).to.deep.equal([
        true,
        true,
        false,
      ]);
    });

    it('compare no errors if the endpoint does not exist, or a field is wrong', async () => {
      for (const reply of [refusal(404, {}), refusal(405, {}), refusedFields('grants')]) {
        const played = play({ [AUTHORIZE]: () => reply });
        expect(await errorOf(played.steps.grants())).to.have.property('httpStatus', reply[0]);
        expect(played.log).to.have.length(2);
      }
    });

    it('take the client for accepted unless the client itself is refused', async () => {
      const refused = play({ [AUTHORIZE]: () => refusal(401, { code: 'invalid_client' }) });
      expect(await errorOf(refused.steps.accepted())).to.equal(CLIENT_REFUSED);
      const other = play({ [AUTHORIZE]: () => refusedFields('redirect_uri') });
      expect(await errorOf(other.steps.accepted())).to.equal(undefined);
      expect(await errorOf(play().steps.accepted())).to.equal(undefined);
    });

    it('do not take the client for refused if a wrong secret has another error, or none', async () => {
      const own = { status: 401, error: { code: 'a' } };
      for (const [name, { status, error }, strange] of [
        ['another status', own, refusal(403, { code: 'a' })],
        ['another code', own, refusal(401, { code: 'b' })],
        ['a link', own, undefined],
        ['the same, but of fields', { status: 422, error: { errors: { x: ['no'] } } }, refusal(422, {})],
      ] as const) {
        const played = play({
          [AUTHORIZE]: (asked) =>
            asked.authorization === BASIC ? refusal(status, error) : (strange ?? link(asked)),
        });
        const found = await errorOf(played.steps.grants());
        expect(found, name).to.be.instanceOf(FreedomIdError).with.property('httpStatus', status);
      }
    });
  });

  describe('to a login link', () => {
    it('try a state in the query first for the login in which the person agrees', async () => {
      const played = play();
      const { url, state, refused } = await played.steps.linkToAgree();
      expect(state).to.match(/^[\w-]{43}$/);
      expect(urisOf(played)).to.deep.equal([CALLBACK, `${CALLBACK}?state=${state}`]);
      expect(url).to.equal(`${PROVIDER}/login?to=${encodeURIComponent(`${CALLBACK}?state=${state}`)}`);
      expect(refused).to.deep.equal([]);
      expect(played.asked[1]).to.deep.include({ authorization: BASIC });
      expect(played.told.at(-1)).to.equal(
        'Asking for a login link with a state in the query of the redirect URI',
      );
    });

    it('try a state in the path first for the one in which the person refuses', async () => {
      const played = play({}, { callbackURL: `${CALLBACK}?tenant=7` });
      const { state, refused } = await played.steps.linkToRefuse();
      expect(urisOf(played)[1]).to.equal(`${CALLBACK}/${state}?tenant=7`);
      expect(refused).to.deep.equal([]);
      const other = await played.steps.linkToAgree();
      expect(other.state).to.not.equal(state);
      expect(urisOf(played)[2]).to.equal(`${CALLBACK}?tenant=7&state=${other.state}`);
    });

    it('ask for the grants that are given', async () => {
      const played = play({
        [AUTHORIZE]: (asked) => (linkRequestOf(asked).grants.length > 2 ? refusal(403, {}) : link(asked)),
      });
      await played.steps.linkToAgree();
      expect(grantsOf(played)).to.deep.equal([GRANTS, BASIC_GRANTS, BASIC_GRANTS]);
    });

    it('go on to the next place where one is refused, each with a state of its own', async () => {
      const played = play({ [AUTHORIZE]: onlyIn('nowhere') });
      expect(await played.steps.linkToAgree()).to.have.deep.property('refused', ['query', 'path']);
      expect(await played.steps.linkToRefuse()).to.have.deep.property('refused', ['path', 'query']);
      const states = urisOf(played).flatMap((uri) => uri.match(/[\w-]{43}/g) ?? []);
      expect(new Set(states)).to.have.property('size', 4);
      expect(played.told.slice(1)).to.deep.equal(
        ['in the query of', 'behind the path of', '', 'behind the path of', 'in the query of', ''].map(
          (place) =>
            `Asking for a login link with ${place ? `a state ${place} the redirect URI` : 'the bare callback URL'}`,
        ),
      );
    });

    it('take the second place where the first is refused', async () => {
      const played = play({ [AUTHORIZE]: onlyIn('nowhere', 'path') });
      const { state, refused } = await played.steps.linkToAgree();
      expect(refused).to.deep.equal(['query']);
      expect(urisOf(played).at(-1)).to.equal(`${CALLBACK}/${state}`);
    });

    it('believe an error that does not name the redirect URI only if it comes twice', async () => {
      let requests = 0;
      const played = play({
        [AUTHORIZE]: (asked) => {
          requests += 1;
          return requests === 2 || requests === 4 || requests === 5 ? refusal(400, {}) : link(asked);
        },
      });
      expect(await played.steps.linkToAgree()).to.have.deep.property('refused', []);
      const [, first, second] = urisOf(played);
      expect(second).to.equal(first);
      expect(await played.steps.linkToRefuse()).to.have.deep.property('refused', ['path']);
      expect(played.log).to.have.length(6);
    });

    it('take a server error for a refusal, but not an outage', async () => {
      let status = 500;
      const played = play({
        [AUTHORIZE]: (asked) => (played.log.length > 1 ? [status, ''] : link(asked)),
      });
      const refused = await errorOf(played.steps.linkToAgree());
      expect(refused, 'of every place').to.be.instanceOf(FreedomIdError).with.property('httpStatus', 500);
      expect(played.log, 'each place twice').to.have.length(7);
      status = 503;
      const outage = await errorOf(played.steps.linkToRefuse());
      expect(outage).to.be.instanceOf(FreedomIdError).with.property('httpStatus', 503);
      expect(played.log, 'at once').to.have.length(8);
    });
  });

  describe('through a login', () => {
    it('send the person to agree, and exchange the code before anything else is done', async () => {
      const played = play();
      const { steps, log } = played;
      const back = await steps.agreed();
      await Promise.all([steps.agreed(), steps.refused(), steps.tokens(), steps.fateOfPath()]);
      expect(log).to.deep.equal([AUTHORIZE, AUTHORIZE, 'login', TOKEN, AUTHORIZE, 'login']);
      expect(played.shown.map(({ task, number }) => ({ task, number }))).to.deep.equal([
        { task: 'agree', number: 1 },
        { task: 'refuse', number: 2 },
      ]);
      expect(back).to.deep.include({ stateIn: 'query', join: '&' });
      expect(back.params.get('authorization_code')).to.equal('code_one');
      expect(back.exchange.status).to.equal('fulfilled');
      expect(played.asked[2]).to.deep.include({
        authorization: BASIC,
        body: { authorization_code: 'code_one' },
      });
      expect(played.told).to.include('Exchanging the code for tokens');
    });

    it('tell what the refusal brings', async () => {
      const { params, stateIn } = await play().steps.refused();
      expect(stateIn).to.equal('path');
      expect(params.toString()).to.equal('error_code=100102');
    });

    it('tell what becomes of a longer path', async () => {
      const keeps = play();
      expect(await keeps.steps.fateOfPath()).to.equal('kept');
      const drops = play({}, { comeBack: () => `${CALLBACK}?error_code=100102` });
      expect(await drops.steps.fateOfPath()).to.equal('dropped');
      const refuses = play({ [AUTHORIZE]: onlyIn('nowhere', 'query') });
      expect(await refuses.steps.fateOfPath()).to.equal('refused');
      expect(refuses.log, 'and need no login for it').to.not.include('login');
    });

    it('hide what the callback brings for a code, in either login', async () => {
      for (const step of ['agreed', 'refused'] as const) {
        const { steps, settings } = play(
          {},
          { comeBack: (login) => joined(backOf(login), 'authorization_code=code_one&code=code_two') },
        );
        await steps[step]();
        expect(settings.discretion.code('code_one'), step).to.equal('string of 8');
        expect(settings.discretion.code('code_two'), step).to.equal('string of 8');
      }
    });

    it('end where the person skips it', async () => {
      const played = play({}, { comeBack: () => undefined });
      for (const step of [played.steps.agreed, played.steps.tokens, played.steps.userInfo]) {
        expect(await errorOf(step())).to.have.property('message', 'the login was skipped');
      }
      expect(played.log).to.deep.equal([AUTHORIZE, AUTHORIZE, 'login']);
    });
  });

  describe('to tokens and data', () => {
    it('have no tokens where no code comes', async () => {
      const played = play({}, { comeBack: backOf });
      expect(await played.steps.agreed()).to.have.property('stateIn', 'query');
      expect(await errorOf(played.steps.tokens()))
        .to.be.instanceOf(Unanswered)
        .with.property('message', 'the callback brought no authorization_code');
      expect(played.log).to.not.include(TOKEN);
    });

    it('have no tokens where the exchange fails, though the login has succeeded', async () => {
      const played = play({ [TOKEN]: () => refusal(400, { code: 100101 }) });
      expect(await played.steps.agreed()).to.have.property('stateIn', 'query');
      expect(await errorOf(played.steps.tokens()))
        .to.be.instanceOf(FreedomIdError)
        .with.property('providerCode', '100101');
    });

    it("read the user's data, refresh, and refresh with the old token again, each once", async () => {
      const played = play();
      const { steps } = played;
      expect(await errorOf(steps.refreshedAgain())).to.equal(undefined);
      expect(await steps.tokens()).to.have.property('id', 'first');
      expect(await steps.refreshed()).to.have.property('id', 'second');
      expect((await steps.userInfo()).json).to.deep.equal({ freedom_id: 'id', firstname: 'aigerim' });
      expect(await steps.refreshedAgain()).to.equal(undefined);
      expect(played.log.slice(3)).to.deep.equal([TOKEN, GET_DATA, REFRESH, REFRESH]);
      expect(played.asked.slice(3).map(({ authorization }) => authorization)).to.deep.equal([
        'Bearer access1',
        'Bearer refresh1',
        'Bearer refresh1',
      ]);
      expect(played.told.slice(-4)).to.deep.equal([
        'Exchanging the code for tokens',
        "Reading the user's data",
        'Refreshing the tokens',
        'Refreshing once more with the old refresh token',
      ]);
    });

    it('hide the tokens, the data, and whatever comes with them', async () => {
      const { steps, settings } = play();
      const isShown = (text: string) => settings.discretion.code(text) === text;
      expect(['madina', 'timur', 'aigerim'].map(isShown)).to.deep.equal([true, true, true]);
      await steps.tokens();
      expect(['madina', 'timur', 'aigerim'].map(isShown)).to.deep.equal([false, true, true]);
      await steps.userInfo();
      expect(['madina', 'timur', 'aigerim'].map(isShown)).to.deep.equal([false, true, false]);
      await steps.refreshed();
      expect(['madina', 'timur', 'aigerim'].map(isShown)).to.deep.equal([false, false, false]);
    });

    it('refresh even where the data cannot be read', async () => {
      const played = play({ [GET_DATA]: () => [500, ''] });
      expect(await played.steps.refreshed()).to.have.property('id', 'second');
      expect(await errorOf(played.steps.userInfo())).to.have.property('httpStatus', 500);
    });

    it('refresh nothing where no refresh token came', async () => {
      const played = play({ [TOKEN]: () => [200, { access_token: 'access1' }] });
      expect(await errorOf(played.steps.refreshed()))
        .to.be.instanceOf(Unanswered)
        .with.property('message', 'no refresh token came');
      expect(await errorOf(played.steps.refreshedAgain())).to.have.property(
        'message',
        'no refresh token came',
      );
      expect(played.log).to.not.include(REFRESH);
    });

    it('return the error with which an old refresh token is refused', async () => {
      let refreshes = 0;
      const played = play({
        [REFRESH]: () => {
          refreshes += 1;
          return refreshes === 1 ? [200, NEW_TOKENS] : refusal(401, { code: 7 });
        },
      });
      expect(await played.steps.refreshedAgain()).to.have.property('providerCode', '7');
    });
  });

  describe('that are mistakes', () => {
    it('send a wrong request, each once', async () => {
      const played = play({
        [AUTHORIZE]: () => refusal(422, {}),
        [TOKEN]: () => refusal(400, { code: 100101 }),
        [GET_DATA]: () => refusal(401, {}),
      });
      const statuses = [];
      for (const mistake of [...MISTAKES, ...MISTAKES]) {
        statuses.push((await played.steps.mistakes[mistake]())?.httpStatus);
      }
      expect(statuses).to.deep.equal([422, 422, 400, 401, 422, 422, 400, 401]);
      expect(played.log).to.deep.equal([AUTHORIZE, AUTHORIZE, TOKEN, GET_DATA]);
      expect(played.told).to.deep.equal([
        'Sending an invalid redirect URI',
        'Sending a wrong client secret',
        'Sending a made-up code',
        'Sending a made-up access token',
      ]);
      const [validation, client, code, token] = played.asked;
      expect(validation).to.deep.include({
        authorization: BASIC,
        body: { redirect_uri: 'none', grants: BASIC_GRANTS },
      });
      expect(client).to.deep.include({ body: { redirect_uri: CALLBACK, grants: BASIC_GRANTS } });
      const [id, secret] = Buffer.from(client?.authorization.slice(6) ?? '', 'base64')
        .toString()
        .split(':');
      expect(id).to.equal(CLIENT_ID);
      expect(secret).to.match(/^[\w-]{43}$/);
      expect(code).to.have.property('authorization', BASIC);
      expect(code?.body).to.have.all.keys('authorization_code');
      expect(code?.body)
        .to.have.property('authorization_code')
        .that.matches(/^[\w-]{43}$/);
      expect(token?.authorization).to.match(/^Bearer [\w-]{128}$/);
    });

    it('may not be noticed', async () => {
      const { steps } = play();
      for (const mistake of MISTAKES) expect(await steps.mistakes[mistake](), mistake).to.equal(undefined);
    });
  });

  it('end with the probe, whatever they wait for', async () => {
    for (const place of [AUTHORIZE, TOKEN, REFRESH, GET_DATA]) {
      let reason: unknown;
      const played: ReturnType<typeof play> = play({
        [place]: () => {
          reason = played.end();
          return undefined;
        },
      });
      const { steps } = played;
      const step = { [AUTHORIZE]: steps.grants, [TOKEN]: steps.tokens, [REFRESH]: steps.refreshed }[place];
      expect(await errorOf((step ?? steps.userInfo)()), place).to.equal(reason);
    }
    for (const mistake of MISTAKES) {
      let reason: unknown;
      const end = () => {
        reason = played.end();
        return undefined;
      };
      const played: ReturnType<typeof play> = play({ [AUTHORIZE]: end, [TOKEN]: end, [GET_DATA]: end });
      expect(await errorOf(played.steps.mistakes[mistake]()), mistake).to.equal(reason);
    }
  });

  it('wait no longer for an answer than they are told to', async () => {
    for (const mistake of MISTAKES) {
      const never = () => undefined;
      const { steps } = play({ [AUTHORIZE]: never, [TOKEN]: never, [GET_DATA]: never }, { timeout: 1 });
      expect(await steps.mistakes[mistake](), mistake).to.have.property('code', 'ERR_FREEDOM_ID_TIMEOUT');
    }
  });
});
