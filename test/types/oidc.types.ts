/** Type-checked, never run: what the OpenID Connect flow has otherwise. The rest is that of verify.types.ts. */
import type { KeyObject, webcrypto } from 'node:crypto';
import { Passport, type Profile } from 'passport';
import type { FreedomIdError as FirstError, FreedomIdProfile } from 'passport-freedom-id';
import {
  type FreedomIdClaims,
  FreedomIdError,
  FreedomIdOidcClient,
  type FreedomIdOidcProfile,
  FreedomIdOidcStrategy,
  type FreedomIdOidcStrategyOptions,
  type FreedomIdOidcTokens,
  type FreedomIdSubject,
} from 'passport-freedom-id/oidc';
import { expectType } from './expect-type';

const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };
const nobody = async () => false as const;

// What the profile has besides, and what it has in common.
new FreedomIdOidcStrategy(options, async (_accessToken, _refreshToken, profile) => {
  expectType<FreedomIdClaims>()(profile._claims, true);
  expectType<string>()(profile._claims.sub, true);
  expectType<string | string[]>()(profile._claims.aud, true);
  expectType<unknown>()(profile._claims.email, true);
  expectType<boolean | undefined>()(profile.emails?.[0]?.verified, true);
  const first: FreedomIdProfile = profile;
  const passports: Profile = profile;
  return first.id === passports.id && profile;
});
new FreedomIdOidcStrategy(options, async (_access: string, _refresh: string, profile: FreedomIdProfile) =>
  profile.id === '' ? false : profile,
);
// It is there without user info, too.
new FreedomIdOidcStrategy({ ...options, skipUserProfile: true }, async (_access, _refresh, profile) => {
  expectType<FreedomIdOidcProfile>()(profile, true);
  return profile;
});

// The class of errors is that of the first entry.
expectType<typeof FirstError>()(FreedomIdError, true);

// One app has both strategies, and options that were made apart.
const strategy = new FreedomIdOidcStrategy({ ...options, tokenRequest: 'form', clockTolerance: 0 }, nobody);
new Passport().use(strategy).use('freedom-id-b', strategy);
const algorithms = ['RS256'] as const;
const apart: FreedomIdOidcStrategyOptions = { ...options, publicKey: { kty: 'RSA', n: '' }, algorithms };
new FreedomIdOidcStrategy(apart, nobody);

// A key is what node:crypto, WebCrypto or JSON.parse give.
declare const keys: { fromNode: KeyObject; fromWebCrypto: webcrypto.JsonWebKey; pem: string };
new FreedomIdOidcStrategy({ ...options, publicKey: keys.fromNode }, nobody);
new FreedomIdOidcStrategy({ ...options, publicKey: keys.fromNode.export({ format: 'jwk' }) }, nobody);
new FreedomIdOidcStrategy({ ...options, publicKey: keys.fromWebCrypto }, nobody);
new FreedomIdOidcStrategy({ ...options, publicKey: keys.pem }, nobody);
new FreedomIdOidcStrategy({ ...options, publicKey: {} as Record<string, unknown> }, nobody);
// @ts-expect-error: the bytes of a key are none of these
new FreedomIdOidcStrategy({ ...options, publicKey: Buffer.from(keys.pem) }, nobody);

// Subclasses learn whose profile they load.
class OwnProfile extends FreedomIdOidcStrategy {
  override userProfile(
    _accessToken: string,
    done: (error?: unknown, profile?: FreedomIdOidcProfile) => void,
    subject?: FreedomIdSubject,
  ) {
    if (!subject) return done(new Error('no subject'));
    const { sub: id, claims: _claims } = subject;
    return done(null, { provider: 'freedom-id', id, displayName: '', _raw: '', _json: {}, _claims });
  }
}
new OwnProfile(options, nobody);

// The client's tokens.
const client = new FreedomIdOidcClient({ clientID: 'a', clientSecret: 'b', fetch: globalThis.fetch });
expectType<FreedomIdOidcClient>()(strategy.client, true);
expectType<string>()(
  client.authorizationURL({ redirectURI: '/', scope: 'openid', state: 's', nonce: 'n', prompt: 'login' }),
  true,
);
client.exchangeCode('code', { redirectURI: '/', nonce: 'n' }).then((tokens) => {
  expectType<FreedomIdOidcTokens>()(tokens, true);
  expectType<string>()(tokens.idToken, true);
  expectType<FreedomIdClaims>()(tokens.claims, true);
});
client.refreshTokens('token', { signal: AbortSignal.timeout(1000) }).then(({ claims }) => {
  expectType<FreedomIdClaims | undefined>()(claims, true);
});

// @ts-expect-error: without a state there is no nonce
new FreedomIdOidcStrategy({ ...options, state: false }, nobody);
// @ts-expect-error: in this flow the state is a parameter of its own
new FreedomIdOidcStrategy({ ...options, stateIn: 'path' }, nobody);
// @ts-expect-error: an endpoint of the other flow
new FreedomIdOidcStrategy({ ...options, userProfileURL: 'https://a.example' }, nobody);
// @ts-expect-error: there are two ways to send the token request
new FreedomIdOidcStrategy({ ...options, tokenRequest: 'xml' }, nobody);
// @ts-expect-error: the ID token is checked against a nonce in any case
client.exchangeCode('code', { redirectURI: '/' });
// @ts-expect-error: user info is checked against a subject in any case
client.getUserInfo('token');
