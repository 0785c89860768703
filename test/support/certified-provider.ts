import { generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import express from 'express';
import type Provider from 'oidc-provider';
import type { Adapter, AdapterPayload, Configuration, JWK } from 'oidc-provider';
import { listen } from './app';
import { CookieJar } from './browser';

/** An independent provider: oidc-provider, which the OpenID Foundation has certified, on a free port of this machine. */
export interface CertifiedProvider {
  /** What a strategy needs to sign in there, with the endpoints of the discovery document. */
  options: ProviderOptions;
  /** What was received: method and path. */
  requests: string[];
  /** What a person does on the provider's page. @returns the callback URL */
  agree(link: string, as?: Account): Promise<string>;
  refuse(link: string): Promise<string>;
  /** Signs with a new key from now on, and forgets the old one. */
  rotateKeys(): Promise<void>;
  close(): void;
}

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA' | 'HS256';

export interface ProviderOptions {
  clientID: string;
  clientSecret: string;
  issuer: string;
  authorizationURL: string;
  tokenURL: string;
  userInfoURL: string;
  /** Absent where the client secret signs. */
  jwksURL?: string;
  tokenRequest: 'form';
  algorithms: Algorithm[];
  scope: string[];
}

interface CertifiedProviderOptions {
  /** Of the ID token's signature. */
  alg: Algorithm;
  redirectURI: string;
  /** Whether the ID token has the claims that user info has. */
  claimsInIdToken?: boolean;
  /** Whether user info is a JWT. */
  signedUserInfo?: boolean;
}

// The form encoding that RFC 6749, 2.3.1, asks for changes nearly all of these characters, and would change them again
// if it came twice or not at all. No more characters are allowed there.
const CLIENT_ID = 'an app + 100%25 & co';
const CLIENT_SECRET = 'a+b %2B c&d=e:f?g/h"i\'j(k)l*m~n!o@p#q$r';

/** The people who have an account at the provider. */
export const AIGERIM = {
  sub: '01e272c9-8da6-466e-8a20-fcdf4d4c49ff',
  name: 'Айгерім Нұрланова',
  given_name: 'Айгерім',
  family_name: 'Нұрланова',
  middle_name: 'Серікқызы',
  birthdate: '1987-10-16',
  gender: 'female',
  email: 'aigerim@example.kz',
  email_verified: true,
  phone_number: '+77010000001',
  phone_number_verified: true,
};
export const DANIYAR = {
  sub: '5f2b6f0a-1c0e-4c0a-9a53-0d7f6c1c7f11',
  name: 'Данияр',
  email: 'daniyar@example.kz',
  email_verified: false,
};
type Account = typeof AIGERIM | typeof DANIYAR;

/** The fields that a person's browser sends to the provider's page. */
export const agreement = ({ sub }: Account = AIGERIM) => new URLSearchParams({ account: sub });
const refusal = new URLSearchParams();

export async function startCertifiedProvider(options: CertifiedProviderOptions): Promise<CertifiedProvider> {
  const Provider = await importProvider();
  let provider: Provider;
  const requests: string[] = [];

  const app = express();
  app.use(({ method, path }, _res, next) => {
    requests.push(`${method} ${path}`);
    next();
  });
  app.get('/interaction/:uid', (_req, res) => void res.send('May the app know who you are?'));
  app.post('/interaction/:uid', express.urlencoded(), async (req, res) => {
    const result = await resultOf(provider, await provider.interactionDetails(req, res), req.body.account);
    await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
  });
  app.use((req, res) => void provider.callback()(req, res));
  const { url: issuer, close } = await listen(app);

  const configuration = configure(options);
  const rotateKeys = async () => {
    provider = new Provider(issuer, { ...configuration, jwks: { keys: [await makeKey(options.alg)] } });
  };
  await rotateKeys();
  return {
    options: await readOptions(issuer, options.alg),
    requests,
    agree: (link, as) => answer(issuer, link, agreement(as)),
    refuse: (link) => answer(issuer, link, refusal),
    rotateKeys,
    close,
  };
}

/** It is an ES module, and prints a warning where the release of Node.js has not become LTS yet. */
async function importProvider(): Promise<typeof Provider> {
  const { warn } = console;
  console.warn = () => {};
  try {
    return (await import('oidc-provider')).default;
  } finally {
    console.warn = warn;
  }
}

/** Whatever is not set here and has a default that is meant for development prints a notice when it is first used. */
function configure({
  alg,
  redirectURI,
  claimsInIdToken,
  signedUserInfo,
}: CertifiedProviderOptions): Configuration {
  const lifetime = 3600;
  const adapters = new Map<string, Adapter>();
  return {
    adapter(model) {
      const adapter = adapters.get(model) ?? memoryAdapter();
      adapters.set(model, adapter);
      return adapter;
    },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectURI],
        grant_types: ['authorization_code', 'refresh_token'],
        id_token_signed_response_alg: alg,
        ...(signedUserInfo && { userinfo_signed_response_alg: alg }),
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'family_name', 'middle_name', 'birthdate', 'gender'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
    },
    conformIdTokenClaims: !claimsInIdToken,
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      jwtUserinfo: { enabled: signedUserInfo },
    },
    pkce: { required: () => false },
    rotateRefreshToken: true,
    findAccount: (_ctx, sub) => {
      const account = [AIGERIM, DANIYAR].find((account) => account.sub === sub);
      return account && { accountId: sub, claims: () => account };
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    renderError(ctx, out) {
      ctx.type = 'json';
      ctx.body = out;
    },
    clientBasedCORS: () => false,
    cookies: { keys: ['test'] },
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: lifetime,
      Grant: lifetime,
      IdToken: lifetime,
      Interaction: lifetime,
      RefreshToken: lifetime,
      Session: lifetime,
    },
  };
}

/** One kind of the provider's records. */
function memoryAdapter(): Adapter {
  const records = new Map<string, AdapterPayload>();
  return {
    upsert: async (id, record) => void records.set(id, record),
    find: async (id) => records.get(id),
    findByUid: async (uid) => [...records.values()].find((record) => record.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) => void Object.assign(records.get(id) ?? {}, { consumed: Date.now() / 1000 }),
    destroy: async (id) => void records.delete(id),
    revokeByGrantId: async (grantId) => {
      for (const [id, record] of records) if (record.grantId === grantId) records.delete(id);
    },
  };
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options?: object,
) => Promise<{ privateKey: KeyObject }>;

/** HS256 signs with the client secret, but the provider requires a key anyway. */
async function makeKey(alg: Algorithm): Promise<JWK> {
  const { privateKey } = await {
    RS256: () => generate('rsa', { modulusLength: 2048 }),
    PS256: () => generate('rsa', { modulusLength: 2048 }),
    ES256: () => generate('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generate('ed25519'),
    HS256: () => generate('ec', { namedCurve: 'P-256' }),
  }[alg]();
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' };
}

type InteractionDetails = Awaited<ReturnType<Provider['interactionDetails']>>;
type InteractionResult = Parameters<Provider['interactionFinished']>[2];

/** @param account - whose account it is; absent where the person refuses */
async function resultOf(
  provider: Provider,
  { params }: InteractionDetails,
  account?: string,
): Promise<InteractionResult> {
  if (account === undefined) return { error: 'access_denied', error_description: 'The person refused.' };
  const grant = new provider.Grant({ accountId: account, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  return { login: { accountId: account }, consent: { grantId: await grant.save() } };
}

async function readOptions(issuer: string, alg: Algorithm): Promise<ProviderOptions> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  const metadata = (await response.json()) as Record<string, string>;
  return {
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    issuer: metadata.issuer ?? '',
    authorizationURL: metadata.authorization_endpoint ?? '',
    tokenURL: metadata.token_endpoint ?? '',
    userInfoURL: metadata.userinfo_endpoint ?? '',
    ...(alg !== 'HS256' && { jwksURL: metadata.jwks_uri ?? '' }),
    tokenRequest: 'form',
    algorithms: [alg],
    scope: ['openid', 'profile', 'email', 'phone'],
  };
}

/** A person whom the provider does not know yet answers its question. @returns where the browser goes when it leaves the provider */
async function answer(issuer: string, link: string, fields: URLSearchParams): Promise<string> {
  const browser = new CookieJar();
  const { url, status, text } = await browser.visit(link);
  if (status !== 200) throw new Error(`no question, but HTTP ${status} ${text}`);
  let next = await browser.post(url, fields);
  for (;;) {
    const location = next.headers.get('location');
    if (location === null) throw new Error(`no redirect, but HTTP ${next.status} ${await next.text()}`);
    if (new URL(location).origin !== issuer) return location;
    next = await browser.get(location);
  }
}
