import type { ExchangeRequest } from './exchange';

const MAX_LENGTH = 200;

/** Takes the place of a secret until the end. A noncharacter: no text contains it, and no secret is a part of it. */
const MARK = '\uffff';

/**
 * A run of 40 such characters is taken for a token: it is longer than a UUID (36), and shorter than our state (43). The mark
 * counts as one of them, so that a short secret does not cut a token into two harmless halves.
 */
const TOKEN_LIKE = /[A-Za-z0-9_~+\uffff-]{40,}/g;

/** Makes text from outside safe to log. Every such text passes through here before it gets into an error. */
export class Redactor {
  /** Every form in which a text may repeat a secret, the longest first: another one may be a part of it. */
  private readonly echoes: readonly string[];

  constructor(secrets: readonly string[]) {
    const echoes = new Set(secrets.flatMap(echoesOf));
    echoes.delete('');
    this.echoes = [...echoes].sort((one, other) => other.length - one.length);
  }

  /** Prose: no secret, no control or invisible character, 200 characters at most. */
  clean(text: string): string {
    const marked = this.echoes.reduce((rest, echo) => rest.replaceAll(echo, MARK), text);
    return marked
      .replace(TOKEN_LIKE, MARK)
      .replaceAll(MARK, '[redacted]')
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .trim()
      .slice(0, MAX_LENGTH)
      .toWellFormed();
  }

  /** A code or a name: a short one stays as it is unless it is a secret, even if it contains one such as `1`. */
  cleanCode(code: string): string {
    return /^[\w.-]{1,39}$/.test(code) && !this.echoes.includes(code) ? code : this.clean(code);
  }
}

/** Makes the redactor of one exchange. */
export type RedactorOf = (request: ExchangeRequest, response?: Record<string, unknown>) => Redactor;

/**
 * @param lastingSecrets - what no error may show, whichever the exchange. The secrets of one exchange are added: its
 *   credentials, the query of its URL, and the secret members of its request and of its response
 */
export function createRedactors(lastingSecrets: readonly string[]): RedactorOf {
  return ({ url, authorization, json = {} }, response = {}) =>
    new Redactor([
      ...lastingSecrets,
      authorization.credentials,
      new URL(url).search,
      ...secretMembers(json),
      ...statesIn(json),
      ...secretMembers(response),
    ]);
}

/** The part of a URL that an error or a log may show: the query may hold a key. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Members of a request or a response that let somebody in (protocol 3, 4). */
const SECRET_MEMBERS = ['authorization_code', 'access_token', 'refresh_token'];

function secretMembers(json: Record<string, unknown>): string[] {
  return SECRET_MEMBERS.map((name) => json[name]).filter((value) => typeof value === 'string');
}

/** In Freedom ID's own flow the state travels in the query of the redirect URI (protocol 2). */
function statesIn({ redirect_uri: redirectURI }: Record<string, unknown>): string[] {
  if (typeof redirectURI !== 'string' || !URL.canParse(redirectURI)) return [];
  return new URL(redirectURI).searchParams.getAll('state');
}

function echoesOf(secret: string): string[] {
  const inURL = encodeURIComponent(secret.toWellFormed());
  const inHTML = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const inJSON = JSON.stringify(secret).slice(1, -1);
  const inPHP = inJSON.replaceAll('/', '\\/');
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, inURL, inHTML, inJSON, inPHP, base64].flatMap((echo) => [echo, echo.replace(/=+$/, '')]);
}
