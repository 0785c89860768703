import { type BehaviourSettings, type EmulatorBehaviour, readBehaviour } from './behaviour';
import { isText, requireMembers, requireThat } from './check';
import { type EmulatorClient, isWebURL } from './clients';
import { shown } from './line';
import { type EmulatorSigning, SIGNINGS } from './signing-keys';
import { type EmulatorUser, sampleUsers } from './users';

/** The options of {@link startEmulator}. See docs/testing.md. */
export interface EmulatorOptions {
  /** The port to listen on. @defaultValue `0`: any free port */
  port?: number | undefined;
  /**
   * The address to listen on, e.g. `0.0.0.0` in a container. With another than `127.0.0.1`, anybody who reaches the port can sign in
   * as anybody.
   *
   * @defaultValue `'127.0.0.1'`
   */
  host?: string | undefined;
  /**
   * The URL at which app and browser reach the emulator, if that is another one than where it listens: in a container or behind a
   * proxy. It may have a path, which the proxy may keep or remove.
   *
   * @defaultValue where it listens; a login link has the host of the request that asked for it
   */
  url?: string | undefined;
  /** The registered clients. @defaultValue one: `demo` with the secret `demo-secret`, any redirect URI and any documented grant */
  clients?: readonly EmulatorClient[] | undefined;
  /** The users. @defaultValue three sample users */
  users?: readonly EmulatorUser[] | undefined;
  /** The clock: returns milliseconds since 1970. Set it ahead to make links, codes and tokens expire. @defaultValue `Date.now` */
  clock?: (() => number) | undefined;
  /**
   * Milliseconds, by `clock`, until a requested full profile is completed. With `Infinity` it stays pending.
   *
   * @defaultValue `2000`
   */
  profileDelay?: number | undefined;
  /** What it does where Freedom ID's behaviour is undocumented. @defaultValue each member has its own default */
  behaviour?: EmulatorBehaviour | undefined;
  /** The algorithm that ID tokens are signed with. With `HS256`, the key is the client secret. @defaultValue `'RS256'` */
  signing?: EmulatorSigning | undefined;
}

/** {@link EmulatorOptions}, checked and complete. */
export interface EmulatorSettings {
  port: number;
  host: string;
  /** Without a slash at its end. */
  url: string | undefined;
  clients: readonly EmulatorClient[];
  users: readonly EmulatorUser[];
  clock: () => number;
  profileDelay: number;
  behaviour: BehaviourSettings;
  signing: EmulatorSigning;
}

export const DEMO_CLIENT: EmulatorClient = { clientID: 'demo', clientSecret: 'demo-secret' };

/** The names in {@link EmulatorOptions}. */
export const OPTION_NAMES = [
  'port',
  'host',
  'url',
  'clients',
  'users',
  'clock',
  'profileDelay',
  'behaviour',
  'signing',
];
const CLIENT_MEMBERS = ['clientID', 'clientSecret', 'redirectURIs', 'grants', 'revokeURI'];

/** @throws `TypeError` that names the option */
export function readOptions(options: EmulatorOptions): EmulatorSettings {
  requireMembers('startEmulator', options, OPTION_NAMES);
  const { port = 0, host = '127.0.0.1', url, clients = [DEMO_CLIENT], users = sampleUsers } = options;
  const { clock = Date.now, profileDelay = 2000 } = options;
  const { behaviour = {}, signing = 'RS256' } = options;
  requireThat(
    Number.isInteger(port) && port >= 0 && port <= 65_535,
    `port must be a whole number from 0 to 65535, but is ${shown(port)}`,
  );
  requireThat(isText(host), `host must be an address to listen on, but is ${shown(host)}`);
  requireThat(
    typeof clock === 'function',
    `clock must be a function that returns Unix milliseconds, but is ${shown(clock)}`,
  );
  requireThat(
    isDelay(profileDelay),
    `profileDelay must be milliseconds, 0 or more, but is ${shown(profileDelay)}`,
  );
  requireThat(
    SIGNINGS.includes(signing),
    `signing must be one of ${SIGNINGS.join(', ')}, but is ${shown(signing)}`,
  );
  checkClients(clients);
  checkUsers(users);
  return {
    port,
    host,
    url: readURL(url),
    clients,
    users,
    clock,
    profileDelay,
    behaviour: readBehaviour(behaviour),
    signing,
  };
}

function readURL(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  requireThat(
    typeof value === 'string' && isWebURL(value) && !/[?#@]/.test(value),
    `url must be an absolute http(s) URL without a query or a user name, but is ${shown(value)}`,
  );
  return new URL(value).href.replace(/\/+$/, '');
}

function checkClients(clients: readonly EmulatorClient[]): void {
  requireThat(
    isList(clients) &&
      clients.every(
        (client) => isText(client?.clientID) && !client.clientID.includes(':') && isText(client.clientSecret),
      ),
    'clients must be a list of at least one { clientID, clientSecret }, both non-empty strings, the first without a colon',
  );
  for (const client of clients) requireMembers('startEmulator: clients', client, CLIENT_MEMBERS);
  requireThat(
    clients.every(({ redirectURIs, grants }) => isSomeText(redirectURIs) && isSomeText(grants)),
    'clients must be a list whose redirectURIs and grants are lists of at least one string, or left out',
  );
  for (const client of clients) checkRevokeURI(client);
}

function checkRevokeURI({ revokeURI: uri }: EmulatorClient): void {
  requireThat(
    uri === undefined || (typeof uri === 'string' && isWebURL(uri) && !hasUserInfo(uri)),
    `revokeURI of clients must be an absolute http(s) URL without a fragment or a user name, but is ${shown(uri)}`,
  );
}

function hasUserInfo(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

function checkUsers(users: readonly EmulatorUser[]): void {
  requireThat(
    isList(users) && users.every((user) => isText(user?.freedom_id)),
    'users must be a list of at least one record with a freedom_id, a non-empty string',
  );
  const ids = new Set(users.map((user) => user.freedom_id));
  requireThat(ids.size === users.length, 'users must be a list without the same freedom_id twice');
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isSomeText(value: unknown): boolean {
  return isTextList(value) && (value === undefined || isList(value));
}

/** Whether it is a number of milliseconds. `Infinity` is one, too. */
export function isDelay(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

export function isTextList(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isText));
}
