import type { FreedomIdClientOptions } from 'passport-freedom-id';
import { startEmulator } from 'passport-freedom-id/emulator';

/** The options that say which Freedom ID to use, and as which client. */
export interface Connection extends Pick<FreedomIdClientOptions, 'clientID' | 'clientSecret' | 'baseURL'> {
  /** For OpenID Connect alone. Known of the emulator: Freedom ID documents none. */
  jwksURL?: string;
}

interface OpenConnection {
  connection: Connection;
  /** A description of the Freedom ID in use; undefined for the emulator that was started here. */
  provider?: string;
  close(): Promise<void>;
}

/**
 * With credentials in the environment, connects to the live Freedom ID, or to the one that `FREEDOM_ID_URL` names.
 * Without them, starts an emulator.
 *
 * @param appURL - where the app is, so that the emulator can tell it of a user who leaves Freedom ID
 */
export async function connect(env: NodeJS.ProcessEnv, appURL: string): Promise<OpenConnection> {
  const { FREEDOM_ID_CLIENT_ID: clientID, FREEDOM_ID_CLIENT_SECRET: clientSecret, FREEDOM_ID_URL: url } = env;
  if (clientID && clientSecret) {
    return {
      connection: { clientID, clientSecret, ...(url && { baseURL: url }) },
      provider: url ? `the Freedom ID at ${url}` : 'the live Freedom ID',
      close: async () => {},
    };
  }
  if (clientID || clientSecret || url) {
    const missing = clientID ? 'FREEDOM_ID_CLIENT_SECRET' : 'FREEDOM_ID_CLIENT_ID';
    throw new Error(`${missing} is not set. Set both for the live Freedom ID, or neither for the emulator.`);
  }
  const client = { clientID: 'demo', clientSecret: 'demo-secret' };
  const emulator = await startEmulator({
    clients: [{ ...client, revokeURI: `${appURL}/freedom-id/revoked` }],
  });
  const jwksURL = `${emulator.url}/api/v1/oidc/jwks`;
  return {
    connection: { ...client, baseURL: emulator.url, jwksURL },
    close: () => emulator.close(),
  };
}
