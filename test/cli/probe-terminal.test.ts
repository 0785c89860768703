import { expect } from 'chai';
import { type Emulator, startEmulator } from '../../lib/emulator/index';
import { type Act, freeCallback, obey, readLogins } from '../support/scripted-person';
import { needsTerminal, runInTerminal, withoutColors } from '../support/terminal';

const ESCAPE = '\u001b';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';

describe('the command passport-freedom-id probe, in a terminal', function () {
  this.timeout(60_000);
  let emulator: Emulator;
  before(async function () {
    needsTerminal(this);
    emulator = await startEmulator({ signing: 'ES256' });
  });
  after(() => emulator?.close());

  const start = async (
    columns: number,
    { env = {}, act = obey(emulator) }: { env?: NodeJS.ProcessEnv; act?: Act } = {},
  ) => {
    const callback = await freeCallback();
    const args = [
      'lib/cli/index.ts',
      'probe',
      '--client=demo',
      '--callback',
      callback,
      '--url',
      emulator.url,
    ];
    const command = runInTerminal(args, columns, { FREEDOM_ID_CLIENT_SECRET: 'demo-secret', ...env });
    return Object.assign(readLogins(command, act), { type: command.type });
  };
  const ASKED = { FREEDOM_ID_CLIENT_SECRET: undefined };

  it('asks for the secret, and shows nothing of it', async () => {
    const command = await start(80, { env: ASKED });
    await command.printed(/Client secret \(it is not shown\): /);
    command.type('demo-sex\u007fcret\r');
    expect(await command.ended).to.equal(0);
    expect(command.logins).to.have.length(4);
    const [, between = ''] = /it is not shown\): ([\s\S]*?)- Asking/.exec(command.stdout) ?? [];
    expect(between).to.equal('\r\n');
    expect(command.stdout).to.not.include('demo-s');
  });

  it('says in one line that it cannot start without the secret', async () => {
    for (const key of [CTRL_C, CTRL_D]) {
      const command = await start(80, { env: ASKED });
      await command.printed(/it is not shown\): /);
      command.type(key);
      expect(await command.ended).to.equal(1);
      expect(withoutColors(command.stdout)).to.equal(
        'Client secret (it is not shown): \npassport-freedom-id: No client secret was given, so the probe cannot start.\n',
      );
    }
    const command = await start(80, { env: ASKED });
    await command.printed(/it is not shown\): /);
    command.type('\r');
    expect(await command.ended).to.equal(2);
    expect(command.stdout).to.match(/FREEDOM_ID_CLIENT_SECRET must be a non-empty string/);
  });

  it('cannot be stopped by Ctrl+Z where it asks for the secret', async () => {
    const command = await start(80, { env: ASKED });
    await command.printed(/it is not shown\): /);
    command.type(`${CTRL_Z}${CTRL_C}`);
    expect(await command.ended).to.equal(1);
    expect(command.stdout).to.match(/the probe cannot start\./);
  });

  it('has colors, unless NO_COLOR forbids them', async () => {
    const colored = await start(80);
    expect(await colored.ended).to.equal(0);
    expect(colored.stdout).to.include(`${ESCAPE}[32mkept`);
    const plain = await start(80, { env: { NO_COLOR: '1' } });
    expect(await plain.ended).to.equal(0);
    expect(plain.stdout).to.not.include(ESCAPE);
    const tableIn = (text: string) =>
      withoutColors(text)
        .replace(/^[\s\S]*?(?=^Question)/m, '')
        .replace(/127\S+/g, '');
    expect(tableIn(colored.stdout)).to.equal(tableIn(plain.stdout));
  });

  it('has no line that is longer than the terminal, except the links', async () => {
    for (const [columns, width] of [
      [80, 80],
      [50, 50],
      [120, 120],
      // A terminal that does not know its width counts as one of the usual width.
      [0, 80],
    ] as const) {
      const command = await start(columns);
      expect(await command.ended, String(columns)).to.equal(0);
      const lines = withoutColors(command.stdout).split('\n');
      const long = lines.filter((line) => line.length > width && !/^ {2}http\S+$/.test(line));
      expect(long, String(columns)).to.deep.equal([]);
      const hasColumns = lines.some((line) => line.startsWith('Question '));
      expect(hasColumns, 'columns where there is room').to.equal(width > 50);
      expect(
        lines.filter((line) => /^ {2}http/.test(line)),
        'links in one piece',
      ).to.have.length(4);
    }
  });

  it('lets Enter skip a login, one for each time', async () => {
    const act: Act = async ({ number }) => {
      command.type('\r');
      expect(number).to.be.at.most(4);
    };
    const command = await start(80, { act: (login) => act(login) });
    expect(await command.ended).to.equal(1);
    expect(command.logins.map(({ task }) => task)).to.deep.equal(['agree', 'refuse', 'agree', 'agree']);
    expect(command.stdout).to.match(/Enter skips it\./);
    expect(withoutColors(command.stdout)).to.match(/^Does the query of the +no answer +the login was/m);
  });

  it('ends at once on Ctrl+C and on Ctrl+D, with the table of what it knows', async () => {
    for (const key of [CTRL_C, CTRL_D]) {
      const act: Act = async (login) => (login.number === 3 ? command.type(key) : obey(emulator)(login));
      const command = await start(80, { act: (login) => act(login) });
      expect(await command.ended).to.equal(1);
      const text = withoutColors(command.stdout);
      expect(text)
        .to.match(/^Does the query of the +kept/m)
        .and.match(/the probe was ended/);
      expect(text).to.not.match(/Login 4/);
    }
  });
});
