import type { Emulator } from '../../lib/emulator/index';
import { CookieJar, locationOf } from '../support/browser';

/** A person who uses the app and Freedom ID in their own browser. */
export class Visitor {
  private readonly browser = new CookieJar();

  constructor(
    private readonly app: string,
    private readonly emulator: Emulator,
  ) {}

  /** @param target - a path of the app, or a callback URL */
  get(target: string, headers?: Record<string, string>): Promise<Response> {
    return this.browser.get(new URL(target, this.app).href, headers);
  }

  head(target: string): Promise<Response> {
    return this.browser.head(new URL(target, this.app).href);
  }

  async json(target: string): Promise<unknown> {
    return (await this.get(target)).json();
  }

  /** @returns the link to Freedom ID's login page */
  async startLogin(target = '/auth/login'): Promise<string> {
    return locationOf(await this.get(target));
  }

  async signIn(as = 0, target = '/auth/login'): Promise<Response> {
    return this.get(await this.emulator.approve(await this.startLogin(target), { as }));
  }

  async refuse(target = '/auth/login'): Promise<Response> {
    return this.get(await this.emulator.refuse(await this.startLogin(target)));
  }

  /** Who is signed in, as the app sees it. */
  async me(): Promise<unknown> {
    const { user } = (await this.json('/me')) as { user: unknown };
    return user;
  }
}
