import type { FreedomIdClientOptions } from 'passport-freedom-id';
import { startEmulator } from 'passport-freedom-id/emulator';

/** The options that say which Freedom ID to use, and as whom. */
export type Connection = Pick<FreedomIdClientOptions, 'clientID' | 'clientSecret' | 'baseURL'>;

/** The live Freedom ID where the environment has its credentials, else an emulator that is started now. */
export async function connect(
  env: NodeJS.ProcessEnv,
): Promise<Connection & { live: boolean; close(): Promise<void> }> {
  const { FREEDOM_ID_CLIENT_ID: clientID, FREEDOM_ID_CLIENT_SECRET: clientSecret } = env;
  if (clientID && clientSecret) return { clientID, clientSecret, live: true, close: async () => {} };
  if (clientID || clientSecret) {
    const missing = clientID ? 'FREEDOM_ID_CLIENT_SECRET' : 'FREEDOM_ID_CLIENT_ID';
    throw new Error(`${missing} is not set. Set both for the live Freedom ID, or neither for the emulator.`);
  }
  const emulator = await startEmulator();
  return {
    clientID: 'demo',
    clientSecret: 'demo-secret',
    baseURL: emulator.url,
    live: false,
    close: () => emulator.close(),
  };
}
