import type { AddressInfo } from 'node:net';
import { type EmulatorEndpoint, type EmulatorFault, Faults } from './faults';
import { type EmulatorClient, type PendingLink, Provider } from './provider';
import { createEmulatorServer, type EmulatorRequest } from './server';
import { type EmulatorUser, sampleUsers } from './users';

export type { EmulatorClient, EmulatorEndpoint, EmulatorFault, EmulatorRequest, EmulatorUser };

export interface EmulatorOptions {
  /** @defaultValue `0`, any free port */
  port?: number | undefined;
  /** @defaultValue `demo` with the secret `demo-secret`, any redirect URI, any documented grant */
  clients?: readonly EmulatorClient[] | undefined;
  /** Records as get-data gives them. @defaultValue three sample users */
  users?: readonly EmulatorUser[] | undefined;
  /** Returns Unix milliseconds. Move it ahead to make links, codes and tokens expire. @defaultValue `Date.now` */
  clock?: (() => number) | undefined;
  /** `always200` sends errors with HTTP 200, as older documentation of Freedom ID says. @defaultValue `'documented'` */
  statusMode?: 'documented' | 'always200' | undefined;
  /** How `authorization_code` is joined to a redirect URI that has a query. @defaultValue `'&'` */
  callbackJoin?: '&' | '?' | undefined;
}

/** What a person does on the login page. */
export interface Approval {
  /** The user's `freedom_id`, or their index in the list. @defaultValue the first user */
  as?: string | number | undefined;
  /** The grants to tick. @defaultValue all that are asked for */
  grants?: readonly string[] | undefined;
}

/** A Freedom ID that runs on this machine. */
export interface Emulator {
  /** E.g. `http://127.0.0.1:43121`: the strategy's `baseURL`. */
  readonly url: string;
  readonly clients: readonly EmulatorClient[];
  readonly users: readonly EmulatorUser[];
  /** The requests that were received, the newest 10,000. Empty it with `emulator.requests.length = 0`. */
  readonly requests: EmulatorRequest[];
  /** Approves a login as a person would. @returns the callback URL. @throws if the link is unknown, expired or used */
  approve(link: string, approval?: Approval): Promise<string>;
  /** Refuses a login as a person would. @returns the callback URL. @throws if the link is unknown, expired or used */
  refuse(link: string): Promise<string>;
  /** Makes the next exchange on an endpoint go wrong. The faults of several calls queue up. */
  fault(endpoint: EmulatorEndpoint, kind: EmulatorFault): void;
  clearFaults(): void;
  /** Ends every connection. May be called twice. */
  close(): Promise<void>;
}

const MAX_REQUESTS = 10_000;

/**
 * Starts a Freedom ID to develop and test against, on 127.0.0.1. It is not safe for anything else, and refuses to start
 * under `NODE_ENV=production`.
 *
 * @throws `TypeError` that names the option; `Error` where the port is taken
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      'The Freedom ID emulator lets anybody in, so it does not start under NODE_ENV=production.',
    );
  }
  const { port, clients, users, clock, statusMode, callbackJoin } = readOptions(options);
  const requests: EmulatorRequest[] = [];
  const faults = new Faults();
  const provider = new Provider({ clients, clock, callbackJoin });
  const server = createEmulatorServer({
    provider,
    users,
    faults,
    statusMode,
    onRequest: (request) => {
      requests.push(request);
      if (requests.length > MAX_REQUESTS) requests.shift();
    },
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`Port ${port} cannot be used (${error.code}); choose another.`, { cause: error })),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    clients,
    users,
    requests,
    async approve(link, { as = 0, grants } = {}) {
      const pending = findLink(provider, link);
      const user = typeof as === 'number' ? users[as] : users.find((one) => one.freedom_id === as);
      if (!user) throw new Error(`approve: there is no user ${JSON.stringify(as)}`);
      const unasked = grants?.find((grant) => !pending.grants.includes(grant));
      if (unasked !== undefined) throw new Error(`approve: the login does not ask for the grant ${unasked}`);
      return provider.approve(pending, user, grants ?? pending.grants);
    },
    async refuse(link) {
      return provider.refuse(findLink(provider, link));
    },
    fault: (endpoint, kind) => faults.add(endpoint, kind),
    clearFaults: () => faults.clear(),
    close: () =>
      new Promise((resolve) => {
        // An error only says that the server is closed already.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function findLink(provider: Provider, link: string): PendingLink {
  const trackID = URL.canParse(link) ? new URL(link).searchParams.get('track_id') : null;
  const found = provider.findLink(trackID ?? '');
  if (found.state !== 'good') throw new Error(`The login link is ${found.state}: ${link}`);
  return found.value;
}

function readOptions(options: EmulatorOptions) {
  const { port = 0, clock = Date.now, statusMode = 'documented', callbackJoin = '&' } = options;
  const { clients = [{ clientID: 'demo', clientSecret: 'demo-secret' }], users = sampleUsers } = options;
  const requireThat = (condition: boolean, option: string, shape: string) => {
    if (!condition) throw new TypeError(`startEmulator: ${option} must be ${shape}`);
  };
  requireThat(
    Number.isInteger(port) && port >= 0 && port <= 65_535,
    'port',
    'a whole number from 0 to 65535',
  );
  requireThat(typeof clock === 'function', 'clock', 'a function that returns Unix milliseconds');
  requireThat(['documented', 'always200'].includes(statusMode), 'statusMode', "'documented' or 'always200'");
  requireThat(['&', '?'].includes(callbackJoin), 'callbackJoin', "'&' or '?'");
  requireThat(
    isList(clients) &&
      clients.every(
        (client) => isText(client?.clientID) && !client.clientID.includes(':') && isText(client.clientSecret),
      ),
    'clients',
    'a list of at least one { clientID, clientSecret }, both non-empty strings, the first without a colon',
  );
  requireThat(
    clients.every(({ redirectURIs, grants }) => isTextList(redirectURIs) && isTextList(grants)),
    'clients',
    'a list whose redirectURIs and grants are lists of strings, or left out',
  );
  requireThat(
    isList(users) && users.every((user) => isText(user?.freedom_id)),
    'users',
    'a list of at least one record with a freedom_id, a non-empty string',
  );
  const ids = new Set(users.map((user) => user.freedom_id));
  requireThat(ids.size === users.length, 'users', 'a list without the same freedom_id twice');
  return { port, clients, users, clock, statusMode, callbackJoin };
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTextList(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isText));
}
