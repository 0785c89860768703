import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type Emulator, startEmulator } from '../../lib/emulator/index';
import { api, basic, codeIn, linkFor, signInAt } from '../support/emulated-login';
import { useEmulator } from '../support/emulator';
import { openidTokens, tokenRequest, userInfoRequest } from '../support/openid-login';
import { CLIENT_ID, CLIENT_SECRET } from '../support/options';
import { NO_APP, startWebhook, type Webhook } from '../support/webhook';

const DAY = 24 * 60 * 60_000;

describe('a sign-out from Freedom ID at the emulator', () => {
  let now = Date.now();
  let app: Webhook;
  let emulator: Emulator;
  beforeEach(async () => {
    app = await startWebhook();
    emulator = await startEmulator({
      clock: () => now,
      clients: [
        { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, revokeURI: app.url },
        { clientID: 'other', clientSecret: 's', revokeURI: `${app.url}?app=other` },
        { clientID: 'deaf', clientSecret: 's' },
      ],
    });
  });
  afterEach(async () => {
    await emulator.close();
    await app.close();
  });
  const call = () => api(emulator);
  const signIn = async (as: string | number = 0, clientID = CLIENT_ID): Promise<Record<string, string>> => {
    const client = clientID === CLIENT_ID ? basic() : basic(clientID, 's');
    const request = { redirect_uri: 'https://app.example/cb', grants: ['read.profile'] };
    const { json } = await call().authorize(request, client);
    const code = codeIn(await emulator.approve(json.redirect_uri ?? '', { as }));
    return (await call().token({ authorization_code: code }, client)).json;
  };
  const toldIDs = (): string[] => app.calls.map(({ body }) => JSON.parse(body).id);

  it('tells the app the id of the token, as protocol 5 says, and lists the call', async () => {
    const { id } = await signIn();
    await emulator.signOut();
    const [told, ...more] = app.calls;
    expect(more).to.deep.equal([]);
    expect(told).to.deep.include({
      method: 'POST',
      url: '/freedom-id/revoked',
      body: JSON.stringify({ id }),
    });
    expect(told?.headers).to.include({ 'content-type': 'application/json' });
    expect(told?.headers).to.not.have.any.keys('authorization', 'cookie');
    expect(emulator.revocations).to.deep.equal([{ url: app.url, id, httpStatus: 204 }]);
  });

  it('is one call for each token in use, at each app that wants to be told', async () => {
    const { id: first } = await signIn();
    const { id: second } = await signIn();
    const { id: third } = await signIn(0, 'other');
    await signIn(0, 'deaf');
    const { id: stranger } = await signIn(1);
    await emulator.signOut(0);
    expect(toldIDs()).to.have.members([first, second, third]);
    expect(emulator.revocations.map(({ url, id }) => [url, id])).to.have.deep.members([
      [app.url, first],
      [app.url, second],
      [`${app.url}?app=other`, third],
    ]);
    await emulator.signOut(0);
    expect(app.calls).to.have.length(3);
    await emulator.signOut(emulator.users[1]?.freedom_id);
    expect(toldIDs().at(-1)).to.equal(stranger);
  });

  it('names the tokens that are in use, not one that was refreshed or has expired', async () => {
    const old = await signIn();
    const { json: renewed } = await call().refresh(old.refresh_token ?? '');
    await emulator.signOut();
    expect(renewed.id).to.not.equal(old.id);
    expect(toldIDs()).to.deep.equal([renewed.id]);
    await signIn();
    now += 28 * DAY;
    await emulator.signOut();
    expect(app.calls).to.have.length(1);
  });

  it('ends all tokens of the user, and nobody else’s', async () => {
    const old = await signIn();
    const { json: renewed } = await call().refresh(old.refresh_token ?? '');
    const stranger = await signIn(1);
    const code = { authorization_code: codeIn(await emulator.approve(await linkFor(emulator))) };
    const strangersCode = {
      authorization_code: codeIn(await emulator.approve(await linkFor(emulator), { as: 1 })),
    };
    await emulator.signOut();
    for (const token of [old.access_token, renewed.access_token, renewed.refresh_token]) {
      expect((await call().data(token ?? '')).status).to.equal(401);
    }
    expect((await call().refresh(renewed.refresh_token ?? '')).status).to.equal(401);
    const request = { request_id: randomUUID(), created_at: new Date().toISOString() };
    expect((await call().requestProfile(renewed.access_token ?? '', request)).status).to.equal(401);
    expect((await call().token(code)).json).to.have.nested.property('error.code', 100101);
    expect((await call().data(stranger.access_token ?? '')).status).to.equal(200);
    expect((await call().token(strangersCode)).status).to.equal(200);
    const again = await signIn();
    expect((await call().data(again.access_token ?? '')).status).to.equal(200);
  });

  it('ends the tokens before the app is told', async () => {
    const { access_token = '' } = await signIn();
    const signingOut = emulator.signOut();
    expect((await call().data(access_token)).status).to.equal(401);
    await signingOut;
  });

  it('ends the tokens of OpenID Connect, for which no call is made', async () => {
    const tokens = await openidTokens(emulator);
    await emulator.signOut();
    expect((await userInfoRequest(emulator, tokens.access_token)).json).to.include({
      error: 'invalid_token',
    });
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    expect((await tokenRequest(emulator, fields)).json).to.include({ error: 'invalid_grant' });
    expect(app.calls).to.deep.equal([]);
    expect(emulator.revocations).to.deep.equal([]);
  });

  it('is one call for each id, and each set of tokens in use, however refresh tokens live', async () => {
    const clients = [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, revokeURI: app.url }];
    for (const tokenId of ['new', 'same'] as const) {
      for (const oldRefreshToken of ['dead', 'alive'] as const) {
        const other = await startEmulator({ clients, behaviour: { tokenId, oldRefreshToken } });
        const refresh = async (tokens: Record<string, string>): Promise<Record<string, string>> =>
          (await api(other).refresh(tokens.refresh_token ?? '')).json;
        const first = await signInAt(other, await linkFor(other));
        const second = await refresh(first);
        const inUse = [await refresh(second), await signInAt(other, await linkFor(other))];
        // Both sets that the first one was refreshed to are in use.
        if (oldRefreshToken === 'alive') inUse.push(await refresh(first));
        app.calls.length = 0;
        await other.signOut();
        expect(toldIDs(), `${tokenId} ${oldRefreshToken}`).to.have.members([
          ...new Set(inUse.map(({ id }) => id)),
        ]);
        for (const { access_token = '', refresh_token = '' } of [first, second, ...inUse]) {
          expect((await api(other).data(access_token)).status).to.equal(401);
          expect((await api(other).refresh(refresh_token)).status).to.equal(401);
        }
        app.calls.length = 0;
        await other.signOut();
        expect(app.calls).to.deep.equal([]);
        await other.close();
      }
    }
  });

  it('calls an app once, even if the app is down or sends an unusual response', async () => {
    const down = { url: NO_APP };
    const broken = await startWebhook((res) => res.socket?.destroy());
    const moved = await startWebhook((res) => res.writeHead(307, { location: app.url }).end());
    const failing = await startWebhook((res) => res.writeHead(500).end('x'.repeat(100)));
    const endless = await startWebhook((res) => res.writeHead(200).write('and then'));
    const clients = [down, broken, moved, failing, endless].map(({ url }, index) => ({
      clientID: String(index),
      clientSecret: 's',
      revokeURI: url,
    }));
    const other = await startEmulator({ clients });
    for (const { clientID } of clients) {
      const request = { redirect_uri: 'https://app.example/cb', grants: [] };
      const { json } = await api(other).authorize(request, basic(clientID, 's'));
      const code = codeIn(await other.approve(json.redirect_uri ?? ''));
      await api(other).token({ authorization_code: code }, basic(clientID, 's'));
    }
    await other.signOut();
    const outcomes = new Map(
      other.revocations.map(({ url, id: _, ...outcome }): [string, object] => [url, outcome]),
    );
    expect(outcomes.get(down.url)).to.deep.equal({ error: 'ECONNREFUSED' });
    expect(outcomes.get(broken.url)).to.have.all.keys('error');
    expect(outcomes.get(moved.url)).to.deep.equal({ httpStatus: 307 });
    expect(outcomes.get(failing.url)).to.deep.equal({ httpStatus: 500 });
    expect(outcomes.get(endless.url)).to.deep.equal({ httpStatus: 200 });
    expect(outcomes).to.have.length(5);
    for (const one of [broken, moved, failing, endless]) {
      expect(one.calls).to.have.length(1);
      await one.close();
    }
    expect(app.calls).to.deep.equal([]);
    await other.close();
  });

  it('reaches an app that was restarted since the last call', async () => {
    await signIn();
    await emulator.signOut();
    await signIn();
    const { port } = new URL(app.url);
    await app.close();
    app = await startWebhook(undefined, Number(port));
    await emulator.signOut();
    expect(emulator.revocations.map(({ httpStatus }) => httpStatus)).to.deep.equal([204, 204]);
    expect(app.calls).to.have.length(1);
    expect(app.calls[0]?.headers).to.include({ connection: 'close' });
  });

  it('is cut short when the emulator closes', async () => {
    const silent = await startWebhook(() => {});
    const other = await startEmulator({
      clients: [{ clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, revokeURI: silent.url }],
    });
    const { id } = await signInAt(other, await linkFor(other));
    const signingOut = other.signOut();
    while (silent.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await other.close();
    await signingOut;
    expect(other.revocations).to.deep.equal([{ url: silent.url, id, error: 'the emulator was closed' }]);
    await silent.close();
  });

  it('needs a user who exists, signed in or not', async () => {
    for (const [user, shown] of [
      [9, '9'],
      ['nobody', '"nobody"'],
      [null, 'null'],
    ] as const) {
      const error = await emulator.signOut(user as never).catch((reason) => reason);
      expect(error.message).to.equal(`signOut: there is no user ${shown}`);
    }
    await emulator.signOut(2);
    expect(emulator.revocations).to.deep.equal([]);
  });

  describe('on its pages', () => {
    const post = (user?: string) =>
      fetch(`${emulator.url}/account`, {
        method: 'POST',
        body: new URLSearchParams(user === undefined ? {} : { user }),
        redirect: 'manual',
      });
    const page = async (): Promise<string> => (await fetch(`${emulator.url}/account`)).text();

    it('starts at a link of the first page', async () => {
      expect(await (await fetch(emulator.url)).text()).to.include(
        `<a class="button" href="${emulator.url}/account">Sign out of Freedom ID</a>`,
      );
    });

    it('offers those who are signed in, and says where', async () => {
      expect(await page())
        .to.include('Nobody is signed in.')
        .and.not.include('<form');
      await signIn(0);
      await signIn(0);
      await signIn(0, 'deaf');
      await openidTokens(emulator);
      await signIn(2, 'other');
      const response = await fetch(`${emulator.url}/account`);
      expect(response.headers.get('content-security-policy')).to.include("default-src 'none'");
      const markup = await response.text();
      expect(markup).to.include('<form method="post" action="account">');
      const users = [...markup.matchAll(/name="user" value="([^"]*)"/g)].map(([, value]) => value);
      expect(users).to.deep.equal([emulator.users[0]?.freedom_id, emulator.users[2]?.freedom_id]);
      expect(markup.match(/ checked/g)).to.have.length(1);
      expect(markup).to.include('Signed in at demo, deaf').and.include('Signed in at other');
    });

    it('signs out the chosen user, and then offers those who are left', async () => {
      const { id } = await signIn(0);
      await openidTokens(emulator);
      await signIn(1);
      const response = await post(emulator.users[0]?.freedom_id);
      expect(response.status).to.equal(303);
      expect(response.headers.get('location')).to.equal(`${emulator.url}/account`);
      expect(emulator.revocations).to.deep.equal([{ url: app.url, id, httpStatus: 204 }]);
      expect(await page())
        .to.include('Madonna')
        .and.not.include('Әсел');
      await post(emulator.users[1]?.freedom_id);
      expect(await page()).to.include('Nobody is signed in.');
    });

    it('needs a chosen user', async () => {
      await signIn(0);
      for (const user of [undefined, '', '0', 'nobody']) {
        const response = await post(user);
        expect(response.status).to.equal(422);
        expect(await response.text()).to.include('choose a user');
      }
      expect(emulator.revocations).to.deep.equal([]);
    });
  });
});

describe('a page of the emulator to sign out', () => {
  const evil = '<script>alert("&\'")</script>';
  const emulator = useEmulator({
    users: [{ freedom_id: evil, firstname: evil }],
    clients: [{ clientID: evil, clientSecret: 's' }],
  });

  it('escapes the text of users and apps', async () => {
    const request = { redirect_uri: 'https://app.example/cb', grants: [] };
    const { json } = await api(emulator).authorize(request, basic(evil, 's'));
    const code = codeIn(await emulator.approve(json.redirect_uri ?? ''));
    await api(emulator).token({ authorization_code: code }, basic(evil, 's'));
    const markup = await (await fetch(`${emulator.url}/account`)).text();
    expect(markup).to.not.include('<script');
    expect(markup.match(/&#60;script&#62;alert\(&#34;&#38;&#39;&#34;\)&#60;\/script&#62;/g)).to.have.length(
      3,
    );
  });
});
