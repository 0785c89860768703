import { type IncomingMessage, request, ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type EmulatorUser, startEmulator } from '../../lib/emulator/index';
import { printedErrors } from '../support/console';
import { linkFor, signInAt } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { openidLink, openidTokens } from '../support/openid-login';

const PATHS = {
  '/': 'GET, HEAD',
  '/login': 'GET, HEAD, POST',
  '/account': 'GET, HEAD, POST',
  '/api/v1/oauth/authorize': 'POST',
  '/api/v1/oauth/token': 'POST, PATCH',
  '/api/v1/oauth/get-data': 'GET, HEAD',
  '/api/v1/oauth/get-profile': 'POST',
  '/api/v1/oauth/get-profile/status': 'GET, HEAD',
  '/api/v1/oauth/user': 'POST, PUT',
  '/openid': 'GET, HEAD',
  '/api/v1/oidc/token': 'POST',
  '/api/v1/oidc/userinfo': 'GET, HEAD, POST',
  '/api/v1/oidc/jwks': 'GET, HEAD',
  '/.well-known/openid-configuration': 'GET, HEAD',
};

describe('a HEAD request to the emulator', () => {
  const emulator = useEmulator();
  const head = (url: string, headers: Record<string, string> = {}) => fetch(url, { method: 'HEAD', headers });

  it('is answered, because tools that wait for a server to start send one', async () => {
    expect((await head(emulator.url)).status).to.equal(200);
    expect((await head(`${emulator.url}/nothing`)).status).to.equal(404);
  });

  it('is answered with the headers of GET, and without a body', async () => {
    const link = await linkFor(emulator);
    const [asked, got] = [await head(link), await fetch(link)];
    const names = ['content-type', 'content-length', 'cache-control', 'content-security-policy'];
    for (const name of names) expect(asked.headers.get(name), name).to.equal(got.headers.get(name));
    const { port } = new URL(emulator.url);
    const socket = createConnection({ port: Number(port), host: '127.0.0.1' });
    socket.end('HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const answer = await text(socket);
    expect(answer)
      .to.match(/^HTTP\/1\.1 200 /)
      .and.match(/\r\n\r\n$/);
    expect(answer.split('\r\n\r\n')[1]).to.equal('');
  });

  it('uses up no link, and no fault', async () => {
    const link = await linkFor(emulator);
    expect((await head(link)).status).to.equal(200);
    const { access_token: token } = await signInAt(emulator, link);
    emulator.fault('get-data', 'status-500');
    const url = `${emulator.url}/api/v1/oauth/get-data`;
    const headers = { authorization: `Bearer ${token}` };
    expect((await head(url, headers)).status).to.equal(200);
    expect((await fetch(url, { headers })).status).to.equal(500);
    expect((await fetch(url, { headers })).status).to.equal(200);
  });

  it('uses up nothing of OpenID Connect either, and gets no body', async () => {
    const { access_token: token } = await openidTokens(emulator);
    for (const endpoint of ['userinfo', 'jwks'] as const) {
      emulator.fault(endpoint, 'status-500');
      const url = `${emulator.url}/api/v1/oidc/${endpoint}`;
      const headers = { authorization: `Bearer ${token}` };
      const asked = await head(url, headers);
      expect([asked.status, await asked.text()]).to.deep.equal([200, '']);
      expect((await fetch(url, { headers })).status).to.equal(500);
      expect((await fetch(url, { headers })).status).to.equal(200);
    }
    expect((await head(openidLink(emulator))).status).to.equal(200);
    expect((await head(openidLink(emulator, { client_id: 'x' }))).status).to.equal(400);
    const configuration = await head(`${emulator.url}/.well-known/openid-configuration`);
    expect([configuration.status, await configuration.text()]).to.deep.equal([200, '']);
  });

  it('is recorded with the others', async () => {
    await head(emulator.url);
    expect(emulator.requests.map(({ method, url }) => [method, url])).to.deep.equal([['HEAD', '/']]);
  });
});

describe('a request with a method that its path does not take', () => {
  it('is answered with 405 and the methods that it does take', async () => {
    // Also if errors come with HTTP 200: that is about errors of the API, and this is an error of HTTP.
    for (const options of [{}, { behaviour: { errorStatus: 200 } }] as const) {
      const emulator = await startEmulator(options);
      for (const [path, allowed] of Object.entries(PATHS)) {
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
          if (allowed.split(', ').includes(method)) continue;
          const response = await fetch(emulator.url + path, { method });
          expect(response.status, `${method} ${path}`).to.equal(405);
          expect(response.headers.get('allow')).to.equal(allowed);
          const body = await response.text();
          expect(body).to.equal(method === 'HEAD' ? '' : '{"error":{"message":"Method not allowed."}}');
        }
      }
      expect((await fetch(`${emulator.url}/nothing`, { method: 'DELETE' })).status).to.equal(404);
      await emulator.close();
    }
  });
});

describe('a request with a body of many megabytes', () => {
  it('is answered with 413 while the client still sends', async () => {
    const emulator = await startEmulator();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const req = request(`${emulator.url}/login`, { method: 'POST' }, resolve).on('error', reject);
      // Sent as fast as the emulator reads, and without an end: only the response makes the client stop.
      const send = () => {
        while (!req.destroyed && req.write(Buffer.alloc(65_536)));
      };
      req.on('drain', send);
      send();
    });
    expect(answer.statusCode).to.equal(413);
    expect(answer.headers.connection).to.equal('close');
    answer.destroy();
    expect((await fetch(emulator.url)).status).to.equal(200);
    await emulator.close();
  });
});

describe('in a process where a library has wrapped writeHead and returns nothing, the emulator', () => {
  const { writeHead } = ServerResponse.prototype;
  before(() => {
    ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]) {
      writeHead.apply(this, args as never);
    } as never;
  });
  after(() => {
    ServerResponse.prototype.writeHead = writeHead;
  });
  const emulator = useEmulator();

  it('still takes a person through a login', async () => {
    const link = await linkFor(emulator);
    expect((await fetch(link)).status).to.equal(200);
    const fields = { track_id: new URL(link).searchParams.get('track_id') ?? '', action: 'refuse' };
    const body = new URLSearchParams(fields);
    const back = await fetch(`${emulator.url}/login`, { method: 'POST', body, redirect: 'manual' });
    expect(back.status).to.equal(303);
    expect(await signInAt(emulator, await linkFor(emulator))).to.have.property('access_token');
  });

  it('still plays faults', async () => {
    emulator.fault('token', 'html');
    const response = await fetch(`${emulator.url}/api/v1/oauth/token`, { method: 'POST' });
    expect(await response.text()).to.include('Maintenance');
  });
});

describe('an error inside the emulator itself', () => {
  // A record that no JSON can hold, in the data of a user whom a test has made.
  const users: EmulatorUser[] = [{ freedom_id: 'u-1', cards: 1n }];
  const emulator = useEmulator({ users });
  const broken = async () => {
    const { access_token: token } = await signInAt(emulator, await linkFor(emulator, ['read.cards']));
    return fetch(`${emulator.url}/api/v1/oauth/get-data`, { headers: { authorization: `Bearer ${token}` } });
  };

  it('is answered with a 500 that says so, and told in a line on stderr', async () => {
    const printed = await printedErrors(async () => {
      const response = await broken();
      expect(response.status).to.equal(500);
      expect(await response.json()).to.deep.equal({
        error: { message: 'The emulator failed: TypeError: Do not know how to serialize a BigInt' },
      });
    });
    expect(printed).to.deep.equal([
      'Freedom ID emulator: an error in GET /api/v1/oauth/get-data: TypeError: Do not know how to serialize a BigInt',
    ]);
  });

  it('is answered so on the way to a login page, too', async () => {
    const clock = () => {
      throw new Error('no time');
    };
    const timeless = await startEmulator({ clock });
    const printed = await printedErrors(async () => {
      expect((await fetch(openidLink(timeless))).status).to.equal(500);
    });
    expect(printed).to.deep.equal(['Freedom ID emulator: an error in GET /openid: Error: no time']);
    await timeless.close();
  });

  it('does not end the emulator', async () => {
    await printedErrors(broken);
    expect((await fetch(emulator.url)).status).to.equal(200);
  });

  it('does not end the emulator if the sending itself fails', async () => {
    const { writeHead } = ServerResponse.prototype;
    ServerResponse.prototype.writeHead = () => {
      throw new Error('out of order');
    };
    const printed = await printedErrors(async () => {
      const failed = await fetch(emulator.url).catch((error) => error);
      expect(failed).to.be.instanceOf(Error);
    }).finally(() => {
      ServerResponse.prototype.writeHead = writeHead;
    });
    expect(printed).to.deep.equal(['Freedom ID emulator: an error in GET /: Error: out of order']);
    expect((await fetch(emulator.url)).status).to.equal(200);
  });
});
