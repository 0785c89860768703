import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import { type FetchFunction, FreedomIdClient, type FreedomIdClientOptions, FreedomIdError } from '../../lib';
import { CLIENT_SECRET, minimalOptions } from '../support/options';

interface Cause {
  message: string;
  code?: string;
}

/** The error of an exchange whose `fetch` throws `reason`, without what every message has in common. */
async function errorOf(reason: unknown, options: Partial<FreedomIdClientOptions> = {}) {
  const fetch: FetchFunction = async () => {
    throw reason;
  };
  const client = new FreedomIdClient({ ...minimalOptions, fetch, ...options });
  const error: FreedomIdError = await client.getUserInfo('token-1').then(
    () => expect.fail('it did not reject'),
    (found) => found,
  );
  expect(error).to.be.instanceOf(FreedomIdError).and.include({ code: 'ERR_FREEDOM_ID_NETWORK' });
  const { message, code } = error.cause as Cause;
  const prefix = 'Freedom ID get-data: the connection failed ';
  expect(error.message.startsWith(prefix), error.message).to.equal(true);
  return { said: error.message.slice(prefix.length), message, code };
}

const REACH = 'Check that this server can reach https://passport.freedompay.kz: DNS, firewall, proxy, TLS.';

const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);

describe('a connection that fails', () => {
  it('is described by the code of the platform, however long it is', async () => {
    for (const code of [
      'ECONNRESET',
      'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
      'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
    ]) {
      const error = await errorOf(failure('handshake', { code }));
      expect(error).to.deep.equal({ said: `(${code}). ${REACH}`, message: 'handshake', code });
    }
    const told = await errorOf(failure('x', { code: CLIENT_SECRET }));
    expect(told).to.include({ said: `([redacted]). ${REACH}`, code: '[redacted]' });
  });

  it('is described by its message if it has no code, or one that says only that it was aborted', async () => {
    expect(await errorOf(failure('bad port'))).to.deep.equal({
      said: `(bad port). ${REACH}`,
      message: 'bad port',
      code: undefined,
    });
    for (const code of ['UND_ERR_ABORTED', 'ABORT_ERR'])
      expect(await errorOf(failure('no tunnel', { code }))).to.include({
        said: `(no tunnel). ${REACH}`,
        code,
      });
    expect(await errorOf(failure('x', { code: '' }))).to.include({ said: `(x). ${REACH}` });
  });

  it('is described by the innermost message and the first code of its causes', async () => {
    const inner = failure('inner', { code: 'INNER' });
    const middle = failure('middle', { code: 'MIDDLE', cause: inner });
    expect(await errorOf(failure('outer', { cause: middle }))).to.include({
      message: 'inner',
      code: 'MIDDLE',
    });
    expect(await errorOf(failure('outer', { code: 7, cause: inner }))).to.include({
      message: 'inner',
      code: 'INNER',
    });
    expect(await errorOf(failure('outer', { cause: 'a text' }))).to.include({ message: 'a text' });
    expect(await errorOf(failure('outer', { cause: failure('') }))).to.include({ message: 'outer' });
    expect(await errorOf(failure('outer', { cause: null }))).to.include({ message: 'outer' });
    expect(await errorOf(failure(''))).to.include({ message: 'without a reason' });
  });

  it('is described even if its causes are a circle, endless, or throw when they are read', async () => {
    const circle = failure('outer');
    circle.cause = failure('inner', { cause: circle });
    expect(await errorOf(circle)).to.include({ message: 'inner' });

    let depth = 0;
    const endless = (): Error => {
      depth += 1;
      return Object.defineProperty(failure(`level ${depth}`), 'cause', { get: endless });
    };
    expect(await errorOf(endless())).to.include({ message: 'level 5' });

    const throwing = (name: string) =>
      Object.defineProperty(failure('inner'), name, {
        get: () => {
          throw new Error('token-1');
        },
      });
    for (const name of ['message', 'code', 'errors']) {
      expect(await errorOf(failure('outer', { cause: throwing(name) }))).to.include({ message: 'outer' });
      expect(await errorOf(throwing(name))).to.include({ message: 'for a reason that cannot be read' });
    }
    expect(await errorOf(failure('outer', { cause: throwing('cause') }))).to.include({ message: 'inner' });
  });

  it('is described by each address that was tried', async () => {
    const refused = (address: string) => failure('x', { code: 'ECONNREFUSED', address, port: 1 });
    const both = new AggregateError([refused('127.0.0.1'), refused('::1')], '');
    const list = 'ECONNREFUSED 127.0.0.1:1, ECONNREFUSED ::1:1';
    const wanted = { said: `(${list}). ${REACH}`, message: list, code: 'ECONNREFUSED' };
    expect(await errorOf(both)).to.deep.equal(wanted);
    expect(await errorOf(Object.assign(both, { code: 'ECONNREFUSED' }))).to.deep.equal(wanted);
    expect(await errorOf(failure('fetch failed', { cause: both }))).to.deep.equal(wanted);
    const odd = new AggregateError(
      ['a text', failure('timed out', { address: '::1' }), undefined, ...Array(20).fill(refused('::2'))],
      'all failed',
    );
    const { message, code } = await errorOf(odd);
    expect(message).to.equal(`a text, timed out ::1, ${Array(5).fill('ECONNREFUSED ::2:1').join(', ')}`);
    expect(code).to.equal(undefined);
    expect(await errorOf(new AggregateError([], 'all failed'))).to.include({ message: 'all failed' });
    expect(await errorOf(new AggregateError([undefined], 'all failed'))).to.include({
      message: 'all failed',
    });
  });

  it('is described with the name of the host, however long that is', async () => {
    const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`;
    const message = `request to https://${host}/ failed, reason: getaddrinfo ENOTFOUND ${host}`;
    const error = await errorOf(failure(message), { baseURL: `https://${host}` });
    expect(error.message).to.equal(message);
    expect((await errorOf(failure('. '.repeat(500)))).message).to.have.length(600);
  });

  it('because nothing listens on this machine asks whether the emulator is running', async () => {
    const refused = failure('x', { code: 'ECONNREFUSED' });
    for (const baseURL of ['http://127.0.0.1:4400', 'http://localhost:4400', 'http://[::1]:4400']) {
      expect((await errorOf(refused, { baseURL })).said).to.equal(
        `(ECONNREFUSED); nothing listens there: is the emulator running? Check ${baseURL}.`,
      );
    }
    expect((await errorOf(refused)).said).to.equal(`(ECONNREFUSED). ${REACH}`);
    expect(
      (await errorOf(failure('x', { code: 'ECONNRESET' }), { baseURL: 'http://localhost:1' })).said,
    ).to.match(/^\(ECONNRESET\)\. Check that/);
  });

  it('because the server speaks http asks whether it speaks https', async () => {
    const server = http.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const fetch of [undefined, globalThis.fetch]) {
      const client = new FreedomIdClient({ ...minimalOptions, baseURL: `https://${host}`, fetch });
      const { message } = await client.getUserInfo('token-1').catch((error) => error);
      expect(message).to.match(
        /\((EPROTO|ERR_SSL_\w+)\); does it speak https\? Check https:\/\/127\.0\.0\.1:\d+\.$/,
      );
    }
    server.close();
    server.closeAllConnections();
    for (const code of ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])
      expect((await errorOf(failure('x', { code }))).said).to.include('; does it speak https? Check https:');
    expect(
      (await errorOf(failure('x', { code: 'EPROTO' }), { baseURL: 'http://localhost:1' })).said,
    ).to.match(/^\(EPROTO\)\. Check that/);
  });

  it("because undici's proxy opens no tunnel is described by the proxy's response", async () => {
    const proxy = http.createServer().on('connect', (_req, socket) => {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const dispatcher = new ProxyAgent(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const fetch = ((url, init) => undiciFetch(url, { ...init, dispatcher })) as FetchFunction;
    const { said, message } = await errorOf(undefined, { fetch, baseURL: 'https://provider.example' });
    expect(said).to.include('Proxy response (407) !== 200 when HTTP Tunneling');
    expect(message).to.equal('Proxy response (407) !== 200 when HTTP Tunneling');
    await dispatcher.close();
    proxy.close();
  });
});

describe('a fetch that sends no body with a GET', () => {
  const ID = '01953bd1-a6d3-739e-8aa3-83e881f09055';
  const thrown = async (message: string, call: (client: FreedomIdClient) => Promise<unknown>) => {
    const fetch: FetchFunction = async () => {
      throw new TypeError(message);
    };
    const client = new FreedomIdClient({ ...minimalOptions, fetch });
    return call(client).then(
      () => expect.fail('it did not reject'),
      ({ message: said }: FreedomIdError) => said,
    );
  };
  const REFUSALS = [
    'Request with GET/HEAD method cannot have body.',
    'fetch() request with GET/HEAD/OPTIONS method cannot have body.',
    'Body not allowed for GET or HEAD requests',
  ];

  it('is recognized by its message, and the option is named', async () => {
    for (const words of REFUSALS) {
      const said = await thrown(words, (client) => client.getProfileStatus('t', ID));
      expect(said).to.include('the option fetch sends no body with a GET, and this request needs one');
    }
  });

  it('is not to blame for another failure, or for a request without a body or of another method', async () => {
    const about = 'the option fetch sends no body';
    for (const words of ['no match for GET with this body', 'GET failed', 'X Body not allowed for GET']) {
      expect(await thrown(words, (client) => client.getProfileStatus('t', ID))).not.to.include(about);
    }
    const [words = ''] = REFUSALS;
    expect(await thrown(words, (client) => client.getUserInfo('t'))).not.to.include(about);
    expect(await thrown(words, (client) => client.requestProfile('t'))).not.to.include(about);
  });
});
