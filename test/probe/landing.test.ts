import { once } from 'node:events';
import { type IncomingHttpHeaders, request, Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { type Arrival, Landing } from '../../lib/probe/landing';
import { Unanswered } from '../../lib/probe/unanswered';
import { freePort } from '../support/free-port';
import { withoutIPv6 } from '../support/needs';

interface Page {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  text: string;
}

async function ask(
  port: number,
  path: string,
  method = 'GET',
  host = '127.0.0.1',
  headers: Record<string, string> = {},
): Promise<Page> {
  const asked = request({ host, port, path, method, headers, agent: false });
  const [response] = await once(asked.end(), 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

describe('the landing of the probe', () => {
  const { listen } = Server.prototype;
  const landings: Landing[] = [];
  afterEach(() => {
    for (const landing of landings.splice(0)) landing.close();
    Server.prototype.listen = listen;
  });

  async function open(hostname: string, port: number): Promise<Landing> {
    const landing = await Landing.open(hostname, port);
    landings.push(landing);
    return landing;
  }

  /**
   * Notes where servers listen, on a machine whose only address is IPv4's.
   *
   * @param failures - by address: the code of the error with which a server cannot listen there
   */
  function watchAddresses(failures: Record<string, string>): string[] {
    const addresses: string[] = [];
    Server.prototype.listen = function (this: Server, port: number, host: string, done: () => void) {
      addresses.push(host);
      const { [host]: code } = failures;
      if (code === undefined) return listen.apply(this, [port, host, done] as never);
      setImmediate(() => this.emit('error', Object.assign(new Error('it fails'), { code })));
      return this;
    } as typeof listen;
    return addresses;
  }

  const never = new AbortController().signal;

  it('gives the request of the browser that comes back, unchanged', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    const next = landing.next(() => true, never);
    expect(await ask(port, '/callback/x?a=%20b?c=d&e')).to.have.property('status', 200);
    expect(await next).to.deep.equal({ path: '/callback/x', query: 'a=%20b?c=d&e' });
    const bare = landing.next(() => true, never);
    await ask(port, '/callback');
    expect(await bare).to.deep.equal({ path: '/callback', query: '' });
  });

  it('waits for the expected request', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    const asked: Arrival[] = [];
    const next = landing.next((arrival) => {
      asked.push(arrival);
      return arrival.query === 'it';
    }, never);
    expect(await ask(port, '/callback?another')).to.have.property('status', 404);
    expect(await ask(port, '/callback?it')).to.have.property('status', 200);
    expect(await next).to.deep.equal({ path: '/callback', query: 'it' });
    expect(await ask(port, '/callback?it'), 'again').to.have.property('status', 404);
    expect(asked.map(({ query }) => query)).to.deep.equal(['another', 'it']);
  });

  it('takes no link preview and no form for the person', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    const next = landing.next(() => true, never);
    expect(await ask(port, '/callback', 'HEAD')).to.deep.include({ status: 404, text: '' });
    expect(await ask(port, '/callback', 'POST')).to.have.property('status', 404);
    expect(await ask(port, '/callback', 'OPTIONS')).to.have.property('status', 404);
    await ask(port, '/callback?person');
    expect(await next).to.have.property('query', 'person');
  });

  it('takes nothing that another page loads for the person', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    const next = landing.next(() => true, never);
    const load = (path: string, dest: string) =>
      ask(port, path, 'GET', '127.0.0.1', { 'sec-fetch-dest': dest });
    for (const dest of ['image', 'iframe', 'script', 'empty', '']) {
      expect(await load('/callback?page', dest), dest).to.have.property('status', 404);
    }
    expect(await load('/callback?person', 'document')).to.have.property('status', 200);
    expect(await next).to.have.property('query', 'person');
  });

  it('accepts nobody before it waits, and after it has given up', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    expect(await ask(port, '/callback')).to.have.property('status', 404);
    const ending = new AbortController();
    const reason = landing.next(() => true, ending.signal).catch((error: unknown) => error);
    const skipped = new Unanswered('skipped');
    ending.abort(skipped);
    expect(await reason).to.equal(skipped);
    expect(await ask(port, '/callback')).to.have.property('status', 404);
  });

  it('answers with a page that says what to do, and shows nothing of the request', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    const next = landing.next(({ path }) => path === '/SECRET', never);
    const other = await ask(port, '/callback?code=SECRET');
    const own = await ask(port, '/SECRET?code=SECRET&x=<b>SECRET</b>');
    await next;
    expect(own.text).to.include('<h1>You are back at the probe</h1>').and.include('You can close this page.');
    expect(other.text)
      .to.include('<h1>The probe does not expect this page now</h1>')
      .and.include('the terminal');
    for (const { text, headers } of [own, other]) {
      expect(text)
        .to.not.include('SECRET')
        .and.not.match(/<script|src=|href=/);
      expect(JSON.stringify(headers)).to.not.include('SECRET');
      expect(headers).to.include({
        'content-type': 'text/html; charset=utf-8',
        'content-length': String(Buffer.byteLength(text)),
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'referrer-policy': 'no-referrer',
        connection: 'close',
      });
    }
  });

  it('is at both addresses that a browser may take localhost for', async () => {
    const port = Number(await freePort());
    const addresses = watchAddresses({ '::1': 'EADDRNOTAVAIL' });
    for (const hostname of ['localhost', 'app.example', '127.example', 'x127.0.0.2', '127.0.0.2.example']) {
      (await Landing.open(hostname, port)).close();
      expect(addresses.splice(0), hostname).to.deep.equal(['127.0.0.1', '::1']);
    }
  });

  it('is at the one address that the callback URL names', async () => {
    const port = Number(await freePort());
    const addresses = watchAddresses({ '::1': 'EADDRNOTAVAIL' });
    (await Landing.open('127.0.0.1', port)).close();
    (await Landing.open('127.1.22.203', port)).close();
    await Landing.open('[::1]', port).catch(() => {});
    expect(addresses).to.deep.equal(['127.0.0.1', '127.1.22.203', '::1']);
  });

  it('answers at an address of IPv6, if the machine has one', async function () {
    const port = Number(await freePort());
    const landing = await Landing.open('[::1]', port).catch(() => undefined);
    if (!landing) return withoutIPv6(this);
    landings.push(landing);
    expect(await ask(port, '/callback', 'GET', '::1')).to.have.property('status', 404);
    const error = await ask(port, '/callback').catch((error: unknown) => error);
    expect(error, 'IPv4').to.have.property('code', 'ECONNREFUSED');
  });

  it('works without IPv6 if the machine has none', async () => {
    for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
      const port = Number(await freePort());
      watchAddresses({ '::1': code });
      await open('localhost', port);
      expect(await ask(port, '/'), code).to.have.property('status', 404);
      Server.prototype.listen = listen;
    }
  });

  it('cannot be opened where the machine has neither address', async () => {
    watchAddresses({ '127.0.0.1': 'EADDRNOTAVAIL', '::1': 'EAFNOSUPPORT' });
    const error = await Landing.open('localhost', 3000).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(Error);
    expect(error).to.have.property('message', 'This machine has no loopback address to listen on.');
  });

  it('cannot be opened at a port that is taken, and says what to do', async () => {
    const port = Number(await freePort());
    await open('127.0.0.1', port);
    const error = await Landing.open('localhost', port).catch((error: unknown) => error);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property(
        'message',
        `Port ${port} of 127.0.0.1 cannot be used (EADDRINUSE). Stop what listens there, or choose a callback URL with another port.`,
      );
    expect(error).to.have.nested.property('cause.code', 'EADDRINUSE');
  });

  it('leaves nothing listening where only one of its addresses can be used', async () => {
    const port = Number(await freePort());
    const addresses = watchAddresses({ '::1': 'EACCES' });
    const error = await Landing.open('localhost', port).catch((error: Error) => error.message);
    expect(error).to.match(/^Port \d+ of ::1 cannot be used \(EACCES\)\./);
    expect(addresses).to.deep.equal(['127.0.0.1', '::1']);
    expect(await ask(port, '/').catch((error: unknown) => error)).to.have.property('code', 'ECONNREFUSED');
  });

  it('closes its port, and whatever is connected to it', async () => {
    const port = Number(await freePort());
    const landing = await open('localhost', port);
    const idle = connect(port, '127.0.0.1');
    await once(idle, 'connect');
    // Once it has answered this one, it knows the other one, too.
    await ask(port, '/');
    const closed = once(idle, 'close');
    landing.close();
    await closed;
    expect(await ask(port, '/').catch((error: unknown) => error)).to.have.property('code', 'ECONNREFUSED');
  });
});
