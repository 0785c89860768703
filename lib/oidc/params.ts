import { requireThat } from '../require-that';

const SHAPE =
  'a string, a number or a boolean, because it is sent as text (does authorizationParams or tokenParams return it?)';

/**
 * Turns parameters into the texts of a query or a form. Undefined ones are left out.
 *
 * @throws `TypeError` that names the parameter that is no text, number or boolean, and does not show it
 */
export function toTexts(params: Record<string, unknown>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    const isText = ['string', 'number', 'boolean'].includes(typeof value);
    requireThat(isText, `the parameter ${name}`, SHAPE, value);
    texts[name] = String(value);
  }
  return texts;
}

/**
 * Adds parameters to a URL. They replace the URL's own parameters of the same names. The rest of the query stays as it is written,
 * but a name that comes again is left out.
 */
export function withQuery(url: string, params: Record<string, string>): string {
  const [place, query = ''] = url.split(/\?(.*)/s);
  const names = new Set(Object.keys(params));
  const kept: string[] = [];
  for (const pair of query.split('&')) {
    const name = nameIn(pair);
    if (name === undefined || names.has(name)) continue;
    kept.push(pair);
    names.add(name);
  }
  return `${place}?${[...kept, new URLSearchParams(params)].join('&')}`;
}

function nameIn(pair: string): string | undefined {
  const [name] = new URLSearchParams(pair).keys();
  return name;
}
