import { expect } from 'chai';
import fc from 'fast-check';
import { Redactor } from '../../lib/http/redact';
import { property } from '../support/property';

/** How a text may write one character: each of these is somebody's way to put a value into a URL, a page, a form or JSON. */
type Form = (character: string) => string;

const codeOf = (character: string) => character.codePointAt(0) ?? 0;
const percent: Form = (character) =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
/** As JSON escapes it. */
const unicode: Form = (character) =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

const NAMES: Record<string, string> = {
  ...{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos', '/': 'sol' },
  ...{ '+': 'plus', '=': 'equals', '%': 'percnt', '\\': 'bsol', _: 'lowbar' },
};

const FORMS: Form[] = [
  (character) => character,
  percent,
  (character) => percent(character).toUpperCase(),
  (character) => (character === ' ' ? '+' : encodeURIComponent(character)),
  (character) => `&#${codeOf(character)};`,
  (character) => `&#00${codeOf(character)};`,
  (character) => `&#x${codeOf(character).toString(16)};`,
  (character) => `&#X0${codeOf(character).toString(16).toUpperCase()};`,
  (character) => {
    const name = NAMES[character];
    return name ? `&${name};` : character;
  },
  unicode,
  (character) => unicode(character).toUpperCase().replaceAll('\\U', '\\u'),
  (character) => JSON.stringify(character).slice(1, -1),
  (character) => JSON.stringify(character).slice(1, -1).replace('/', '\\/'),
];

// What a form writes with a special meaning comes more often than in random text.
const character = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  fc.constantFrom(...'%&;#xu\\/"\'<>+- _=09aAfFnrt'),
);
const secret = fc
  .array(character, { minLength: 1, maxLength: 30 })
  .map((characters) => characters.join('').toWellFormed())
  // A backslash belongs to the character behind it; and the text around the secret must not be a part of it.
  .filter((text) => !/\\$|[«»]/.test(text));

/** Each character in a form of its own, and what came of it in another, up to three times. */
const written = (text: string) =>
  fc
    .tuple(...[...text].map(() => fc.array(fc.constantFrom(...FORMS), { minLength: 1, maxLength: 3 })))
    .map((forms) => [...text].map((one, index) => writeIn(forms[index] ?? [], one)).join(''));

function writeIn(forms: Form[], character: string): string {
  return forms.reduce((echo, form) => Array.from(echo, form).join(''), character);
}

const echo = secret.chain((text) => {
  const base64 = Buffer.from(text).toString('base64');
  const forms = [text, base64, base64.replace(/=+$/, ''), Buffer.from(text).toString('base64url')];
  return fc.record({ secret: fc.constant(text), echo: fc.constantFrom(...forms).chain(written) });
});

describe('a secret that a text repeats', () => {
  property(
    'is hidden whole, whichever character is written in which form, and some in several, one inside another',
    echo,
    ({ secret, echo }) => {
      // No more of a text is shown.
      fc.pre(echo.length < 998);
      expect(new Redactor([secret]).clean(`«${echo}»`)).to.equal('«[redacted]»');
    },
  );

  property(
    'is hidden as it is, whatever stands around it',
    fc.tuple(fc.string({ unit: 'binary' }), secret, fc.string({ unit: 'binary' })),
    ([before, secret, after]) => {
      // A shorter one is a part of many words.
      fc.pre(secret.length > 3);
      fc.pre(!'[redacted]'.includes(secret) && secret.trim() === secret);
      const cleaned = new Redactor([secret]).clean(before + secret + after);
      expect(cleaned.replaceAll('[redacted]', '')).to.not.include(secret);
      expect(cleaned).to.include('[redacted]');
    },
  );
});
