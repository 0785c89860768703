import { parseObject } from '../http/json';
import { decodeUTF8 } from '../http/utf8';

/** A signed JWT in its compact form, read and not checked (RFC 7519, 7.2). */
export interface JWT {
  token: string;
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** The JSON of the claims as it was signed. */
  raw: string;
}

/** @returns undefined if it is not a JWT, or an object in it has a name twice */
export function readJWT(token: unknown): JWT | undefined {
  const [, encodedHeader, payload] =
    (typeof token === 'string' && /^([\w-]+)\.([\w-]+)\.[\w-]*$/.exec(token)) || [];
  const header = parse(decode(encodedHeader));
  const raw = decode(payload);
  const claims = parse(raw);
  return header && claims && { token: token as string, header, claims, raw };
}

function decode(part = ''): string {
  return decodeUTF8(Buffer.from(part, 'base64url')) ?? '';
}

function parse(text: string): Record<string, unknown> | undefined {
  const json = parseObject(text);
  return json && hasUniqueNames(text) ? json : undefined;
}

/** The characters that structure JSON. A backslash matches with the next character, because an escaped quote does not end a string. */
const MARKS = /\\.|["{}[\]:]/gs;

/**
 * RFC 7515, 4, and RFC 7519, 4: no name may come twice in an object, because two readers may read two different values. The name
 * `__proto__` counts as there already: code that copies claims would set the prototype.
 *
 * @param text - valid JSON
 */
function hasUniqueNames(text: string): boolean {
  const open: Set<unknown>[] = [];
  let quote: number | undefined;
  let last = '';
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    if (mark === '"') {
      if (quote !== undefined) last = text.slice(quote, index + 1);
      quote = quote === undefined ? index : undefined;
    }
    if (quote !== undefined) continue;
    if (mark === '{' || mark === '[') open.push(new Set(['__proto__']));
    if (mark === '}' || mark === ']') open.pop();
    if (mark === ':') {
      const names = open.at(-1) as Set<unknown>;
      const name: unknown = JSON.parse(last);
      if (names.has(name)) return false;
      names.add(name);
    }
  }
  return true;
}
