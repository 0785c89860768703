/** Type-checked, never run: what a TypeScript user may write, and what the compiler must refuse. */
import { Passport, type Profile } from 'passport';
import {
  FreedomIdClient,
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdStrategyOptions,
  type FreedomIdStrategyOptionsWithRequest,
  type FreedomIdTokenParams,
  Strategy,
  type VerifyCallback,
} from 'passport-freedom-id';

const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };
declare const users: { upsert(id: string, name: string): Promise<{ id: string }> };

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(_value: Actual, _same: Equal<Expected, Actual>): void => {};
}

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

// Passport accepts the class under its second name, `Strategy`, registered with and without a name of its own.
const strategy = new Strategy(options, async () => false);
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

// Subclasses override userProfile by callback or by promise.
class OwnProfile extends FreedomIdStrategy {
  override userProfile(_accessToken: string, done: (error?: unknown, profile?: FreedomIdProfile) => void) {
    done(null, { provider: 'freedom-id', id: '1', displayName: '', _raw: '', _json: {} });
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
