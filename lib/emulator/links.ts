import { randomUUID } from 'node:crypto';
import type { BehaviourSettings } from './behaviour';
import type { EmulatorClient } from './clients';
import { Expiring, type Found } from './expiring';
import type { EmulatorUser } from './users';

/** A login that an app asks a person for. */
interface Login {
  client: EmulatorClient;
  redirectURI: string;
  grants: readonly string[];
  /** The person agrees. @returns the parameters of the callback */
  agreed(user: EmulatorUser, grants: readonly string[]): Record<string, string>;
  /** The person refuses. @returns the parameters of the callback */
  refused(): Record<string, string>;
}

/** A login that waits for a person. */
export interface PendingLink extends Login {
  /** The link itself. */
  url: string;
  trackID: string;
}

interface LinkSettings {
  /** Unix milliseconds. */
  clock: () => number;
  /** Joins the callback's parameters to a redirect URI that has a query. Undocumented: which one Freedom ID uses. */
  callbackJoin: BehaviourSettings['callbackJoin'];
}

const LINK_LIFE = 10 * 60_000;

/** The logins that wait for a person, of both flows. */
export class Links {
  private readonly links: Expiring<PendingLink>;

  constructor(private readonly settings: LinkSettings) {
    this.links = new Expiring(settings.clock);
  }

  /** @param base - the address of the emulator, without a slash at its end */
  add(login: Login, base: string): PendingLink {
    const trackID = randomUUID();
    const expiresAt = Math.floor((this.settings.clock() + LINK_LIFE) / 1000);
    const url = `${base}/login?track_id=${trackID}&expire_at=${expiresAt}`;
    const link = { ...login, url, trackID };
    this.links.add(trackID, link, LINK_LIFE);
    return link;
  }

  find(trackID: string): Found<PendingLink> {
    return this.links.find(trackID);
  }

  /** @returns the callback URL */
  approve(link: PendingLink, user: EmulatorUser, grants: readonly string[]): string {
    this.links.use(link.trackID, link);
    return this.callbackURL(link.redirectURI, link.agreed(user, grants));
  }

  /** @returns the callback URL */
  refuse(link: PendingLink): string {
    this.links.use(link.trackID, link);
    return this.callbackURL(link.redirectURI, link.refused());
  }

  callbackURL(redirectURI: string, parameters: Record<string, string>): string {
    const separator = redirectURI.includes('?') ? this.settings.callbackJoin : '?';
    return `${redirectURI}${separator}${new URLSearchParams(parameters)}`;
  }
}
