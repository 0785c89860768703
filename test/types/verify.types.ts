/**
 * Type-checked, never run: what a TypeScript user may write, and what the compiler must refuse. types.test.ts checks it for the
 * OpenID Connect flow as well, whose names it puts in.
 */
import { Passport, type Profile } from 'passport';
import {
  FreedomIdClient,
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type FreedomIdStrategyOptionsWithRequest,
  type FreedomIdTokenParams,
  type VerifyCallback,
  type VerifyFunction,
  type VerifyFunctionWithParams,
  type VerifyFunctionWithRequest,
  type VerifyFunctionWithRequestAndParams,
} from 'passport-freedom-id';
import { expectType } from './expect-type';

const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };
declare const users: { upsert(id: string, name: string): Promise<{ id: string }> };

// The parameters of inline functions are inferred in the promise form ...
new FreedomIdStrategy(options, async (accessToken, refreshToken, profile) => {
  expectType<string>()(accessToken, true);
  expectType<string | undefined>()(refreshToken, true);
  expectType<FreedomIdProfile>()(profile, true);
  return users.upsert(profile.id, profile.displayName);
});
new FreedomIdStrategy(options, async (_accessToken, _refreshToken, profile) =>
  profile.emails ? profile : false,
);
new FreedomIdStrategy(options, (_accessToken, _refreshToken, profile) => profile);
new FreedomIdStrategy({ ...options, passReqToCallback: false }, async () => null);

// ... in the form with `done` ...
new FreedomIdStrategy(options, (accessToken, _refreshToken, profile, done) => {
  expectType<string>()(accessToken, true);
  expectType<FreedomIdProfile>()(profile, true);
  expectType<VerifyCallback>()(done, true);
  users.upsert(profile.id, profile.displayName).then((user) => done(null, user), done);
});
new FreedomIdStrategy(options, async (_accessToken, _refreshToken, profile, done) =>
  done(null, profile, { message: 'hello' }),
);
new FreedomIdStrategy(options, (_accessToken, _refreshToken, _profile, done) =>
  done(null, false, { message: 'banned' }),
);

// ... and in both forms with the request.
new FreedomIdStrategy(
  { ...options, passReqToCallback: true },
  async (req, accessToken, refreshToken, profile) => {
    expectType<string | undefined>()(req.get('user-agent'), true);
    expectType<string>()(accessToken, true);
    expectType<string | undefined>()(refreshToken, true);
    expectType<FreedomIdProfile>()(profile, true);
    return profile;
  },
);
new FreedomIdStrategy(
  { ...options, passReqToCallback: true },
  (req, _accessToken, _refreshToken, profile, done) => {
    expectType<string>()(req.originalUrl, true);
    expectType<FreedomIdProfile>()(profile, true);
    done(null, profile);
  },
);

// The forms with params are annotated by hand; a refresh token annotated as a string is accepted everywhere.
new FreedomIdStrategy(
  options,
  (
    _accessToken: string,
    _refreshToken: string,
    params: FreedomIdTokenParams,
    profile: FreedomIdProfile,
    done: VerifyCallback,
  ) => {
    expectType<number | undefined>()(params.expires_in, true);
    done(null, profile);
  },
);
new FreedomIdStrategy(
  { ...options, passReqToCallback: true },
  (
    req: { url: string },
    _accessToken: string,
    _refreshToken: string,
    params: FreedomIdTokenParams,
    profile: FreedomIdProfile,
    done: VerifyCallback,
  ) => done(null, profile, { url: req.url, id: params.id }),
);
new FreedomIdStrategy(
  options,
  async (_accessToken: string, _refreshToken: string, profile: FreedomIdProfile) => profile,
);

// Or the function is annotated as a whole, with the exported type of its form: then all of its parameters are inferred.
const plain: VerifyFunction = async (accessToken, refreshToken, profile, done) => {
  expectType<string>()(accessToken, true);
  expectType<string | undefined>()(refreshToken, true);
  expectType<FreedomIdProfile>()(profile, true);
  expectType<VerifyCallback>()(done, true);
  return profile;
};
new FreedomIdStrategy(options, plain);
const withParams: VerifyFunctionWithParams = (_accessToken, _refreshToken, params, profile, done) => {
  expectType<FreedomIdTokenParams>()(params, true);
  expectType<FreedomIdProfile>()(profile, true);
  expectType<VerifyCallback>()(done, true);
  done(null, profile);
};
new FreedomIdStrategy(options, withParams);
const plainWithRequest: VerifyFunctionWithRequest<{ ip: string }> = async (req, accessToken, _r, profile) => {
  expectType<{ ip: string }>()(req, true);
  expectType<string>()(accessToken, true);
  return profile;
};
new FreedomIdStrategy({ ...options, passReqToCallback: true }, plainWithRequest);
const withRequestAndParams: VerifyFunctionWithRequestAndParams<{ ip: string }> = (
  req,
  _accessToken,
  _refreshToken,
  params,
  profile,
  done,
) => {
  expectType<{ ip: string }>()(req, true);
  expectType<FreedomIdTokenParams>()(params, true);
  done(null, profile);
};
new FreedomIdStrategy({ ...options, passReqToCallback: true }, withRequestAndParams);

// A profile is one of Passport's, so a function that takes those of every provider takes it, too.
declare function findOrCreate(profile: Profile): Promise<{ id: string }>;
new FreedomIdStrategy(options, async (_accessToken, _refreshToken, profile) => findOrCreate(profile));
new FreedomIdStrategy(options, async (_accessToken: string, _refreshToken: string, profile: Profile) =>
  findOrCreate(profile),
);
new FreedomIdStrategy(
  options,
  (_access: string, _refresh: string, profile: Profile, done: VerifyCallback) => {
    findOrCreate(profile).then((user) => done(null, user), done);
  },
);
new FreedomIdStrategy(
  { ...options, passReqToCallback: true },
  async (_req, _accessToken, _refreshToken, profile: Profile) => findOrCreate(profile),
);
new FreedomIdStrategy(options, async (_accessToken, _refreshToken, { name }) => {
  expectType<{ givenName: string; familyName: string; middleName?: string } | undefined>()(name, true);
  return false;
});

// Other frameworks' requests are inferred from the annotation.
interface FastifyLikeRequest {
  ip: string;
}
const fastify = new FreedomIdStrategy(
  { ...options, passReqToCallback: true },
  async (req: FastifyLikeRequest, _accessToken, _refreshToken, profile) => ({ ip: req.ip, profile }),
);
expectType<FreedomIdStrategy<FastifyLikeRequest>>()(fastify, true);

// Passport accepts the strategy with and without a name of its own.
const strategy = new FreedomIdStrategy(options, async () => false);
new Passport().use(strategy).use('freedom-id-b', strategy);

// Options may be built apart from the strategy, and a subclass may pass them on.
const apart: FreedomIdStrategyOptions = options;
new FreedomIdStrategy(apart, async (_accessToken, _refreshToken, profile) => profile);
class Preset extends FreedomIdStrategy {
  constructor(preset: FreedomIdStrategyOptions) {
    super(preset, async (_accessToken, _refreshToken, profile) => profile);
  }
}
new Preset(apart);

// Options of a call that @types/passport does not know.
new Passport().authenticate('freedom-id', { state: { returnTo: '/' }, callbackURL: '/other' } as object);

// The platform's `fetch` is accepted.
new FreedomIdClient({ clientID: 'a', clientSecret: 'b', fetch: globalThis.fetch });

// Subclasses override userProfile.
declare const someProfile: FreedomIdProfile;
class OwnProfile extends FreedomIdStrategy {
  override userProfile(_accessToken: string, done: (error?: unknown, profile?: FreedomIdProfile) => void) {
    done(null, someProfile);
  }
}
new OwnProfile(options, async () => false);

const nobody = async () => false as const;

// @ts-expect-error: clientSecret is required
new FreedomIdStrategy({ clientID: 'a', callbackURL: '/cb' }, nobody);
// @ts-expect-error: there is no PKCE
new FreedomIdStrategy({ ...options, pkce: true }, nobody);
// @ts-expect-error: a misspelt option
new FreedomIdStrategy({ ...options, callbackUrl: '/cb' }, nobody);
// @ts-expect-error: state is a switch; the app's own state goes to passport.authenticate
new FreedomIdStrategy({ ...options, state: 'mine' }, nobody);
// @ts-expect-error: verify is required
new FreedomIdStrategy(options);
// Where `passReqToCallback` may be either, verify must do for both.
declare const either: FreedomIdStrategyOptions | FreedomIdStrategyOptionsWithRequest;
declare const withoutRequest: (a: string, r: string, profile: FreedomIdProfile) => Promise<false>;
declare const withRequest: (req: object, a: string, r: string, profile: FreedomIdProfile) => Promise<false>;
new FreedomIdStrategy(either, nobody);
// @ts-expect-error: the first argument may be the request
new FreedomIdStrategy(either, withoutRequest);
// @ts-expect-error: the first argument may be the access token
new FreedomIdStrategy(either, withRequest);
// @ts-expect-error: the request comes first
new FreedomIdStrategy({ ...options, passReqToCallback: true }, withoutRequest);
// @ts-expect-error: there is no request
new FreedomIdStrategy(options, withRequest);

// @ts-expect-error: the profile is Freedom ID's
new FreedomIdStrategy(options, async (_access: string, _refresh: string, profile: Date) => profile);
