import type { FetchResponse } from './fetch';

/** The longest time that a timer of Node.js can wait: with more, it fires at once. */
const MAX_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** The three forms of a date in HTTP (RFC 9110, 5.6.7). All are in GMT, but the last does not say so. */
const HTTP_DATE = new RegExp(
  [
    /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} TIME GMT$/,
    /^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d TIME GMT$/,
    /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d TIME \d{4}$/,
  ]
    .map(({ source }) => source.replace('TIME', '\\d\\d:\\d\\d:\\d\\d'))
    .join('|'),
);

/** @returns seconds, 0 or more; undefined if the header is absent or cannot be read (RFC 9110, 10.2.3) */
export function readRetryAfter(headers: FetchResponse['headers']): number | undefined {
  const value = headers?.get?.('retry-after');
  if (typeof value !== 'string') return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : secondsUntil(value);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), MAX_SECONDS);
}

/** @returns NaN where it is not a date */
function secondsUntil(date: string): number {
  if (!HTTP_DATE.test(date)) return Number.NaN;
  return Math.ceil((Date.parse(date.endsWith('GMT') ? date : `${date} GMT`) - Date.now()) / 1000);
}
