import type { ServerResponse } from 'node:http';

/** The exchanges that can be made to fail. */
const FAULTY_ENDPOINTS = [
  'authorize',
  'token',
  'get-data',
  'get-profile',
  'profile-status',
  'user',
  'oidc-token',
  'userinfo',
  'jwks',
] as const;

/** The endpoints whose requests can be made to fail. */
export type EmulatorEndpoint = (typeof FAULTY_ENDPOINTS)[number];

/** How a request can be made to fail. */
export type EmulatorFault =
  /** The usual response comes, 200 ms late. */
  | 'delay'
  /** No response comes. */
  | 'hang'
  /** The connection is reset after the first bytes. */
  | 'reset'
  /** The connection is closed in the middle of the body. */
  | 'truncated'
  /** HTTP 500, with an error in JSON. */
  | 'status-500'
  /** HTTP 200, with an HTML page. */
  | 'html'
  /** HTTP 200, with more than 1 MiB of JSON. */
  | 'oversized'
  /** HTTP 200, with JSON that is cut off. */
  | 'invalid-json'
  /** HTTP 200, with an error in JSON. */
  | 'error-200';

const DELAY = 200;
const OVERSIZE = 1024 * 1024;

/** @returns whether to send the usual response */
type Break = (res: ServerResponse) => boolean | Promise<boolean>;

const breaks: Record<EmulatorFault, Break> = {
  delay: () => new Promise((resolve) => setTimeout(resolve, DELAY, true)),
  hang: () => false,
  reset: (res) => {
    // Only after the first bytes: clients repeat a request if a kept connection breaks before any byte of the response.
    res.socket?.write('HTTP/1.1 2', () => res.socket?.resetAndDestroy());
    return false;
  },
  truncated: (res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    res.write('{"access_token":"', () => res.socket?.destroy());
    return false;
  },
  'status-500': (res) => answer(res, 500, '{"error":{"message":"Server Error"}}'),
  html: (res) => answer(res, 200, '<!doctype html><title>Maintenance</title>', 'text/html'),
  oversized: (res) => answer(res, 200, JSON.stringify({ padding: 'x'.repeat(OVERSIZE) })),
  'invalid-json': (res) => answer(res, 200, '{"access_token":"'),
  'error-200': (res) => answer(res, 200, '{"error":{"message":"Service is unavailable.","code":100500}}'),
};

function answer(res: ServerResponse, status: number, body: string, type = 'application/json'): boolean {
  // Not chained: some libraries wrap `writeHead` for the whole process, and return nothing from it.
  res.writeHead(status, { 'content-type': type });
  res.end(body);
  return false;
}

/** The faults that wait for their exchange, in the order in which they were added. */
export class Faults {
  private readonly waiting = new Map<EmulatorEndpoint, EmulatorFault[]>();

  add(endpoint: EmulatorEndpoint, fault: EmulatorFault): void {
    if (!FAULTY_ENDPOINTS.includes(endpoint)) {
      throw new TypeError(`fault: the endpoint must be one of ${FAULTY_ENDPOINTS.join(', ')}`);
    }
    if (!Object.hasOwn(breaks, fault)) {
      throw new TypeError(`fault: the kind must be one of ${Object.keys(breaks).join(', ')}`);
    }
    this.waiting.set(endpoint, [...(this.waiting.get(endpoint) ?? []), fault]);
  }

  clear(): void {
    this.waiting.clear();
  }

  /** Plays the next fault of the endpoint, if any waits. @returns whether to send the usual response */
  async play(endpoint: EmulatorEndpoint, res: ServerResponse): Promise<boolean> {
    const fault = this.waiting.get(endpoint)?.shift();
    return fault ? breaks[fault](res) : true;
  }
}
