/** Type-checked, never run: what Freedom ID's own flow has otherwise. The rest is that of verify.types.ts. */
import { Passport } from 'passport';
import {
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdTokenParams,
  Strategy,
} from 'passport-freedom-id';
import { expectType } from './expect-type';

const options = { clientID: 'a', clientSecret: 'b', callbackURL: '/cb' };

// Passport's own name for such a class.
expectType<typeof FreedomIdStrategy>()(Strategy, true);

// The least that a profile is.
class OwnProfile extends FreedomIdStrategy {
  override userProfile(_accessToken: string, done: (error?: unknown, profile?: FreedomIdProfile) => void) {
    done(null, { provider: 'freedom-id', id: '1', displayName: '', _raw: '', _json: {} });
  }
}
new Passport().use(new OwnProfile(options, async () => false));

// The protection may be switched off, knowingly.
new FreedomIdStrategy({ ...options, state: false }, async () => false);

// The state may travel in the path.
new FreedomIdStrategy({ ...options, stateIn: 'path' }, async () => false);
new FreedomIdStrategy({ ...options, stateIn: undefined, passReqToCallback: true }, async (_req) => false);
// @ts-expect-error: there are two places for it
new FreedomIdStrategy({ ...options, stateIn: 'header' }, async () => false);

// Freedom ID's own member of the token response.
declare const params: FreedomIdTokenParams;
expectType<string | undefined>()(params.id, true);
