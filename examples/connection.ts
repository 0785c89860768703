import type { FreedomIdClientOptions } from 'passport-freedom-id';
import { startEmulator } from 'passport-freedom-id/emulator';

/** The options that say which Freedom ID to use, and as whom. */
export type Connection = Pick<FreedomIdClientOptions, 'clientID' | 'clientSecret' | 'baseURL'>;

interface OpenConnection {
  connection: Connection;
  /** Whom the examples sign in with, in words; undefined for the emulator that was started here. */
  provider?: string;
  close(): Promise<void>;
}

/**
 * A Freedom ID that runs elsewhere, the live one unless `FREEDOM_ID_URL` names another, where the environment has
 * credentials for it; else an emulator that is started now.
 */
export async function connect(env: NodeJS.ProcessEnv): Promise<OpenConnection> {
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
  const emulator = await startEmulator();
  return {
    connection: { clientID: 'demo', clientSecret: 'demo-secret', baseURL: emulator.url },
    close: () => emulator.close(),
  };
}
