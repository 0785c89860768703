import { channel } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import { type FreedomIdEndpoint, FreedomIdError } from '../errors';
import type { ExchangeRequest, ExchangeResponse } from './exchange';
import { withoutQuery } from './redact';

/**
 * One request to Freedom ID that has ended: the message of the diagnostics channel `passport-freedom-id:request`. It holds no token
 * and no query. See docs/errors.md.
 */
export interface FreedomIdRequestEvent {
  /** Which endpoint was asked. */
  endpoint: FreedomIdEndpoint;
  /** The HTTP method, e.g. `POST`. */
  method: string;
  /** Origin and path, without the query. */
  url: string;
  /** The HTTP status of the response. Absent if no response came. */
  httpStatus?: number;
  /** Milliseconds from the start to the last byte of the response, or to the failure. */
  durationMs: number;
  /** Present if the request failed. If `httpStatus` is absent too, the app aborted the request. */
  error?: FreedomIdError;
}

const requests = channel('passport-freedom-id:request');
const debug = debuglog('passport-freedom-id');

/** Reports one finished exchange to the channel's subscribers, and to `NODE_DEBUG=passport-freedom-id`. */
export function reportExchange(
  { endpoint, method, url }: ExchangeRequest,
  result: ExchangeResponse | FreedomIdError | undefined,
  durationMs: number,
): void {
  if (!requests.hasSubscribers && !debug.enabled) return;
  const httpStatus = result?.httpStatus;
  const error = result instanceof FreedomIdError ? result : undefined;
  const place = withoutQuery(url);
  requests.publish({
    endpoint,
    method,
    url: place,
    ...(httpStatus !== undefined && { httpStatus }),
    durationMs,
    ...(error && { error }),
  } satisfies FreedomIdRequestEvent);
  const outcome = result ? (error?.message ?? `HTTP ${httpStatus}`) : 'given up by the app';
  debug('%s %s %s in %d ms: %s', endpoint, method, place, Math.round(durationMs), outcome);
}
