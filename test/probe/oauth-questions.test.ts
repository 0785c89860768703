import { expect } from 'chai';
import { behaviourProblem } from '../../lib/emulator/behaviour';
import { FreedomIdError, type FreedomIdErrorDetails } from '../../lib/errors';
import { readTokens } from '../../lib/oauth/tokens';
import type { CallbackContent } from '../../lib/probe/arrival';
import { OAUTH_QUESTIONS } from '../../lib/probe/oauth-questions';
import type { OAuthSteps } from '../../lib/probe/oauth-steps';
import type { Answer } from '../../lib/probe/report';
import { Unanswered } from '../../lib/probe/unanswered';
import { type Case, testQuestions } from '../support/questions';

const OTHER_FLOW = "the OpenID Connect flow, 'passport-freedom-id/oidc'";
const IN_PATH = "stateIn: 'path'";

const skipped = new Unanswered('the login was skipped');

const fails = async (): Promise<never> => {
  throw skipped;
};

function failure(details: Partial<FreedomIdErrorDetails>): FreedomIdError {
  return new FreedomIdError('', { code: 'ERR_FREEDOM_ID_REJECTED', endpoint: 'token', ...details });
}

type Place = 'query' | 'path' | 'nowhere';

const link =
  (...refused: Place[]) =>
  async () => ({ url: '', state: '', refused });

const exchange = { status: 'rejected', reason: skipped } as const;

const agreed = (back: Omit<CallbackContent, 'params'>) => async () => ({
  ...back,
  params: new URLSearchParams(),
  exchange,
});

const refused = (query: string) => async () => ({
  stateIn: 'query' as const,
  params: new URLSearchParams(query),
});

const tokens = (id?: string) => async () => {
  const read = readTokens({ access_token: 'token', ...(id !== undefined && { id }) });
  if (!read) throw new Error('no tokens');
  return read;
};

/** What each mistake ends with. */
function mistakes(one: FreedomIdError | undefined, others: Partial<Record<string, FreedomIdError>> = {}) {
  const of = (name: string) => async () => (name in others ? others[name] : one);
  const made: OAuthSteps['mistakes'] = {
    validation: of('validation'),
    client: of('client'),
    code: of('code'),
    token: of('token'),
  };
  return { accepted: async () => {}, mistakes: made };
}

const rejected = (httpStatus: number, more = {}) => failure({ httpStatus, ...more });
const unusable = (httpStatus: number) => failure({ code: 'ERR_FREEDOM_ID_RESPONSE', httpStatus });
const timeout = failure({ code: 'ERR_FREEDOM_ID_TIMEOUT' });

const userInfo = (json: Record<string, unknown>, refusedGrants: string[] = []) => ({
  userInfo: async () => ({ raw: '', json: { freedom_id: 'id', ...json } }),
  grants: async () => ({ given: ['read.firstname', 'read.email'], refused: refusedGrants }),
});

const EVERY_FIELD = {
  firstname: 'Aigerim',
  email: 'a@b.example',
  emails: [{ value: 'a@b.example' }],
  phones: ['+77010000001'],
};

const CASES: Record<string, Case[]> = {
  redirectQuery: [
    {
      where: 'the state comes back in it',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'query' }), fateOfPath: async () => 'kept' },
      answer: 'kept',
      evidence: 'the state that was sent in it came back',
    },
    {
      where: 'the state comes back in it, whatever becomes of a path',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'query' }), fateOfPath: async () => 'refused' },
      answer: 'kept',
      evidence: 'came back',
    },
    {
      where: 'the state does not come back, and a path is kept',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'nowhere' }), fateOfPath: async () => 'kept' },
      answer: 'dropped',
      evidence: 'the state that was sent in it did not come back',
      option: IN_PATH,
    },
    {
      where: 'the state does not come back, and nobody knows of a path',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'nowhere' }), fateOfPath: fails },
      answer: 'dropped',
      evidence: 'did not come back',
      option: IN_PATH,
    },
    {
      where: 'the state does not come back, and a path is dropped as well',
      oauth: {
        linkToAgree: link(),
        agreed: agreed({ stateIn: 'nowhere' }),
        fateOfPath: async () => 'dropped',
      },
      answer: 'dropped',
      evidence: 'did not come back',
      option: OTHER_FLOW,
    },
    {
      where: 'the state does not come back, and a longer path is refused',
      oauth: {
        linkToAgree: link(),
        agreed: agreed({ stateIn: 'nowhere' }),
        fateOfPath: async () => 'refused',
      },
      answer: 'dropped',
      evidence: 'did not come back',
      option: OTHER_FLOW,
    },
    {
      where: 'a query gets no login link, and a longer path does',
      oauth: { linkToAgree: link('query'), linkToRefuse: link(), fateOfPath: async () => 'kept' },
      answer: 'refused',
      evidence: 'no login link for a redirect URI with a query',
      option: IN_PATH,
    },
    {
      where: 'a query gets no login link, a longer path does, and nobody comes back by it',
      oauth: { linkToAgree: link('query'), linkToRefuse: link(), fateOfPath: fails },
      answer: 'refused',
      evidence: 'no login link for a redirect URI with a query',
      option: IN_PATH,
    },
    {
      where: 'a query gets no login link, and a path is dropped',
      oauth: { linkToAgree: link('query'), linkToRefuse: link(), fateOfPath: async () => 'dropped' },
      answer: 'refused',
      evidence: 'no login link for a redirect URI with a query',
      option: OTHER_FLOW,
    },
    {
      where: 'neither a query nor a longer path gets a login link',
      oauth: {
        linkToAgree: link('query', 'path'),
        linkToRefuse: link('path', 'query'),
        fateOfPath: async () => 'refused',
      },
      answer: 'exact',
      evidence: ['no login link for a query', 'none for a longer path'],
      option: OTHER_FLOW,
    },
    {
      where: 'a query gets no login link, and nobody can tell whether a longer path does',
      oauth: { linkToAgree: link('query'), linkToRefuse: fails, fateOfPath: fails },
      answer: null,
      evidence: 'the login was skipped',
    },
    {
      where: 'nobody comes back',
      oauth: { linkToAgree: link(), agreed: fails, fateOfPath: fails },
      answer: null,
      evidence: 'the login was skipped',
    },
    { where: 'there is no login link', oauth: { linkToAgree: fails }, answer: null, evidence: 'skipped' },
  ],
  redirectPath: [
    {
      where: 'the state comes back in it',
      oauth: { fateOfPath: async () => 'kept' },
      answer: 'kept',
      evidence: 'the state that was sent in it came back',
    },
    {
      where: 'the state does not come back',
      oauth: { fateOfPath: async () => 'dropped' },
      answer: 'dropped',
      evidence: 'the state that was sent in it did not come back',
    },
    {
      where: 'a longer path gets no login link',
      oauth: { fateOfPath: async () => 'refused' },
      answer: 'refused',
      evidence: 'no login link for a longer path',
    },
  ],
  callbackJoin: [
    ...(['&', '?', 'other'] as const).map((join) => ({
      where: 'the code comes behind the query so',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'query', join }) },
      answer: join,
      evidence: ['the code came behind the query', `joined by ${join}`],
    })),
    {
      where: 'a query gets no login link',
      oauth: { linkToAgree: link('query'), agreed: agreed({ stateIn: 'query', join: '&' }) },
      answer: 'none',
      evidence: 'no query comes back',
    },
    {
      where: 'the query does not come back',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'nowhere' }) },
      answer: 'none',
      evidence: 'no query comes back',
    },
    {
      where: 'nothing comes with the query',
      oauth: { linkToAgree: link(), agreed: agreed({ stateIn: 'query' }) },
      answer: null,
      evidence: 'the callback brought nothing that could be joined',
    },
  ],
  refusal: [
    {
      where: 'error_code has the code that the strategy knows',
      oauth: { refused: refused('error_code=100102') },
      answer: { name: 'error_code', value: '100102' },
      evidence: /^the browser came back with it$/,
    },
    {
      where: 'error has the code that the strategy knows',
      oauth: { refused: refused('error=access_denied') },
      answer: { name: 'error', value: 'access_denied' },
      evidence: /^the browser came back with it$/,
    },
    {
      where: 'it has a code of its own',
      oauth: { refused: refused('error_code=4711') },
      answer: { name: 'error_code', value: '4711' },
      evidence: /^the browser came back with it$/,
      option: "refusalCodes: ['4711']",
    },
    {
      where: 'the standard has another code',
      oauth: { refused: refused('error=user_cancelled') },
      answer: { name: 'error', value: 'user_cancelled' },
      evidence: /^the browser came back with it$/,
      option: "refusalCodes: ['user_cancelled']",
    },
    {
      where: 'another parameter stands before that of the error',
      oauth: { refused: refused('lang=kk&error=access_denied&error_code=100102') },
      answer: { name: 'error_code', value: '100102' },
      evidence: /came back with it$/,
    },
    {
      where: 'a state that is not ours stands before the parameter that tells it',
      oauth: { refused: refused('state=denied&result=declined') },
      answer: { name: 'result', value: 'declined' },
      evidence: 'it',
    },
    {
      where: 'a state that is not ours comes alone',
      oauth: { refused: refused('state=denied') },
      answer: 'nothing',
      evidence: 'neither a code nor an error',
    },
    {
      where: 'another parameter stands before the standard one',
      oauth: { refused: refused('lang=kk&error=access_denied') },
      answer: { name: 'error', value: 'access_denied' },
      evidence: /came back with it$/,
    },
    {
      where: 'another parameter alone tells it, which the strategy does not read',
      oauth: { refused: refused('reason=cancelled&lang=kk') },
      answer: { name: 'reason', value: 'cancelled' },
      evidence: ['it', 'the strategy reads error_code and error alone'],
    },
    {
      where: 'the browser brings nothing',
      oauth: { refused: refused('') },
      answer: 'nothing',
      evidence: 'neither a code nor an error',
    },
    {
      where: 'the person agreed',
      oauth: { refused: refused('authorization_code=abc&error_code=100102') },
      answer: null,
      evidence: 'a code came: the person agreed',
    },
    {
      where: 'what comes is no code',
      oauth: { refused: refused('error_code=Aigerim%20Seitkali') },
      answer: null,
      evidence: 'error_code came, but is not a code: string of 16',
    },
    {
      where: 'the parameter is empty',
      oauth: { refused: refused('error_code=') },
      answer: null,
      evidence: 'error_code came, but is not a code: string of 0',
    },
    {
      where: 'the name of the parameter cannot be shown',
      oauth: { refused: refused('%D0%B8%D0%BC%D1%8F=cancelled') },
      answer: null,
      evidence: '(a name of 3) came, but is not a code: string of 9',
    },
    {
      where: 'a secret comes',
      oauth: { refused: refused('reason=long_secret') },
      hidden: 'long_secret',
      answer: null,
      evidence: 'reason came, but is not a code: string of 11',
    },
    { where: 'nobody comes back', oauth: { refused: fails }, answer: null, evidence: 'skipped' },
  ],
  errorStatus: [
    {
      where: 'all have it',
      oauth: mistakes(rejected(200, { providerCode: '100101' })),
      answer: 200,
      evidence: [
        'an invalid redirect URI: HTTP 200, code 100101; ',
        'a wrong secret: HTTP 200, code 100101; ',
        'a made-up code: HTTP 200, code 100101; ',
        'a made-up access token: HTTP 200, code 100101',
      ],
    },
    {
      where: 'each has its own',
      oauth: mistakes(rejected(401), { validation: rejected(422), code: rejected(400) }),
      answer: { validation: 422, client: 401, code: 400, token: 401 },
      evidence: 'an invalid redirect URI: HTTP 422; a wrong secret: HTTP 401; a made-up code: HTTP 400',
    },
    {
      where: 'a mistake is answered by a server error',
      oauth: mistakes(rejected(400), { token: unusable(500) }),
      answer: { validation: 400, client: 400, code: 400, token: 500 },
      evidence: 'a made-up access token: HTTP 500, no usable answer',
    },
    {
      where: 'one is not noticed',
      oauth: mistakes(rejected(400), { validation: undefined }),
      answer: { client: 400, code: 400, token: 400 },
      evidence: 'an invalid redirect URI: not noticed; a wrong secret: HTTP 400',
      isPartial: true,
    },
    {
      where: 'one meets an outage',
      oauth: mistakes(rejected(400), { code: unusable(503), token: timeout }),
      answer: { validation: 400, client: 400 },
      evidence: ['a made-up code: HTTP 503, no usable answer', 'a made-up access token: no usable answer'],
      isPartial: true,
    },
    {
      where: 'some come with a redirect, which is no status of an error',
      oauth: mistakes(rejected(300), {
        validation: rejected(299),
        code: rejected(399),
        token: rejected(400),
      }),
      answer: { validation: 299, token: 400 },
      evidence: 'a wrong secret: HTTP 300; a made-up code: HTTP 399; ',
      isPartial: true,
    },
    {
      where: 'the client is refused, whatever it asks for',
      oauth: { ...mistakes(rejected(401)), accepted: fails },
      answer: null,
      evidence: 'skipped',
    },
    {
      where: 'all meet outages',
      oauth: mistakes(unusable(429)),
      answer: null,
      evidence: ['an invalid redirect URI: HTTP 429, no usable answer; a wrong secret: HTTP 429'],
    },
  ],
  tokenId: [
    {
      where: 'another id comes',
      oauth: { tokens: tokens('0123456789'), refreshed: tokens('01234567') },
      answer: 'new',
      evidence: 'a string of 10 with the login, a string of 8 with the refresh',
    },
    {
      where: 'it comes again',
      oauth: { tokens: tokens('0123456789'), refreshed: tokens('0123456789') },
      answer: 'same',
      evidence: 'a string of 10 with the login, a string of 10 with the refresh',
    },
    {
      where: 'it is missing from the refresh',
      oauth: { tokens: tokens('0123456789'), refreshed: tokens() },
      answer: 'new',
      evidence: 'a string of 10 with the login, none with the refresh',
    },
    {
      where: 'it is missing from the login',
      oauth: { tokens: tokens(), refreshed: tokens('0123456789') },
      answer: 'new',
      evidence: 'none with the login, a string of 10 with the refresh',
    },
    {
      where: 'none ever comes',
      oauth: { tokens: tokens(), refreshed: tokens() },
      answer: 'none',
      evidence: 'no id came with the tokens',
    },
    {
      where: 'no refresh succeeds',
      oauth: { tokens: tokens('a'), refreshed: fails },
      answer: null,
      evidence: 'skipped',
    },
  ],
  oldRefreshToken: [
    {
      where: 'it brings tokens again',
      oauth: { refreshedAgain: async () => undefined },
      answer: 'alive',
      evidence: 'a second refresh with it brought tokens',
    },
    {
      where: 'it is rejected',
      oauth: { refreshedAgain: async () => rejected(401, { providerCode: '100103' }) },
      answer: 'dead',
      evidence: 'a second refresh with it: token: HTTP 401, code 100103',
    },
    {
      where: 'it is answered by a server error',
      oauth: { refreshedAgain: async () => unusable(500) },
      answer: 'dead',
      evidence: 'a second refresh with it: token: HTTP 500',
    },
    {
      where: 'the refresh meets an outage',
      oauth: { refreshedAgain: async () => unusable(503) },
      answer: null,
      evidence: 'token: HTTP 503, no usable answer',
    },
  ],
  userInfo: [
    {
      where: 'the profile has all of them',
      oauth: userInfo(EVERY_FIELD),
      answer: {
        freedom_id: 'string of 2',
        firstname: 'string of 7',
        email: 'string of 11',
        emails: 'array of 1 (object of 1 (value: string of 11))',
        phones: 'array of 1 (string of 12)',
      },
      evidence: /^asked for read\.firstname read\.email$/,
    },
    {
      where: 'some grants are refused',
      oauth: userInfo({}, ['read.cards', 'openid']),
      answer: { freedom_id: 'string of 2' },
      evidence: 'asked for read.firstname read.email; not given: read.cards openid',
    },
    ...['email', 'emails', 'phone', 'phones'].flatMap((name): Case[] => [
      {
        where: `${name} has a shape that the profile does not read`,
        oauth: userInfo({ [name]: { unknown: 1 } }),
        answer: { freedom_id: 'string of 2', [name]: 'object of 1 (unknown: number)' },
        evidence: 'asked for',
        option: 'override userProfile, and read _json',
      },
      ...Object.entries({ null: null, 'string of 0': '', 'array of 0': [] }).map(([shown, nothing]) => ({
        where: `${name} has nothing to be read`,
        oauth: userInfo({ [name]: nothing }),
        answer: { freedom_id: 'string of 2', [name]: shown },
        evidence: 'asked for',
      })),
      {
        where: `${name} has something that is not read in a list`,
        oauth: userInfo({ [name]: [{ unknown: 1 }] }),
        answer: { freedom_id: 'string of 2', [name]: 'array of 1 (object of 1 (unknown: number))' },
        evidence: 'asked for',
        option: 'override userProfile, and read _json',
      },
    ]),
    {
      where: 'there is no id that a profile can have',
      oauth: userInfo({ freedom_id: 7 }),
      answer: { freedom_id: 'number' },
      evidence: 'asked for',
      option: 'override userProfile, and read _json',
    },
    {
      where: 'there are no tokens to read with',
      oauth: { ...userInfo({}), userInfo: fails },
      answer: null,
      evidence: 'skipped',
    },
  ],
};

/** Answers that no emulator can be made to give. */
const INEXPRESSIBLE: Answer[] = ['other', 'none', 'nothing', null];

describe("the questions about Freedom ID's own flow", () => {
  it('are these, in the order of a report', () => {
    expect(OAUTH_QUESTIONS.map(({ id }) => id)).to.deep.equal([
      'redirectQuery',
      'redirectPath',
      'callbackJoin',
      'refusal',
      'errorStatus',
      'tokenId',
      'oldRefreshToken',
      'userInfo',
    ]);
    expect(Object.keys(CASES), 'the cases of this test').to.deep.equal(OAUTH_QUESTIONS.map(({ id }) => id));
  });

  it('are put in words, each as one question', () => {
    for (const { id, wording } of OAUTH_QUESTIONS) expect(wording, id).to.match(/^[A-Z][^?]+\?$/);
    const wordings = new Set(OAUTH_QUESTIONS.map(({ wording }) => wording));
    expect(wordings).to.have.property('size', OAUTH_QUESTIONS.length);
  });

  it('have answers that the behaviour of the same name takes', () => {
    for (const id of [
      'redirectQuery',
      'callbackJoin',
      'refusal',
      'errorStatus',
      'tokenId',
      'oldRefreshToken',
    ]) {
      const answers = CASES[id]?.map(({ answer }) => answer).filter((one) => !INEXPRESSIBLE.includes(one));
      expect(answers, id).to.not.deep.equal([]);
      for (const answer of answers ?? []) expect(behaviourProblem(id, answer), id).to.equal(undefined);
    }
  });
});

testQuestions(OAUTH_QUESTIONS, CASES);
