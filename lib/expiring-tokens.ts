import { requireThat } from './require-that';

/** What the tokens of both flows can tell. A class, so that logs and comparisons of tokens see their data alone. */
export class ExpiringTokens {
  declare accessExpiresAt?: Date;

  /**
   * Whether the access token has expired, or is about to. JSON has no methods: of tokens that were kept in a session, compare
   * the date.
   *
   * @param windowSeconds - how early, 0 or more; 0 where it is left out
   * @returns false where Freedom ID has not told when it expires
   * @throws `TypeError` where the window is anything else
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
