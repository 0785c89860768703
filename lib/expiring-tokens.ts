import { requireThat } from './require-that';

/** What the tokens of both flows can tell. A class, so that logs and comparisons of tokens see their data alone. */
export class ExpiringTokens {
  /** When the access token expires. */
  declare accessExpiresAt?: Date;

  /**
   * Whether the access token has expired or expires soon. Tokens that were stored as JSON do not have this method: compare
   * `accessExpiresAt` yourself.
   *
   * @param windowSeconds - how many seconds ahead counts as soon, 0 or more. The default is 0
   * @returns `false` if the date is unknown
   * @throws a `TypeError` if `windowSeconds` is anything else
   */
  expired(windowSeconds = 0): boolean {
    requireThat(
      Number.isFinite(windowSeconds) && windowSeconds >= 0,
      'windowSeconds',
      'a number of seconds, 0 or more',
      windowSeconds,
    );
    const { accessExpiresAt } = this;
    return accessExpiresAt !== undefined && accessExpiresAt.getTime() - Date.now() <= windowSeconds * 1000;
  }
}
