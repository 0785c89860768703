import { decoded, isAtCallbackURL, isFolder } from './callback-url';

/** Adds the state as the last segment of a callback URL's path. Replaces text, so that nothing else in the URL changes. */
export function withStateInPath(callbackURL: string, state: string): string {
  return callbackURL.replace(/\/?(?=\?|$)/, `/${encodeURIComponent(state)}`);
}

/**
 * Splits the last segment, the state, from a requested path. Any text may be a state here.
 *
 * @returns undefined if the path is not that of the callback URL and one segment more; else the state, and the path without it
 */
export function takeStateOff(path: string, callbackURL: string): { state: string; path: string } | undefined {
  const [, before = '', segment] = /^(.*\/)([^/]+)/s.exec(path) ?? [];
  if (segment === undefined || !isAtCallbackURL(callbackURL, before)) return undefined;
  return { state: decoded(segment), path: isFolder(callbackURL) ? before : before.slice(0, -1) };
}

/** Whether it looks like our own state: 256 bits in base64url. A page of the app below the callback URL has a shorter name. */
export function isLikeState(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
