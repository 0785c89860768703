import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmulatorClient } from './clients';
import { WHY_GONE } from './expiring';
import { type EmulatorEndpoint, type EmulatorFault, Faults } from './faults';
import { IdTokens, type Tampering } from './id-tokens';
import { printable, shown } from './line';
import { Links, type PendingLink } from './links';
import { OpenID } from './openid';
import { type EmulatorOptions, isTextList, readOptions, requireMembers } from './options';
import { Provider } from './provider';
import { createEmulatorServer, type EmulatorRequest, withoutPrefix } from './server';
import type { EmulatorUser } from './users';

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
  /** Makes the next exchange on an endpoint go wrong. The faults of several calls queue up. */
  fault(endpoint: EmulatorEndpoint, kind: EmulatorFault): void;
  /**
   * Spoils the next ID token: these headers and claims take the place of the usual ones. What several calls ask for queues
   * up, a token for each.
   */
  tamper(tampering: Tampering): void;
  /** Forgets the faults and the tampering that still wait. */
  clearFaults(): void;
  /** From now on, ID tokens are signed by a new key with a new `kid`, and the JWK set has that one alone. `HS256` has none to change. */
  rotateKeys(): void;
  /** Ends every connection. May be called twice. */
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
  const { port, host, clients, users, clock, statusMode, callbackJoin, signing, ...settings } =
    readOptions(options);
  const requests: EmulatorRequest[] = [];
  const faults = new Faults();
  const links = new Links({ clock, callbackJoin });
  const provider = new Provider({ clients, clock, links });
  const idTokens = new IdTokens(signing);
  const openid = new OpenID({ clients, clock, links, idTokens });
  const server = createEmulatorServer({
    links,
    provider,
    openid,
    users,
    faults,
    statusMode,
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
  const find = (act: 'approve' | 'refuse', link: unknown): PendingLink => {
    const asked = readLink(act, link);
    if (!isOpenID(asked, settings.url) || !isOwn(asked, url, address.port)) {
      return findLink(links, url, act, link as string);
    }
    try {
      return openid.createLink(asked.searchParams, settings.url ?? asked.origin);
    } catch (error) {
      throw new Error(`${act}: the emulator refuses the link: ${(error as Error).message}`, { cause: error });
    }
  };

  return {
    url,
    clients,
    users,
    requests,
    async approve(link, approval = {}) {
      requireMembers('approve', approval, ['as', 'grants']);
      const { as = 0, grants } = approval;
      const pending = find('approve', link);
      const user = typeof as === 'number' ? users[as] : users.find((one) => one.freedom_id === as);
      if (!user) throw new Error(`approve: there is no user ${shown(as)}`);
      if (!isTextList(grants)) throw new TypeError(`approve: grants must be a list, and is ${shown(grants)}`);
      const unasked = grants?.find((grant) => !pending.grants.includes(grant));
      if (unasked !== undefined) throw new Error(`approve: the login does not ask for the grant ${unasked}`);
      return links.approve(pending, user, grants ?? pending.grants);
    },
    async refuse(link) {
      return links.refuse(find('refuse', link));
    },
    fault: (endpoint, kind) => faults.add(endpoint, kind),
    tamper: (tampering) => idTokens.tamper(tampering),
    clearFaults() {
      faults.clear();
      idTokens.clearTampering();
    },
    rotateKeys: () => idTokens.rotateKeys(),
    close: () =>
      new Promise((resolve) => {
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

const WANTED = 'link must be the Location that your login route redirects to';

function readLink(act: string, link: unknown): URL {
  if (typeof link === 'string' && URL.canParse(link)) return new URL(link);
  throw new TypeError(`${act}: ${WANTED}, and is ${shown(link)}`);
}

/** Whether it is the start of a login by OpenID Connect: it is good as often as it is used. */
function isOpenID({ pathname }: URL, url: string | undefined): boolean {
  return withoutPrefix(pathname, url) === '/openid';
}

/** The emulator is the same under each name of this machine. */
function isOwn({ origin, hostname, port }: URL, url: string, ownPort: number): boolean {
  return (
    origin === new URL(url).origin ||
    (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) && port === String(ownPort))
  );
}

/** @param url - of the emulator. A link is good under the host that it was given out for, too */
function findLink(links: Links, url: string, act: string, link: string): PendingLink {
  const { origin, searchParams } = new URL(link);
  const found = links.find(searchParams.get('track_id') ?? '');
  const origins = [url, found.value?.url ?? url].map((one) => new URL(one).origin);
  if (!origins.includes(origin)) {
    throw new TypeError(
      `${act}: ${WANTED}, a link to ${url} (your strategy's baseURL), and is ${shown(link)}`,
    );
  }
  if (found.state !== 'good') throw new Error(`${act}: the login link ${WHY_GONE[found.state]}: ${link}`);
  return found.value;
}
