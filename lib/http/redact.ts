import type { ExchangeRequest } from './exchange';

const MAX_LENGTH = 200;

/** Far more than is shown. The search takes time with the product of the lengths of text and secrets. */
const MAX_SEARCHED = 1000;

/** Such a run is taken for a token: it is longer than a UUID (36 characters), and shorter than our state (43). */
const TOKEN_LENGTH = 40;
const TOKEN_LIKE = new RegExp(`[A-Za-z0-9_~+-]{${TOKEN_LENGTH},}`, 'g');

/** Makes text from outside safe to log. Every such text passes through here before it gets into an error. */
export class Redactor {
  /** Every form in which a text may repeat a secret. */
  private readonly echoes: readonly string[];

  constructor(secrets: readonly string[]) {
    const echoes = new Set(secrets.flatMap(echoesOf));
    echoes.delete('');
    this.echoes = [...echoes];
  }

  /** Prose: no secret, no control or invisible character, 200 characters at most. */
  clean(text: string): string {
    return this.redact(text)
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .trim()
      .slice(0, MAX_LENGTH)
      .toWellFormed();
  }

  /** A code or a name: a short word stays as it is, even if a secret of a few characters is a part of it. */
  cleanCode(code: string): string {
    const shows = (echo: string) => code === echo || (echo.length >= 8 && code.includes(echo));
    return /^[\w.-]{1,39}$/.test(code) && !this.echoes.some(shows) ? code : this.clean(code);
  }

  private redact(text: string): string {
    const searched = text.slice(0, MAX_SEARCHED);
    const isHidden = this.findSecrets(searched);
    // A text that is cut may end with the beginning of a secret or of a token.
    const longest = Math.max(TOKEN_LENGTH, ...this.echoes.map((echo) => echo.length));
    const end = searched === text ? searched.length : searched.length - longest;
    let clean = '';
    for (let at = 0; at < end; at += 1) {
      if (!isHidden[at]) clean += searched[at];
      else if (!isHidden[at - 1]) clean += '[redacted]';
    }
    return clean;
  }

  /** By character: secrets may overlap, and one may be a part of another. */
  private findSecrets(text: string): boolean[] {
    const isHidden = new Array<boolean>(text.length).fill(false);
    for (const echo of this.echoes) {
      for (let at = text.indexOf(echo); at !== -1; at = text.indexOf(echo, at + 1)) {
        isHidden.fill(true, at, at + echo.length);
      }
    }
    for (const { 0: run, index } of text.matchAll(TOKEN_LIKE)) {
      isHidden.fill(true, index, index + run.length);
    }
    return isHidden;
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
