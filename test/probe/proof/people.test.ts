import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { type Emulator, startEmulator } from '../../../lib/emulator/index';
import { withoutIPv6 } from '../../support/needs';
import {
  type Act,
  type AskedLogin,
  comeBack,
  decide,
  freeCallback,
  obey,
  type ProbedHere,
  probeHere,
} from '../../support/scripted-person';

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

describe('a probe whose person', function () {
  this.timeout(60_000);
  let emulator: Emulator;
  let usual: ProbedHere;
  before(async () => {
    emulator = await startEmulator({ signing: 'ES256' });
    usual = await probeHere(emulator.url, obey(emulator));
  });
  after(() => emulator.close());

  /** Does something before the browser comes back from each login as it should. */
  const whenBack = (act: (back: string, login: AskedLogin) => Promise<unknown>): Act => {
    return async (login) => {
      const back = await decide(emulator, login);
      await act(back, login);
      expect(await comeBack(back)).to.equal(200);
    };
  };
  const expectUsual = ({ answers }: ProbedHere) => expect(answers).to.deep.equal(usual.answers);

  it('loads the page again, after the login and during the next one, has one login each', async () => {
    const earlier: string[] = [];
    const act: Act = async (login) => {
      for (const back of earlier) expect(await comeBack(back)).to.equal(404);
      const back = await decide(emulator, login);
      earlier.push(back);
      expect(await Promise.all([comeBack(back), comeBack(back)])).to.have.members([200, 404]);
    };
    expectUsual(await probeHere(emulator.url, act));
  });

  it('refuses where they should agree, and then refuses again, has no code, and the refusal', async () => {
    const { answers, evidence } = await probeHere(emulator.url, async ({ link }) =>
      comeBack(await emulator.refuse(link)),
    );
    expect(answers.refusal).to.deep.equal({ name: 'error_code', value: '100102' });
    expect(evidence.tokenId).to.equal('the callback brought no authorization_code');
    expect(evidence.oidcCallback).to.equal('an error came: access_denied');
    expect(answers).to.include({ redirectQuery: 'kept', callbackJoin: '&', userInfo: null });
  });

  it('refuses again, where the provider drops the state, is still seen', async () => {
    const dropping = await startEmulator({ signing: 'ES256', behaviour: { redirectQuery: 'refused' } });
    const { answers } = await probeHere(dropping.url, async ({ link }) =>
      comeBack(await dropping.refuse(link)),
    );
    expect(answers.refusal).to.deep.equal({ name: 'error_code', value: '100102' });
    await dropping.close();
  });

  it('agrees where they should refuse, has no refusal, and everything else', async () => {
    const probed = await probeHere(emulator.url, async ({ link }) => comeBack(await emulator.approve(link)));
    expect(probed.answers).to.deep.equal({ ...usual.answers, refusal: null });
    expect(probed.evidence.refusal).to.equal('a code came: the person agreed');
    expect(probed.isComplete).to.equal(false);
  });

  it('agrees to share nothing can still finish', async () => {
    const probed = await probeHere(emulator.url, async (login) =>
      comeBack(
        login.task === 'agree'
          ? await emulator.approve(login.link, { grants: [] })
          : await emulator.refuse(login.link),
      ),
    );
    expect(probed.answers).to.include({ redirectQuery: 'kept', tokenId: 'new', oidcTokenRequest: 'both' });
  });

  it('opens the callback URL by hand is still waited for', async () => {
    const callbackURL = await freeCallback('127.0.0.1', '/callback?tenant=7');
    const act = whenBack(async () => {
      for (const path of ['/callback', '/callback/', '/callback?', '/callback?tenant=7', '/', '/favicon.ico'])
        expect(await comeBack(new URL(path, callbackURL).href), path).to.equal(404);
    });
    expectUsual(await probeHere(emulator.url, act, { callbackURL }));
  });

  it('opens the callback URL by hand and never comes back is told so', async () => {
    const callbackURL = await freeCallback();
    const { evidence } = await probeHere(emulator.url, () => comeBack(callbackURL), {
      callbackURL,
      waitSeconds: 1,
      only: 'oauth',
    });
    expect(evidence.refusal).to.match(/^nobody came back within 1 s, and the callback URL was opened/);
  });

  it('has a link preview, a scanner or another app at the callback URL is still waited for', async () => {
    const act = whenBack(async (back) => {
      expect(await comeBack(back, 'HEAD')).to.equal(404);
      expect(await comeBack(back, 'POST')).to.equal(404);
      const other = 'A'.repeat(43);
      for (const foreign of [
        `/callback?state=${other}&authorization_code=x`,
        `/callback?code=x&state=${other}`,
        `/callback/${other}?authorization_code=x`,
        '/other?authorization_code=x',
      ])
        expect(await comeBack(new URL(foreign, back).href), foreign).to.equal(404);
    });
    expectUsual(await probeHere(emulator.url, act));
  });

  it('sends a request without a path does not end the probe', async () => {
    const act = whenBack(async (back) => {
      const { port, hostname } = new URL(back);
      for (const target of [
        '*',
        '//',
        'http://[',
        'http://a:b:c/?x',
        '/%',
        '/%zz?%',
        '/?a=%E0%A4%A',
        '//@:x',
      ]) {
        const socket = createConnection({ port: Number(port), host: hostname });
        socket.on('error', () => {}).end(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
        socket.resume();
        await once(socket, 'close');
      }
    });
    expectUsual(await probeHere(emulator.url, act));
  });

  it("comes back from an earlier login late is waited for, and the earlier one's code is not used", async () => {
    let late = '';
    const probed = await probeHere(emulator.url, async (login) => {
      const back = await decide(emulator, login);
      if (login.number === 1) {
        late = back;
        return 'skip';
      }
      expect(await comeBack(late)).to.equal(404);
      return comeBack(back);
    });
    expect(probed.evidence.redirectQuery).to.equal('the login was skipped');
    expect(probed.answers).to.deep.include({ refusal: usual.answers.refusal, oidcTokenRequest: 'both' });
  });

  it('comes back by any name of this machine is received', async () => {
    for (const host of ['localhost', '127.0.0.1', '127.0.0.9']) {
      const callbackURL = await freeCallback(host);
      const act: Act = async (login) => {
        const back = new URL(await decide(emulator, login));
        expect(back.hostname).to.equal(host);
        // What a browser may make of it.
        if (host === 'localhost') back.hostname = login.number % 2 && hasIPv6 ? '[::1]' : '127.0.0.1';
        expect(await comeBack(back.href)).to.equal(200);
      };
      expectUsual(await probeHere(emulator.url, act, { callbackURL }));
    }
  });

  it('comes back at [::1] is received', async function () {
    if (!hasIPv6) return withoutIPv6(this);
    const callbackURL = await freeCallback('[::1]');
    expectUsual(await probeHere(emulator.url, obey(emulator), { callbackURL }));
  });

  it('comes through a tunnel, which may strip a prefix or add one, is received', async () => {
    const callbackURL = 'https://tunnel.example/apps/shop/callback?tenant=7';
    for (const path of ['/apps/shop/callback', '/shop/callback', '/callback', '/a/apps/shop/callback']) {
      const port = Number(new URL(await freeCallback()).port);
      const act: Act = async (login) => {
        const back = await decide(emulator, login);
        expect(back.startsWith('https://tunnel.example/apps/shop/callback')).to.equal(true);
        const behind = back.slice('https://tunnel.example/apps/shop/callback'.length);
        expect(await comeBack(`http://127.0.0.1:${port}${path}${behind}`)).to.equal(200);
      };
      expectUsual(await probeHere(emulator.url, act, { callbackURL, port }));
    }
  });

  it('never comes back is waited for as long as was said, in each login', async () => {
    const probed = await probeHere(emulator.url, () => Promise.resolve(), { waitSeconds: 1 });
    expect(probed.logins.map(({ task }) => task)).to.deep.equal(['agree', 'refuse', 'agree', 'agree']);
    expect(probed.evidence).to.include({
      redirectQuery: 'nobody came back within 1 s',
      refusal: 'nobody came back within 1 s',
      oidcCallback: 'nobody came back within 1 s',
    });
    expect(probed.answers).to.include({ discovery: true, oidcTokenURL: '/api/v1/oidc/token' });
    expect(probed.answers.errorStatus).to.deep.equal(usual.answers.errorStatus);
  });

  it('is gone leaves nothing that listens', async () => {
    const callbackURL = await freeCallback();
    await probeHere(emulator.url, obey(emulator), { callbackURL });
    const server = createServer().listen(Number(new URL(callbackURL).port), '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });
});
