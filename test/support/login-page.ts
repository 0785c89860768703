import type { CookieJar, Page } from './browser';

/** Submits the emulator's login page at `link`. @returns the page of the app at the end of the redirects */
export async function answerLoginPage(
  browser: CookieJar,
  link: string,
  action: 'continue' | 'refuse',
): Promise<Page> {
  const form = formOf(await browser.visit(link));
  form.set('action', action);
  return browser.submit(new URL('/login', link).href, form);
}

/** What a browser sends when a person changes nothing in the form. */
function formOf({ text }: Page): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [, type, name = '', value = '', checked] of text.matchAll(
    /<input type="(\w+)" name="(\w+)" value="([^"]*)"( checked)?/g,
  )) {
    if (type === 'hidden' || checked) fields.append(name, value);
  }
  return fields;
}
