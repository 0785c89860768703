import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { FetchResponse } from '../../lib';
import { FreedomIdOidcStrategy, type FreedomIdOidcStrategyOptions } from '../../lib/oidc';
import { type Ending, endingOf } from './ending';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from './options';

/** What every login here has in common, so that ID tokens can be made beforehand. */
export const STATE = 'State-of-one-login';
export const NONCE = createHash('sha256').update(STATE).digest('base64url');
export const CODE = 'C0de-of-one-login';
export const ACCESS_TOKEN = 'Acc3ss-token';
export const ISSUER = 'https://passport.freedompay.kz';
export const SUB = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';

export const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const otherKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const jwkOf = (key: KeyObject): Record<string, unknown> => ({ ...key.export({ format: 'jwk' }) });

const unixNow = () => Math.floor(Date.now() / 1000);

/** The claims of a token that holds. */
export function goodClaims(): Record<string, unknown> {
  const now = unixNow();
  return { iss: ISSUER, sub: SUB, aud: CLIENT_ID, exp: now + 3600, iat: now, nonce: NONCE };
}

export const encodePart = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

/** What makes the signature of what is signed. */
export type Signer = (signed: string) => Uint8Array;

/** @param key - of P-256 */
export const es256 =
  (key: KeyObject = privateKey): Signer =>
  (signed) =>
    sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });

export const hs256 =
  (secret: string | Uint8Array = CLIENT_SECRET): Signer =>
  (signed) =>
    createHmac('sha256', secret).update(signed).digest();

/** @param header, claims - as JSON, where it is not what JSON.stringify would write */
export function jwt(header: object | string, claims: object | string, signer: Signer = es256()): string {
  const [first, second] = [header, claims].map((part) =>
    encodePart(typeof part === 'string' ? part : JSON.stringify(part)),
  );
  return `${first}.${second}.${encodePart(signer(`${first}.${second}`))}`;
}

/** A token that holds, with other claims and headers: `undefined` leaves one out. */
export function idToken(claims: object = {}, header: object = {}, signer?: Signer): string {
  return jwt({ alg: 'ES256', ...header }, { ...goodClaims(), ...claims }, signer);
}

export type OidcEndpoint = 'token' | 'jwks' | 'userinfo';

/** What the provider answers: JSON, a text, or a response of any kind. */
export type OidcAnswers = Partial<Record<OidcEndpoint, object | string | (() => FetchResponse)>>;

/** A login, and what was sent for it. */
export interface OidcLogin extends Ending {
  asked: { endpoint: OidcEndpoint; url: string; headers: Record<string, string>; body: string | undefined }[];
}

/** Runs the second leg of a login, without a socket. Verify gives the profile as the user. */
export async function oidcLogin(
  answers: OidcAnswers,
  options: Partial<FreedomIdOidcStrategyOptions> = {},
): Promise<OidcLogin> {
  const asked: OidcLogin['asked'] = [];
  const all: Required<OidcAnswers> = {
    token: { access_token: ACCESS_TOKEN, id_token: idToken() },
    jwks: { keys: [jwkOf(publicKey)] },
    userinfo: { sub: SUB },
    ...answers,
  };
  const strategy = new FreedomIdOidcStrategy(
    {
      ...minimalOptions,
      store: acceptingStore,
      fetch: async (url, { headers, body }) => {
        const endpoint = new URL(url).pathname.split('/').at(-1) as OidcEndpoint;
        asked.push({ endpoint, url, headers: { ...headers }, body });
        return responseOf(all[endpoint]);
      },
      ...options,
      passReqToCallback: false,
    },
    async (_accessToken, _refreshToken, profile) => profile,
  );
  return { ...(await endingOf(strategy, { url: `/callback?state=${STATE}&code=${CODE}` })), asked };
}

/** Accepts any state: what is tried here comes behind it. */
const acceptingStore = {
  store: (_req: unknown, _meta: unknown, done: (error: null, state: string) => void) => done(null, STATE),
  verify: (_req: unknown, _state: string, _meta: unknown, done: (error: null, ok: boolean) => void) =>
    done(null, true),
};

function responseOf(answer: NonNullable<OidcAnswers[OidcEndpoint]>): FetchResponse {
  if (typeof answer === 'function') return (answer as () => FetchResponse)();
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return { status: 200, text: async () => text };
}
