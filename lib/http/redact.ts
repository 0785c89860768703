import { type Decoded, decode } from './decode';
import { type ExchangeRequest, paramsOf } from './exchange';
import type { ConnectionSettings } from './options';

const MAX_LENGTH = 200;

/** How much of one text is kept at first: far more than is shown. */
const MAX_KEPT = 1000;

/** How much of all texts together is read, because a hostile response may hold many. */
const MAX_READ = 8000;

/** Of a longer secret, only the beginning is searched for: the server chooses its tokens, and a long one would slow the search. */
const MAX_ECHO = 200;

/** One character of a secret may be encoded as so many characters of a text. */
const LONGEST_FORM = 12;

/** A run of so many characters is taken for a token: it is longer than a UUID (36 characters), and shorter than our state (43). */
const TOKEN_LENGTH = 40;
const TOKEN_LIKE = new RegExp(`[A-Za-z0-9_~+-]{${TOKEN_LENGTH},}`, 'g');

/** The name of an error, such as `ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED`, is not a token, however long it is. */
const ERROR_NAME = /^[A-Z][A-Z\d]{0,19}(?:_[A-Z\d]{1,20}){1,8}$/;

/** A shorter text is a part of many words. */
const MIN_TELLING = 8;

/**
 * A shorter secret is hidden only where it is a whole word. To hide each `b` of a text would give the secret away, and make the
 * text unreadable.
 */
const MIN_PART = 4;

/** Makes text from outside safe to log. Every such text passes through here before it gets into an error. */
export class Redactor {
  /** What is searched for in the text as it is, and in the decoded text. */
  private readonly echoes: readonly Echo[];

  private readonly decodedEchoes: readonly Echo[];

  /** How much is read behind the kept part: a secret that begins in it is read to its end. */
  private readonly maxBehind: number;

  private leftToRead = MAX_READ;

  /** @param hosts - names that stay readable, however long they are */
  constructor(
    secrets: readonly string[],
    private readonly hosts: readonly string[] = [],
  ) {
    this.echoes = [...new Set(secrets.flatMap(formsOf))].map(echoOf);
    this.decodedEchoes = this.echoes.map(decodedEcho);
    const longest = this.echoes.reduce((most, { text }) => Math.max(most, text.length), TOKEN_LENGTH);
    this.maxBehind = LONGEST_FORM * longest;
  }

  /** Cleans a sentence: no secret, no control or invisible character, 200 characters at most. */
  clean(text: string, maxLength = MAX_LENGTH): string {
    return this.redact(text)
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .trim()
      .slice(0, maxLength)
      .toWellFormed();
  }

  /** Cleans a code or a name: a short word stays as it is, even if a secret of a few characters is a part of it. */
  cleanCode(code: string): string {
    const isName = /^[\w.-]{1,39}$/.test(code) || ERROR_NAME.test(code);
    return isName && !this.holdsSecret(decode(code).text) ? code : this.clean(code);
  }

  private holdsSecret(code: string): boolean {
    return this.decodedEchoes.some(
      ({ text }) => code === text || (text.length >= MIN_TELLING && code.includes(text)),
    );
  }

  private redact(text: string): string {
    const read = text.slice(0, Math.min(MAX_KEPT + this.maxBehind, this.leftToRead)).toWellFormed();
    this.leftToRead -= read.length;
    const isHidden = this.findSecrets(read);
    // If the text was not read to its end, the last part may hold the beginning of a secret.
    const known = read.length < text.length ? read.length - this.maxBehind : read.length;
    let clean = '';
    for (let at = 0; at < Math.min(known, MAX_KEPT); at += 1) {
      if (!isHidden[at]) clean += read[at];
      else if (!isHidden[at - 1]) clean += '[redacted]';
    }
    return clean;
  }

  /** Marks each character, because secrets may overlap, and one may be a part of another. */
  private findSecrets(text: string): Uint8Array {
    const isHidden = new Uint8Array(text.length);
    const asItIs = { text, starts: [...isHidden.keys(), text.length] };
    for (const echo of this.echoes) hide(echo, asItIs, isHidden);
    const decoded = decode(text);
    for (const echo of this.decodedEchoes) hide(echo, decoded, isHidden);
    for (const { 0: run, index } of text.matchAll(TOKEN_LIKE)) {
      if (!this.isReadable(run)) isHidden.fill(1, index, index + run.length);
    }
    return isHidden;
  }

  private isReadable(run: string): boolean {
    return ERROR_NAME.test(run) || this.hosts.some((host) => host.split('.').includes(run));
  }
}

/** One form of a secret, which is searched for. */
interface Echo {
  text: string;
  /** Whether it is only the beginning of the secret: then everything behind it is hidden, too. */
  isCut: boolean;
}

function echoOf(secret: string): Echo {
  return { text: secret.slice(0, MAX_ECHO), isCut: secret.length > MAX_ECHO };
}

function decodedEcho({ text, isCut }: Echo): Echo {
  const decoded = decode(text).text;
  // The cut may be in the middle of an encoded character.
  return { text: isCut ? decoded.slice(0, -LONGEST_FORM) : decoded, isCut };
}

/** Hides every occurrence of an echo. */
function hide(echo: Echo, { text, starts }: Decoded, isHidden: Uint8Array): void {
  const { length } = echo.text;
  if (length === 0) return;
  // Occurrences may overlap. What is hidden already is not hidden again.
  let hiddenTo = 0;
  for (const at of occurrencesOf(echo.text, text)) {
    if (length < MIN_PART && !isWord(text, at, at + length)) continue;
    const end = echo.isCut ? isHidden.length : (starts[at + length] as number);
    isHidden.fill(1, Math.max(hiddenTo, starts[at] as number), end);
    hiddenTo = end;
  }
}

function isWord(text: string, start: number, end: number): boolean {
  return !/[\p{L}\p{N}]/u.test(text.slice(Math.max(0, start - 1), start) + text.slice(end, end + 1));
}

/** In linear time, even if both repeat one character over and over (Knuth, Morris and Pratt). */
function occurrencesOf(part: string, text: string): number[] {
  // No character equals the empty string between them.
  const joined = [...part.split(''), '', ...text.split('')];
  // At each place: how many characters of the part's beginning end there.
  const matched = [0];
  const found: number[] = [];
  for (let at = 1; at < joined.length; at += 1) {
    let length = matched[at - 1] as number;
    while (length > 0 && joined[length] !== joined[at]) length = matched[length - 1] as number;
    if (joined[length] === joined[at]) length += 1;
    matched.push(length);
    if (length === part.length) found.push(at - 2 * part.length);
  }
  return found;
}

/** Makes the redactor of one exchange. */
export type RedactorOf = (request: ExchangeRequest, response?: Record<string, unknown>) => Redactor;

/**
 * @param settings - their secrets are hidden in every exchange. Each exchange adds its own: its credentials, the query of its
 *   URL, the secret members of its request and of its response, and personal data that it sends
 */
export function createRedactors({
  clientSecret,
  customHeaders,
}: Pick<ConnectionSettings, 'clientSecret' | 'customHeaders'>): RedactorOf {
  const lasting = [clientSecret, ...possibleKeys(Object.values(customHeaders).flatMap(withCredentials))];
  return (request, response = {}) => {
    const { search, searchParams, hostname } = new URL(request.url);
    const params = paramsOf(request);
    const redirectURI = parseURL(params.redirect_uri);
    return new Redactor(
      [
        ...lasting,
        request.authorization?.credentials,
        search,
        ...possibleKeys([...searchParams.values()]),
        ...textsOf(params, SECRET_PARAMS),
        request.state,
        // A caller of the client may put a state into the query of the redirect URI (protocol 2) without naming it.
        ...(redirectURI?.searchParams.getAll('state') ?? []),
        ...textsOf(response, ISSUED),
        ...(request.isPersonal ? textsIn(params).flatMap(withoutPlus) : []),
      ].filter((secret) => secret !== undefined),
      [hostname, redirectURI?.hostname ?? hostname],
    );
  };
}

/** A header or a query may hold a key. A short value is not one, and to hide it would hide too much. */
function possibleKeys(values: string[]): string[] {
  return values.filter((value) => value.length >= MIN_TELLING);
}

/** A header's value and, if it is like `Bearer …`, the credentials alone. */
function withCredentials(value: string): string[] {
  const [, credentials = ''] = /^\S+ +(\S+)$/.exec(value) ?? [];
  return [value, credentials];
}

/** The part of a URL that an error or a log may show: the query may hold a key. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** The parameters of a request that are secret (protocol 4, 10). */
const SECRET_PARAMS = ['authorization_code', 'code', 'refresh_token'];

/** The members of a response that are secret. Its `code` is not: it is the code of an error. */
const ISSUED = ['access_token', 'refresh_token', 'id_token'];

function textsOf(members: Record<string, unknown>, names: string[]): string[] {
  return names.map((name) => members[name]).filter((value) => typeof value === 'string');
}

/** All texts and numbers, however deep. JSON has no cycles, so this ends. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** A response may repeat a phone number without its `+`. */
function withoutPlus(text: string): string[] {
  return [text, text.replace(/^\+/, '')];
}

function parseURL(value: unknown): URL | undefined {
  return typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
}

/** A text may hold a secret as it is, or in Base64, with or without the padding. */
function formsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  return [wellFormed, Buffer.from(wellFormed).toString('base64')].flatMap((echo) => [
    echo,
    echo.replace(/=+$/, ''),
  ]);
}
