import { DEFAULT_REFUSAL_CODES } from '../login/options';
import { parseProfile } from '../oauth/user-info';
import type { FreedomIdUserInfo } from '../profile';
import type { CallbackContent } from './arrival';
import { type Fate, MISTAKES, type Mistake } from './oauth-steps';
import { type AnyQuestion, question } from './question';
import { isRefusal } from './refusal';
import { Unanswered } from './unanswered';

const OTHER_FLOW = "the OpenID Connect flow, 'passport-freedom-id/oidc'";

/** About Freedom ID's own flow, in the order of a report. */
export const OAUTH_QUESTIONS: readonly AnyQuestion[] = [
  question({
    id: 'redirectQuery',
    wording: 'Does the query of the redirect URI survive?',
    async ask({ oauth }) {
      const { refused } = await oauth.linkToAgree();
      const isRefused = refused.includes('query');
      const query: Fate = isRefused ? 'refused' : fateOf(await oauth.agreed());
      // `refused` and `exact` differ only in what becomes of the path: if that cannot be asked, there is no answer.
      if (isRefused) await oauth.linkToRefuse();
      return { query, path: await oauth.fateOfPath().catch(() => 'unknown') };
    },
    judge({ query, path }) {
      if (query !== 'refused') return { answer: query, evidence: EVIDENCE[query] };
      if (path !== 'refused')
        return { answer: query, evidence: 'no login link for a redirect URI with a query' };
      return {
        answer: 'exact',
        evidence: 'no login link for a query, none for a longer path, one for neither',
      };
    },
    option({ answer }, { path }) {
      if (answer === 'kept') return undefined;
      return path === 'refused' || path === 'dropped' ? OTHER_FLOW : "stateIn: 'path'";
    },
  }),
  question({
    id: 'redirectPath',
    wording: 'Does one more segment of its path survive?',
    ask: ({ oauth }) => oauth.fateOfPath(),
    judge: (fate) => ({
      answer: fate,
      evidence: fate === 'refused' ? 'no login link for a longer path' : EVIDENCE[fate],
    }),
  }),
  question({
    id: 'callbackJoin',
    wording: 'How is the code joined to a query?',
    async ask({ oauth }) {
      const { refused } = await oauth.linkToAgree();
      return refused.includes('query') ? undefined : oauth.agreed();
    },
    judge(back) {
      if (back?.stateIn !== 'query') return { answer: 'none', evidence: 'no query comes back' };
      if (back.join === undefined) throw new Unanswered('the callback brought nothing that could be joined');
      return { answer: back.join, evidence: `the code came behind the query, joined by ${back.join}` };
    },
  }),
  question({
    id: 'refusal',
    wording: 'What does a refusal send?',
    async ask({ oauth, discretion }) {
      const { params } = await oauth.refused();
      if (params.has('authorization_code')) throw new Unanswered('a code came: the person agreed');
      // A state says nothing about the refusal.
      const names = [...params.keys()].filter((one) => one !== 'state');
      const [name] = ['error_code', 'error', ...names].filter((one) => params.has(one));
      if (name === undefined) return undefined;
      const value = String(params.get(name));
      if (discretion.name(name) !== name || !discretion.isCode(value)) {
        throw new Unanswered(
          `${discretion.name(name)} came, but is not a code: ${discretion.describe(value)}`,
        );
      }
      return { name, value };
    },
    judge(sent) {
      if (!sent)
        return { answer: 'nothing', evidence: 'the browser came back with neither a code nor an error' };
      const isRead = ERROR_PARAMETERS.includes(sent.name);
      const evidence = `the browser came back with it${isRead ? '' : '; the strategy reads error_code and error alone'}`;
      return { answer: sent, evidence };
    },
    option(_, sent) {
      if (!sent || !ERROR_PARAMETERS.includes(sent.name)) return undefined;
      return DEFAULT_REFUSAL_CODES.includes(sent.value) ? undefined : `refusalCodes: ['${sent.value}']`;
    },
  }),
  question({
    id: 'errorStatus',
    wording: 'Which HTTP status has each kind of error?',
    async ask({ oauth, discretion }) {
      await oauth.accepted();
      const seen: Seen[] = [];
      for (const mistake of MISTAKES) {
        const error = await oauth.mistakes[mistake]();
        const words = error ? discretion.answerIn(error) : 'not noticed';
        // The status of an outage or of a redirect is not that of the error.
        const status = isRefusal(error) && !isRedirect(error.httpStatus) ? error.httpStatus : undefined;
        seen.push({ mistake, status, words: `${WORDS[mistake]}: ${words}` });
      }
      return seen;
    },
    judge(seen) {
      const known = seen.filter(({ status }) => status !== undefined);
      const evidence = seen.map(({ words }) => words).join('; ');
      if (known.length === 0) throw new Unanswered(evidence);
      const answer = Object.fromEntries(known.map(({ mistake, status }) => [mistake, status as number]));
      const [status, ...others] = new Set(Object.values(answer));
      const isPartial = known.length < seen.length;
      const isUniform = !isPartial && others.length === 0;
      return { answer: isUniform ? (status as number) : answer, evidence, isPartial };
    },
  }),
  question({
    id: 'tokenId',
    wording: 'Does a refresh change the id of the tokens?',
    ask: async ({ oauth }) => ({ first: (await oauth.tokens()).id, second: (await oauth.refreshed()).id }),
    judge({ first, second }) {
      if (first === undefined && second === undefined)
        return { answer: 'none', evidence: 'no id came with the tokens' };
      const [one, two] = [first, second].map((id) =>
        id === undefined ? 'none' : `a string of ${id.length}`,
      );
      const evidence = `${one} with the login, ${two} with the refresh`;
      return { answer: first === second ? 'same' : 'new', evidence };
    },
  }),
  question({
    id: 'oldRefreshToken',
    wording: 'Is a refresh token good after its refresh?',
    async ask({ oauth, discretion }) {
      const error = await oauth.refreshedAgain();
      if (error && !isRefusal(error)) throw error;
      return error && discretion.reasonOf(error);
    },
    judge: (refusal) =>
      refusal === undefined
        ? { answer: 'alive', evidence: 'a second refresh with it brought tokens, too' }
        : { answer: 'dead', evidence: `a second refresh with it: ${refusal}` },
  }),
  question({
    id: 'userInfo',
    wording: 'Which fields does get-data send?',
    async ask({ oauth, discretion }) {
      const info = await oauth.userInfo();
      return { info, fields: discretion.describeMembers(info.json), ...(await oauth.grants()) };
    },
    judge: ({ fields, given, refused }) => ({
      answer: fields,
      evidence: `asked for ${given.join(' ')}${refused.length > 0 ? `; not given: ${refused.join(' ')}` : ''}`,
    }),
    option: (_, { info }) => (isMapped(info) ? undefined : 'override userProfile, and read _json'),
  }),
];

function fateOf({ stateIn }: CallbackContent): Fate {
  return stateIn === 'query' ? 'kept' : 'dropped';
}

const EVIDENCE: Record<Exclude<Fate, 'refused'>, string> = {
  kept: 'the state that was sent in it came back',
  dropped: 'the state that was sent in it did not come back',
};

const ERROR_PARAMETERS = ['error_code', 'error'];

interface Seen {
  mistake: Mistake;
  status: number | undefined;
  words: string;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status <= 399;
}

const WORDS: Record<Mistake, string> = {
  validation: 'an invalid redirect URI',
  client: 'a wrong secret',
  code: 'a made-up code',
  token: 'a made-up access token',
};

/** Whether the profile has what get-data sends. The names and shapes are guesses (protocol 7). */
function isMapped(info: FreedomIdUserInfo): boolean {
  try {
    const { emails, phoneNumbers } = parseProfile(info);
    const { json } = info;
    const isLost = (found: unknown, ...values: unknown[]) =>
      found === undefined && values.some((value) => !isNothing(value));
    return !isLost(emails, json.email, json.emails) && !isLost(phoneNumbers, json.phone, json.phones);
  } catch {
    return false;
  }
}

/** Protocol 7: absent and `null` both mean "not given". */
function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}
