import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { CLIENT_SECRET } from '../support/options';
import { answer } from './answers';
import { ANOTHER_HOST, type WrongAnswer } from './provider';
import type { Exchange } from './server';

/** A second of a slow server, in milliseconds: the deadline of these tests is shorter in the same way. */
const SECOND = 25;

const MEGABYTE = 1024 * 1024;

/** Answers with a status, and a body that repeats every secret that Freedom ID has seen. */
export const status =
  (code: number, body = complaint, headers: Record<string, string> = {}): WrongAnswer =>
  (exchange) =>
    answer(exchange.res, code, body(exchange), headers);

/** Freedom ID's own error, with a code. */
export const withCode = (exchange: Exchange) =>
  JSON.stringify({ error: { message: echoOf(exchange), code: 100101 } });

/** Freedom ID's own error, with fields. */
export const withFields = (exchange: Exchange) =>
  JSON.stringify({
    error: { message: 'Error validating transmitted data.', errors: { 'grants.0': [echoOf(exchange)] } },
  });

/** RFC 6749's error. */
export const asOAuth = (exchange: Exchange) =>
  JSON.stringify({ error: 'invalid_request', error_description: echoOf(exchange) });

export const asHTML = (exchange: Exchange) => `<!doctype html><title>Oops</title>${echoOf(exchange)}`;

const complaint = (exchange: Exchange) => JSON.stringify({ error: { message: echoOf(exchange) } });

function echoOf({ req, sent }: Exchange): string {
  return `You sent ${req.headers.authorization}, ${CLIENT_SECRET} and ${sent}`;
}

/** Answers with another body than the right one. */
export const body =
  (change: (text: string) => string | Buffer, headers: Record<string, string> = {}): WrongAnswer =>
  ({ res }, right) =>
    answer(res, 200, change(JSON.stringify(right)), headers);

/** Answers with the right fields, but for some of the values: `undefined` leaves a field out. */
export const fields = (change: (name: string, value: unknown) => unknown): WrongAnswer =>
  body((text) => {
    const changed = Object.entries(JSON.parse(text)).map(([name, value]) => [name, change(name, value)]);
    return JSON.stringify(Object.fromEntries(changed));
  });

export const redirect: WrongAnswer = ({ req, res }) => {
  const port = new URL(`https://${req.headers.host}`).port;
  answer(res, 302, '', { location: `https://${ANOTHER_HOST}:${port}/another` });
};

export const resetBeforeHeaders: WrongAnswer = ({ reset }) => reset();

export const resetDuringHeaders: WrongAnswer = ({ req, reset }) =>
  void req.socket.write('HTTP/1.1 200 OK\r\nContent-Type: appl', reset);

export const resetAfterHeaders: WrongAnswer = ({ res, reset }, right) => {
  res.writeHead(200, { 'content-length': 1000 });
  res.write(JSON.stringify(right), reset);
};

/** A part of the body that was announced, and the end of the connection. */
export const cutShort: WrongAnswer = ({ req, res }, right) => {
  res.writeHead(200, { 'content-length': 1000 });
  res.write(JSON.stringify(right), () => req.socket.end());
};

export const cutShortInChunks: WrongAnswer = ({ req, res }, right) => {
  res.write(JSON.stringify(right), () => req.socket.end());
};

export const never: WrongAnswer = () => {};

/** White space, which may precede JSON for as long as it likes. */
export const dripping: WrongAnswer = ({ res }) => {
  res.writeHead(200);
  const drip = setInterval(() => res.write(' '), SECOND);
  res.once('close', () => clearInterval(drip));
};

/** Two chunks, and the letter of two bytes in both. */
export const splitLetter: WrongAnswer = ({ res }, right) => {
  const bytes = Buffer.from(JSON.stringify(right));
  const middle = bytes.indexOf('Ә') + 1;
  res.write(bytes.subarray(0, middle), () => setImmediate(() => res.end(bytes.subarray(middle))));
};

export const gzipBomb: WrongAnswer = ({ res }, right) => {
  const bomb = gzipSync(JSON.stringify({ ...right, padding: 'x'.repeat(10 * MEGABYTE) }));
  answer(res, 200, bomb, { 'content-encoding': 'gzip' });
};

/** Right but for its size. It is sent as fast as the client reads it. */
export const huge: WrongAnswer = async ({ res }, right) => {
  const megabyte = 'x'.repeat(MEGABYTE);
  const parts = function* () {
    yield `${JSON.stringify(right).slice(0, -1)},"padding":"`;
    for (let sent = 0; sent < 100; sent += 1) yield megabyte;
    yield '"}';
  };
  await pipeline(Readable.from(parts()), res).catch(() => {});
};

/** Refuses the second request on a connection, as a server does whose patience with idle clients has just ended. */
export const whenReused =
  (end: (exchange: Exchange) => void): WrongAnswer =>
  (exchange, right) =>
    exchange.reused ? end(exchange) : answer(exchange.res, 200, JSON.stringify(right));

export const closes = ({ req }: Exchange) => void req.socket.destroy();

export const resets = ({ reset }: Exchange) => reset();
