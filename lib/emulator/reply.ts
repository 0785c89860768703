/** The response to a request. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** What was decided, and why, for the emulator's output. It holds no secret, token, code or state. */
  why: string;
}

export function jsonReply(
  status: number,
  json: object,
  why: string,
  headers: Record<string, string> = {},
): Reply {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(json),
    why,
  };
}

export function pageReply(status: number, markup: string, why: string): Reply {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    },
    body: markup,
    why,
  };
}

export function redirectReply(location: string, why: string): Reply {
  return {
    status: 303,
    headers: {
      // `href` is ASCII, as a header must be. A redirect URI may hold any letter.
      location: new URL(location).href,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
    body: '',
    why,
  };
}
