import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { type EmulatorOptions, startEmulator } from '../../lib/emulator/index';
import { printedErrors } from '../support/console';
import { linkFor, signInAt } from '../support/emulated-login';
import { minimalOptions } from '../support/options';

const messageFrom = (options: unknown) =>
  startEmulator(options as EmulatorOptions).then(
    () => 'it has started',
    (error: unknown) => {
      expect(error).to.be.instanceOf(TypeError);
      return (error as Error).message;
    },
  );

/** Of this machine: on Linux, all of 127.0.0.0/8 is. */
const ADDRESSES = process.platform === 'linux' ? ['127.0.0.1', '127.0.0.2'] : ['127.0.0.1'];

describe('an option of startEmulator', () => {
  it('that is misspelt is named, and so are those that there are', async () => {
    expect(await messageFrom({ user: [] })).to.equal(
      'startEmulator: there is no option "user", only port, host, url, clients, users, clock, profileDelay, behaviour, signing',
    );
    expect(await messageFrom({ clients: [{ clientID: 'a', clientSecret: 'b', redirectUris: [] }] })).to.equal(
      'startEmulator: clients: there is no option "redirectUris", only clientID, clientSecret, redirectURIs, grants, revokeURI',
    );
  });

  it('that is a revokeURI is a URL that can be called', async () => {
    const started = async (revokeURI: unknown) =>
      messageFrom({ clients: [{ clientID: 'a', clientSecret: 'b', revokeURI }] });
    for (const [uri, shown] of [
      ['', '""'],
      ['/revoked', '"/revoked"'],
      ['localhost:3000', '"localhost:3000"'],
      ['ftp://a.example', '"ftp://a.example"'],
      ['http://a.example/#x', '"http://a.example/#…"'],
      ['http://me@a.example', '"http://a.example"'],
      ['http://:s3cret@a.example', '"http://a.example"'],
      [7, '7'],
      [null, 'null'],
    ]) {
      expect(await started(uri), String(uri)).to.equal(
        `startEmulator: revokeURI of clients must be an absolute http(s) URL without a fragment or a user name, but is ${shown}`,
      );
    }
    for (const revokeURI of [undefined, 'http://a.example', 'https://a.example/revoked?key=me@a.example']) {
      const clients = [{ clientID: 'a', clientSecret: 'b', ...(revokeURI && { revokeURI }) }];
      const emulator = await startEmulator({ clients });
      expect(emulator.clients).to.deep.equal(clients);
      await emulator.close();
    }
  });

  it('must be in an object: a port alone is not accepted', async () => {
    for (const [options, got] of [
      [4400, '4400'],
      [null, 'null'],
      ['x', '"x"'],
      [[], 'of type object'],
      [() => 1, 'of type function'],
    ]) {
      expect(await messageFrom(options)).to.equal(
        `startEmulator: the options must be an object, but are ${got}`,
      );
    }
  });

  it('that is wrong is shown with what it should be', async () => {
    for (const [options, message] of [
      [{ port: '4400' }, 'port must be a whole number from 0 to 65535, but is "4400"'],
      [{ clock: null }, 'clock must be a function that returns Unix milliseconds, but is null'],
      [{ host: '' }, 'host must be an address to listen on, but is ""'],
      [{ host: 7 }, 'host must be an address to listen on, but is 7'],
      [{ profileDelay: -1 }, 'profileDelay must be milliseconds, 0 or more, but is -1'],
      [{ profileDelay: '2000' }, 'profileDelay must be milliseconds, 0 or more, but is "2000"'],
      [{ signing: 'none' }, 'signing must be one of RS256, ES256, HS256, but is "none"'],
      [{ signing: null }, 'signing must be one of RS256, ES256, HS256, but is null'],
    ] as const) {
      expect(await messageFrom(options)).to.equal(`startEmulator: ${message}`);
    }
    for (const url of [
      '',
      'localhost:4400',
      'ftp://a.example',
      '/x',
      'http://a.example/?b',
      'http://a.example/#',
      'http://me@a.example',
      'http://a.example /',
      7,
    ]) {
      expect(await messageFrom({ url }), String(url)).to.match(
        /^startEmulator: url must be an absolute http\(s\) URL without a query or a user name, but is /,
      );
    }
  });
});

describe('the option host', () => {
  const start = async (host: string) => {
    let emulator: Awaited<ReturnType<typeof startEmulator>> | undefined;
    const printed = await printedErrors(async () => {
      emulator = await startEmulator({ host });
    });
    if (!emulator) throw new Error('it did not start');
    const { url, close } = emulator;
    const { port } = new URL(url);
    return { url, port, close, printed };
  };

  it('lets other machines in, and warns of it on stderr', async () => {
    const { url, port, close, printed } = await start('0.0.0.0');
    expect(url).to.equal(`http://127.0.0.1:${port}`);
    // A second loopback address stands for an address in a network.
    for (const address of ADDRESSES) expect((await fetch(`http://${address}:${port}`)).status).to.equal(200);
    expect(printed).to.deep.equal([
      `Freedom ID emulator: it listens on 0.0.0.0, so other machines can reach it, too. Whoever reaches port ${port} can sign in as anybody.`,
    ]);
    await close();
  });

  it('says nothing of other machines where it names this one', async () => {
    for (const host of [...ADDRESSES, 'localhost']) {
      const { url, close, printed } = await start(host);
      if (host !== 'localhost') expect(new URL(url).hostname).to.equal(host);
      expect((await fetch(url)).status).to.equal(200);
      expect(printed).to.deep.equal([]);
      await close();
    }
  });

  it('may be an IPv6 address', async () => {
    const started = await start('::1').catch((error: Error) => error);
    if (started instanceof Error) {
      expect(started.message).to.match(/^Host ::1 cannot be used \(\w+\); choose an address/);
      console.warn('      only the error was tried, because this machine has no IPv6');
      return;
    }
    const { url, port, close, printed } = started;
    expect(url).to.equal(`http://[::1]:${port}`);
    expect((await fetch(url)).status).to.equal(200);
    expect(printed).to.deep.equal([]);
    await close();
    const everywhere = await start('::');
    expect(everywhere.url).to.equal(`http://[::1]:${everywhere.port}`);
    expect(everywhere.printed).to.have.length(1);
    await everywhere.close();
  });

  it('must be an address of this machine', async () => {
    // Addresses in 192.0.2.0/24 belong to no machine: they are for documentation.
    const error = await startEmulator({ host: '192.0.2.1' }).catch((reason) => reason);
    expect(error.message).to.equal(
      'Host 192.0.2.1 cannot be used (EADDRNOTAVAIL); choose an address of this machine, or 0.0.0.0 for all of them.',
    );
  });
});

describe('the option url', () => {
  const PUBLIC = 'http://id.example:8080';

  /** Where the emulator really listens, which only its port tells. */
  const withURL = async (url: string, port: number) => ({
    emulator: await startEmulator({ url, port }),
    inside: { url: `http://127.0.0.1:${port}` },
  });
  const freePort = async () => {
    const emulator = await startEmulator();
    await emulator.close();
    return Number(new URL(emulator.url).port);
  };

  it('is the address of emulator.url, of the login links, and of its page', async () => {
    for (const given of [PUBLIC, `${PUBLIC}/`, `${PUBLIC}//`]) {
      const { emulator, inside } = await withURL(given, await freePort());
      expect(emulator.url).to.equal(PUBLIC);
      expect(await linkFor(inside)).to.match(/^http:\/\/id\.example:8080\/login\?track_id=/);
      expect(await (await fetch(inside.url)).text()).to.include(`baseURL ${PUBLIC},`);
      expect((await fetch(`${inside.url}//`)).status).to.equal(404);
      await emulator.close();
    }
  });

  it('need not be reachable from where approve() and refuse() are called', async () => {
    const { emulator, inside } = await withURL(PUBLIC, await freePort());
    const link = await linkFor(inside);
    expect(link).to.include(PUBLIC);
    expect(await signInAt(emulator, link, inside)).to.have.property('access_token');
    expect(await emulator.refuse(await linkFor(inside))).to.include('error_code=100102');
    await emulator.close();
  });

  it('may have a path, which a proxy in front may keep or take away', async () => {
    const { emulator, inside } = await withURL(`${PUBLIC}/freedom-id/`, await freePort());
    expect(emulator.url).to.equal(`${PUBLIC}/freedom-id`);
    for (const base of [inside.url, `${inside.url}/freedom-id`]) {
      const link = await linkFor({ url: base });
      expect(link).to.match(/^http:\/\/id\.example:8080\/freedom-id\/login\?track_id=/);
      const shown = await fetch(link.replace(`${PUBLIC}/freedom-id`, base));
      expect(shown.status).to.equal(200);
      // Relative to the page itself, so that the form comes back through the same proxy.
      expect(await shown.text()).to.include('<form method="post" action="login">');
      expect((await fetch(base)).status).to.equal(200);
    }
    expect((await fetch(`${inside.url}/freedom-idx`)).status).to.equal(404);
    await emulator.close();
  });

  it('gives the strategy links that it accepts if it is also the baseURL', async () => {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const emulator = await startEmulator({ url, port });
    const client = new FreedomIdClient({ ...minimalOptions, baseURL: emulator.url });
    const link = await client.createAuthorizationLink({
      redirectURI: 'https://app.example/cb',
      grants: [],
    });
    expect(link).to.include(`${url}/login`);
    await emulator.close();
  });

  it('is optional: without it, a link is on the host that the app has called', async () => {
    const emulator = await startEmulator();
    const asked = { url: emulator.url.replace('127.0.0.1', 'localhost') };
    const link = await linkFor(asked);
    expect(link).to.include(`${asked.url}/login`);
    expect(await emulator.approve(link)).to.include('authorization_code=');
    const other = await linkFor(asked);
    expect(await emulator.approve(other.replace('localhost', '127.0.0.1'))).to.include('authorization_code=');
    for (const [host, url] of [
      ['', emulator.url],
      ['Host: a b\r\n', emulator.url],
      ['Host: a.example/x?y#z\r\n', 'http://a.example'],
    ]) {
      const socket = createConnection({ port: Number(new URL(emulator.url).port), host: '127.0.0.1' });
      socket.end(`GET / HTTP/1.0\r\n${host}\r\n`);
      expect(await text(socket)).to.include(`baseURL ${url},`);
    }
    await emulator.close();
  });
});
