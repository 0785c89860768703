import { channel } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import type { FreedomIdEndpoint, FreedomIdError } from './errors';

/** One finished exchange with Freedom ID, as told on the diagnostics channel. It holds no token and no query. */
export interface FreedomIdRequestEvent {
  endpoint: FreedomIdEndpoint;
  method: string;
  /** Origin and path. */
  url: string;
  /** Absent when no answer came. */
  httpStatus?: number;
  /** Milliseconds from the start to the last byte, or to the failure. */
  durationMs: number;
  /** Present when the exchange failed. */
  error?: FreedomIdError;
}

const requests = channel('passport-freedom-id:request');
const debug = debuglog('passport-freedom-id');

/** Tells subscribers of the channel, and `NODE_DEBUG=passport-freedom-id`, of one finished exchange. */
export function reportExchange(event: FreedomIdRequestEvent): void {
  if (requests.hasSubscribers) requests.publish(event);
  if (debug.enabled) {
    const outcome = event.error ? event.error.message : `HTTP ${event.httpStatus}`;
    debug(
      '%s %s %s in %d ms: %s',
      event.endpoint,
      event.method,
      event.url,
      Math.round(event.durationMs),
      outcome,
    );
  }
}
