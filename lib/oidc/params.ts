import { requireThat } from '../require-that';

const SHAPE =
  'a string, a number or a boolean, because it is sent as text (does authorizationParams or tokenParams return it?)';

/**
 * Parameters as a query and a form have them. What is undefined is left out.
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
 * Adds parameters to a URL, in the place of its own of the same names. The rest of its query stays as it is written, without what
 * comes again.
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
