import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from './connection';
import { examples } from './examples';

/** Starts an example. Also starts an emulator, unless the environment has credentials for another Freedom ID. */
async function main(): Promise<void> {
  const createExample = findExample(process.argv[2]);
  const port = readPort(process.env.PORT);
  // How to close what is open, the newest first.
  const open: (() => unknown)[] = [];
  const close = async () => {
    for (const closeOne of open.splice(0)) await closeOne();
  };
  try {
    // First: an emulator is told where the app is.
    const server = createServer();
    await listen(server, port);
    open.unshift(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { connection, provider, close: disconnect } = await connect(process.env, url);
    open.unshift(disconnect);
    const example = await createExample(connection);
    open.unshift(example.close);
    server.on('request', example.listener);
    announce(url, provider);
  } catch (error) {
    await close();
    throw error;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}

function announce(url: string, provider?: string): void {
  console.log(`\n  Open ${url}\n`);
  console.log(
    provider
      ? `  It signs in with ${provider}, which must know ${url}/auth/freedom-id/callback as a redirect URI.`
      : '  It signs in with an emulator, not with the live Freedom ID: choose any of the sample users.',
  );
  console.log('  Ctrl+C ends it.\n');
}

function findExample(name = 'express') {
  const example = Object.hasOwn(examples, name) ? examples[name] : undefined;
  if (!example)
    throw new Error(`There is no example ${name}. Choose one of ${Object.keys(examples).join(', ')}.`);
  return example;
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
