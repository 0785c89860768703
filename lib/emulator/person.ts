import { requireMembers } from './check';
import { WHY_GONE } from './expiring';
import { shown } from './line';
import type { Links, PendingLink } from './links';
import type { OpenID } from './openid';
import { isTextList } from './options';
import { withoutPrefix } from './server';
import type { SignOut } from './sign-out';
import { type EmulatorUser, findUser } from './users';

/** How a login is approved: who signs in, and what they share. */
export interface Approval {
  /** The user's `freedom_id`, or their index in the list of users. @defaultValue the first user */
  as?: string | number | undefined;
  /** The grants that the user allows. @defaultValue all that the app asks for */
  grants?: readonly string[] | undefined;
}

interface PersonSettings {
  links: Links;
  openid: OpenID;
  signOut: SignOut;
  users: readonly EmulatorUser[];
  /** The emulator's URL. */
  url: string;
  /** The option `url`. */
  publicURL: string | undefined;
  /** Where the emulator listens. */
  port: number;
}

type Act = 'approve' | 'refuse';

/** A person on the emulator's pages, played by a test. */
export class Person {
  constructor(private readonly settings: PersonSettings) {}

  /** @returns the callback URL */
  approve(link: unknown, approval: Approval = {}): string {
    requireMembers('approve', approval, ['as', 'grants']);
    const { as = 0, grants } = approval;
    const pending = this.open('approve', link);
    const user = this.choose('approve', as);
    if (!isTextList(grants)) throw new TypeError(`approve: grants must be a list, but is ${shown(grants)}`);
    const unasked = grants?.find((grant) => !pending.grants.includes(grant));
    if (unasked !== undefined) throw new Error(`approve: the login does not ask for the grant ${unasked}`);
    return this.settings.links.approve(pending, user, grants ?? pending.grants);
  }

  /** @returns the callback URL */
  refuse(link: unknown): string {
    return this.settings.links.refuse(this.open('refuse', link));
  }

  /** Resolves when each app was told, or could not be told. */
  async signOut(as: unknown = 0): Promise<void> {
    await this.settings.signOut.of(this.choose('signOut', as));
  }

  private choose(act: string, as: unknown): EmulatorUser {
    const user = findUser(this.settings.users, as);
    if (!user) throw new Error(`${act}: there is no user ${shown(as)}`);
    return user;
  }

  private open(act: Act, link: unknown): PendingLink {
    if (typeof link !== 'string' || !URL.canParse(link)) throw notALink(act, `but is ${shown(link)}`);
    const asked = new URL(link);
    return this.startsLogin(asked) ? this.startLogin(act, asked) : this.findLink(act, link);
  }

  /** Whether it leads to `/openid`, where a login by OpenID Connect starts. */
  private startsLogin({ origin, hostname, port, pathname }: URL): boolean {
    const { url, publicURL, port: ownPort } = this.settings;
    if (withoutPrefix(pathname, publicURL) !== '/openid') return false;
    // All names of this machine lead to the same emulator.
    const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) && port === String(ownPort);
    return local || origin === new URL(url).origin;
  }

  private startLogin(act: Act, { searchParams, origin }: URL): PendingLink {
    try {
      return this.settings.openid.createLink(searchParams, this.settings.publicURL ?? origin);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${act}: the emulator starts no login for this link: ${message}`, {
        cause: error,
      });
    }
  }

  private findLink(act: Act, link: string): PendingLink {
    const { links, url } = this.settings;
    const { origin, searchParams } = new URL(link);
    const found = links.find(searchParams.get('track_id') ?? '');
    // A link is also good under the host that it was made for.
    const origins = [url, found.value?.url ?? url].map((one) => new URL(one).origin);
    if (!origins.includes(origin)) {
      throw notALink(act, `a link to ${url} (your strategy's baseURL), but is ${shown(link)}`);
    }
    if (found.state !== 'good') throw new Error(`${act}: the login link ${WHY_GONE[found.state]}: ${link}`);
    return found.value;
  }
}

function notALink(act: Act, what: string): TypeError {
  return new TypeError(`${act}: link must be the Location that your login route redirects to, ${what}`);
}
