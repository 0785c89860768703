/** What of a request is read to find the callback's parameters. */
export interface RequestWithQuery {
  originalUrl?: unknown;
  url?: unknown;
  query?: unknown;
}

/** What Freedom ID's callback says, its `state` apart. Or why nobody can tell. */
export type Callback =
  | { kind: 'code'; state: string | undefined; code: string }
  | { kind: 'refusal'; state: string | undefined; code: string }
  | { kind: 'failure'; state: string | undefined; code: string }
  | { kind: 'malformed'; message: string };

const PARAMETERS = ['authorization_code', 'error_code', 'error', 'state'] as const;

/** [guess] `error_code=100102` is the user's refusal; `access_denied` is RFC 6749's. */
const REFUSALS = new Set(['100102', 'access_denied']);

/** `name`, or `name[…]`, which query parsers make lists and objects of. */
const OURS = new RegExp(`^(${PARAMETERS.join('|')})(?:\\[|$)`);

/** undocumented: Freedom ID may add its parameter with a second `?` to a redirect URI that has a query. */
const SECOND_QUESTION_MARK = /^(.*?)\?(authorization_code|error_code|error)=(.*)$/s;

/**
 * @param lastParameter - the last query parameter of the app's own callback URL: where there is no `state` behind it, a
 *   second `?` ends up in its value
 * @returns undefined for a request that carries none of the callback's parameters: a login starts
 */
export function readCallback(req: RequestWithQuery, lastParameter?: string): Callback | undefined {
  const pairs = callbackPairs(req, ['state', lastParameter]);
  if (pairs.length === 0) return undefined;

  const values = new Map(pairs);
  if (
    values.size < pairs.length ||
    pairs.some(([name, value]) => !isParameter(name) || typeof value !== 'string')
  ) {
    return {
      kind: 'malformed',
      message: 'The callback from Freedom ID has a parameter twice, or one that is not text.',
    };
  }
  // An empty parameter says nothing.
  const value = (name: (typeof PARAMETERS)[number]) => (values.get(name) as string | undefined) || undefined;
  const state = value('state');
  const error = value('error_code') ?? value('error');
  if (error !== undefined) return { kind: REFUSALS.has(error) ? 'refusal' : 'failure', state, code: error };
  const code = value('authorization_code');
  if (code !== undefined) return { kind: 'code', state, code };
  return {
    kind: 'malformed',
    message: 'The callback from Freedom ID has neither an authorization code nor an error.',
  };
}

/**
 * The URL tells it as it came. `req.query` has been through a parser of the app's choice, or of none: it is asked only
 * where the URL says nothing.
 */
function callbackPairs(req: RequestWithQuery, joinable: (string | undefined)[]): Pair[] {
  const ours = (pairs: Pair[]) =>
    pairs
      .flatMap((pair) => (joinable.includes(pair[0]) ? splitPair(pair) : [pair]))
      .filter(([name]) => OURS.test(name));
  const fromURL = ours(urlPairs(req.originalUrl ?? req.url));
  return fromURL.length > 0 ? fromURL : ours(Object.entries(req.query ?? {}));
}

type Pair = [name: string, value: unknown];

function urlPairs(url: unknown): Pair[] {
  if (typeof url !== 'string') return [];
  const [, ...query] = url.split('?');
  return [...new URLSearchParams(query.join('?'))];
}

function splitPair([name, value]: Pair): Pair[] {
  const [, before, joinedName, joinedValue] =
    (typeof value === 'string' && SECOND_QUESTION_MARK.exec(value)) || [];
  return joinedName === undefined
    ? [[name, value]]
    : [
        [name, before],
        [joinedName, joinedValue],
      ];
}

function isParameter(name: string): boolean {
  return (PARAMETERS as readonly string[]).includes(name);
}
