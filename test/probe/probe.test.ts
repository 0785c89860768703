import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { startEmulator } from '../../lib/emulator/index';
import { Landing } from '../../lib/probe/landing';
import { OAUTH_QUESTIONS } from '../../lib/probe/oauth-questions';
import { OIDC_QUESTIONS } from '../../lib/probe/oidc-questions';
import { type ProbeOptions, probe } from '../../lib/probe/probe';
import { Unanswered } from '../../lib/probe/unanswered';
import { type CountingServer, startCountingServer } from '../support/counting-server';
import { useEmulator } from '../support/emulator';
import { freeCallback, obey, probeHere } from '../support/scripted-person';

const OAUTH_IDS = OAUTH_QUESTIONS.map(({ id }) => id);
const OIDC_IDS = OIDC_QUESTIONS.map(({ id }) => id);

/** Options with which nothing is asked. */
const OPTIONS: ProbeOptions = {
  clientID: 'demo',
  clientSecret: 'demo-secret',
  callbackURL: 'http://localhost:3000/callback',
  version: '1.2.3',
  show: () => {},
  tell: () => {},
  signal: new AbortController().signal,
};

const reasonOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

describe('the options of the probe', () => {
  const { open } = Landing;
  const opened: unknown[] = [];
  const stop = new Error('opened');
  beforeEach(() => {
    opened.length = 0;
    Landing.open = async (...place) => {
      opened.push(place);
      throw stop;
    };
  });
  afterEach(() => {
    Landing.open = open;
  });

  const wrong: Record<string, Record<string, unknown[]>> = {
    clientID: { 'a non-empty string': ['', undefined], 'a string without a colon': ['a:b'] },
    clientSecret: { 'a non-empty string': ['', ' ', undefined] },
    baseURL: { 'an absolute URL': ['id.example', ''], 'an https: URL': ['http://id.example'] },
    callbackURL: {
      'a string: an absolute URL': ['', undefined],
      'an absolute URL': ['/callback', 'callback'],
      'an http: URL of this machine': [
        'https://localhost:3000/callback',
        'http://app.example:3000/callback',
        'https://app.example/callback',
        'http://localhost:0/callback',
      ],
      'a URL without a query parameter authorization_code, code, error_code, error, state': [
        'authorization_code',
        'code',
        'error_code',
        'error',
        'state',
      ].map((name) => `http://localhost:3000/callback?${name}=x`),
    },
    port: { 'a whole number from 1 to 65535': [0, -1, 1.5, 65_536, Number.NaN, '3000', null] },
  };
  for (const [option, shapes] of Object.entries(wrong)) {
    it(`are refused for a wrong ${option}, with words that say what it must be`, async () => {
      for (const [shape, values] of Object.entries(shapes)) {
        for (const value of values) {
          const error = await reasonOf(probe({ ...OPTIONS, [option]: value }));
          expect(error, inspect(value)).to.be.instanceOf(TypeError);
          expect(error)
            .to.have.property('message')
            .that.includes(`passport-freedom-id: ${option} must be ${shape}`);
        }
      }
      expect(opened).to.deep.equal([]);
    });
  }

  it('say where to listen: at the callback URL, or at the port that is given', async () => {
    for (const [callbackURL, port, place] of [
      ['http://localhost:3000/callback', undefined, ['localhost', 3000]],
      ['http://localhost/callback', undefined, ['localhost', 80]],
      ['http://127.0.0.2:65535/callback', undefined, ['127.0.0.2', 65_535]],
      ['http://[::1]:1/callback', undefined, ['[::1]', 1]],
      ['http://localhost:3000/callback', 1, ['localhost', 1]],
      ['https://app.example/callback', 65_535, ['app.example', 65_535]],
      ['http://app.example:8080/callback', 3000, ['app.example', 3000]],
    ] as const) {
      expect(await reasonOf(probe({ ...OPTIONS, callbackURL, port }))).to.equal(stop);
      expect(opened.splice(0)).to.deep.equal([place]);
    }
  });
});

describe('a probe', function () {
  this.timeout(20_000);
  const emulator = useEmulator({ signing: 'ES256' });
  const nobody = async () => 'skip' as const;

  it('asks each question, in the order of the documentation', async () => {
    const probed = await probeHere(emulator.url, obey(emulator));
    const { findings, ...rest } = probed.report;
    expect(findings.map(({ id }) => id)).to.deep.equal([...OAUTH_IDS, ...OIDC_IDS]);
    expect(findings.map(({ question }) => question)).to.deep.equal(
      [...OAUTH_QUESTIONS, ...OIDC_QUESTIONS].map(({ wording }) => wording),
    );
    expect(rest).to.have.all.keys('version', 'url', 'date');
    expect(rest).to.include({ version: '0.0.0', url: emulator.url });
    expect(new Date(rest.date).toISOString()).to.equal(rest.date);
    expect(findings.find(({ id }) => id === 'redirectQuery')).to.have.all.keys(
      'id',
      'question',
      'answer',
      'evidence',
    );
    expect(findings.find(({ id }) => id === 'jwks')).to.have.property(
      'option',
      `jwksURL: '${emulator.url}/api/v1/oidc/jwks'`,
    );
    expect(probed.isComplete).to.equal(true);
    expect(probed.advice).to.deep.equal([]);
    expect(probed.logins.map(({ number, task }) => `${number} ${task}`)).to.deep.equal([
      '1 agree',
      '2 refuse',
      '3 agree',
      '4 agree',
    ]);
  });

  it('asks about one flow alone, in its two logins', async () => {
    for (const [only, ids] of [
      ['oauth', OAUTH_IDS],
      ['oidc', OIDC_IDS],
    ] as const) {
      const totals: number[] = [];
      const { report } = await probeHere(emulator.url, nobody, {
        only,
        show: ({ total, skip }) => {
          totals.push(total);
          skip();
        },
      });
      expect(report.findings.map(({ id }) => id)).to.deep.equal(ids);
      expect(totals).to.deep.equal([2, 2]);
    }
  });

  it('has four logins at most in both flows, and is not complete where one is skipped', async () => {
    const totals: number[] = [];
    const { report, isComplete, advice } = await probeHere(emulator.url, nobody, {
      show: ({ total, skip }) => {
        totals.push(total);
        skip();
      },
    });
    expect(totals).to.deep.equal([4, 4, 4, 4]);
    const { answer, evidence, ...more } = report.findings.find(({ id }) => id === 'tokenId') ?? {};
    expect({ answer, evidence }).to.deep.equal({ answer: null, evidence: 'the login was skipped' });
    expect(more).to.have.all.keys('id', 'question');
    expect(isComplete).to.equal(false);
    expect(advice).to.deep.equal([]);
  });

  it('waits for the person for as long as was said, else for five minutes', async () => {
    const { setTimeout } = globalThis;
    const delays: unknown[] = [];
    Object.assign(globalThis, {
      setTimeout: (call: () => void, delay?: number, ...args: []) => {
        delays.push(delay);
        return setTimeout(call, delay, ...args);
      },
    });
    try {
      await probeHere(emulator.url, nobody, { only: 'oidc', waitSeconds: 7 });
      expect(delays).to.include(7000);
      await probeHere(emulator.url, nobody, { only: 'oidc', waitSeconds: undefined });
      expect(delays).to.include(300_000);
    } finally {
      Object.assign(globalThis, { setTimeout });
    }
  });

  it('says once what the person can correct, however many answers are missing', async () => {
    const { advice, isComplete, logins } = await probeHere(emulator.url, nobody, { clientSecret: 'wrong' });
    expect(advice).to.have.length(1);
    expect(advice[0]).to.match(/^Freedom ID refuses the client: /);
    expect(logins).to.deep.equal([]);
    expect(isComplete).to.equal(false);
  });

  it('ends on its signal, at once, and tells what is known until then', async () => {
    const ending = new AbortController();
    const told: string[] = [];
    let toldBefore = 0;
    const { report, isComplete } = await probeHere(emulator.url, nobody, {
      signal: ending.signal,
      tell: (line) => void told.push(line),
      show: ({ number, skip }) => {
        if (number === 1) return skip();
        toldBefore = told.length;
        ending.abort(new Unanswered('the probe was ended'));
      },
    });
    const evidence = Object.fromEntries(report.findings.map((finding) => [finding.id, finding.evidence]));
    expect(evidence).to.include({
      redirectQuery: 'the login was skipped',
      refusal: 'the probe was ended',
      discovery: 'the probe was ended',
      jwks: 'the probe was ended',
    });
    expect(report.findings).to.have.length(OAUTH_IDS.length + OIDC_IDS.length);
    expect(told).to.have.length(toldBefore);
    expect(isComplete).to.equal(false);
  });

  it('leaves nothing that listens, however it ends', async () => {
    const callbackURL = await freeCallback();
    for (const signal of [AbortSignal.abort(new Unanswered('ended')), new AbortController().signal]) {
      await probeHere(emulator.url, nobody, { callbackURL, only: 'oidc', signal });
      const error = await fetch(callbackURL).catch((error: Error) => error.cause);
      expect(error).to.have.property('code', 'ECONNREFUSED');
    }
    const failing = {
      tell: () => {
        throw new RangeError('broken');
      },
    };
    const { evidence } = await probeHere(emulator.url, nobody, { callbackURL, only: 'oidc', ...failing });
    expect(evidence.discovery).to.equal('the probe failed: RangeError');
    const closed = await fetch(callbackURL).catch((error: Error) => error.cause);
    expect(closed).to.have.property('code', 'ECONNREFUSED');
  });

  it('is not complete where a part of an answer is missing', async () => {
    const behaving = await startEmulator({ signing: 'ES256', behaviour: { errorStatus: { code: 503 } } });
    try {
      const { report, isComplete } = await probeHere(behaving.url, obey(behaving), { only: 'oauth' });
      expect(report.findings.filter(({ answer }) => answer === null)).to.deep.equal([]);
      expect(isComplete).to.equal(false);
    } finally {
      await behaving.close();
    }
  });

  describe('of a provider of the test', () => {
    let server: CountingServer | undefined;
    afterEach(() => server?.[Symbol.asyncDispose]());
    const start = async (listener: RequestListener) => {
      server = await startCountingServer(listener);
      return server.url;
    };

    it('waits no longer for an answer than was said', async () => {
      const url = await start(() => {});
      const { evidence } = await probeHere(url, nobody, { timeout: 20 });
      expect(evidence.discovery).to.equal('discovery: no answer in time');
      expect(evidence.redirectQuery).to.equal('authorize: no answer in time');
    });

    it('shows no secret, even as a name', async () => {
      const secret = 'long_client_secret';
      const url = await start((req, res) => {
        res.setHeader('content-type', 'application/json');
        res.end(
          JSON.stringify(
            req.url === '/.well-known/openid-configuration'
              ? { token_endpoint: 'x', [secret]: 1 }
              : { [secret]: 1 },
          ),
        );
      });
      const { report, evidence } = await probeHere(
        url,
        async ({ link }) => {
          const { searchParams } = new URL(link);
          const back = `${searchParams.get('redirect_uri')}?state=${searchParams.get('state')}&${secret}=1`;
          await (await fetch(back)).text();
        },
        { only: 'oidc', clientSecret: secret },
      );
      expect(JSON.stringify(report)).to.not.include(secret);
      expect(evidence.oidcCallback).to.equal('no code came, but (a name of 18)');
    });
  });
});
