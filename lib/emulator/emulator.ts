import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmulatorClient } from './clients';
import { WHY_GONE } from './expiring';
import { type EmulatorEndpoint, type EmulatorFault, Faults } from './faults';
import { printable, shown } from './line';
import { Links, type PendingLink } from './links';
import { type EmulatorOptions, isTextList, readOptions, requireMembers } from './options';
import { Provider } from './provider';
import { createEmulatorServer, type EmulatorRequest } from './server';
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
  /** Approves a login as a person would. @returns the callback URL. @throws if it is no link of this emulator, or is expired or used */
  approve(link: string, approval?: Approval): Promise<string>;
  /** Refuses a login as a person would. @returns the callback URL. @throws if it is no link of this emulator, or is expired or used */
  refuse(link: string): Promise<string>;
  /** Makes the next exchange on an endpoint go wrong. The faults of several calls queue up. */
  fault(endpoint: EmulatorEndpoint, kind: EmulatorFault): void;
  clearFaults(): void;
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
  const { port, host, clients, users, clock, statusMode, callbackJoin, ...settings } = readOptions(options);
  const requests: EmulatorRequest[] = [];
  const faults = new Faults();
  const links = new Links({ clock, callbackJoin });
  const provider = new Provider({ clients, clock, links });
  const server = createEmulatorServer({
    links,
    provider,
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

  return {
    url,
    clients,
    users,
    requests,
    async approve(link, approval = {}) {
      requireMembers('approve', approval, ['as', 'grants']);
      const { as = 0, grants } = approval;
      const pending = findLink(links, url, 'approve', link);
      const user = typeof as === 'number' ? users[as] : users.find((one) => one.freedom_id === as);
      if (!user) throw new Error(`approve: there is no user ${shown(as)}`);
      if (!isTextList(grants)) throw new TypeError(`approve: grants must be a list, and is ${shown(grants)}`);
      const unasked = grants?.find((grant) => !pending.grants.includes(grant));
      if (unasked !== undefined) throw new Error(`approve: the login does not ask for the grant ${unasked}`);
      return links.approve(pending, user, grants ?? pending.grants);
    },
    async refuse(link) {
      return links.refuse(findLink(links, url, 'refuse', link));
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

/** @param url - of the emulator. A link is good under the host that it was given out for, too */
function findLink(links: Links, url: string, act: 'approve' | 'refuse', link: unknown): PendingLink {
  const wanted = `${act}: link must be the Location that your login route redirects to`;
  if (typeof link !== 'string' || !URL.canParse(link)) {
    throw new TypeError(`${wanted}, and is ${shown(link)}`);
  }
  const { origin, searchParams } = new URL(link);
  const found = links.find(searchParams.get('track_id') ?? '');
  const origins = [url, found.value?.url ?? url].map((one) => new URL(one).origin);
  if (!origins.includes(origin)) {
    throw new TypeError(`${wanted}, a link to ${url} (your strategy's baseURL), and is ${shown(link)}`);
  }
  if (found.state !== 'good') throw new Error(`${act}: the login link ${WHY_GONE[found.state]}: ${link}`);
  return found.value;
}
