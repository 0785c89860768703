import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CookieJar, Page } from './browser';
import { root } from './documents';

/** The name of every example. */
export const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** Submits the emulator's login page at `link`. @returns the page of the app at the end of the redirects */
export async function answer(browser: CookieJar, link: string, action: 'continue' | 'refuse'): Promise<Page> {
  const form = formOf(await browser.visit(link));
  form.set('action', action);
  return browser.submit(new URL('/login', link).href, form);
}

/** What a browser sends when a person changes nothing in the form of the emulator's login page. */
function formOf({ text }: Page): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [, type, name = '', value = '', checked] of text.matchAll(
    /<input type="(\w+)" name="(\w+)" value="([^"]*)"( checked)?/g,
  )) {
    if (type === 'hidden' || checked) fields.append(name, value);
  }
  return fields;
}
