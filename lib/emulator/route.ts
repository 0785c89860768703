import type { IncomingHttpHeaders } from 'node:http';
import type { BehaviourSettings } from './behaviour';
import type { Credentials } from './clients';
import type { EmulatorEndpoint } from './faults';
import type { Links } from './links';
import type { OpenID } from './openid';
import type { Provider } from './provider';
import type { Reply } from './reply';
import type { SignOut } from './sign-out';
import type { EmulatorUser } from './users';

/** What a route reads of a request. */
export interface RouteRequest {
  headers: IncomingHttpHeaders;
  query: string;
  body: string;
  /** The origin to which the client has sent the request. */
  origin: string;
  /** The address of the emulator itself, for this client: without a slash at its end. */
  base: string;
}

export interface RouteContext {
  behaviour: BehaviourSettings;
  links: Links;
  provider: Provider;
  openid: OpenID;
  signOut: SignOut;
  users: readonly EmulatorUser[];
}

export interface Route {
  /** Which exchange with the API this is, if it is one. Its faults are played first. */
  endpoint?: EmulatorEndpoint;
  /** @throws ProtocolError */
  answer(request: RouteRequest, context: RouteContext): Reply | Promise<Reply>;
}

/** The user name and password of HTTP Basic, as they are. */
export function basicCredentials({ headers }: RouteRequest): Credentials | undefined {
  const [, encoded] = /^Basic ([\w+/-]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [clientID = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString().split(/:(.*)/s);
  return { clientID, clientSecret };
}

export function bearerToken({ headers }: RouteRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** @returns undefined if the body is not a JSON object */
export function jsonBody({ headers, body }: RouteRequest): Record<string, unknown> | undefined {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return undefined;
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
