import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { CLIENT_SECRET } from '../support/options';
import { ANOTHER_HOST, type WrongAnswer } from './provider';
import { answer, type Exchange } from './server';

/** Milliseconds that stand for a second of a slow server: these tests shorten the deadline, too. */
const SECOND = 25;

const MEGABYTE = 1024 * 1024;

/** Responds with a status, and by default with a body that repeats the secrets of the request. */
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

/** Laravel's own error. */
export const asMessage = (exchange: Exchange) => JSON.stringify({ message: echoOf(exchange) });

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

/** Responds with the right fields, some with other values: `undefined` leaves a field out. */
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

/** Sends only a part of the announced body, then ends the connection. */
export const cutShort: WrongAnswer = ({ req, res }, right) => {
  res.writeHead(200, { 'content-length': 1000 });
  res.write(JSON.stringify(right), () => req.socket.end());
};

export const cutShortInChunks: WrongAnswer = ({ req, res }, right) => {
  res.write(JSON.stringify(right), () => req.socket.end());
};

/** As above, but all in one segment. */
export const cutShortWithHead: WrongAnswer = ({ req }, right) =>
  void req.socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${JSON.stringify(right)}`);

export const cutShortDeflated: WrongAnswer = ({ req }) =>
  void req.socket.end('HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 1000\r\n\r\n');

export const invalidChunk: WrongAnswer = ({ req, res }, right) => {
  res.write(JSON.stringify(right), () => req.socket.write('No\r\n'));
};

export const invalidChunkWithHead: WrongAnswer = ({ req }) =>
  void req.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nNo\r\n');

export const switchProtocols: WrongAnswer = ({ req }) =>
  void req.socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  );

export const never: WrongAnswer = () => {};

/** Sends white space without end, which is allowed before JSON. */
export const dripping: WrongAnswer = ({ res }) => {
  res.writeHead(200);
  const drip = setInterval(() => res.write(' '), SECOND);
  res.once('close', () => clearInterval(drip));
};

/** Sends two chunks, and splits the letter of two bytes between them. */
export const splitLetter: WrongAnswer = ({ res }, right) => {
  const bytes = Buffer.from(JSON.stringify(right));
  const middle = bytes.indexOf('Ә') + 1;
  res.write(bytes.subarray(0, middle), () => setImmediate(() => res.end(bytes.subarray(middle))));
};

/** The right response in two chunks. */
export const inChunks: WrongAnswer = ({ res }, right) => {
  const text = JSON.stringify(right);
  res.write(text.slice(0, 9));
  res.end(text.slice(9));
};

export const byByte: WrongAnswer = ({ res }, right) => {
  for (const byte of Buffer.from(JSON.stringify(right))) res.write(Buffer.of(byte));
  res.end();
};

export const gzipBomb: WrongAnswer = ({ res }, right) => {
  const bomb = gzipSync(JSON.stringify({ ...right, padding: 'x'.repeat(10 * MEGABYTE) }));
  answer(res, 200, bomb, { 'content-encoding': 'gzip' });
};

/** A right response, except that it is too large. It is sent as fast as the client reads it. */
export const huge: WrongAnswer = async ({ res }, right) => {
  const megabyte = 'x'.repeat(MEGABYTE);
  const parts = function* () {
    yield `${JSON.stringify(right).slice(0, -1)},"padding":"`;
    for (let sent = 0; sent < 100; sent += 1) yield megabyte;
    yield '"}';
  };
  await pipeline(Readable.from(parts()), res).catch(() => {});
};

/** Ends a connection that is used again, like a server whose keep-alive timeout has just expired. */
export const whenReused =
  (end: (exchange: Exchange) => void): WrongAnswer =>
  (exchange, right) =>
    exchange.reused ? end(exchange) : answer(exchange.res, 200, JSON.stringify(right));

export const closes = ({ req }: Exchange) => void req.socket.destroy();

export const resets = ({ reset }: Exchange) => reset();
