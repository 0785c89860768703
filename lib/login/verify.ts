/// <reference types="passport" preserve="true" />
// For Express.User: apps add the members of their own users to it.
import { type AppFunction, type Done, fromEither, isThenable } from './app-function';

/** How a verify function with `done` answers: `done(error)`, `done(null, user, info?)`, or `done(null, false, info?)` for a failed login. */
export type VerifyCallback = (
  error?: unknown,
  user?: Express.User | false | null | undefined,
  info?: object | string | undefined,
) => void;

/** What a verify function returns or resolves to: the user; or `false`, `null` or `undefined` for a failed login. */
export type VerifyResult = Express.User | false | null | undefined;

// `Promise` is a `PromiseLike`, but if it is named here, TypeScript's messages are a third as long.
// biome-ignore-start lint/suspicious/noConfusingVoidType: a function that calls `done` returns nothing
type Returned = VerifyResult | void | Promise<VerifyResult | void> | PromiseLike<VerifyResult | void>;
// biome-ignore-end lint/suspicious/noConfusingVoidType: see above

/** Returns what a verify function may, whatever its parameters. */
type ReturnsUser = (...args: never[]) => Returned;

/** Compares parameters as loosely as those of a method: `refreshToken: string` fits, although it may be undefined. */
type Loose<Args extends unknown[]> = { call(...args: Args): Returned }['call'];

type Tokens = [accessToken: string, refreshToken: string | undefined];

/** Returns the user or a promise of it, or declares `done` and calls it. */
export type Verify<Profile> = Loose<[...Tokens, profile: Profile, done: VerifyCallback]>;

/** {@link Verify} with the token response. It declares all five parameters, even if it returns a promise and leaves `done` unused. */
export type VerifyWithParams<Profile, Params> = Loose<
  [...Tokens, params: Params, profile: Profile, done: VerifyCallback]
>;

/** {@link Verify} under `passReqToCallback: true`. */
export type VerifyWithRequest<Profile, Req> = Loose<
  [req: Req, ...Tokens, profile: Profile, done: VerifyCallback]
>;

/** {@link VerifyWithParams} under `passReqToCallback: true`: it declares all six. */
export type VerifyWithRequestAndParams<Profile, Params, Req> = Loose<
  [req: Req, ...Tokens, params: Params, profile: Profile, done: VerifyCallback]
>;

/**
 * For both values of `passReqToCallback`. If a verify function fits no overload, TypeScript explains why it does not fit
 * this type, one part after the other. So the return type comes first: it is the most common mistake.
 */
export type VerifyForEither<Profile, Req> = ReturnsUser & Verify<Profile> & VerifyWithRequest<Profile, Req>;

/** What a verify function is called with, by name. */
export interface VerifyArguments {
  /** The request, under `passReqToCallback`. */
  req: object | undefined;
  accessToken: string;
  refreshToken: string | undefined;
  params: object;
  /** What `userProfile` gave; with `skipUserProfile`, what the tokens tell, or undefined. */
  profile: unknown;
}

/** What verify has decided about a user of Freedom ID. */
interface Verdict {
  /** Falsy: a failed login. */
  user?: unknown;
  /** For `req.authInfo`, or the reason why the login failed. */
  info?: unknown;
}

/** Calls the app's verify function. The number of its parameters decides which arguments it gets. */
export async function callVerify(verify: AppFunction, args: VerifyArguments): Promise<Verdict> {
  const { accessToken, refreshToken, params, profile } = args;
  const before = args.req ? [args.req] : [];
  const withParams = verify.length >= before.length + 5;
  const tokens = withParams ? [accessToken, refreshToken, params] : [accessToken, refreshToken];
  const argumentsWith = (done: Done) => [...before, ...tokens, profile, refuseAsProfile(done)];
  const [user, info] = await fromEither('verify', verify, argumentsWith, before.length);
  refuseAsUser(user);
  return { user, info };
}

// If verify has another form than its author meant, nobody may be signed in as the user `undefined`.
const FORMS =
  'with params it declares all five of (accessToken, refreshToken, params, profile, done), even if it leaves done unused; ' +
  'with req first, passReqToCallback must be true';

const readAsProfile = {
  get(): never {
    throw new TypeError(`passport-freedom-id: verify reads done as if it were the profile: ${FORMS}`);
  },
};
const copiedAsProfile = { ...readAsProfile, enumerable: true };

// `name` is not among them, because `bind` and `console.log` read the name of a function.
const PROFILE_MEMBERS = ['id', 'displayName', 'emails', 'phoneNumbers', 'provider', '_json', '_raw'];
const unreadable: object = Object.create(
  Function.prototype,
  Object.fromEntries(PROFILE_MEMBERS.map((name) => [name, readAsProfile])),
);

// Spreading copies symbols, too. Packages that wrap a callback, such as `once`, copy only what `Object.keys` lists.
const copied = Symbol('not the profile');

/** Makes `done` throw when it is read or copied as the profile: it stands in the profile's place if another form was meant. */
function refuseAsProfile(done: Done): Done {
  // A prototype, because seven members of its own would take six times as long.
  Object.setPrototypeOf(done, unreadable);
  return Object.defineProperty(done, copied, copiedAsProfile);
}

/** @throws `TypeError` if what verify gave is truthy, but cannot be a user */
function refuseAsUser(user: unknown): void {
  // It may be a promise of `false`.
  if (isThenable(user)) {
    throw new TypeError(
      'passport-freedom-id: verify passed a promise to done: await it, and pass what it resolves to',
    );
  }
  if (typeof user === 'function') {
    throw new TypeError(
      `passport-freedom-id: verify gave a function as the user, perhaps done for the profile: ${FORMS}`,
    );
  }
  if (user && Object.hasOwn(user, 'id') && (user as { id: unknown }).id === undefined) {
    throw new TypeError(
      `passport-freedom-id: verify gave a user whose id is undefined, perhaps read from another parameter than the profile: ${FORMS}`,
    );
  }
}
