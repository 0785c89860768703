import { requireThat } from '../require-that';

/**
 * Parameters as a query and a form have them. What is undefined is left out.
 *
 * @throws `TypeError` that names the parameter that is no text, number or boolean
 */
export function textsOf(params: Record<string, unknown>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    requireThat(
      ['string', 'number', 'boolean'].includes(typeof value),
      name,
      'a string, a number or a boolean, because it is sent as text',
      value,
    );
    texts[name] = String(value);
  }
  return texts;
}

/** Adds parameters to a URL, in the place of its own of the same names. The rest of its query stays as it is written. */
export function withQuery(url: string, params: Record<string, string>): string {
  const [place, query = ''] = url.split(/\?(.*)/s);
  const kept = query.split('&').filter((pair) => pair !== '' && !Object.hasOwn(params, nameIn(pair)));
  return `${place}?${[...kept, new URLSearchParams(params)].join('&')}`;
}

function nameIn(pair: string): string {
  const [name = ''] = new URLSearchParams(pair).keys();
  return name;
}
