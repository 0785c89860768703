import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { type RunningCommand, runNode } from '../support/child';
import { api, basic, codeIn, linkFor } from '../support/emulated-login';
import { startWebhook } from '../support/webhook';

describe('the command passport-freedom-id', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'freedom-id-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (args: string[], env: NodeJS.ProcessEnv = {}): RunningCommand =>
    runNode(['lib/cli/index.ts', ...args], env);

  it('runs an emulator, prints its URL, client and users, and ends on SIGINT or SIGTERM', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const command = run(['emulator', '--port', '0']);
      const [, url = ''] = await command.printed(/URL +(http:\/\/127\.0\.0\.1:\d+)/);
      await command.printed(/Ctrl\+C ends it/);
      expect(await (await fetch(url)).text()).to.include('It runs');
      expect(command.stdout).to.include('clientID demo, clientSecret demo-secret').and.include('Madonna');
      command.process.kill(signal);
      expect(await command.ended).to.equal(0);
      expect(command.stderr).to.equal('');
    }
  });

  it('takes clients and users from its options', async () => {
    const file = join(folder, 'users.json');
    writeFileSync(
      file,
      JSON.stringify([
        { freedom_id: 'u-1', firstname: 'Абай' },
        { freedom_id: 'u-2', firstname: {} },
      ]),
    );
    const command = run([
      'emulator',
      '--port=0',
      '--client',
      'shop:a:b',
      '--client',
      'bank:c',
      '--users',
      file,
    ]);
    await command.printed(/Ctrl\+C/);
    command.process.kill();
    await command.ended;
    expect(command.stdout)
      .to.include('clientID shop, clientSecret a:b\n')
      .and.include('clientID bank, clientSecret c\n');
    expect(command.stdout).to.include('Абай, u-1\n').and.include('No name, u-2\n');
  });

  it('reads users from what editors on Windows write: with a byte order mark, or in UTF-16', async () => {
    const json = '\ufeff[{ "freedom_id": "u-1", "firstname": "Әсел" }]';
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const file = join(folder, `${encoding}.json`);
      writeFileSync(file, json, encoding);
      const command = run(['emulator', '--port=0', '--users', file]);
      await command.printed(/User +Әсел, u-1\n/);
      command.process.kill();
      expect(await command.ended).to.equal(0);
    }
  });

  it('restricts its clients to redirect URIs and grants, and prints why a request is refused', async () => {
    const command = run([
      ...['emulator', '--port=0', '--client=shop:a', '--client=bank:b'],
      ...['--redirect-uri=https://app.example/cb', '--redirect-uri', 'http://localhost:3000/cb'],
      ...['--grant=read.email', '--grant', 'openid'],
    ]);
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(
      /shop, .*\n +only with the redirect URI https:\/\/app\.example\/cb or http:\/\/localhost:3000\/cb\n +only for the grants read\.email openid\n/,
    );
    const call = api({ url });
    const refused = { redirect_uri: 'https://other.example/cb?state=St4te', grants: ['read.phone'] };
    await call.authorize(refused, basic('bank', 'b'));
    await command.printed(
      / 422: bank has not registered redirect_uri https:\/\/other\.example\/cb\?…, only .*\n/,
    );
    await call.authorize(refused, basic('shop', 'b'));
    await command.printed(/ 401: the clientSecret of shop is wrong\n/);
    const accepted = { redirect_uri: 'http://localhost:3000/cb?state=St4te', grants: ['openid'] };
    expect((await call.authorize(accepted, basic('shop', 'a'))).status).to.equal(200);
    await command.printed(/ 200: a login link for shop, /);
    command.process.kill();
    expect(await command.ended).to.equal(0);
    expect(command.stdout).to.not.include('St4te');
    expect(command.stderr).to.equal('');
  });

  it('tells its clients of a sign-out where --revoke-uri says, and prints how that went', async () => {
    const app = await startWebhook();
    const command = run(['emulator', '--port=0', '--revoke-uri', app.url]);
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(new RegExp(`clientID demo, .*\\n +told of a sign-out at ${app.url}\\n`));
    const link = await linkFor({ url });
    const track_id = new URL(link).searchParams.get('track_id') ?? '';
    const user = '5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e02';
    const post = (path: string, fields: Record<string, string>) =>
      fetch(url + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
    const { headers } = await post('/login', { track_id, user });
    const { json } = await api({ url }).token({ authorization_code: codeIn(headers.get('location') ?? '') });
    await post('/account', { user });
    expect(app.calls.map(({ body }) => body)).to.deep.equal([JSON.stringify({ id: json.id })]);
    await command.printed(/demo is told at http:.* that Madonna signs out; it answers 204\n/);
    command.process.kill();
    expect(await command.ended).to.equal(0);
    await app.close();
  });

  it('prints only the start under --quiet', async () => {
    const command = run(['emulator', '--port=0', '--quiet']);
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(/Ctrl\+C ends it\.\n/);
    expect(await linkFor({ url })).to.include(url);
    command.process.kill();
    expect(await command.ended).to.equal(0);
    expect(command.stdout).to.match(/Ctrl\+C ends it\.\n\n$/);
  });

  it('listens where --host says, warns of it, and gives links to --url', async () => {
    const command = run(['emulator', '--port=0', '--host', '0.0.0.0', '--url', 'http://localhost:4400/']);
    await command.printed(/URL +http:\/\/localhost:4400 /);
    await command.printed(/Ctrl\+C/);
    command.process.kill();
    expect(await command.ended).to.equal(0);
    expect(command.stderr).to.match(
      /^Freedom ID emulator: it listens on 0\.0\.0\.0, so other machines can reach it, too\. .*\n$/,
    );
  });

  it('ends while a login is under way, whatever still hangs', async () => {
    const command = run(['emulator', '--port=0']);
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(/Ctrl\+C/);
    const link = await linkFor({ url });
    // A browser has the login page open, and another client has sent only half of a request.
    await (await fetch(link)).text();
    const { port } = new URL(url);
    const half = createConnection({ port: Number(port), host: '127.0.0.1' });
    half.on('error', () => {}).write('POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na');
    await new Promise((resolve) => half.once('connect', resolve));
    command.process.kill('SIGTERM');
    expect(await command.ended).to.equal(0);
    expect(command.stderr).to.equal('');
    half.destroy();
  });

  it('goes on when nobody reads its output any more', async () => {
    const command = run(['emulator', '--port=0']);
    const [, url = ''] = await command.printed(/URL +(\S+)/);
    await command.printed(/Ctrl\+C/);
    command.process.stdout?.destroy();
    for (let i = 0; i < 3; i += 1) expect(await linkFor({ url })).to.include(url);
    command.process.kill();
    expect(await command.ended).to.equal(0);
    expect(command.stderr).to.equal('');
  });

  it('prints its usage for --help and -h', async () => {
    const usages: [string[], RegExp][] = [
      [[], /^Usage: passport-freedom-id <command> .*\n {2}emulator .*\n {2}probe /s],
      [['emulator'], /^Usage: passport-freedom-id emulator .*--port .*--client .*--users /s],
      [['probe'], /^Usage: passport-freedom-id probe .*--client .*--callback .*--wait /s],
    ];
    for (const [command, usage] of usages) {
      for (const flag of ['--help', '-h']) {
        const running = run([...command, flag]);
        expect(await running.ended).to.equal(0);
        expect(running.stdout).to.match(usage);
      }
    }
  });

  it('prints its version for --version', async () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
    for (const args of [['--version'], ['emulator', '--version']]) {
      const command = run(args);
      expect(await command.ended).to.equal(0);
      expect(command.stdout).to.equal(`${version}\n`);
    }
  });

  it('listens on port 4400 unless told otherwise', async () => {
    const command = run(['emulator', '--help']);
    await command.ended;
    expect(command.stdout).to.include('default: 4400');
  });

  it('says what is wrong in one line, and ends with exit status 2 where the command line is wrong, else with 1', async () => {
    const emulator = await startEmulator();
    const { port } = new URL(emulator.url);
    const notJSON = join(folder, 'broken.json');
    writeFileSync(notJSON, '{\n"a": b\n}');
    const latin = join(folder, 'latin.json');
    writeFileSync(latin, '[{ "freedom_id": "u-1", "firstname": "Zo\u00eb" }]', 'latin1');
    const noUsers = join(folder, 'empty.json');
    writeFileSync(noUsers, '{}');
    const wrong: [string[], RegExp, NodeJS.ProcessEnv?][] = [
      [['emulator', '--port', 'x'], /--port must be a whole number from 0 to 65535/],
      [['emulator', '--port', '70000'], /--port must be/],
      [
        ['emulator', '--port', port],
        new RegExp(
          `Port ${port} cannot be used \\(EADDRINUSE\\)\\. Set port, or --port of the command, to another one\\.`,
        ),
      ],
      [['emulator', '--client', 'nosecret'], /--client must be id:secret/],
      [['emulator', '--client', ':secret'], /--client must be id:secret/],
      [['emulator', '--url', 'localhost:4400'], /--url must be an absolute URL, e\.g\. http:/],
      [['emulator', '--url', ''], /--url must be an absolute URL/],
      [['emulator', '--url', 'http://a.example/?b'], /url must be an absolute http\(s\) URL without a query/],
      [['emulator', '--host', ''], /host must be an address to listen on/],
      [['emulator', '--host', '192.0.2.1'], /Host 192\.0\.2\.1 cannot be used \(EADDRNOTAVAIL\)/],
      [['emulator', '--redirect-uri', '/cb'], /--redirect-uri must be an absolute URL/],
      [['emulator', '--revoke-uri', 'localhost'], /--revoke-uri must be an absolute URL/],
      [['emulator', '--revoke-uri', 'http://me@a.example'], /revokeURI of clients must be an absolute http/],
      [['emulator', '--grant', 'openid,read.email'], /--grant must be one grant, .*repeat it/],
      [['emulator', '--grant', ''], /--grant must be one grant/],
      [['emulator', '--users', latin], /--users .*latin\.json: The encoded data was not valid/],
      [['emulator', '--users', '/nowhere.json'], /--users \/nowhere\.json: ENOENT/],
      [['emulator', '--users', notJSON], /--users .*broken\.json: \S/],
      [['emulator', '--users', noUsers, '--port', '0'], /users must be a list/],
      [['emulator', 'twice'], /Unexpected argument 'twice'/],
      [['emulator', '--bogus'], /Unknown option '--bogus'/],
      [['emulator', '--port', '0'], /does not start under NODE_ENV=production/, { NODE_ENV: 'production' }],
    ];
    await Promise.all(
      wrong.map(async ([args, message, env]) => {
        const command = run(args, env);
        const isOfUsage = !/cannot be used|does not start/.test(message.source);
        expect(await command.ended, args.join(' ')).to.equal(isOfUsage ? 2 : 1);
        expect(command.stdout).to.equal('');
        expect(command.stderr)
          .to.match(/^passport-freedom-id: .*\n$/)
          .and.match(message);
      }),
    );
    await emulator.close();
  });

  it('prints its usage when the command is missing or unknown', async () => {
    for (const args of [[], ['server'], ['--port', '0', 'emulator']]) {
      const command = run(args);
      expect(await command.ended).to.equal(2);
      expect(command.stderr).to.match(
        /^passport-freedom-id: the first argument must be a command: emulator or probe\n\nUsage: /,
      );
    }
  });
});
