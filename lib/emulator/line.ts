/** Makes any text safe to print: nothing in it moves the cursor, fakes a line or fills the screen. */
export function printable(text: string, length = 120): string {
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return clean.length > length ? `${clean.slice(0, length).toWellFormed()}…` : clean;
}

/** Makes a URL safe to print: without its query, which may hold a state or a code, without a state in its path, and without a password. */
export function printableURL(text: string): string {
  return printable(withoutSecrets(text), 200);
}

/** Shows a wrong value in a message. */
export function shown(value: unknown): string {
  // JSON makes a line break visible.
  if (typeof value === 'string') return printable(JSON.stringify(withoutSecrets(value)), 200);
  return Object(value) === value ? `of type ${typeof value}` : String(value);
}

export function list(names: readonly string[]): string {
  return names.join(' ') || 'nothing';
}

/** Such a long segment of a path is taken for a state. A host's name may be as long, so it is left out. */
const STATE_SEGMENT = /(?<!^\w+:\/)\/[\w~-]{40,}(?=[/?#]|$)/g;

function withoutSecrets(text: string): string {
  return text
    .replace(/([?#]).*/s, '$1…')
    .replace(/^(\w+:\/\/)[^/]*@/, '$1')
    .replace(STATE_SEGMENT, '/…');
}
