import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runProbe } from '../../lib/cli/probe';
import { isOfUsage } from '../../lib/cli/usage-error';
import { type Emulator, type EmulatorBehaviour, startEmulator } from '../../lib/emulator/index';
import type { Report } from '../../lib/probe/report';
import { runNode } from '../support/child';
import { type AttendedProbe, attend, freeCallback, obey } from '../support/scripted-person';
import { type Twisted, twist } from '../support/twisted-provider';

const OAUTH = {
  redirectQuery: 'kept',
  redirectPath: 'kept',
  callbackJoin: '&',
  refusal: { name: 'error_code', value: '100102' },
  errorStatus: { validation: 422, client: 401, code: 400, token: 401 },
  tokenId: 'new',
  oldRefreshToken: 'dead',
  userInfo: {
    freedom_id: 'string of 36',
    firstname: 'string of 4',
    lastname: 'string of 10',
    patronymic: 'string of 10',
    date_of_birth: 'string of 10',
    email: 'string of 15',
    phone: 'string of 12',
    gender: 'string of 1',
    country: 'string of 3',
  },
};
const OIDC = {
  discovery: true,
  oidcTokenURL: '/api/v1/oidc/token',
  oidcCallback: 'code',
  oidcTokenRequest: 'both',
  oidcUserInfo: '/api/v1/oidc/userinfo',
  idToken: 'RS256',
  jwks: '/api/v1/oidc/jwks',
};

const answersIn = ({ findings }: Report) =>
  Object.fromEntries(findings.map(({ id, answer }) => [id, answer]));

describe('the command passport-freedom-id probe', function () {
  this.timeout(120_000);
  let emulator: Emulator;
  let folder = '';
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freedom-id-'));
    emulator = await startEmulator();
  });
  after(async () => {
    delete process.env.FREEDOM_ID_CLIENT_SECRET;
    await emulator.close();
    rmSync(folder, { recursive: true });
  });

  const probe = async (args: string[], env: NodeJS.ProcessEnv = {}): Promise<AttendedProbe> =>
    attend(['--client=demo', '--callback', await freeCallback(), '--url', emulator.url, ...args], {
      act: obey(emulator),
      env,
    });

  it('prints its progress, and all that it has found out as a table', async () => {
    const command = await probe([]);
    expect(await command.ended).to.equal(0);
    const { stdout, stderr, logins } = command;
    expect(stderr).to.equal('');
    expect(logins.map(({ number, task }) => [number, task])).to.deep.equal([
      [1, 'agree'],
      [2, 'refuse'],
      [3, 'agree'],
      [4, 'agree'],
    ]);
    const [progress = '', table = ''] = stdout.split(/^Question +Answer +Evidence.*\n/m);
    expect(progress)
      .to.match(/^- Asking for a login link/)
      .and.match(/^Login 4 of 4\./m);
    expect(table)
      .to.match(/^Does the query of the +kept +/m)
      .and.match(/validation: 422/)
      .and.match(/Set: jwksURL:/);
    expect(stdout, 'colors, in a pipe').to.not.include('\u001b');
    expect(stdout, 'a key, where there is no terminal').to.not.include('Enter');
  });

  it('prints the report alone on stdout under --json, and writes the same to the file of --out', async () => {
    const file = join(folder, 'report.json');
    const started = Date.now();
    const command = await probe(['--json', '--out', file]);
    expect(await command.ended).to.equal(0);
    const report = JSON.parse(command.stdout) as Report;
    expect(command.stdout).to.equal(readFileSync(file, 'utf8'));
    expect(Object.keys(report)).to.deep.equal(['version', 'url', 'date', 'findings']);
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
    expect(report).to.include({ version, url: emulator.url });
    expect(Date.parse(report.date)).to.be.at.least(started);
    expect(answersIn(report)).to.deep.equal({ ...OAUTH, ...OIDC });
    expect(report.findings.map(({ id }) => id)).to.deep.equal([...Object.keys(OAUTH), ...Object.keys(OIDC)]);
    expect(command.stderr)
      .to.match(/^- Asking for a login link/)
      .and.match(/^Login 4 of 4\./m);
  });

  it('asks about one of the flows under --only', async () => {
    for (const [only, answers] of Object.entries({ oauth: OAUTH, oidc: OIDC })) {
      const command = await probe(['--json', '--only', only]);
      expect(await command.ended).to.equal(0);
      expect(answersIn(JSON.parse(command.stdout))).to.deep.equal(answers);
      expect(command.logins).to.have.length(2);
      expect(command.stderr).to.include('Login 2 of 2.');
    }
  });

  it('ends with exit status 1 if a question has no answer, and still answers the others', async () => {
    await using provider = await twist(emulator, ({ endpoint }) =>
      endpoint === 'GET /api/v1/oauth/get-data' ? { status: 429, body: '{}' } : undefined,
    );
    const callback = await freeCallback();
    const command = attend(['--client=demo', '--callback', callback, '--url', provider.url, '--json'], {
      act: obey(provider),
    });
    expect(await command.ended).to.equal(1);
    const answers = answersIn(JSON.parse(command.stdout));
    expect(answers).to.deep.equal({
      ...{ ...OAUTH, ...OIDC },
      userInfo: null,
      errorStatus: { validation: 422, client: 401, code: 400 },
    });
  });

  it('gives the same report for an emulator that was started like its report', async () => {
    const file = join(folder, 'other.json');
    const behaviour: EmulatorBehaviour = {
      redirectQuery: 'refused',
      refusal: { name: 'error', value: 'denied' },
      errorStatus: 200,
      tokenId: 'same',
      oldRefreshToken: 'alive',
      oidcTokenRequest: 'form',
      discovery: false,
    };
    const other = await startEmulator({ behaviour });
    const callback = await freeCallback();
    const probeOf = async (url: string, provider: Pick<Emulator, 'approve' | 'refuse'>, out: string) => {
      const args = ['--client=demo', '--callback', callback, '--url', url, '--json', '--out', out];
      const command = attend(args, { act: obey(provider) });
      expect(await command.ended).to.equal(0);
      return JSON.parse(command.stdout) as Report;
    };
    const report = await probeOf(other.url, other, file);
    await other.close();
    expect(answersIn(report)).to.deep.include(behaviour);

    const like = runNode(['lib/cli/index.ts', 'emulator', '--port=0', '--like', file]);
    const [, url = ''] = await like.printed(/URL +(\S+)/);
    const again = await probeOf(url, pageOf(url), join(folder, 'again.json'));
    like.process.kill();
    await like.ended;
    expect(answersIn(again)).to.deep.equal(answersIn(report));
  });

  /** A person at the pages of an emulator in another process. */
  const pageOf = (url: string): Pick<Emulator, 'approve' | 'refuse'> => {
    const decide = async (link: string, decision: Record<string, string>): Promise<string> => {
      const page = await fetch(link);
      const trackID = new URL(page.url).searchParams.get('track_id') ?? '';
      const grants = [...(await page.text()).matchAll(/name="grants" value="([^"]+)"/g)].map(
        ([, grant = '']) => grant,
      );
      const body = new URLSearchParams({ track_id: trackID, ...decision });
      for (const grant of grants) body.append('grants', grant);
      const { headers } = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
      return headers.get('location') ?? '';
    };
    const user = '5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e01';
    return {
      approve: (link) => decide(link, { user }),
      refuse: (link) => decide(link, { action: 'refuse' }),
    };
  };

  it('prints its usage for --help and -h', async () => {
    for (const flag of ['--help', '-h']) {
      const command = attend([flag]);
      expect(await command.ended).to.equal(0);
      expect(command.stdout).to.match(/^Usage: passport-freedom-id probe .*--client .*--callback .*--out /s);
    }
  });

  it('says what is wrong with a command line in one line, sends nothing, and ends with exit status 2', async () => {
    const url = ['--url', emulator.url];
    const callback = ['--callback', await freeCallback()];
    const client = ['--client', 'demo'];
    const good = [...client, ...callback, ...url];
    process.env.FREEDOM_ID_CLIENT_SECRET = 'demo-secret';
    const wrong: [string[], RegExp, NodeJS.ProcessEnv?][] = [
      [[...callback, ...url], /--client is missing/],
      [[...client, ...url], /--callback is missing/],
      [['--client', '', ...callback, ...url], /--client must be a non-empty string/],
      [['--client', 'a:b', ...callback, ...url], /--client must be a string without a colon/],
      [[...client, ...url, '--callback', 'https://app.example/cb'], /--callback must be .* unless --port /],
      [[...client, ...url, '--callback', 'https://localhost/cb'], /--callback must be .* unless --port /],
      [[...client, ...url, '--callback', '/callback'], /--callback must be an absolute URL/],
      [[...client, ...url, '--callback', 'localhost:3000/cb'], /--callback must be an http\(s\) URL/],
      [[...client, ...url, '--callback', 'http://localhost/cb?code=1'], /--callback must be .* code, /],
      [[...client, ...url, '--callback', 'http://localhost/cb#a'], /--callback must be .* fragment/],
      [[...good, '--port', '0'], /--port must be a whole number from 1 to 65535/],
      [[...good, '--port', '65536'], /--port must be/],
      [[...good, '--port', '3e3'], /--port must be/],
      [[...good, '--wait', '0'], /--wait must be a whole number from 1 to 86400/],
      [[...good, '--wait', '1.5'], /--wait must be/],
      [[...good, '--wait=-1'], /--wait must be/],
      [[...good, '--wait', '86401'], /--wait must be/],
      [[...good, '--only', 'both'], /--only must be oauth or oidc/],
      [[...good, '--only', ''], /--only must be oauth or oidc/],
      [[...good, '--bogus'], /Unknown option '--bogus'/],
      [[...good, 'demo'], /Unexpected argument 'demo'/],
      [[...good, '--out', folder], /--out .*: it cannot be written \(EISDIR\)/],
      [[...good, '--out', join(folder, 'none', 'r.json')], /--out .*: it cannot be written \(ENOENT\)/],
      [[...good, '--out', join(folder, 'a\n\u001b[1mb', 'r.json')], /--out .*a\[1mb.*: it cannot be written/],
      [
        ['--client', '--callback', 'x'],
        /'--client' argument is ambiguous\. Did you forget .* use '--client=-XYZ'\./,
      ],
      [[...good, '--out', ''], /--out : it cannot be written/],
      [[...client, ...callback, '--url', 'http://a.example'], /--url must be an https: URL, because secrets/],
      [[...client, ...callback, '--url', `${emulator.url}/?a=b`], /--url must be a URL without a query/],
      [[...client, ...callback, '--url', 'passport'], /--url must be an absolute URL/],
      [[...client, ...callback, '--url', 'ftp://a.example'], /--url must be an https: URL/],
      [good, /FREEDOM_ID_CLIENT_SECRET is missing, and there is no terminal/, secret(undefined)],
      [good, /FREEDOM_ID_CLIENT_SECRET is missing, and there is no terminal/, secret('')],
      [good, /FREEDOM_ID_CLIENT_SECRET must be a string without control characters/, secret('s3cr3t\n')],
      [good, /FREEDOM_ID_CLIENT_SECRET must be a non-empty string/, secret(' ')],
    ];
    const check = (stderr: string, message: RegExp, label: string) =>
      expect(stderr, label)
        .to.match(/^passport-freedom-id: .*\n$/)
        .and.match(message)
        .and.not.match(/s3cr3t|allowInsecureHttp/);
    emulator.requests.length = 0;
    for (const [args, message, env] of wrong) {
      const label = args.join(' ');
      // A process for each would take long.
      if (env || args.length < 6) {
        const command = attend(args, { env: env ?? {} });
        expect(await command.ended, label).to.equal(2);
        expect(command.stdout, label).to.equal('');
        check(command.stderr, message, label);
      } else {
        const error = await failureOf(args);
        expect(error, label).to.satisfy(isOfUsage);
        check(`passport-freedom-id: ${error?.message}\n`, message, label);
      }
    }
    expect(emulator.requests).to.deep.equal([]);
  });

  it('names a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const command = await probe(['--port', String(port)]);
    expect(await command.ended).to.equal(1);
    expect(command.stdout).to.equal('');
    expect(command.stderr).to.match(
      new RegExp(
        `^passport-freedom-id: Port ${port} of 127\\.0\\.0\\.1 cannot be used \\(EADDRINUSE\\)\\..*\n$`,
      ),
    );
    server.close();
  });

  it('waits for no login where the client is refused, and says what to check', async () => {
    for (const args of [[], ['--only', 'oauth'], ['--only', 'oidc']]) {
      for (const [more, env] of [
        [[], secret('wrong-secret')],
        [['--client', 'nobody'], {}],
      ] as const) {
        const command = await probe([...args, ...more], env);
        expect(await command.ended).to.equal(1);
        expect(command.logins).to.deep.equal([]);
        expect(command.stdout)
          .to.match(/the client id or its/)
          .and.not.match(/HTTP 401/)
          .and.not.include('wrong-secret');
        expect(command.stderr).to.equal(
          'passport-freedom-id: Freedom ID refuses the client: check --client and FREEDOM_ID_CLIENT_SECRET.\n',
        );
      }
    }
  });

  it('waits for no login where the callback URL is not registered, and says so', async () => {
    const client = {
      clientID: 'demo',
      clientSecret: 'demo-secret',
      redirectURIs: ['https://app.example/cb'],
    };
    const strict = await startEmulator({ clients: [client] });
    const command = await probe(['--url', strict.url]);
    expect(await command.ended).to.equal(1);
    expect(command.logins).to.deep.equal([]);
    expect(command.stdout).to.include('validation: 422');
    expect(command.stderr).to.equal(
      'passport-freedom-id: Freedom ID refuses the callback URL: have it registered, or give a registered one as --callback.\n',
    );
    await strict.close();
  });

  it('waits for no login where nobody listens, and says so', async () => {
    for (const args of [[], ['--only', 'oidc']]) {
      const command = await probe([...args, '--url', new URL(await freeCallback()).origin]);
      expect(await command.ended).to.equal(1);
      expect(command.logins).to.deep.equal([]);
      expect(command.stderr).to.equal(
        'passport-freedom-id: Freedom ID was not reached: check --url and the network.\n',
      );
    }
  });

  it('ends at once on SIGINT and SIGTERM, at each stage, with what it knows', async () => {
    const hangAt =
      (name: string) =>
      (exchange: { endpoint: string }): Twisted | undefined =>
        exchange.endpoint.includes(name) ? 'hang' : undefined;
    const stages: [string, Parameters<typeof twist>[1], RegExp, known: boolean][] = [
      ['before the first login', hangAt('authorize'), /- Asking for a login link with every/, false],
      ['during an exchange', hangAt('oauth/token'), /- Exchanging the code for tokens/, true],
      ['during a later one', hangAt('jwks'), /- Looking for the keys/, true],
      ['during a login', () => undefined, /Login 3 of 4\.[\s\S]*http\S+\n/, true],
    ];
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      for (const [stage, twisted, printed, known] of stages) {
        await using provider = await twist(emulator, twisted);
        const callback = await freeCallback();
        const args = ['--client=demo', '--callback', callback, '--url', provider.url];
        const act = obey(provider);
        const command = attend(args, {
          act: async (login) => (stage === 'during a login' && login.number > 2 ? undefined : act(login)),
        });
        await command.printed(printed);
        command.process.kill(signal);
        expect(await command.ended, stage).to.equal(1);
        expect(command.stdout, stage)
          .to.match(/^Question +Answer/m)
          .and.include('the probe was ended');
        // It has not waited for the response that never comes.
        expect(command.stdout, stage).to.not.include('no answer in time');
        expect(/^Does the query of the +kept/m.test(command.stdout), stage).to.equal(known);
        expect(command.stderr, stage).to.equal('');
        const afterTable = command.stdout.slice(command.stdout.indexOf('Question'));
        expect(afterTable, 'a step that begins later').to.not.match(/^- /m);
      }
    }
  });

  it('waits for the person as long as --wait says, and goes on without them', async () => {
    const command = attend(
      [
        '--client=demo',
        '--callback',
        await freeCallback(),
        '--url',
        emulator.url,
        '--wait=1',
        '--only=oauth',
      ],
      { act: async () => {} },
    );
    expect(await command.ended).to.equal(1);
    expect(command.logins).to.have.length(2);
    expect(command.stdout.replace(/\s+/g, ' ')).to.include('nobody came back within 1 s');
  });

  it('goes on when nobody reads its output any more, and writes its report', async () => {
    const file = join(folder, 'unread.json');
    const command = await probe(['--out', file]);
    // The scripted person reads the output up to here, too.
    await command.printed(/Login 4 of 4\.[\s\S]*http\S+\n/);
    command.process.stdout?.destroy();
    expect(await command.ended).to.equal(0);
    expect(answersIn(JSON.parse(readFileSync(file, 'utf8')))).to.deep.equal({ ...OAUTH, ...OIDC });
  });
});

function secret(value: string | undefined): NodeJS.ProcessEnv {
  return { FREEDOM_ID_CLIENT_SECRET: value };
}

/** Of the command in this process. */
async function failureOf(args: string[]): Promise<Error | undefined> {
  const listening = [process.stdout, process.stderr].map((stream) => ({
    stream,
    before: stream.listeners('error'),
  }));
  const waiting = process.listenerCount('SIGINT');
  try {
    await runProbe(args);
    return undefined;
  } catch (error) {
    expect(process.listenerCount('SIGINT'), 'who waits for the end of the probe').to.equal(waiting);
    return error as Error;
  } finally {
    // The command never removes them, because its process ends.
    for (const { stream, before } of listening) {
      for (const listener of stream.listeners('error') as (() => void)[])
        if (!before.includes(listener)) stream.removeListener('error', listener);
    }
  }
}
