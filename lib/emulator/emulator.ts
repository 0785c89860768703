import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmulatorClient } from './clients';
import { type EmulatorEndpoint, type EmulatorFault, Faults } from './faults';
import { IdTokens, type Tampering } from './id-tokens';
import { printable } from './line';
import { Links } from './links';
import { OpenID } from './openid';
import { type EmulatorOptions, readOptions } from './options';
import { type Approval, Person } from './person';
import { type ProfileOutcome, Profiles } from './profiles';
import { Provider } from './provider';
import { type EmulatorRevocation, Revocations } from './revocations';
import { createEmulatorServer, type EmulatorRequest } from './server';
import { SignOut } from './sign-out';
import { UserRecords } from './user-records';
import type { EmulatorUser } from './users';

/** A Freedom ID that runs on this machine: what {@link startEmulator} returns. */
export interface Emulator {
  /** Its URL, e.g. `http://127.0.0.1:43121`: the strategy's option `baseURL`. */
  readonly url: string;
  /** The registered clients. */
  readonly clients: readonly EmulatorClient[];
  /** The users as they are now: apps may create and update users. */
  readonly users: readonly EmulatorUser[];
  /** The last 10,000 requests that it received. Empty it with `emulator.requests.length = 0`. */
  readonly requests: EmulatorRequest[];
  /** The last 10,000 finished calls to a `revokeURI`. Empty it with `emulator.revocations.length = 0`. */
  readonly revocations: EmulatorRevocation[];
  /**
   * Approves a login, as the user would on the login page. A link to `/openid` can be approved several times: each time is a new
   * login.
   *
   * @param link - the `Location` of your login route's redirect, of either flow
   * @param approval - which user signs in, and what they share
   * @returns the callback URL, where the browser goes next
   * @throws an `Error` if the link is not from this emulator, has expired or was used, or if `/openid` refuses it
   */
  approve(link: string, approval?: Approval): Promise<string>;
  /**
   * Refuses a login, as the user would on the login page. It returns and throws the same as {@link approve}.
   *
   * @param link - the `Location` of your login route's redirect, of either flow
   */
  refuse(link: string): Promise<string>;
  /**
   * Signs a user out of Freedom ID, as the user would at `/account`. Their tokens stop working, and each client with a `revokeURI` gets
   * a call for each of its tokens.
   *
   * @param user - the user's `freedom_id`, or their index in {@link users}. The default is the first user
   * @returns a promise that resolves when all calls have ended. Their results are in {@link revocations}
   * @throws an `Error` if there is no such user
   */
  signOut(user?: string | number): Promise<void>;
  /**
   * Makes the next request to an endpoint fail. Several calls queue up, one for each request.
   *
   * @param endpoint - which endpoint
   * @param kind - how it fails
   * @throws a `TypeError` if the emulator does not know the endpoint or the kind
   */
  fault(endpoint: EmulatorEndpoint, kind: EmulatorFault): void;
  /**
   * Changes the next ID token. Several calls queue up, one for each ID token.
   *
   * @param tampering - what is different in it
   * @throws a `TypeError` if a member is misspelt
   */
  tamper(tampering: Tampering): void;
  /**
   * Decides the result of the next request for a full profile. Several calls queue up, one for each request. Without a call, a
   * request is completed after the option `profileDelay`.
   *
   * @param outcome - the result
   * @throws a `TypeError` if a member is misspelt or wrong
   */
  nextProfile(outcome: ProfileOutcome): void;
  /** Forgets everything that {@link fault}, {@link tamper} and {@link nextProfile} have queued. */
  clearFaults(): void;
  /**
   * Replaces the key that ID tokens are signed with. The new one has a new `kid`, and is the only one in the JWK set. With
   * `signing: 'HS256'` nothing changes: the key is the client secret.
   */
  rotateKeys(): void;
  /** Stops the emulator: closes all connections, and aborts the calls to a `revokeURI`. It can be called more than once. */
  close(): Promise<void>;
}

const MAX_REQUESTS = 10_000;

/**
 * Does what `startEmulator` describes, and also tells the command about each response.
 *
 * @param tell - gets a line for each response, safe to print: the request, the status, and the reason
 */
export async function openEmulator(
  options: EmulatorOptions,
  tell: (line: string) => void = () => {},
): Promise<Emulator> {
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      'The Freedom ID emulator lets anybody in, so it does not start under NODE_ENV=production.',
    );
  }
  const { port, host, clients, clock, profileDelay, behaviour, signing, ...settings } = readOptions(options);
  // Copies, because apps may change the users of an emulator.
  const users = settings.users.map((user) => ({ ...user }));
  const requests: EmulatorRequest[] = [];
  const faults = new Faults();
  const links = new Links({ clock, callbackJoin: behaviour.callbackJoin });
  const profiles = new Profiles({ clock, profileDelay });
  const provider = new Provider({
    clients,
    clock,
    links,
    profiles,
    behaviour,
    records: new UserRecords(users),
  });
  const idTokens = new IdTokens(signing);
  const openid = new OpenID({ clients, clock, links, idTokens, behaviour });
  const revocations = new Revocations({ tell });
  const signOut = new SignOut({ provider, openid, users, revocations });
  const server = createEmulatorServer({
    links,
    provider,
    openid,
    signOut,
    users,
    faults,
    behaviour,
    url: settings.url,
    tell,
    onRequest: (request) => {
      requests.push(request);
      if (requests.length > MAX_REQUESTS) requests.shift();
    },
  });
  const address = await listen(server, port, host);
  if (!isLoopback(address.address)) {
    console.error(
      `Freedom ID emulator: it listens on ${address.address}, so other machines can reach it, too. Whoever reaches port ${address.port} can sign in as anybody.`,
    );
  }
  const url = settings.url ?? urlOf(address);
  const person = new Person({
    links,
    openid,
    signOut,
    users,
    url,
    publicURL: settings.url,
    port: address.port,
  });

  return {
    url,
    clients,
    users,
    requests,
    revocations: revocations.calls,
    approve: async (link, approval) => person.approve(link, approval),
    refuse: async (link) => person.refuse(link),
    signOut: async (user) => person.signOut(user),
    fault: (endpoint, kind) => faults.add(endpoint, kind),
    tamper: (tampering) => idTokens.tamper(tampering),
    nextProfile: (outcome) => profiles.next(outcome),
    clearFaults() {
      faults.clear();
      idTokens.clearTampering();
      profiles.clearOutcomes();
    },
    rotateKeys: () => idTokens.rotateKeys(),
    close: () =>
      new Promise((resolve) => {
        revocations.close();
        // An error only says that the server is closed already.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = ['EADDRINUSE', 'EACCES'].includes(error.code ?? '')
        ? `Port ${port} cannot be used (${error.code}). Set port, or --port of the command, to another one.`
        : `Host ${printable(host)} cannot be used (${error.code}); choose an address of this machine, or 0.0.0.0 for all of them.`;
      reject(new Error(message, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  return server.address() as AddressInfo;
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** The URL by which a program on this machine reaches the server. */
function urlOf({ address, family, port }: AddressInfo): string {
  // A server that listens on every address has none of its own.
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const own = everywhere[address] ?? address;
  return `http://${family === 'IPv6' ? `[${own}]` : own}:${port}`;
}
