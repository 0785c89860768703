import type { EventEmitter } from 'node:events';
import type { Agent } from 'node:http';

/** The second argument of a {@link FetchFunction}. It is fetch's `init`, with members that only some implementations read. */
export interface FetchInit {
  /** The HTTP method. */
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** The headers of the request. */
  headers: Record<string, string>;
  /** The body. Absent if the request has none. */
  body?: string;
  /** Redirects are not followed. */
  redirect: 'manual';
  /** Present if the request creates a user: it must not be sent a second time, even if the connection was closed meanwhile. */
  once?: true;
  /** Aborts the request, after the `timeout` or when the app gives it up. */
  signal: AbortSignal;
  /** Aborts at the same time as `signal`. For clients that accept an event emitter, such as undici's `request`: it is faster. */
  readonly emitter: AbortEmitter;
  /** The `http.Agent` or `https.Agent` to use. node-fetch reads it; other implementations ignore it. */
  agent?: Agent;
}

/** Emits `abort` when the request is aborted. */
export type AbortEmitter = EventEmitter & {
  /** Whether the request was aborted. */
  aborted: boolean;
};

/** A request, before anybody can abort it. */
export type OutgoingRequest = Omit<FetchInit, 'signal' | 'emitter'>;

/** Sends a request, and does not wait for its response. */
export type Send = (url: string, init: OutgoingRequest) => Sending;

/** A request that is under way. */
export interface Sending {
  readonly response: Promise<FetchResponse>;
  /**
   * Gives the request up, even if its response has begun.
   *
   * @param isLate - because the response is late, and not because nobody wants it any more
   */
  abort(isLate: boolean): void;
}

/** The part of fetch's `Response` that is read. A {@link FetchFunction} resolves to it. */
export interface FetchResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The headers of the response. Only `retry-after` is read. */
  readonly headers?: { get?(name: string): string | null } | undefined;
  /** The body as an async iterable of bytes. If it is anything else, `text()` is called. */
  readonly body?: unknown;
  /** The whole body. Called only if `body` is no async iterable. */
  text(): Promise<string>;
}

/** A function with the signature of fetch: node-fetch, `globalThis.fetch`, undici's, or one of your tests. See docs/options.md#a-faster-transport. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;
