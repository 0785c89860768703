import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { startEmulator } from 'passport-freedom-id/emulator';

// Runs an example as it is, with the settings that its README.md has in `.env`. Without credentials in the environment, they are
// those of an emulator, which it starts.

/** The example that everybody means who names none. */
const FIRST = 'express';

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const file = fileOf(process.argv[2] ?? FIRST);
  const port = await portFor(env.PORT || '0');
  const url = `http://localhost:${port}`;
  env.PORT = String(port);
  env.FREEDOM_ID_CALLBACK_URL ||= `${url}/auth/freedom-id/callback`;
  env.SESSION_SECRET ||= randomBytes(32).toString('hex');
  env.REDIS_URL ||= 'redis://127.0.0.1:6379';
  console.log(`\n  It signs in with ${await chooseProvider(env, url)}\n  Ctrl+C ends it.\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
  await import(file);
}

function fileOf(example: string): string {
  const isFolder = (entry: { isDirectory(): boolean }) => entry.isDirectory();
  const names = readdirSync(__dirname, { withFileTypes: true })
    .filter(isFolder)
    .map(({ name }) => name);
  if (!names.includes(example))
    throw new Error(`There is no example ${example}. Choose one of ${names.sort().join(', ')}.`);
  return join(__dirname, example, 'app.ts');
}

/** Has to be known before the app listens: it is part of the callback URL, and of the URL that the emulator calls at a sign-out. */
async function portFor(text: string): Promise<number> {
  const wanted = Number(text);
  if (!/^\d+$/.test(text) || wanted > 65_535) throw new Error('PORT must be a whole number from 0 to 65535.');
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Port ${wanted} cannot be used (${error.code}). Set PORT to another one.`);
  });
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Sets what the environment does not say of Freedom ID. @returns a description of it */
async function chooseProvider(env: NodeJS.ProcessEnv, url: string): Promise<string> {
  const { FREEDOM_ID_CLIENT_ID: clientID, FREEDOM_ID_CLIENT_SECRET: clientSecret } = env;
  // Empty is as good as not set.
  if (!env.FREEDOM_ID_URL) delete env.FREEDOM_ID_URL;
  if (clientID && clientSecret) {
    const provider = env.FREEDOM_ID_URL ? `the Freedom ID at ${env.FREEDOM_ID_URL}` : 'the live Freedom ID';
    return `${provider}, which must know ${env.FREEDOM_ID_CALLBACK_URL} as a redirect URI.`;
  }
  if (clientID || clientSecret || env.FREEDOM_ID_URL) {
    const missing = clientID ? 'FREEDOM_ID_CLIENT_SECRET' : 'FREEDOM_ID_CLIENT_ID';
    throw new Error(`${missing} is not set. Set both for the live Freedom ID, or neither for the emulator.`);
  }
  const client = { clientID: 'demo', clientSecret: 'demo-secret' };
  const emulator = await startEmulator({ clients: [{ ...client, revokeURI: `${url}/freedom-id/revoked` }] });
  env.FREEDOM_ID_CLIENT_ID = client.clientID;
  env.FREEDOM_ID_CLIENT_SECRET = client.clientSecret;
  env.FREEDOM_ID_URL = emulator.url;
  env.FREEDOM_ID_JWKS_URL = `${emulator.url}/api/v1/oidc/jwks`;
  return 'an emulator, not with the live Freedom ID: choose any of the sample users.';
}

main(process.env).catch((error: Error) => {
  console.error(`The demo did not start: ${error.message}`);
  process.exit(1);
});
