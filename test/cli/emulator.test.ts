import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { type RunningCommand, runNode } from '../support/child';

describe('the command passport-freedom-id', function () {
  this.timeout(20_000);
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

  it('prints its usage for --help', async () => {
    for (const args of [['--help'], ['emulator', '--help']]) {
      const command = run(args);
      expect(await command.ended).to.equal(0);
      expect(command.stdout).to.match(/^Usage: passport-freedom-id emulator .*--port .*--client .*--users /s);
    }
  });

  it('listens on port 4400 unless told otherwise', async () => {
    const command = run(['--help']);
    await command.ended;
    expect(command.stdout).to.include('default: 4400');
  });

  it('says what is wrong in one line, and ends with exit code 1', async () => {
    const emulator = await startEmulator();
    const { port } = new URL(emulator.url);
    const notJSON = join(folder, 'broken.json');
    writeFileSync(notJSON, '{\n"a": b\n}');
    const noUsers = join(folder, 'empty.json');
    writeFileSync(noUsers, '{}');
    const wrong: [string[], RegExp, NodeJS.ProcessEnv?][] = [
      [['emulator', '--port', 'x'], /--port must be a whole number from 0 to 65535/],
      [['emulator', '--port', '70000'], /--port must be/],
      [
        ['emulator', '--port', port],
        new RegExp(`Port ${port} cannot be used \\(EADDRINUSE\\); choose another\\.`),
      ],
      [['emulator', '--client', 'nosecret'], /--client must be id:secret/],
      [['emulator', '--client', ':secret'], /--client must be id:secret/],
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
        expect(await command.ended, args.join(' ')).to.equal(1);
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
      expect(await command.ended).to.equal(1);
      expect(command.stderr).to.match(
        /^passport-freedom-id: the first argument must be the command, which is "emulator"\n\nUsage: /,
      );
    }
  });
});
