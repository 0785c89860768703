import type { Emulator } from '../../lib/emulator/index';
import { CookieJar, locationOf } from '../support/browser';
import type { StrategyName } from './host';

/** A person who uses the app and Freedom ID in their own browser. */
export class Visitor {
  constructor(
    private readonly app: string,
    private readonly emulator: Emulator,
    /** By which they sign in. */
    private readonly strategy: StrategyName = 'freedom-id',
    private readonly browser = new CookieJar(),
  ) {}

  /** The same person in the same browser, but signing in by another strategy. */
  by(strategy: StrategyName): Visitor {
    return new Visitor(this.app, this.emulator, strategy, this.browser);
  }

  /** @param target - a path of the strategy's routes, a path of the app that begins with `/`, or a callback URL */
  get(target: string, headers?: Record<string, string>): Promise<Response> {
    return this.browser.get(this.urlOf(target), headers);
  }

  head(target: string): Promise<Response> {
    return this.browser.head(this.urlOf(target));
  }

  async json(target: string): Promise<unknown> {
    return (await this.get(target)).json();
  }

  /** @returns the link to Freedom ID's login page */
  async startLogin(target = 'login'): Promise<string> {
    return locationOf(await this.get(target));
  }

  async signIn(as = 0, target = 'login'): Promise<Response> {
    return this.get(await this.emulator.approve(await this.startLogin(target), { as }));
  }

  async refuse(target = 'login'): Promise<Response> {
    return this.get(await this.emulator.refuse(await this.startLogin(target)));
  }

  /** Who is signed in, as the app sees it. */
  async me(): Promise<unknown> {
    const { user } = (await this.json('/me')) as { user: unknown };
    return user;
  }

  private urlOf(target: string): string {
    return new URL(target, `${this.app}/${this.strategy}/`).href;
  }
}
