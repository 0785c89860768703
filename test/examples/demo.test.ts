import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { runNode } from '../support/child';

describe('npm start', function () {
  this.timeout(20_000);
  const clean = { FREEDOM_ID_CLIENT_ID: '', FREEDOM_ID_CLIENT_SECRET: '', FREEDOM_ID_URL: '', PORT: '0' };
  const start = (env: NodeJS.ProcessEnv) => runNode(['examples/start.ts'], { ...clean, ...env });

  it('prints one URL, and ends on SIGTERM', async () => {
    const demo = start({});
    const [, url = ''] = await demo.printed(/Open (\S+)\n/);
    expect(demo.stdout).to.include('emulator, not with the live Freedom ID');
    expect(demo.stdout.match(/https?:/g)).to.have.length(1);
    expect(await (await fetch(url)).text()).to.include('Sign in with Freedom ID');
    demo.process.kill('SIGTERM');
    expect(await demo.ended).to.equal(0);
    expect(demo.stderr).to.equal('');
  });

  it('uses the live Freedom ID when it gets credentials, and says so', async () => {
    const demo = start({ FREEDOM_ID_CLIENT_ID: 'live', FREEDOM_ID_CLIENT_SECRET: 's3cret' });
    await demo.printed(/live Freedom ID, which must know http:\/\/localhost:\d+\/auth\/freedom-id\/callback/);
    demo.process.kill('SIGTERM');
    await demo.ended;
    expect(demo.stdout).to.not.include('s3cret');
  });

  it('can be reached from this machine only', async () => {
    const demo = start({});
    const [, url = ''] = await demo.printed(/Open (\S+)\n/);
    // On Linux, all of 127.0.0.0/8 is this machine: a server that listens on every address responds here as well.
    const other = await fetch(url.replace('localhost', '127.0.0.2'), {
      signal: AbortSignal.timeout(2_000),
    }).catch(() => 'nobody');
    demo.process.kill();
    await demo.ended;
    expect(other).to.equal('nobody');
  });

  it('uses the Freedom ID that FREEDOM_ID_URL names, and says which one', async () => {
    const demo = start({
      FREEDOM_ID_CLIENT_ID: 'x',
      FREEDOM_ID_CLIENT_SECRET: 's3cret',
      FREEDOM_ID_URL: 'https://id.example',
    });
    await demo.printed(/signs in with the Freedom ID at https:\/\/id\.example, which must know/);
    demo.process.kill();
    await demo.ended;
  });

  it('says in one line what keeps it from starting', async () => {
    const other = await startEmulator();
    const { port } = new URL(other.url);
    const wrong: [NodeJS.ProcessEnv, RegExp][] = [
      [
        { PORT: port },
        new RegExp(`Port ${port} cannot be used \\(EADDRINUSE\\)\\. Set PORT to another one\\.`),
      ],
      [{ PORT: 'http' }, /PORT must be a whole number/],
      [{ FREEDOM_ID_CLIENT_ID: 'live' }, /FREEDOM_ID_CLIENT_SECRET is not set/],
      [{ FREEDOM_ID_CLIENT_SECRET: 's3cret' }, /FREEDOM_ID_CLIENT_ID is not set/],
    ];
    const check = async ([env, message]: (typeof wrong)[number]) => {
      const demo = start(env);
      expect(await demo.ended).to.equal(1);
      expect(demo.stderr)
        .to.match(/^The demo did not start: .*\n$/)
        .and.match(message);
      expect(demo.stderr).to.not.include('s3cret');
    };
    await Promise.all(wrong.map(check));
    await other.close();
  });
});
