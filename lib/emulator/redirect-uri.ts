import type { BehaviourSettings } from './behaviour';
import { type EmulatorClient, isWebURL } from './clients';
import { printableURL, shown } from './line';
import type { Problem } from './protocol-error';

/** What is wrong with a redirect URI in Freedom ID's own flow: where a state may travel in it is undocumented. */
export function redirectURIProblems(
  value: unknown,
  client: EmulatorClient,
  redirectQuery: BehaviourSettings['redirectQuery'],
): Problem[] {
  const problem = (message: string, why: string) => [{ field: 'redirect_uri', message, why }];
  if (value === undefined || value === null || value === '') {
    return problem('The redirect uri field is required.', 'no redirect_uri is in the JSON body');
  }
  if (typeof value !== 'string' || !isWebURL(value)) {
    const why = `redirect_uri ${shown(value)} is no absolute http(s) URL without a fragment`;
    return problem('The redirect uri format is invalid.', why);
  }
  if (redirectQuery === 'refused' && value.includes('?')) {
    const why = `redirect_uri ${printableURL(value)} has a query; redirectQuery is 'refused'`;
    return problem('The redirect uri format is invalid.', why);
  }
  const why = redirectQuery === 'exact' ? whyNotExact(value, client) : whyNotRegistered(value, client);
  return why === undefined ? [] : problem('The selected redirect uri is invalid.', why);
}

function whyNotRegistered(uri: string, { clientID, redirectURIs }: EmulatorClient): string | undefined {
  if (!redirectURIs || redirectURIs.some((registered) => comesFrom(registered, uri))) return undefined;
  return `${clientID} has not registered redirect_uri ${printableURL(uri)}, only ${redirectURIs.join(' ')}`;
}

function whyNotExact(uri: string, { clientID, redirectURIs }: EmulatorClient): string | undefined {
  if (redirectURIs ? redirectURIs.includes(uri) : !mayHoldState(uri)) return undefined;
  const only = redirectURIs ? `only ${redirectURIs.join(' ')}` : 'nor can anybody register a state';
  const why = `${clientID} has not registered redirect_uri ${printableURL(uri)}, ${only}`;
  return `${why}; redirectQuery is 'exact': it compares to the letter, path and query`;
}

/** A state is new for each login, so nobody can have registered such a URI. */
function mayHoldState(uri: string): boolean {
  return uri.includes('?') || /[^/]\/[\w-]{43}$/.test(uri);
}

/** Whether it is the registered one. There may be more behind its query, and one more segment behind its path. */
function comesFrom(registered: string, uri: string): boolean {
  const [ownPath = '', ownQuery] = registered.split(/\?(.*)/s);
  const [path = '', query = ''] = uri.split(/\?(.*)/s);
  const goesOn = ownQuery === undefined || `${query}&`.startsWith(`${ownQuery}&`);
  return goesOn && (path === ownPath || isOneSegmentBelow(ownPath, path));
}

/** A slash at the end of the upper path is not doubled. A segment that leads elsewhere (`..`) does not count. */
function isOneSegmentBelow(upper: string, path: string): boolean {
  const folder = upper.replace(/\/?$/, '/');
  return path.startsWith(folder) && /^(?!\.|%2e)[^/\\]+$/i.test(path.slice(folder.length));
}
