import { expect } from 'chai';
import { behaviourProblem } from '../../lib/emulator/behaviour';
import { FreedomIdError, type FreedomIdErrorDetails } from '../../lib/errors';
import { OIDC_QUESTIONS } from '../../lib/probe/oidc-questions';
import type { OidcSteps, Search } from '../../lib/probe/oidc-steps';
import { Unanswered } from '../../lib/probe/unanswered';
import { type Case, testQuestions } from '../support/questions';

const BASE = 'https://id.example';

const skipped = new Unanswered('the login was skipped');

const fails = async (): Promise<never> => {
  throw skipped;
};

function failure(details: Partial<FreedomIdErrorDetails>, message = ''): FreedomIdError {
  return new FreedomIdError(message, { code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'token', ...details });
}

const pathOf = (url: string) => url.replace(BASE, '');

const found =
  (path: string, json: Record<string, unknown> = {}) =>
  async (): Promise<Search> => ({
    found: { url: path.startsWith('/') ? BASE + path : path, json },
    misses: [],
  });

const missing = (misses: Record<string, string>) => async (): Promise<Search> => ({
  misses: Object.entries(misses).map(([path, what]) => ({ url: BASE + path, what })),
});

const back = (query: string) => async () => ({
  stateIn: 'query' as const,
  params: new URLSearchParams(query),
  nonce: '',
});

const accepted = async () => ({ json: {}, accessToken: 'token', nonce: '' });

const refused = (details: Partial<FreedomIdErrorDetails>) => async () => failure(details);

/** The ID token that came. */
function idToken(
  header: Record<string, unknown>,
  rest: Partial<Awaited<ReturnType<OidcSteps['idToken']>>> & { iss?: unknown } = {},
): Case['oidc'] & object {
  const { iss = BASE, checked = 'keys', ...fault } = rest;
  const jwt = { token: '', raw: '', header, claims: { iss } };
  return { issuer: BASE, idToken: async () => ({ jwt, checked, ...fault }) };
}

const kinds = (keys: unknown) => found('/jwks', { keys });

const CASES: Record<string, Case[]> = {
  discovery: [
    {
      where: 'the document is there',
      oidc: { pathOf, discovery: found('/.well-known/openid-configuration') },
      answer: true,
      evidence: 'at /.well-known/openid-configuration',
    },
    {
      where: 'something else is in its place',
      oidc: {
        pathOf,
        discovery: missing({ '/.well-known/openid-configuration': 'HTTP 404', '/other': 'HTTP 405' }),
      },
      answer: false,
      evidence: '/.well-known/openid-configuration: HTTP 404; /other: HTTP 405',
    },
    {
      where: 'nobody can ask for it',
      oidc: { discovery: fails },
      answer: null,
      evidence: 'skipped',
    },
  ],
  oidcTokenURL: [
    {
      where: 'it is where the strategy looks for it',
      oidc: { pathOf, tokenEndpoint: found('/api/v1/oidc/token') },
      answer: '/api/v1/oidc/token',
      evidence: 'as a token endpoint does',
    },
    {
      where: 'it is at another path',
      oidc: { pathOf, tokenEndpoint: found('/token') },
      answer: '/token',
      evidence: 'as a token endpoint does',
      option: `tokenURL: '${BASE}/token'`,
    },
    {
      where: 'the report must not show it',
      oidc: { pathOf: () => 'string of 9', tokenEndpoint: found('/token') },
      answer: 'string of 9',
      evidence: 'as a token endpoint does',
    },
    {
      where: 'it is nowhere',
      oidc: { pathOf, tokenEndpoint: missing({ '/a': 'HTTP 404', '/b': 'HTTP 405' }) },
      answer: 'none',
      evidence: '/a: HTTP 404; /b: HTTP 405',
    },
  ],
  oidcCallback: [
    {
      where: 'it has the name of the standard',
      oidc: { cameBack: { json: back('code=abc&session_state=x'), form: fails } },
      answer: 'code',
      evidence: 'the callback brought code, session_state',
    },
    {
      where: 'it has the name of the other flow',
      oidc: { cameBack: { json: back('authorization_code=abc'), form: fails } },
      answer: 'authorization_code',
      evidence: 'the callback brought authorization_code',
    },
    {
      where: 'it comes in both',
      oidc: { cameBack: { json: back('authorization_code=abc&code=abc'), form: fails } },
      answer: 'code',
      evidence: 'the callback brought authorization_code, code',
    },
    {
      where: 'only the second login comes back',
      oidc: { cameBack: { json: fails, form: back('code=abc&%2B7=x') } },
      answer: 'code',
      evidence: 'the callback brought code, (a name of 2)',
    },
    {
      where: 'neither login comes back',
      oidc: { cameBack: { json: fails, form: fails } },
      answer: null,
      evidence: 'the login was skipped',
    },
    {
      where: 'an error comes',
      oidc: { cameBack: { json: back('error=access_denied&code=abc'), form: fails } },
      answer: null,
      evidence: 'an error came: access_denied',
    },
    {
      where: "an error of the other flow's comes",
      oidc: { cameBack: { json: back('error_code=Not%20now'), form: fails } },
      answer: null,
      evidence: 'an error came: string of 7',
    },
    {
      where: 'something else comes',
      oidc: { cameBack: { json: back('ticket=abc&x=y'), form: fails } },
      answer: null,
      evidence: 'no code came, but ticket, x',
    },
    {
      where: 'nothing comes',
      oidc: { cameBack: { json: back(''), form: fails } },
      answer: null,
      evidence: /^no code came$/,
    },
  ],
  oidcTokenRequest: [
    {
      where: 'both are accepted',
      oidc: { exchanged: { json: accepted, form: accepted } },
      answer: 'both',
      evidence: 'json: accepted; form: accepted',
    },
    {
      where: 'a form is refused',
      oidc: { exchanged: { json: accepted, form: refused({ httpStatus: 415 }) } },
      answer: 'json',
      evidence: 'json: accepted; form: token: HTTP 415',
    },
    {
      where: 'JSON is refused',
      oidc: {
        exchanged: { json: refused({ httpStatus: 400, providerCode: 'invalid_request' }), form: accepted },
      },
      answer: 'form',
      evidence: 'json: token: HTTP 400, code invalid_request; form: accepted',
      option: "tokenRequest: 'form'",
    },
    {
      where: 'both are refused',
      oidc: { exchanged: { json: refused({ httpStatus: 400 }), form: refused({ httpStatus: 401 }) } },
      answer: null,
      evidence: 'json: token: HTTP 400; form: token: HTTP 401',
    },
    {
      where: 'a login fails',
      oidc: { exchanged: { json: fails, form: accepted } },
      answer: null,
      evidence: 'the login was skipped',
    },
  ],
  oidcUserInfo: [
    {
      where: 'it is where the strategy looks for it',
      oidc: { pathOf, userInfo: found('/api/v1/oidc/userinfo', { sub: 'abc', email_verified: true }) },
      answer: '/api/v1/oidc/userinfo',
      evidence: 'sub: string of 3; email_verified: boolean',
    },
    {
      where: 'it is at another path',
      oidc: { pathOf, userInfo: found('/me', { sub: 'abc' }) },
      answer: '/me',
      evidence: 'sub: string of 3',
      option: `userInfoURL: '${BASE}/me'`,
    },
    {
      where: 'it is nowhere',
      oidc: { pathOf, userInfo: missing({ '/a': 'HTTP 404', '/b': 'HTTP 404' }) },
      answer: 'none',
      evidence: '/a: HTTP 404; /b: HTTP 404',
      option: 'skipUserProfile: true',
    },
  ],
  idToken: [
    {
      where: 'a key that was found has signed it',
      oidc: idToken({ alg: 'RS256', kid: 'main' }),
      answer: 'RS256',
      evidence: [
        'kid: string of 4; iss is the base URL; ',
        'its claims hold, and its signature by a key that was found',
      ],
    },
    {
      where: 'the client secret has signed it',
      oidc: idToken({ alg: 'HS256' }, { checked: 'secret' }),
      answer: 'HS256',
      evidence: ['kid: undefined; ', 'its signature by the client secret'],
      option: "algorithms: ['HS256']",
    },
    {
      where: 'there is no key to check it with',
      oidc: idToken({ alg: 'ES256', kid: 7 }, { checked: 'connection' }),
      answer: 'ES256',
      evidence: ['kid: number; ', 'no key was found to check the signature with'],
    },
    {
      where: 'the strategy must be told of it',
      oidc: idToken({ alg: 'ES384' }),
      answer: 'ES384',
      evidence: 'a key that was found',
      option: "algorithms: ['ES384']",
    },
    {
      where: 'it names another issuer',
      oidc: idToken({ alg: 'EdDSA' }, { iss: 'https://other.example/' }),
      answer: 'EdDSA',
      evidence: 'iss is another than the base URL',
      option: "issuer: 'https://other.example/'",
    },
    {
      where: 'both must be set',
      oidc: idToken({ alg: 'RS512' }, { iss: 'https://other.example/' }),
      answer: 'RS512',
      evidence: 'iss is another than the base URL',
      option: "algorithms: ['RS512'], issuer: 'https://other.example/'",
    },
    {
      where: 'the issuer cannot be shown',
      oidc: idToken({ alg: 'RS256' }, { iss: 'https://other.example/?secret' }),
      answer: 'RS256',
      evidence: 'iss is another than the base URL',
    },
    {
      where: 'it is not signed',
      oidc: idToken(
        { alg: 'none' },
        {
          checked: 'connection',
          fault: failure({ code: 'ERR_FREEDOM_ID_TOKEN' }, 'alg of the ID token must be there'),
        },
      ),
      answer: 'none',
      evidence: ['iss is the base URL', 'alg of the ID token must be there'],
    },
    {
      where: 'it does not hold',
      oidc: idToken(
        { alg: 'RS256' },
        {
          fault: failure(
            { code: 'ERR_FREEDOM_ID_TOKEN' },
            'nonce of the ID token must be that of this login',
          ),
        },
      ),
      answer: 'RS256',
      evidence: 'iss is the base URL; nonce of the ID token must be that of this login',
    },
    {
      where: 'its algorithm is not known: a name may be anything',
      oidc: idToken({ alg: 'Aigerim' }, { checked: 'connection' }),
      answer: null,
      evidence: 'the algorithm is not known; alg: string of 7',
    },
    { where: 'there is none', oidc: { issuer: BASE, idToken: fails }, answer: null, evidence: 'skipped' },
  ],
  jwks: [
    {
      where: 'one key is found',
      oidc: { pathOf, keys: kinds([{ kty: 'RSA' }]) },
      answer: '/jwks',
      evidence: '1 key: RSA',
      option: `jwksURL: '${BASE}/jwks'`,
    },
    {
      where: 'several keys are found: of each kind, the name is shown once',
      oidc: {
        pathOf,
        keys: kinds([{ kty: 'RSA' }, { kty: 'EC' }, { kty: 'OKP' }, { kty: 'oct' }, { kty: 'RSA' }]),
      },
      answer: '/jwks',
      evidence: '5 keys: RSA, EC, OKP, oct',
      option: `jwksURL: '${BASE}/jwks'`,
    },
    {
      where: 'some keys are none: their kind may be anything',
      oidc: { pathOf, keys: kinds([null, 'RSA', {}, { kty: 'Aigerim' }, { kty: 'EC' }]) },
      answer: '/jwks',
      evidence: '5 keys: EC',
      option: `jwksURL: '${BASE}/jwks'`,
    },
    {
      where: 'no key says what it is',
      oidc: { pathOf, keys: kinds([{ kty: 'Aigerim' }]) },
      answer: '/jwks',
      evidence: '1 key: of unknown kinds',
      option: `jwksURL: '${BASE}/jwks'`,
    },
    {
      where: 'the report must not show it',
      oidc: { pathOf: () => 'string of 9', keys: kinds([{ kty: 'EC' }]) },
      answer: 'string of 9',
      evidence: '1 key: EC',
    },
    {
      where: 'they are nowhere',
      oidc: { pathOf, keys: missing({ '/a': 'something else', '/b': 'HTTP 404' }) },
      answer: 'none',
      evidence: '/a: something else; /b: HTTP 404',
    },
  ],
};

describe('the questions about OpenID Connect', () => {
  const ids = OIDC_QUESTIONS.map(({ id }) => id);

  it('are these, in the order of a report', () => {
    expect(ids).to.deep.equal([
      'discovery',
      'oidcTokenURL',
      'oidcCallback',
      'oidcTokenRequest',
      'oidcUserInfo',
      'idToken',
      'jwks',
    ]);
    expect(Object.keys(CASES), 'the cases of this test').to.deep.equal(ids);
  });

  it('are put in words, each as one question', () => {
    for (const { id, wording } of OIDC_QUESTIONS) {
      expect(wording, id).to.match(/^OpenID Connect: [a-z][^?]+\?$/);
    }
    expect(new Set(OIDC_QUESTIONS.map(({ wording }) => wording))).to.have.property('size', ids.length);
  });

  it('have answers that the behaviour of the same name takes', () => {
    for (const id of ['oidcTokenRequest', 'discovery']) {
      const answers = CASES[id]?.map(({ answer }) => answer).filter((one) => one !== null) ?? [];
      expect(answers, id).to.not.deep.equal([]);
      for (const answer of answers) expect(behaviourProblem(id, answer), id).to.equal(undefined);
    }
  });
});

testQuestions(OIDC_QUESTIONS, CASES);
