import { type IncomingMessage, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createUnzip } from 'node:zlib';
import type { FetchResponse, OutgoingRequest } from './fetch';

/** Sends a GET with a body (protocol 8), which node-fetch refuses, and resolves as node-fetch does. */
export function getWithBody(
  url: string,
  { method, headers, body = '', agent }: Omit<OutgoingRequest, 'body'> & { body: string | undefined },
): Promise<FetchResponse> {
  const send = url.startsWith('https:') ? requestSecurely : request;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method,
      // node:http sends no length with a GET by itself: the server would take the body for the next request.
      headers: { 'accept-encoding': 'gzip,deflate', ...headers, 'content-length': Buffer.byteLength(body) },
      agent,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => resolve(toResponse(incoming)));
    outgoing.end(body);
  });
}

function toResponse(incoming: IncomingMessage): FetchResponse {
  return {
    status: incoming.statusCode as number,
    headers: { get: (name) => (incoming.headers[name] as string | undefined) ?? null },
    body: decoded(incoming),
    text: () => Promise.reject(new Error('the body is a stream')),
  };
}

/** A Map, because the server chooses the name: in an object, it would find `constructor`. */
const DECODERS = new Map<string, () => NodeJS.ReadWriteStream & Readable>([
  ['gzip', unzip],
  ['x-gzip', unzip],
  ['deflate', unzip],
  ['x-deflate', unzip],
  ['br', createBrotliDecompress],
]);

/** A body that is empty, or ends without its checksum, is no error, as in browsers and node-fetch. */
function unzip() {
  return createUnzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
}

function decoded(incoming: IncomingMessage): Readable {
  const createDecoder = DECODERS.get(incoming.headers['content-encoding'] ?? '');
  // An error reaches the reader of the decoded body, so the callback has nothing to do.
  return createDecoder ? pipeline(incoming, createDecoder(), () => {}) : incoming;
}
