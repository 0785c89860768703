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

/** A Freedom ID that runs on this machine. */
export interface Emulator {
  /** E.g. `http://127.0.0.1:43121`: the strategy's `baseURL`. */
  readonly url: string;
  readonly clients: readonly EmulatorClient[];
  /** Their records as they are now: apps may create users, and change them. */
  readonly users: readonly EmulatorUser[];
  /** The requests that were received, the newest 10,000. Empty it with `emulator.requests.length = 0`. */
  readonly requests: EmulatorRequest[];
  /** The calls to a `revokeURI` that have ended, the newest 10,000. Empty it with `emulator.revocations.length = 0`. */
  readonly revocations: EmulatorRevocation[];
  /**
   * Approves a login as a person would. A link to `/openid` may be approved more than once: each time is a login of its own.
   *
   * @param link - the `Location` that the app's login route redirects to, of either flow
   * @returns the callback URL
   * @throws if it is no link of this emulator, is expired or used, or if `/openid` would refuse it
   */
  approve(link: string, approval?: Approval): Promise<string>;
  /** Refuses a login as a person would. Link, result and errors are as with {@link approve}. */
  refuse(link: string): Promise<string>;
  /**
   * Signs a user out of Freedom ID, as a person would at `/account`: their tokens stop working, and each app that is registered
   * with a `revokeURI` is told of each of its tokens. The default is the first user.
   *
   * @param user - the user's `freedom_id`, or their index in the list
   * @returns when each app has answered, or will not; how it went is in {@link revocations}
   * @throws if there is no such user
   */
  signOut(user?: string | number): Promise<void>;
  /** Makes the next exchange on an endpoint go wrong. The faults of several calls queue up. */
  fault(endpoint: EmulatorEndpoint, kind: EmulatorFault): void;
  /**
   * Spoils the next ID token: these headers and claims take the place of the usual ones. What several calls ask for queues
   * up, a token for each.
   */
  tamper(tampering: Tampering): void;
  /**
   * What becomes of the next request for a full profile. What several calls ask for queues up, a request for each; those that
   * nobody asks for are completed after the option `profileDelay`.
   */
  nextProfile(outcome: ProfileOutcome): void;
  /** Forgets the faults, the tampering and the outcomes of profiles that still wait. */
  clearFaults(): void;
  /**
   * From now on, ID tokens are signed by a new key with a new `kid`, and the JWK set has that key alone. It takes effect at once.
   * Under `signing: 'HS256'` it changes nothing: the client secret is the key.
   */
  rotateKeys(): void;
  /** Ends every connection, and the calls to a `revokeURI` that are under way. May be called twice. */
  close(): Promise<void>;
}

const MAX_REQUESTS = 10_000;

/**
 * `startEmulator`, which describes it, with an ear for the command.
 *
 * @param tell - gets a line for each response, fit to be printed: what came, what was answered, and why
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
  // Not the caller's own: apps may change them.
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
        ? `Port ${port} cannot be used (${error.code}); choose another.`
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

/** Where a program on this machine finds the server. */
function urlOf({ address, family, port }: AddressInfo): string {
  // A server that listens on every address has none of its own.
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const own = everywhere[address] ?? address;
  return `http://${family === 'IPv6' ? `[${own}]` : own}:${port}`;
}
