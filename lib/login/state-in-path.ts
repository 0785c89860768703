import { decoded, isAtCallbackURL, isFolder } from './callback-url';

/** Makes the state the last segment of a callback URL's path. As text, so that nothing else of it changes. */
export function withStateInPath(callbackURL: string, state: string): string {
  return callbackURL.replace(/\/?(?=\?|$)/, `/${encodeURIComponent(state)}`);
}

/**
 * Takes the state off a path that was asked for, whatever form it has.
 *
 * @returns undefined where that is not the path of the callback URL and one segment more; else the path as it was without the state
 */
export function takeStateOff(path: string, callbackURL: string): { state: string; path: string } | undefined {
  const [, before = '', segment] = /^(.*\/)([^/]+)/s.exec(path) ?? [];
  if (segment === undefined || !isAtCallbackURL(callbackURL, before)) return undefined;
  return { state: decoded(segment), path: isFolder(callbackURL) ? before : before.slice(0, -1) };
}

/** Whether it may be one of our own: 256 bits in base64url. A page of the app below the callback URL has a shorter name. */
export function isLikeState(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
