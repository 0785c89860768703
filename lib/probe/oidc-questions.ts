import { FreedomIdError } from '../errors';
import { ASYMMETRIC_ALGORITHMS, SYMMETRIC_ALGORITHMS } from '../oidc/jwk';
import { DEFAULT_ALGORITHMS, TOKEN_PATH, USER_INFO_PATH } from '../oidc/options';
import { FORMATS, type Miss, type OidcSteps, type Search } from './oidc-steps';
import { type AnyQuestion, question, type Verdict } from './question';
import { Unanswered } from './unanswered';

/** About OpenID Connect, in the order of a report. */
export const OIDC_QUESTIONS: readonly AnyQuestion[] = [
  question({
    id: 'discovery',
    wording: 'OpenID Connect: is there a discovery document?',
    async ask({ oidc }) {
      const { found, misses } = await oidc.discovery();
      return { found, misses: inWords(oidc, misses) };
    },
    judge: ({ found, misses }) => ({
      answer: found !== undefined,
      evidence: found ? 'at /.well-known/openid-configuration' : misses,
    }),
  }),
  question({
    id: 'oidcTokenURL',
    wording: 'OpenID Connect: where is the token endpoint?',
    ask: async ({ oidc }) => placeOf(oidc, await oidc.tokenEndpoint()),
    judge: (place) => verdictOn(place, 'it answers a made-up code as a token endpoint does'),
    option: (_, { path, url }) => (path === TOKEN_PATH ? undefined : setting('tokenURL', url)),
  }),
  question({
    id: 'oidcCallback',
    wording: 'OpenID Connect: which parameter brings the code?',
    async ask({ oidc, discretion }) {
      const { params } = await oidc.cameBack.json().catch(() => oidc.cameBack.form());
      const error = params.get('error') ?? params.get('error_code');
      if (error !== null) throw new Unanswered(`an error came: ${discretion.code(error)}`);
      const name = ['code', 'authorization_code'].find((one) => params.has(one));
      return { name, names: Object.keys(discretion.describeMembers(Object.fromEntries(params))) };
    },
    judge({ name, names }) {
      if (name === undefined)
        throw new Unanswered(`no code came${names.length > 0 ? `, but ${names.join(', ')}` : ''}`);
      return { answer: name, evidence: `the callback brought ${names.join(', ')}` };
    },
  }),
  question({
    id: 'oidcTokenRequest',
    wording: 'OpenID Connect: is a token request JSON or a form?',
    async ask({ oidc, discretion }) {
      const results = [];
      for (const format of FORMATS) {
        const result = await oidc.exchanged[format]();
        const error = result instanceof FreedomIdError ? discretion.reasonOf(result) : undefined;
        results.push({ format, error });
      }
      return results;
    },
    judge(results) {
      const accepted = results.filter(({ error }) => error === undefined).map(({ format }) => format);
      const evidence = results.map(({ format, error = 'accepted' }) => `${format}: ${error}`).join('; ');
      const [only] = accepted;
      if (only === undefined) throw new Unanswered(evidence);
      return { answer: accepted.length > 1 ? 'both' : only, evidence };
    },
    option: ({ answer }) => (answer === 'form' ? "tokenRequest: 'form'" : undefined),
  }),
  question({
    id: 'oidcUserInfo',
    wording: 'OpenID Connect: where is user info?',
    async ask({ oidc, discretion }) {
      const search = await oidc.userInfo();
      const fields = Object.entries(discretion.describeMembers(search.found?.json ?? {}));
      return { ...placeOf(oidc, search), fields: fields.map(([name, kind]) => `${name}: ${kind}`) };
    },
    judge: (seen) => verdictOn(seen, seen.fields.join('; ')),
    option({ answer }, { path, url }) {
      if (answer === 'none') return 'skipUserProfile: true';
      return path === USER_INFO_PATH ? undefined : setting('userInfoURL', url);
    },
  }),
  question({
    id: 'idToken',
    wording: 'OpenID Connect: how is the ID token signed?',
    async ask({ oidc, discretion }) {
      const { jwt, checked, fault } = await oidc.idToken();
      const { alg, kid } = jwt.header;
      const { iss } = jwt.claims;
      return {
        alg: [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS, 'none'].find((one) => one === alg),
        words: `alg: ${discretion.describe(alg)}`,
        kid: discretion.describe(kid),
        checked,
        fault: fault === undefined ? undefined : discretion.reasonOf(fault),
        issuer: discretion.url(iss),
        isExpected: iss === oidc.issuer,
      };
    },
    judge({ alg, words, kid, checked, fault, isExpected }) {
      if (alg === undefined) throw new Unanswered(`the algorithm is not known; ${words}`);
      const holds = fault ?? HOLDS[checked];
      const issuer = isExpected ? 'iss is the base URL' : 'iss is another than the base URL';
      return { answer: alg, evidence: `kid: ${kid}; ${issuer}; ${holds}` };
    },
    option({ answer }, { issuer, isExpected }) {
      const options = [
        DEFAULT_ALGORITHMS.includes(String(answer)) || answer === 'none' ? '' : `algorithms: ['${answer}']`,
        isExpected || issuer === undefined ? '' : `issuer: '${issuer}'`,
      ];
      return options.filter(Boolean).join(', ') || undefined;
    },
  }),
  question({
    id: 'jwks',
    wording: 'OpenID Connect: where are the keys of ID tokens?',
    async ask({ oidc }) {
      const search = await oidc.keys();
      const { keys = [] } = (search.found?.json ?? {}) as { keys?: { kty?: unknown }[] };
      const types = keys.map((key) => key?.kty);
      const kinds = KEY_TYPES.filter((kty) => types.includes(kty));
      return { ...placeOf(oidc, search), count: keys.length, kinds };
    },
    judge: (seen) =>
      verdictOn(
        seen,
        `${seen.count} key${seen.count === 1 ? '' : 's'}: ${seen.kinds.join(', ') || 'of unknown kinds'}`,
      ),
    option: (_, { url }) => setting('jwksURL', url),
  }),
];

/** How the ID token was checked, where it holds. */
const HOLDS = {
  connection: 'its claims hold, and no key was found to check the signature with',
  secret: 'its claims hold, and its signature by the client secret',
  keys: 'its claims hold, and its signature by a key that was found',
};

/** RFC 7518, 6.1, and RFC 8037, 2. */
const KEY_TYPES = ['RSA', 'EC', 'OKP', 'oct'];

interface Place {
  /** Absent where the report must not show it. */
  url?: string | undefined;
  /** Below the base URL; where it must not be shown, in words. */
  path?: string;
  /** In words. */
  misses: string;
}

function placeOf(oidc: OidcSteps, { found, misses: missed }: Search): Place {
  const misses = inWords(oidc, missed);
  if (!found) return { misses };
  const path = oidc.pathOf(found.url);
  return { url: found.url.endsWith(path) ? found.url : undefined, path, misses };
}

function inWords(oidc: OidcSteps, misses: readonly Miss[]): string {
  return misses.map(({ url, what }) => `${oidc.pathOf(url)}: ${what}`).join('; ');
}

function verdictOn({ path, misses }: Place, evidence: string): Verdict {
  return path === undefined ? { answer: 'none', evidence: misses } : { answer: path, evidence };
}

function setting(option: string, url: string | undefined): string | undefined {
  return url && `${option}: '${url}'`;
}
