import { inspect, isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  FreedomIdError,
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdTokenParams,
  type VerifyFunctionWithParams,
} from '../../lib';
import { type Ending, endingOf } from '../support/ending';
import { type Endpoint, goodAnswer, memoryProvider } from '../support/memory-provider';
import { CLIENT_SECRET, minimalOptions } from '../support/options';
import { property } from '../support/property';
import {
  ACCESS_TOKEN,
  type Answer,
  BASIC,
  CODE,
  fieldValue,
  hostileAnswer,
  type Json,
  MAX_SIZE,
  responseTo,
  type Verdict,
  verdictOn,
} from './hostile-answer';

/** The secrets that each request carries, and that no error may repeat. */
const CARRIED: Record<Endpoint, string[]> = {
  authorize: [CLIENT_SECRET, BASIC],
  token: [CLIENT_SECRET, BASIC, CODE],
  'get-data': [ACCESS_TOKEN],
};

const MEMBERS_OF_OBJECTS = Object.getOwnPropertyNames(Object.prototype);

/** What verify was given. */
interface Given {
  accessToken: string;
  refreshToken: string | undefined;
  params: FreedomIdTokenParams;
  profile: FreedomIdProfile;
}

const verify: VerifyFunctionWithParams = (accessToken, refreshToken, params, profile, done) =>
  done(null, { accessToken, refreshToken, params, profile });

/** Runs the leg of a login that asks this endpoint. It responds with `answer`, the others respond well. */
async function legWith(endpoint: Endpoint, answer: Answer): Promise<Ending> {
  const goodToken = JSON.stringify({ access_token: ACCESS_TOKEN });
  const fetch = memoryProvider((asked) => {
    if (asked === endpoint) return responseTo(answer);
    return asked === 'token' ? { status: 200, text: async () => goodToken } : goodAnswer(asked);
  });
  const options = { ...minimalOptions, state: false, maxResponseSize: MAX_SIZE, fetch };
  const query = endpoint === 'authorize' ? '' : `?authorization_code=${CODE}`;
  return endingOf(new FreedomIdStrategy(options, verify), { url: `/cb${query}` });
}

/** Expects the matching failure, if the response is not usable. @returns its body, if it is */
function usableIn(
  endpoint: Endpoint,
  answer: Answer,
  { action, args }: Ending,
  isUsable: (json: Json) => boolean,
): { json: Json; raw: string } | undefined {
  const verdict = verdictOn(answer);
  if ('json' in verdict && isUsable(verdict.json)) return verdict;

  const shown = inspect(args, { depth: 9 });
  for (const secret of CARRIED[endpoint]) expect(shown).to.not.include(secret);
  if ('refused' in verdict && endpoint === 'token') {
    expect(action, shown).to.equal('fail');
    expect(args[0]).to.include({ code: '100101' });
    return undefined;
  }
  expect(action, shown).to.equal('error');
  expect(args[0])
    .to.be.instanceOf(FreedomIdError)
    .and.include({ code: codeFor(verdict), endpoint });
  expect(String(args[0])).to.match(/^FreedomIdError: Freedom ID [^\p{Cc}]+$/u);
  return undefined;
}

function codeFor(verdict: Verdict): string {
  if ('code' in verdict) return verdict.code;
  return 'refused' in verdict ? 'ERR_FREEDOM_ID_REJECTED' : 'ERR_FREEDOM_ID_RESPONSE';
}

const fieldsNamed = (...names: string[]) => fc.tuple(fc.constantFrom(...names), fieldValue);

const isToken = (value: unknown) => typeof value === 'string' && /^[!-~]+$/.test(value);

function expectProfile(profile: FreedomIdProfile, { json, raw }: { json: Json; raw: string }): void {
  expect(profile).to.include({ provider: 'freedom-id', id: json.freedom_id, _raw: raw });
  expect(isDeepStrictEqual(profile._json, JSON.parse(raw))).to.equal(true);
  expect(profile.displayName).to.be.a('string').and.equal(profile.displayName.trim());
  for (const value of [...Object.values(profile), ...Object.values(profile.name ?? {})]) {
    expect(value).to.not.be.oneOf([undefined, null]);
  }
  if (profile.name) expectName(profile.name);
  for (const list of [profile.emails, profile.phoneNumbers]) {
    if (list) expectEntries(list);
  }
  expect(profile.gender).to.be.oneOf([undefined, 'male', 'female']);
  if (profile.birthday !== undefined) expect(profile.birthday).to.match(/^\d{4}-\d\d-\d\d$/);
}

function expectName(name: NonNullable<FreedomIdProfile['name']>): void {
  const { givenName, familyName, middleName = 'not shared', ...others } = name;
  for (const part of [givenName, familyName]) expect(part).to.be.a('string').and.equal(part.trim());
  expect(middleName).to.match(/^\S(.*\S)?$/s);
  expect(Object.values(name).join('')).to.not.equal('');
  expect(others).to.deep.equal({});
}

function expectEntries(list: { value: string }[]): void {
  expect(list).to.not.be.empty;
  for (const entry of list) {
    expect(entry).to.have.all.keys('value');
    expect(entry.value).to.be.a('string').and.not.equal('');
  }
  expect(new Set(list.map(({ value }) => value)).size).to.equal(list.length);
}

describe('whatever Freedom ID responds', () => {
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(MEMBERS_OF_OBJECTS);
  });

  const link = 'https://passport.freedompay.kz/login?track_id=1';
  const links = fc.oneof(
    fc.constantFrom(
      link,
      'HTTPS://a.example',
      'https:/b',
      'javascript:alert(1)',
      'http://evil.example/',
      '//x',
    ),
    fc.constantFrom(
      `${link}\r\nX: y`,
      ` ${link}`,
      `${link}\u0085`,
      'https://',
      'https://%',
      'data:,x',
      'https:',
    ),
    fieldValue,
  );
  const linkAnswer = hostileAnswer({ redirect_uri: link }, fc.tuple(fc.constant('redirect_uri'), links));

  property(
    'to a request for a link, the browser goes to an https: URL or nowhere',
    linkAnswer,
    async (answer) => {
      const ending = await legWith('authorize', answer);
      const used = usableIn('authorize', answer, ending, ({ redirect_uri: url }) => {
        return (
          typeof url === 'string' && !/[\s\p{Cc}]/u.test(url) && /^https:/i.test(url) && URL.canParse(url)
        );
      });
      if (!used) return;
      expect(ending.action).to.equal('redirect');
      expect(ending.args[0]).to.equal(new URL(String(used.json.redirect_uri)).href);
      expect(ending.args[0]).to.match(/^https:\/\/[!-~]+$/);
    },
  );

  const tokenAnswer = hostileAnswer(
    { access_token: ACCESS_TOKEN, refresh_token: 'refresh' },
    fieldsNamed('access_token', 'refresh_token', 'access_expire_at', 'refresh_expire_at', 'id', 'expires_in'),
  );

  property(
    'to an authorization code, the login goes on with a valid token or ends in the matching failure',
    tokenAnswer,
    async (answer) => {
      const ending = await legWith('token', answer);
      const used = usableIn('token', answer, ending, (json) => isToken(json.access_token));
      if (!used) return;
      expect(ending.action, inspect(ending.args)).to.equal('success');
      const { accessToken, refreshToken, params } = ending.args[0] as Given;
      const { access_token, refresh_token } = used.json;
      expect(accessToken).to.equal(access_token);
      expect(refreshToken).to.equal(isToken(refresh_token) ? refresh_token : undefined);
      expect(params).to.include({ access_token }).and.not.have.own.property('refresh_token');
      expect(Object.getPrototypeOf(params)).to.equal(Object.prototype);
    },
  );

  const userAnswer = hostileAnswer(
    { freedom_id: '01e272c9-8da6-466e-8a20-fcdf4d4c49ff' },
    fc.oneof(
      {
        weight: 6,
        arbitrary: fieldsNamed(
          ...['firstname', 'lastname', 'patronymic', 'date_of_birth', 'gender'],
          ...['email', 'emails', 'phone', 'phones'],
        ),
      },
      fieldsNamed('freedom_id', 'id', 'sub'),
      fc.tuple(
        fc.constant('freedom_id'),
        fc.constantFrom<unknown>('', ' ', 'a b', 'é', '\n', 0, null, ['id']),
      ),
    ),
  );

  property(
    'to an access token, verify gets a well-formed profile or is not called',
    userAnswer,
    async (answer) => {
      const ending = await legWith('get-data', answer);
      const used = usableIn('get-data', answer, ending, ({ freedom_id: id }) => {
        return typeof id === 'string' && /^[!-~]{1,255}$/.test(id);
      });
      if (!used) return;
      expect(ending.action, inspect(ending.args)).to.equal('success');
      expectProfile((ending.args[0] as Given).profile, used);
    },
  );
});
