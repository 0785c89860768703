import { expect } from 'chai';
import { type Emulator, startEmulator } from '../../../lib/emulator/index';
import { OAUTH_QUESTIONS } from '../../../lib/probe/oauth-questions';
import { OIDC_QUESTIONS } from '../../../lib/probe/oidc-questions';
import { obey, type ProbedHere, probeHere } from '../../support/scripted-person';
import { type Twist, type Twisted, twist } from '../../support/twisted-provider';

const AUTHORIZE = 'POST /api/v1/oauth/authorize';
const TOKEN = 'POST /api/v1/oauth/token';
const REFRESH = 'PATCH /api/v1/oauth/token';
const DATA = 'GET /api/v1/oauth/get-data';
const DISCOVERY = 'GET /.well-known/openid-configuration';
const OIDC_TOKEN = 'POST /api/v1/oidc/token';
const USER_INFO = 'GET /api/v1/oidc/userinfo';
const JWKS = 'GET /api/v1/oidc/jwks';

const OAUTH = OAUTH_QUESTIONS.map(({ id }) => id);
const OIDC = OIDC_QUESTIONS.map(({ id }) => id);

/** The questions that need an endpoint. */
const NEEDED_BY: Record<string, string[]> = {
  [AUTHORIZE]: OAUTH,
  [TOKEN]: ['errorStatus', 'tokenId', 'oldRefreshToken', 'userInfo'],
  [REFRESH]: ['tokenId', 'oldRefreshToken'],
  [DATA]: ['errorStatus', 'userInfo'],
  [DISCOVERY]: ['discovery'],
  [OIDC_TOKEN]: ['oidcTokenURL', 'oidcTokenRequest', 'oidcUserInfo', 'idToken'],
  [USER_INFO]: ['oidcUserInfo'],
  [JWKS]: ['idToken', 'jwks'],
};

/** For what hangs: all else is on this machine. */
const TIMEOUT = 400;

const FAILURES: Record<string, Twisted> = {
  'resets the connection': 'reset',
  'sends HTML': { body: '<!doctype html><h1>Maintenance</h1>', headers: { 'content-type': 'text/html' } },
  'sends a bot check': { status: 403, body: '<html>', headers: { 'content-type': 'text/html' } },
  'is busy': { status: 429, body: '{"error":{"message":"Too Many Attempts."}}' },
  'is down': { status: 503, body: '<html>' },
  'has a server error': { status: 500, body: '{"error":{"message":"Server Error"}}' },
  'redirects elsewhere': { status: 302, body: '', headers: { location: 'http://127.0.0.1:9/elsewhere' } },
  'sends half of its JSON': { body: '{"access_token":"' },
  'sends an empty object': { body: '{}' },
  'sends members of other types': {
    body: JSON.stringify({
      ...{ redirect_uri: 1, id: {}, access_token: ['x'], refresh_token: {}, id_token: 7, freedom_id: [] },
      ...{ token_endpoint: {}, userinfo_endpoint: 'x y', jwks_uri: null, keys: [null, 1, { kty: {} }] },
    }),
  },
  'finds nothing': { status: 404, body: '{"message":"Not Found"}' },
};

describe('a probe of a provider that fails', function () {
  this.timeout(120_000);
  let emulator: Emulator;
  let usual: ProbedHere;
  before(async () => {
    emulator = await startEmulator({ signing: 'ES256' });
    usual = await probeHere(emulator.url, obey(emulator));
    expect(usual.isComplete).to.equal(true);
    expect(Object.keys(usual.answers)).to.deep.equal([...OAUTH, ...OIDC]);
  });
  after(() => emulator.close());

  const probeTwisted = async (twisted: Twist, timeout?: number) => {
    await using provider = await twist(emulator, twisted);
    const probed = await probeHere(provider.url, obey(provider), { timeout });
    expect(Object.keys(probed.answers)).to.deep.equal([...OAUTH, ...OIDC]);
    return { ...probed, counts: provider.counts };
  };

  /** What does not need the endpoint is answered as ever. */
  const expectTheRest = ({ answers }: ProbedHere, endpoint: string, name: string) => {
    for (const id of [...OAUTH, ...OIDC].filter((one) => !NEEDED_BY[endpoint]?.includes(one)))
      expect(answers[id], `${id}: ${name}`).to.deep.equal(usual.answers[id]);
  };

  for (const [failure, twisted] of Object.entries(FAILURES)) {
    it(`always, at any one endpoint, goes on with the rest: it ${failure}`, async () => {
      for (const endpoint of Object.keys(NEEDED_BY)) {
        const name = `${endpoint} ${failure}`;
        const probed = await probeTwisted((exchange) =>
          exchange.endpoint === endpoint ? twisted : undefined,
        );
        expectTheRest(probed, endpoint, name);
        const seen = ({ answers, evidence }: ProbedHere) =>
          NEEDED_BY[endpoint]?.map((id) => [answers[id], evidence[id]]);
        expect(seen(probed), name).to.not.deep.equal(seen(usual));
      }
    });

    it(`once, at any request, goes on with the rest: it ${failure}`, async () => {
      const { counts } = await probeTwisted(() => undefined);
      for (const [endpoint, count] of counts) {
        if (!NEEDED_BY[endpoint]) continue;
        for (let index = 0; index < count; index += 1) {
          const probed = await probeTwisted((exchange) =>
            exchange.endpoint === endpoint && exchange.index === index ? twisted : undefined,
          );
          expectTheRest(probed, endpoint, `${endpoint} ${index}: ${failure}`);
        }
      }
    });
  }

  it('by never answering at one endpoint goes on with the rest, and ends by itself', async () => {
    for (const endpoint of Object.keys(NEEDED_BY)) {
      const probed = await probeTwisted(
        (exchange) => (exchange.endpoint === endpoint ? 'hang' : undefined),
        TIMEOUT,
      );
      expectTheRest(probed, endpoint, endpoint);
      expect(probed.isComplete).to.equal(false);
      expect(JSON.stringify(probed.report)).to.include('no answer in time');
    }
  });
});
