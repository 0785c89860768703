import { createHash } from 'node:crypto';
import { expect } from 'chai';
import {
  type FetchFunction,
  FreedomIdError,
  FreedomIdOidcStrategy,
  type FreedomIdOidcStrategyOptions,
  type OidcVerifyFunction,
} from '../../lib/oidc';
import type { Ending } from './ending';
import { endingOf } from './ending';
import { CLIENT_ID, minimalOptions } from './options';
import { type Signer, signedJWT, signer } from './signer';

export const ISSUER = 'https://passport.freedompay.kz';
export const JWKS_URL = `${ISSUER}/api/v1/oidc/jwks`;
export const SUB = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';
export const ACCESS = 'access-token-of-the-user';
export const REFRESH = 'refresh-token-of-the-user';

/** A request that the provider has got. */
export interface Received {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** What the provider of {@link openidProvider} does differently. A member of claims or header that is undefined is left out. */
export interface ProviderSettings {
  by?: Signer;
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  /** In the place of the ID token; undefined leaves it out. */
  idToken?: (token: string) => unknown;
  /** Beside the access token. */
  tokens?: Record<string, unknown>;
  /** @defaultValue the signer's public key */
  keys?: unknown;
  userInfo?: unknown;
  /** Answers in the place of the provider. */
  answer?: (path: string) => Response | Promise<Response> | undefined;
}

/** An OpenID provider without sockets. `settings` may be changed between requests. */
export function openidProvider(settings: ProviderSettings = {}) {
  const received: Received[] = [];
  const pending = { nonce: undefined as string | undefined };
  const fetch: FetchFunction = async (url, { method, headers, body }) => {
    const path = url.replace(`${ISSUER}/api/v1/oidc`, '');
    received.push({ path, method, headers, body });
    return (await settings.answer?.(path)) ?? Response.json(answerTo(path, settings, pending.nonce));
  };
  return {
    fetch,
    received,
    settings,
    pending,
    to: (path: string) => received.filter((one) => one.path === path),
  };
}

function answerTo(path: string, settings: ProviderSettings, nonce: string | undefined): unknown {
  const { by = signer('ES256'), tokens, idToken = (token: string) => token } = settings;
  if (path === '/token') {
    const { access_token = ACCESS } = tokens ?? {};
    const token = idToken(
      signedJWT(headerOf(settings, by), claimsOf(settings, String(access_token), nonce, by), by),
    );
    const all = {
      access_token,
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: REFRESH,
      id_token: token,
    };
    return { ...all, ...tokens };
  }
  if (path === '/jwks') return { keys: 'keys' in settings ? settings.keys : [by.jwk] };
  const { userInfo = { sub: SUB, firstname: 'John', lastname: 'Doe' } } = settings;
  return userInfo;
}

function headerOf({ header }: ProviderSettings, { alg, kid }: Signer): object {
  return { alg, typ: 'JWT', kid, ...header };
}

function claimsOf(
  { claims }: ProviderSettings,
  accessToken: string,
  nonce: string | undefined,
  { alg }: Signer,
): object {
  const iat = Math.floor(Date.now() / 1000);
  const digest = createHash(alg === 'EdDSA' ? 'sha512' : `sha${alg.slice(2)}`)
    .update(accessToken)
    .digest();
  const hash = digest.subarray(0, digest.length / 2).toString('base64url');
  return { iss: ISSUER, sub: SUB, aud: CLIENT_ID, iat, exp: iat + 604_800, nonce, at_hash: hash, ...claims };
}

export const justProfile: OidcVerifyFunction = async (_accessToken, _refreshToken, profile) => profile;

type Options = Partial<Omit<FreedomIdOidcStrategyOptions, 'passReqToCallback'>>;

export function oidcStrategyWith(options: Options = {}, verify: OidcVerifyFunction = justProfile) {
  return new FreedomIdOidcStrategy({ ...minimalOptions, jwksURL: JWKS_URL, ...options }, verify);
}

type Provider = ReturnType<typeof openidProvider>;

/** Runs both legs of a login, and the provider's part between them. @param callback - added to what comes back */
export async function logIn(
  strategy: FreedomIdOidcStrategy,
  { pending }: Provider,
  callback = '',
): Promise<Ending> {
  const session = {};
  const { action, args } = await endingOf(strategy, { url: '/login', session });
  expect(action).to.equal('redirect');
  const { searchParams } = new URL(String(args[0]));
  pending.nonce = searchParams.get('nonce') ?? undefined;
  const url = `/callback?code=the-code&state=${searchParams.get('state')}${callback}`;
  return endingOf(strategy, { url, session });
}

/** One login at a provider of its own. */
export async function logInWith(settings: ProviderSettings, options: Options = {}): Promise<Ending> {
  const provider = openidProvider(settings);
  return logIn(oidcStrategyWith({ fetch: provider.fetch, ...options }), provider);
}

/** Nobody was signed in, for a reason that is Freedom ID's. */
export function expectError({ action, args }: Ending, code: string, endpoint: string): FreedomIdError {
  expect(args[0], action).to.be.instanceOf(FreedomIdError);
  expect(args[0]).to.include({ code, endpoint });
  expect(action).to.equal('error');
  return args[0] as FreedomIdError;
}
