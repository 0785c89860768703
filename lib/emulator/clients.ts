import { shown } from './line';

/** A client: an app that is registered with the emulator. */
export interface EmulatorClient {
  /** The client id. */
  clientID: string;
  /** The client secret. */
  clientSecret: string;
  /**
   * The redirect URIs that it may use. In Freedom ID's own flow, a query or one more segment of the path may be added (see
   * {@link EmulatorBehaviour}); in OpenID Connect, nothing.
   *
   * @defaultValue any
   */
  redirectURIs?: readonly string[];
  /** The grants that it may ask for. @defaultValue all that Freedom ID documents (protocol 2) */
  grants?: readonly string[];
  /** The URL that is called when a user signs out of Freedom ID (protocol 5). @defaultValue none: no call is made */
  revokeURI?: string;
}

/** The grants that Freedom ID documents (protocol 2). */
export const GRANTS = [
  'read.email',
  'read.emails',
  'read.phone',
  'read.phones',
  'read.date_of_birth',
  'read.firstname',
  'read.lastname',
  'read.patronymic',
  'read.gender',
  'read.country',
  'read.nationality',
  'read.identifier',
  'read.profile',
  'read.cards',
  'openid',
];

export interface Credentials {
  clientID: string;
  clientSecret: string;
}

/**
 * @param readings - what the client has sent, read in each possible way
 * @returns the client, or why there is none
 */
export function authenticate(
  clients: readonly EmulatorClient[],
  ...readings: Credentials[]
): EmulatorClient | string {
  const namesakes = clients.filter(({ clientID }) => readings.some((one) => one.clientID === clientID));
  const client = namesakes.find(({ clientID, clientSecret }) =>
    readings.some((one) => one.clientID === clientID && one.clientSecret === clientSecret),
  );
  if (client) return client;
  if (namesakes[0]) return `the clientSecret of ${namesakes[0].clientID} is wrong`;
  return whyUnknown(clients, ...readings.map((one) => one.clientID));
}

export function whyUnknown(clients: readonly EmulatorClient[], ...readings: string[]): string {
  // The sender knows the secret anyway, but it must not be printed.
  if (clients.some((one) => readings.includes(one.clientSecret))) {
    return 'the clientSecret stands where the clientID belongs';
  }
  return `there is no client ${shown(readings[0])}, only ${clients.map((one) => one.clientID).join(', ')}`;
}

/** @returns undefined if the client may ask for the grant, else the end of a sentence that begins with the grant's place */
export function whyNotGranted({ clientID, grants }: EmulatorClient, grant: unknown): string | undefined {
  if ((grants ?? GRANTS).some((one) => one === grant)) return undefined;
  const why = grants
    ? `has not registered; it has ${grants.join(' ')}`
    : 'cannot have: no such grant is documented';
  return `is ${shown(grant)}, which ${clientID} ${why}`;
}

/** An absolute http(s) URL without a fragment, as a redirect URI must be. */
export function isWebURL(text: string): boolean {
  if (!URL.canParse(text) || /[\s\p{Cc}]/u.test(text)) return false;
  const { protocol, hash } = new URL(text);
  return /^https?:$/.test(protocol) && hash === '';
}
