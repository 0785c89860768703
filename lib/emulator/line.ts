/** Text that is safe to print, whoever it comes from: nothing in it moves the cursor, fakes a line or fills the screen. */
export function printable(text: string, length = 120): string {
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return clean.length > length ? `${clean.slice(0, length).toWellFormed()}…` : clean;
}

/** A URL to be printed: without its query, where states and codes travel, a state in its path, and a password. */
export function printableURL(text: string): string {
  return printable(withoutSecrets(text), 200);
}

/** What was given in place of something else. */
export function shown(value: unknown): string {
  // In JSON, a line break is seen.
  if (typeof value === 'string') return printable(JSON.stringify(withoutSecrets(value)), 200);
  return Object(value) === value ? `of type ${typeof value}` : String(value);
}

export function list(names: readonly string[]): string {
  return names.join(' ') || 'nothing';
}

/** So long a segment of a path is taken for a state. The name of a host may be as long. */
const STATE_SEGMENT = /(?<!^\w+:\/)\/[\w~-]{40,}(?=[/?#]|$)/g;

function withoutSecrets(text: string): string {
  return text
    .replace(/([?#]).*/s, '$1…')
    .replace(/^(\w+:\/\/)[^/]*@/, '$1')
    .replace(STATE_SEGMENT, '/…');
}
