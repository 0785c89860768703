/** Text that is safe to print, whoever it comes from: nothing in it moves the cursor, fakes a line or fills the screen. */
export function printable(text: string, length = 120): string {
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return clean.length > length ? `${clean.slice(0, length).toWellFormed()}…` : clean;
}

/** A URL to be printed: without its query, where states and codes travel, and without a password. */
export function printableURL(text: string): string {
  const withoutQuery = text.replace(/([?#]).*/s, '$1…').replace(/^(\w+:\/\/)[^/]*@/, '$1');
  return printable(withoutQuery, 200);
}

/** What was given in place of something else. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(printableURL(value));
  return Object(value) === value ? `of type ${typeof value}` : String(value);
}
