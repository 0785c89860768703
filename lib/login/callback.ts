import { isAtCallbackURL, lastParameterOf, requestedPath } from './callback-url';
import type { Flow } from './flow';
import { isLikeState, takeStateOff } from './state-in-path';

/** The part of a request that may hold the callback's parameters. */
export interface RequestWithQuery {
  method?: unknown;
  originalUrl?: unknown;
  url?: unknown;
  query?: unknown;
}

/** What Freedom ID's callback says (protocol 3), or why it is not read. */
export type Callback =
  | (Returned<'code'> & { code: string })
  | ReportedError<'refusal'>
  | ReportedError<'failure'>
  | { kind: 'head-request' | 'malformed-callback'; message: string };

interface Returned<Kind> {
  kind: Kind;
  /** The path to which the browser came back, without the state. */
  path: string;
  state: string | undefined;
  issuer: string | undefined;
}

interface ReportedError<Kind> extends Returned<Kind> {
  errorCode: string;
  /** RFC 6749, 4.1.2.1: what `error_description` says. */
  description: string | undefined;
  code: string | undefined;
}

/** Reads the callbacks of one flow. */
export class CallbackReader {
  /** The names of the parameters that a callback may have. The app's own callback URL cannot have any of them. */
  readonly parameters: readonly string[];

  /**
   * Splits a value that ends with a parameter. Undocumented: Freedom ID may add its own with a second `?` to a redirect URI
   * that has a query (protocol 2).
   */
  private readonly secondQuestionMark: RegExp;

  /** @param refusals - values of `error_code` or `error` which mean that the user refused */
  constructor(
    private readonly flow: Pick<Flow, 'codeParameter' | 'isCodeUnmistakable' | 'issuer' | 'stateIn'>,
    private readonly refusals: readonly string[],
  ) {
    const state = flow.stateIn === 'path' ? [] : ['state'];
    const issuer = flow.issuer === undefined ? [] : ['iss'];
    this.parameters = [flow.codeParameter, 'error_code', 'error', ...state, ...issuer];
    this.secondQuestionMark = new RegExp(`^(.*?)\\?(${this.parameters.join('|')})=(.*)$`, 's');
  }

  /**
   * @param callbackURL - the app's own, without the state
   * @returns undefined for a request that is no callback: it starts a login
   */
  read(req: RequestWithQuery, callbackURL: string): Callback | undefined {
    const requested = requestedPath(req);
    const inQuery = this.flow.stateIn === 'query';
    const inPath = inQuery ? undefined : takeStateOff(requested, callbackURL);
    const lastParameter = lastParameterOf(callbackURL);
    const pairs = this.pairsOf(req, inQuery ? ['state', lastParameter] : [lastParameter]);
    const ours = pairs.filter(([name]) => this.isOurs(name));
    const names = new Set(ours.map(([name]) => baseName(name)));
    const isThere = () => inPath !== undefined || isAtCallbackURL(callbackURL, requested);
    if (!this.makesCallback(names) && !(this.mayMakeCallback(names, inPath) && isThere())) return undefined;

    if (req.method === 'HEAD') {
      const message = 'A HEAD request cannot finish a login: open the link in a browser.';
      return { kind: 'head-request', message };
    }
    const values = new Map(ours);
    if (values.size < ours.length || !ours.every((pair) => this.isParameter(pair))) {
      const message = 'The callback from Freedom ID has a parameter twice, or one that is not text.';
      return { kind: 'malformed-callback', message };
    }
    // An empty parameter counts as absent.
    const value = (name: string) => (values.get(name) as string | undefined) || undefined;
    const path = inPath?.path ?? requested;
    const state = inPath?.state ?? value('state');
    const code = value(this.flow.codeParameter);
    const errorCode = value('error_code') ?? value('error');
    // An empty issuer, however, is a wrong one.
    const issuer = values.get('iss') as string | undefined;
    if (errorCode !== undefined) {
      const kind = this.refusals.includes(errorCode) ? 'refusal' : 'failure';
      return { kind, path, state, issuer, errorCode, description: descriptionIn(pairs), code };
    }
    if (code !== undefined) return { kind: 'code', path, state, issuer, code };
    const message = 'The callback from Freedom ID has neither an authorization code nor an error.';
    return { kind: 'malformed-callback', message };
  }

  /**
   * Whether these parameters make a request a callback, whatever its path. Apps have parameters named `error` or `code`, too, so
   * such a name counts only together with `state`.
   */
  private makesCallback(names: ReadonlySet<string>): boolean {
    const { codeParameter, isCodeUnmistakable } = this.flow;
    if (names.has('error_code') || (isCodeUnmistakable && names.has(codeParameter))) return true;
    return names.has('state') && (names.has('error') || names.has(codeParameter));
  }

  /**
   * Whether these parameters, or what looks like a state in the path, make a request to the callback URL a callback. `iss` alone
   * does not: it asks for a login (OpenID Connect Core, 4).
   */
  private mayMakeCallback(names: ReadonlySet<string>, inPath: { state: string } | undefined): boolean {
    if (inPath !== undefined && isLikeState(inPath.state)) return true;
    return names.size > 0 && !(names.size === 1 && names.has('iss'));
  }

  /**
   * The URL has the parameters as they were sent. `req.query` depends on the query parser that the app chose, so it is read
   * only if the URL has none of them.
   *
   * @param joinable - the parameters that a second `?` may follow: the text behind it is then a part of their value. One is the
   *   last parameter of the app's own callback URL, for a login without a state.
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

/** The name without `[…]`, which query parsers turn into lists and objects. */
function baseName(name: string): string {
  const bracket = name.indexOf('[');
  return bracket < 0 ? name : name.slice(0, bracket);
}

/** The description is only for people to read. So one that is repeated or not text is left out, and is no error. */
function descriptionIn(pairs: readonly Pair[]): string | undefined {
  const [description, ...more] = pairs.filter(([name]) => name === 'error_description');
  return more.length === 0 && typeof description?.[1] === 'string' ? description[1] : undefined;
}

function urlPairs(url: unknown): Pair[] {
  if (typeof url !== 'string') return [];
  const [, ...query] = url.split('?');
  return [...new URLSearchParams(query.join('?'))];
}
