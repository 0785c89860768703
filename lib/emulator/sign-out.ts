import type { OpenID } from './openid';
import type { Provider } from './provider';
import type { Revocations } from './revocations';
import type { EmulatorUser } from './users';

/** A user whose tokens are in use. */
export interface SignedIn {
  user: EmulatorUser;
  /** The apps, each once. */
  clientIDs: string[];
}

interface SignOutSettings {
  provider: Provider;
  openid: OpenID;
  users: readonly EmulatorUser[];
  revocations: Revocations;
}

/** Signs users out of Freedom ID. */
export class SignOut {
  constructor(private readonly settings: SignOutSettings) {}

  signedIn(): SignedIn[] {
    const { provider, openid, users } = this.settings;
    return users.flatMap((user) => {
      const consents = [...provider.tokensInUse(user), ...openid.tokensInUse(user)];
      const clientIDs = [...new Set(consents.map(({ client }) => client.clientID))];
      return clientIDs.length > 0 ? [{ user, clientIDs }] : [];
    });
  }

  /**
   * Protocol 5: each app is told of each of its tokens. Those of OpenID Connect have no id, so there is nothing to tell.
   * Undocumented: whether the tokens stop working. Here they do, at once, and so do codes.
   *
   * @returns a promise that resolves when each app has responded, or when no response can come any more. It never rejects
   */
  async of(user: EmulatorUser): Promise<void> {
    const { provider, openid, revocations } = this.settings;
    const revoked = provider.signOut(user);
    openid.signOut(user);
    await Promise.all(revoked.map((tokens) => revocations.send(tokens)));
  }
}
