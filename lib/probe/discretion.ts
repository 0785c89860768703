import { FreedomIdError } from '../errors';
import { Redactor } from '../http/redact';
import { Unanswered } from './unanswered';

const MAX_MEMBERS = 40;
const MAX_INSIDE = 5;
const MAX_DEPTH = 3;

/**
 * Decides which of the provider's texts the report may show. It knows the secrets and the personal data that {@link hide} was given.
 * A text that it does not show is described by type and length.
 */
export class Discretion {
  private readonly secrets = new Set<string>();

  /** For all secrets. Made only when it is needed, because that takes a while if a response has brought thousands. */
  private redactor: Redactor | undefined;

  /** Hides every text in a value, however deep. */
  hide(value: unknown): void {
    this.redactor = undefined;
    if (typeof value === 'string' || typeof value === 'number') this.secrets.add(String(value));
    else if (typeof value === 'object' && value !== null)
      for (const one of Object.values(value)) this.hide(one);
  }

  /** Why a step has failed: where, and how. */
  reasonOf(error: unknown): string {
    if (error instanceof Unanswered) return error.message;
    if (!(error instanceof FreedomIdError)) return `the probe failed: ${(error as Error).name}`;
    const { code, endpoint } = error;
    if (code === 'ERR_FREEDOM_ID_TIMEOUT') return `${endpoint}: no answer in time`;
    if (code === 'ERR_FREEDOM_ID_NETWORK') return `${endpoint}: the connection failed${causeOf(error)}`;
    if (code === 'ERR_FREEDOM_ID_TOKEN') return error.message;
    return `${endpoint}: ${this.answerIn(error)}`;
  }

  /** The status and the code that came from Freedom ID, and whether the response can be used. */
  answerIn({ code, httpStatus, providerCode }: FreedomIdError): string {
    if (httpStatus === undefined) return 'no usable answer';
    const details = providerCode === undefined ? '' : `, code ${this.code(providerCode)}`;
    return `HTTP ${httpStatus}${code === 'ERR_FREEDOM_ID_REJECTED' ? '' : ', no usable answer'}${details}`;
  }

  /** The code of an error, such as `100101` or `access_denied`; anything else is described. */
  code(value: unknown): string {
    return this.isCode(value) ? value : describe(value, this.name);
  }

  /** Whether it is a short number or some words, all in one case, and neither a secret nor personal. */
  isCode(value: unknown): value is string {
    return (
      typeof value === 'string' &&
      /^(?:\d{1,8}|[a-z_]{1,40}|[A-Z_]{1,40})$/.test(value) &&
      this.isPublic(value)
    );
  }

  /** A URL as it is. @returns undefined where it must not be shown */
  url(value: unknown): string | undefined {
    if (!isPlainURL(value)) return undefined;
    // A user's country, `KZ`, is no reason to hide a host that ends with `.kz`.
    const telling = value.replace(/^([^/]*\/\/[^/:]*)\.[a-z]{2,3}(?![^/:])/i, '$1');
    return this.isPublic(telling) ? value : undefined;
  }

  /** The type and the length of a value, and of what is in it. */
  describe(value: unknown): string {
    return describe(value, this.name);
  }

  /** The type and the length of each member. */
  describeMembers(object: Record<string, unknown>): Record<string, string> {
    const members = Object.entries(object).slice(0, MAX_MEMBERS);
    return Object.fromEntries(members.map(([name, value]) => [this.name(name), this.describe(value)]));
  }

  /** The name of a member, or of a parameter; its length where it must not be shown. */
  readonly name = (name: string): string => {
    const isName = /^[a-z][a-z\d_]{0,39}$/i.test(name);
    return isName && this.isPublic(name) ? name : `(a name of ${name.length})`;
  };

  private isPublic(text: string): boolean {
    this.redactor ??= new Redactor([...this.secrets]);
    return this.redactor.cleanCode(text) === text;
  }
}

/** Node's own name for it, such as `ECONNREFUSED`. */
function causeOf({ cause }: FreedomIdError): string {
  const { code } = Object(cause) as { code?: unknown };
  return /^[A-Z][A-Z_]+$/.test(String(code)) ? ` (${code})` : '';
}

/** Whether it is a URL without a query, and without anything that is rare in an address. */
export function isPlainURL(value: unknown): value is string {
  const isPlain = typeof value === 'string' && /^https?:\/\/[\w.:[\]-]+(?:\/[\w./-]*)?$/.test(value);
  return isPlain && value.length <= 200 && URL.canParse(value);
}

function describe(value: unknown, nameOf: (name: string) => string, depth = MAX_DEPTH): string {
  if (typeof value === 'string') return `string of ${value.length}`;
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const kind = `${Array.isArray(value) ? 'array' : 'object'} of ${Object.keys(value).length}`;
  const inside = depth > 0 ? describeInside(value, (one) => describe(one, nameOf, depth - 1), nameOf) : [];
  if (inside.length === 0) return kind;
  return `${kind} (${inside.slice(0, MAX_INSIDE).join(', ')}${inside.length > MAX_INSIDE ? ', …' : ''})`;
}

function describeInside(
  value: object,
  describeOne: (one: unknown) => string,
  nameOf: (name: string) => string,
): string[] {
  // Items of one kind are described once, and the first ones tell which kinds there are.
  if (Array.isArray(value)) return [...new Set(value.slice(0, MAX_MEMBERS).map(describeOne))];
  const members = Object.entries(value).slice(0, MAX_INSIDE + 1);
  return members.map(([name, one]) => `${nameOf(name)}: ${describeOne(one)}`);
}
