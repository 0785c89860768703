import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from './connection';
import { createApp } from './express/app';

/** Starts the demo, and with it an emulator unless the environment has credentials for the live Freedom ID. */
async function main(): Promise<void> {
  const port = readPort(process.env.PORT);
  const { live, close, ...connection } = await connect(process.env);
  const server = createServer(createApp(connection));
  try {
    await listen(server, port);
  } catch (error) {
    await close();
    throw error;
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  console.log(`\n  Open ${url}\n`);
  console.log(
    live
      ? `  It signs in with the live Freedom ID, which must know ${url}/auth/freedom-id/callback as a redirect URI.`
      : '  It signs in with an emulator, not with the live Freedom ID: choose any of the sample users.',
  );
  console.log('  Ctrl+C ends it.\n');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
      void close();
    });
  }
}

function readPort(text = '0'): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error('PORT must be a whole number from 0 to 65535.');
  return port;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`Port ${port} cannot be used (${error.code}). Set PORT to another one.`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

main().catch((error: Error) => {
  console.error(`The demo did not start: ${error.message}`);
  process.exitCode = 1;
});
