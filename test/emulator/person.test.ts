import { expect } from 'chai';
import { linkFor } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import {
  OPENID_REDIRECT_URI,
  openidLink,
  parametersOf,
  tokenRequest,
  userInfoRequest,
} from '../support/openid-login';

describe('emulator.approve() and emulator.refuse()', () => {
  const emulator = useEmulator();
  const both = [
    ['approve', (link: unknown) => emulator.approve(link as string)],
    ['refuse', (link: unknown) => emulator.refuse(link as string)],
  ] as const;

  it('say what a link must be if they get something else', async () => {
    const wrong: [unknown, string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [302, '302'],
      [{ headers: { location: 'x' } }, 'of type object'],
      ['', '""'],
      ['/login?track_id=x', '"/login?…"'],
    ];
    for (const [name, act] of both) {
      for (const [link, shown] of wrong) {
        const error = await act(link).catch((reason) => reason);
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.equal(
          `${name}: link must be the Location that your login route redirects to, but is ${shown}`,
        );
      }
    }
  });

  it('refuse a link to somewhere else, without showing its query', async () => {
    const own = await linkFor(emulator);
    for (const [name, act] of both) {
      for (const [link, shown] of [
        ['https://app.example/cb?authorization_code=s3cret', 'https://app.example/cb?…'],
        ['https://user:s3cret@passport.freedompay.kz/login?x#y', 'https://passport.freedompay.kz/login?…'],
        [own.replace('127.0.0.1', '127.0.0.9'), `${emulator.url.replace('127.0.0.1', '127.0.0.9')}/login?…`],
      ] as const) {
        const error = await act(link).catch((reason) => reason);
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.equal(
          `${name}: link must be the Location that your login route redirects to, a link to ${emulator.url} (your strategy's baseURL), but is "${shown}"`,
        );
      }
    }
    expect(await emulator.refuse(own)).to.include('error_code');
  });

  it('say whether a link was used or is unknown', async () => {
    const used = await linkFor(emulator);
    await emulator.refuse(used);
    const unknown = `${emulator.url}/login?track_id=x`;
    for (const [name, act] of both) {
      for (const [link, why] of [
        [used, 'was used already'],
        [unknown, 'is unknown to this emulator (was it restarted since?)'],
        [emulator.url, 'is unknown to this emulator (was it restarted since?)'],
      ] as const) {
        expect(await act(link).catch((error) => error.message)).to.equal(
          `${name}: the login link ${why}: ${link}`,
        );
      }
    }
  });

  it('take a link to /openid as often as it is used, each time as a login of its own', async () => {
    const link = openidLink(emulator);
    const callbacks = [await emulator.approve(link), await emulator.approve(link, { as: 1 })];
    const codes = callbacks.map((callback) => parametersOf(callback).code);
    expect(new Set(codes)).to.have.length(2);
    for (const [index, code] of codes.entries()) {
      const fields = { grant_type: 'authorization_code', code, redirect_uri: OPENID_REDIRECT_URI };
      const { json } = await tokenRequest(emulator, fields);
      expect(await userInfoRequest(emulator, json.access_token)).to.have.nested.property(
        'json.sub',
        emulator.users[index]?.freedom_id,
      );
    }
    for (const callback of [await emulator.refuse(link), await emulator.refuse(link)]) {
      expect(parametersOf(callback)).to.include({ error: 'access_denied', state: 'St4te' });
    }
    expect(emulator.requests.filter(({ url }) => url.startsWith('/openid'))).to.deep.equal([]);
  });

  it('take a link to /openid under each name of this machine, which is the issuer then', async () => {
    const { port } = new URL(emulator.url);
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
      const url = `http://${host}:${port}`;
      expect(parametersOf(await emulator.approve(openidLink({ url }))).iss).to.equal(url);
    }
    const hosts = ['127.evil.example', 'notlocalhost', 'localhost.example', '128.0.0.1'];
    const elsewhere = [
      'http://localhost:1',
      'https://id.example',
      ...hosts.map((host) => `http://${host}:${port}`),
    ];
    for (const url of elsewhere) {
      for (const [name, act] of both) {
        const error = await act(openidLink({ url })).catch((reason) => reason);
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.equal(
          `${name}: link must be the Location that your login route redirects to, a link to ${emulator.url} (your strategy's baseURL), but is "${url}/openid?…"`,
        );
      }
    }
  });

  it('take the login page that /openid leads to, once', async () => {
    for (const [name, act] of both) {
      const { headers } = await fetch(openidLink(emulator), { redirect: 'manual' });
      const page = headers.get('location') ?? '';
      expect(parametersOf(await act(page))).to.include({ state: 'St4te', iss: emulator.url });
      expect(await act(page).catch((error) => error.message)).to.equal(
        `${name}: the login link was used already: ${page}`,
      );
    }
  });

  it('say why /openid would start no login, whether it shows a page or redirects', async () => {
    const wrong: [Record<string, string | undefined>, string][] = [
      [{ client_id: 'nobody' }, 'there is no client "nobody", only demo'],
      [{ redirect_uri: '/cb?s3cret' }, 'redirect_uri "/cb?…" is no absolute http(s) URL without a fragment'],
      [{ nonce: undefined }, 'nonce is missing'],
      [{ state: '' }, 'state is missing'],
      [{ response_type: 'token' }, 'response_type must be code'],
      [{ scope: 'read.email' }, 'scope must contain openid'],
      [
        { scope: 'openid read.all' },
        'scope is "read.all", which demo cannot have: no such grant is documented',
      ],
    ];
    for (const [name, act] of both) {
      for (const [changes, why] of wrong) {
        const error = await act(openidLink(emulator, changes)).catch((reason) => reason);
        expect(error).to.be.instanceOf(Error);
        expect(error.message).to.equal(`${name}: the emulator starts no login for this link: ${why}`);
      }
    }
  });

  it('name a wrong choice for a link to /openid', async () => {
    const link = openidLink(emulator, { scope: 'openid read.email' });
    for (const [approval, message] of [
      [{ as: 9 }, 'approve: there is no user 9'],
      [{ grants: ['read.phone'] }, 'approve: the login does not ask for the grant read.phone'],
    ] as const) {
      const error = await emulator.approve(link, approval as never).catch((reason) => reason);
      expect(error.message).to.equal(message);
    }
  });

  it('name a choice that is misspelt or of the wrong type', async () => {
    const link = await linkFor(emulator);
    for (const [approval, message] of [
      [{ user: 1 }, 'approve: there is no option "user", only as, grants'],
      ['u-1', 'approve: the options must be an object, but are "u-1"'],
      [{ grants: 'read.firstname' }, 'approve: grants must be a list, but is "read.firstname"'],
      [{ as: null }, 'approve: there is no user null'],
      [{ as: 'nobody' }, 'approve: there is no user "nobody"'],
    ] as const) {
      const error = await emulator.approve(link, approval as never).catch((reason) => reason);
      expect(error.message).to.equal(message);
    }
    expect(await emulator.approve(link, { as: undefined, grants: undefined })).to.include(
      'authorization_code',
    );
  });
});
