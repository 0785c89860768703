import { channel } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import { type FreedomIdEndpoint, FreedomIdError } from '../errors';
import type { ExchangeRequest, ExchangeResponse } from './exchange';
import { withoutQuery } from './redact';

/** One finished exchange, as published on the channel `passport-freedom-id:request`. It holds no token and no query. */
export interface FreedomIdRequestEvent {
  endpoint: FreedomIdEndpoint;
  method: string;
  /** Origin and path. */
  url: string;
  /** Absent when no response came. */
  httpStatus?: number;
  /** Milliseconds from the start to the last byte, or to the failure. */
  durationMs: number;
  /** Present when the exchange failed. Without it and without `httpStatus`, the app has given the exchange up. */
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
