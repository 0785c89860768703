import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Agent, createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { FreedomIdStrategy, type FreedomIdStrategyOptions } from '../../lib';
import { listen, loginApp } from '../support/app';
import { type Authority, type Certificate, createAuthority } from '../support/authority';
import { CookieJar } from '../support/browser';
import { CLIENT_SECRET, minimalOptions } from '../support/options';
import { logIn, rogue, says } from '../support/rogue';

const ACCESS_TOKEN = 'Acce55'.repeat(20);

describe('an attacker on the network gets nowhere with', () => {
  const ending: (() => void)[] = [];
  let authority: Authority;
  before(async () => {
    authority = await createAuthority();
  });
  afterEach(() => {
    for (const end of ending.splice(0)) end();
  });

  async function port(server: Server): Promise<number> {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ending.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  }

  /** Freedom ID over TLS, and the Authorization header of each request that it got. */
  async function providerWith(certificate: Certificate) {
    const requests: string[] = [];
    const answer = rogue({ token: says({ access_token: ACCESS_TOKEN }) });
    const server = createSecureServer(certificate, (req, res) => {
      requests.push(`${req.headers.authorization}`);
      answer(req, res);
    });
    return { url: `https://127.0.0.1:${await port(server)}`, requests };
  }

  async function logInAt(baseURL: string, options: Partial<FreedomIdStrategyOptions>): Promise<Response> {
    const strategy = new FreedomIdStrategy(
      { ...minimalOptions, callbackURL: '/callback', baseURL, ...options, passReqToCallback: false },
      async (_accessToken, _refreshToken, profile) => profile,
    );
    const app = await listen(loginApp(strategy));
    ending.push(app.close);
    return logIn(new CookieJar(), app);
  }

  it('a certificate that is not trusted, for another host, or expired', async () => {
    const stranger = await createAuthority();
    const bad = {
      CERT_SIGNATURE_FAILURE: await stranger.certify('127.0.0.1'),
      ERR_TLS_CERT_ALTNAME_INVALID: await authority.certify('evil.example'),
      CERT_HAS_EXPIRED: await authority.certify('127.0.0.1', { expired: true }),
    };
    const agent = new Agent({ ca: authority.ca });
    for (const [code, certificate] of Object.entries(bad)) {
      const { url, requests } = await providerWith(certificate);
      const response = await logInAt(url, { agent });
      expect(response.status).to.equal(502);
      expect(await response.text())
        .to.include(`the connection failed (${code})`)
        .and.include('TLS');
      expect(requests).to.deep.equal([]);
    }
    const { url, requests } = await providerWith(await authority.certify('127.0.0.1'));
    expect((await logInAt(url, { agent })).status).to.equal(200);
    expect(requests).to.have.length(3);
  });

  it('bearer or secret leaking by an outbound proxy, which sees the name of the host and nothing else', async () => {
    const { url: ofAddress, requests } = await providerWith(await authority.certify('localhost'));
    const url = ofAddress.replace('127.0.0.1', 'localhost');
    let seen = '';
    const proxy = createServer().on('connect', (req, socket: Socket) => {
      seen += JSON.stringify([req.url, req.rawHeaders]);
      const upstream = connect(Number(req.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        for (const [from, to] of [
          [socket, upstream],
          [upstream, socket],
        ] as const) {
          from.on('data', (data) => {
            seen += data.toString('latin1');
          });
          from.pipe(to);
        }
      });
      for (const end of [socket, upstream]) {
        end.on('error', () => {});
        ending.push(() => end.destroy());
      }
    });
    const agent = new HttpsProxyAgent(`http://127.0.0.1:${await port(proxy)}`);
    // The constructor's options apply to the connection to the proxy, these to TLS through the tunnel.
    Object.assign(agent.options, { ca: authority.ca });
    expect((await logInAt(url, { agent })).status).to.equal(200);
    expect(requests.at(-1)).to.equal(`Bearer ${ACCESS_TOKEN}`);
    expect(seen).to.include(new URL(url).host);
    const basic = Buffer.from(`${minimalOptions.clientID}:${CLIENT_SECRET}`).toString('base64');
    for (const secret of [CLIENT_SECRET, basic, ACCESS_TOKEN, 'C0de', 'get-data']) {
      expect(seen).to.not.include(secret);
    }
  });

  it('an identity made up by an outbound proxy that opens no tunnel, and no secret is sent to that proxy', async () => {
    const made = '{"redirect_uri":"https://evil.example","access_token":"a","freedom_id":"admin"}';
    let seen = '';
    let status = '';
    const proxy = createServer().on('connect', (_req, socket: Socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        seen += data.toString('latin1');
      });
      socket.write(`HTTP/1.1 ${status} Made up\r\ncontent-length: ${made.length}\r\n\r\n${made}`);
      ending.push(() => socket.destroy());
    });
    const agent = new HttpsProxyAgent(`http://127.0.0.1:${await port(proxy)}`);
    for (status of ['000', '201', '299', '302', '407', '500']) {
      const response = await logInAt('https://127.0.0.1:1', { agent });
      expect(response.status, status).to.equal(502);
      expect(await response.text()).to.include(
        `the connection failed (the proxy opened no tunnel: HTTP ${Number(status)})`,
      );
    }
    expect(seen).to.equal('');
  });
});
