import type { Agent } from 'node:http';

/** What a {@link FetchFunction} is called with, besides the URL. */
export interface FetchInit {
  method: 'GET' | 'POST' | 'PATCH';
  headers: Record<string, string>;
  body?: string;
  redirect: 'manual';
  signal: AbortSignal;
  /** node-fetch uses it; other implementations of fetch ignore it. */
  agent?: Agent;
}

/** What is read of the response that a {@link FetchFunction} resolves to. */
export interface FetchResponse {
  readonly status: number;
  /** Only `retry-after` is read. */
  readonly headers?: { get?(name: string): string | null } | undefined;
  /** An async iterable of bytes, as in node-fetch and in the fetch standard. Where it is anything else, `text()` is called. */
  readonly body?: unknown;
  text(): Promise<string>;
}

/** Any function with fetch's shape: node-fetch, `globalThis.fetch`, undici's, a test double. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;
