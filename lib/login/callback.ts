/** The part of a request in which the callback's parameters are looked for. */
export interface RequestWithQuery {
  originalUrl?: unknown;
  url?: unknown;
  query?: unknown;
}

/** What Freedom ID's callback says (protocol 3), or why it cannot be understood. */
export type Callback =
  | { kind: 'code'; state: string | undefined; code: string }
  | { kind: 'refusal'; state: string | undefined; errorCode: string }
  | { kind: 'failure'; state: string | undefined; errorCode: string; code: string | undefined }
  | { kind: 'malformed'; message: string };

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
   * @param lastParameter - the last query parameter of the app's own callback URL: where no `state` follows it, whatever
   *   comes behind a second `?` becomes a part of its value
   * @returns undefined for a request without any of the callback's parameters: it starts a login
   */
  read(req: RequestWithQuery, lastParameter?: string): Callback | undefined {
    const pairs = this.callbackPairs(req, ['state', lastParameter]);
    if (pairs.length === 0) return undefined;

    const values = new Map(pairs);
    if (values.size < pairs.length || !pairs.every((pair) => this.isParameter(pair))) {
      return {
        kind: 'malformed',
        message: 'The callback from Freedom ID has a parameter twice, or one that is not text.',
      };
    }
    // An empty parameter says nothing.
    const value = (name: string) => (values.get(name) as string | undefined) || undefined;
    const state = value('state');
    const code = value(this.codeParameter);
    const errorCode = value('error_code') ?? value('error');
    if (errorCode !== undefined) {
      return REFUSALS.has(errorCode)
        ? { kind: 'refusal', state, errorCode }
        : { kind: 'failure', state, errorCode, code };
    }
    if (code !== undefined) return { kind: 'code', state, code };
    return {
      kind: 'malformed',
      message: 'The callback from Freedom ID has neither an authorization code nor an error.',
    };
  }

  /**
   * The URL has the parameters as they were sent. `req.query` depends on the query parser that the app chose, so it is read
   * only where the URL has none of them.
   */
  private callbackPairs(req: RequestWithQuery, joinable: (string | undefined)[]): Pair[] {
    const ours = (pairs: Pair[]) =>
      pairs
        .flatMap((pair) => (joinable.includes(pair[0]) ? this.splitPair(pair) : [pair]))
        .filter(([name]) => this.isOurs(name));
    const fromURL = ours(urlPairs(req.originalUrl ?? req.url));
    return fromURL.length > 0 ? fromURL : ours(Object.entries(req.query ?? {}));
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

  /** `name`, or `name[…]`, of which query parsers make lists and objects. */
  private isOurs(name: string): boolean {
    return this.parameters.some((parameter) => name === parameter || name.startsWith(`${parameter}[`));
  }

  private isParameter([name, value]: Pair): boolean {
    return this.parameters.includes(name) && typeof value === 'string';
  }
}

type Pair = [name: string, value: unknown];

function urlPairs(url: unknown): Pair[] {
  if (typeof url !== 'string') return [];
  const [, ...query] = url.split('?');
  return [...new URLSearchParams(query.join('?'))];
}
