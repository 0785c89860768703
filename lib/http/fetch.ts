import type { EventEmitter } from 'node:events';
import type { Agent } from 'node:http';

/** What a {@link FetchFunction} is called with, besides the URL. */
export interface FetchInit {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  headers: Record<string, string>;
  body?: string;
  redirect: 'manual';
  /** There where the request must not be sent again, even on a connection that was closed meanwhile: it creates a user. */
  once?: true;
  /** Aborts when the exchange is given up. */
  signal: AbortSignal;
  /** For clients that take this in place of a signal, as undici's `request`. To make it and listen to it takes a twentieth of the time. */
  readonly emitter: AbortEmitter;
  /** node-fetch uses it; other implementations of fetch ignore it. */
  agent?: Agent;
}

/** Emits `abort` when the exchange is given up. */
export type AbortEmitter = EventEmitter & {
  /** Whether that has happened. */
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
