/** A text in which every encoding is undone, and the way back. */
export interface Decoded {
  text: string;
  /** Where each character of `text` begins in the source; at the end, the source's length. */
  starts: number[];
}

/**
 * Undoes percent-encoding, form encoding, HTML entities, JSON escapes and the differences between Base64url and Base64, even
 * where one encoding is inside another. The result is for comparing only: texts that mean the same become equal, so that a
 * secret is found in whatever form a text repeats it. So `+`, `-`, space and `%20` are equal, backslashes are dropped, and the
 * case of letters does not matter, because names and e-mail addresses are often stored in one case.
 */
export function decode(source: string): Decoded {
  const units: string[] = [];
  const starts: number[] = [];
  let start = 0;
  for (const [at, unit] of source.split('').entries()) {
    // The next character is the escaped one, and begins at the backslash.
    if (unit === '\\') continue;
    units.push(unit);
    starts.push(start);
    start = at + 1;
    // A decoded character may complete another encoding. The text gets shorter each time, so this takes linear time.
    for (let tail = encodedTail(units); tail; tail = encodedTail(units)) {
      const length = units.length - tail.encoded.length;
      const first = starts[length] as number;
      const decoded = tail.decoded.replace('\\', '').split('');
      units.length = length;
      starts.length = length;
      units.push(...decoded);
      starts.push(...decoded.map(() => first));
      if (decoded.length === 0) start = first;
    }
  }
  const text = units.map(unified).join('');
  return { text: text.toWellFormed(), starts: [...starts, source.length] };
}

function unified(unit: string): string {
  const lower = unit.toLowerCase();
  // In lower case, `İ` would become two characters.
  return UNIFIED.get(unit) ?? (lower.length === 1 ? lower : unit);
}

/** Characters that forms and Base64url write in another way, and control characters, whose JSON escapes are letters. */
const UNIFIED = new Map(
  Object.entries({ '+': ' ', '-': ' ', _: '/', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't' }),
);

/** A percent-encoded character: one to four bytes of UTF-8. */
const PERCENT = '%[0-7]X|%[cd]X%[89ab]X|%eX%[89ab]X%[89ab]X|%f[0-7]%[89ab]X%[89ab]X%[89ab]X'.replaceAll(
  'X',
  '[\\da-f]',
);

/** The backslash of JSON's `\u` has been dropped already. */
const ENCODED = new RegExp(
  `(?:(?<percent>${PERCENT})|u(?<json>[\\da-f]{4})|&#x(?<hex>[\\da-f]+);|&#(?<decimal>\\d+);|&(?<name>[a-z][a-z\\d]*);)$`,
  'i',
);

/** No encoded character is longer, unless its number has many leading zeros. */
const LONGEST = 24;

/** The encoded character at the end of a text, if there is one. */
function encodedTail(units: string[]): { encoded: string; decoded: string } | undefined {
  const { length } = units;
  if (units[length - 3] !== '%' && units[length - 5] !== 'u' && units[length - 1] !== ';') return undefined;
  const { 0: encoded = '', groups = {} } = ENCODED.exec(units.slice(-LONGEST).join('')) ?? {};
  const { percent, json, hex = json, decimal, name } = groups;
  if (percent !== undefined) {
    return { encoded, decoded: Buffer.from(percent.replaceAll('%', ''), 'hex').toString() };
  }
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const decoded = code <= 0x10ffff ? String.fromCodePoint(code) : characterNamed(name ?? '');
  return decoded === undefined ? undefined : { encoded, decoded };
}

/** The name as written comes first: `Auml` and `auml` are two characters. */
function characterNamed(name: string): string | undefined {
  return ENTITIES.get(name) ?? ENTITIES.get(name.toLowerCase());
}

/** HTML's names for the characters from U+00A0 on, in their order. */
const LATIN_1 = (
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr ' +
  'deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest ' +
  'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ' +
  'ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml ' +
  'eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
).split(' ');

/** HTML's names for characters of ASCII, in lower case, and of Latin-1. */
const ENTITIES = new Map([
  ...LATIN_1.map((name, index) => [name, String.fromCharCode(0xa0 + index)] as const),
  ...[
    ...['amp&', 'lt<', 'gt>', 'quot"', "apos'", 'sol/', 'bsol\\', 'plus+', 'equals=', 'percnt%', 'num#'],
    ...['dollar$', 'colon:', 'semi;', 'comma,', 'period.', 'excl!', 'quest?', 'commat@', 'lowbar_'],
    ...['ast*', 'hat^', 'lpar(', 'rpar)', 'lsqb[', 'lbrack[', 'rsqb]', 'rbrack]', 'lcub{', 'lbrace{'],
    ...['rcub}', 'rbrace}', 'verbar|', 'vert|', 'grave`', 'tab\t', 'newline\n'],
  ].map((entity) => [entity.slice(0, -1), entity.slice(-1)] as const),
]);
