import { isAtCallbackURL, lastParameterOf } from './callback-url';

/** The part of a request in which the callback's parameters are looked for. */
export interface RequestWithQuery {
  method?: unknown;
  originalUrl?: unknown;
  url?: unknown;
  query?: unknown;
}

/** What Freedom ID's callback says (protocol 3), or why it is not read. */
export type Callback =
  | { kind: 'code'; state: string | undefined; code: string }
  | ReportedError<'refusal'>
  | ReportedError<'failure'>
  | { kind: 'head-request' | 'malformed-callback'; message: string };

interface ReportedError<Kind> {
  kind: Kind;
  state: string | undefined;
  errorCode: string;
  /** RFC 6749, 4.1.2.1: what `error_description` says. */
  description: string | undefined;
  code: string | undefined;
}

/** Guess: `error_code=100102` is the user's refusal (protocol 3, 11). `access_denied` is RFC 6749's. */
const REFUSALS = new Set(['100102', 'access_denied']);

/** Reads the callbacks of one flow. */
export class CallbackReader {
  /** The names of the parameters that a callback may have. The app's own callback URL cannot have any of them. */
  readonly parameters: readonly string[];

  /**
   * Splits a value that ends with a parameter. Undocumented: Freedom ID may add its own with a second `?` to a redirect URI
   * that has a query (protocol 2).
   */
  private readonly secondQuestionMark: RegExp;

  /** @param codeParameter - the parameter that brings the authorization code */
  constructor(private readonly codeParameter: string) {
    const added = [codeParameter, 'error_code', 'error'];
    this.parameters = [...added, 'state'];
    this.secondQuestionMark = new RegExp(`^(.*?)\\?(${added.join('|')})=(.*)$`, 's');
  }

  /**
   * @param callbackURL - the app's own, without the state
   * @returns undefined for a request that is no callback: it starts a login
   */
  read(req: RequestWithQuery, callbackURL: string): Callback | undefined {
    const pairs = this.pairsOf(req, ['state', lastParameterOf(callbackURL)]);
    const ours = pairs.filter(([name]) => this.isOurs(name));
    const names = new Set(ours.map(([name]) => baseName(name)));
    if (!this.makesCallback(names) && !(names.size > 0 && isAtCallbackURL(callbackURL, req)))
      return undefined;

    if (req.method === 'HEAD') {
      const message = 'A HEAD request cannot finish a login: open the link in a browser.';
      return { kind: 'head-request', message };
    }
    const values = new Map(ours);
    if (values.size < ours.length || !ours.every((pair) => this.isParameter(pair))) {
      const message = 'The callback from Freedom ID has a parameter twice, or one that is not text.';
      return { kind: 'malformed-callback', message };
    }
    // An empty parameter says nothing.
    const value = (name: string) => (values.get(name) as string | undefined) || undefined;
    const state = value('state');
    const code = value(this.codeParameter);
    const errorCode = value('error_code') ?? value('error');
    if (errorCode !== undefined) {
      const kind = REFUSALS.has(errorCode) ? 'refusal' : 'failure';
      return { kind, state, errorCode, description: descriptionIn(pairs), code };
    }
    if (code !== undefined) return { kind: 'code', state, code };
    const message = 'The callback from Freedom ID has neither an authorization code nor an error.';
    return { kind: 'malformed-callback', message };
  }

  /**
   * Whether parameters make a callback of a request to any path. `state` and `error` alone do not: apps have parameters of
   * these names, too.
   */
  private makesCallback(names: ReadonlySet<string>): boolean {
    return (
      names.has(this.codeParameter) || names.has('error_code') || (names.has('error') && names.has('state'))
    );
  }

  /**
   * The URL has the parameters as they were sent. `req.query` depends on the query parser that the app chose, so it is read
   * only where the URL has none of them.
   *
   * @param joinable - the parameters behind which a second `?` may come: whatever follows is a part of their value. One is the
   *   last of the app's own callback URL, for a login without a state.
   */
  private pairsOf(req: RequestWithQuery, joinable: (string | undefined)[]): Pair[] {
    const split = (pairs: Pair[]) =>
      pairs.flatMap((pair) => (joinable.includes(pair[0]) ? this.splitPair(pair) : [pair]));
    const fromURL = split(urlPairs(req.originalUrl ?? req.url));
    const hasOurs = fromURL.some(([name]) => this.isOurs(name));
    return hasOurs ? fromURL : split(Object.entries(req.query ?? {}));
  }

  private splitPair([name, value]: Pair): Pair[] {
    const [, before, joinedName, joinedValue] =
      (typeof value === 'string' && this.secondQuestionMark.exec(value)) || [];
    return joinedName === undefined
      ? [[name, value]]
      : [
          [name, before],
          [joinedName, joinedValue],
        ];
  }

  private isOurs(name: string): boolean {
    return this.parameters.includes(baseName(name));
  }

  private isParameter([name, value]: Pair): boolean {
    return this.parameters.includes(name) && typeof value === 'string';
  }
}

type Pair = [name: string, value: unknown];

/** The name without `[…]`, of which query parsers make lists and objects. */
function baseName(name: string): string {
  const bracket = name.indexOf('[');
  return bracket < 0 ? name : name.slice(0, bracket);
}

/** It is for people to read, so one that is repeated, empty or no text is left out. */
function descriptionIn(pairs: readonly Pair[]): string | undefined {
  const [description, ...more] = pairs.filter(([name]) => name === 'error_description');
  return more.length === 0 && typeof description?.[1] === 'string' ? description[1] : undefined;
}

function urlPairs(url: unknown): Pair[] {
  if (typeof url !== 'string') return [];
  const [, ...query] = url.split('?');
  return [...new URLSearchParams(query.join('?'))];
}
