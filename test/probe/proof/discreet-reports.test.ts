import { expect } from 'chai';
import { startEmulator } from '../../../lib/emulator/index';
import { OAUTH_QUESTIONS } from '../../../lib/probe/oauth-questions';
import { OIDC_QUESTIONS } from '../../../lib/probe/oidc-questions';
import {
  type AskedLogin,
  comeBack,
  decide,
  freeCallback,
  obey,
  type ProbedHere,
  probeHere,
} from '../../support/scripted-person';
import { type Exchange, type Twisted, twist } from '../../support/twisted-provider';

/** Words and short numbers: such as error codes and names of members are. */
const USER = {
  freedom_id: 'freedomofaigerim',
  firstname: 'aigerim',
  lastname: 'Seitkali',
  patronymic: 'NURLANOVNA',
  date_of_birth: '19960322',
  email: 'aigerim@example.kz',
  phone: '77010001',
  gender: 'F' as const,
  country: 'KAZ',
  identifier: '960322',
  cards: [{ mask: '4400', holder: 'holder_aigerim' }],
};
const CLIENT = { clientID: 'shop', clientSecret: 'correcthorse' };

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return Object.fromEntries(new URLSearchParams(text));
  }
};

/** What nobody but the client and Freedom ID may know, as it has passed by until now. */
class Secrets {
  readonly all = new Set([CLIENT.clientSecret, ...textsIn(USER).filter((text) => text.length > 3)]);

  add(...values: unknown[]): void {
    for (const value of values) if (typeof value === 'string' && value !== '') this.all.add(value);
  }

  pass({ endpoint, headers, body, answer }: Exchange): void {
    this.add(headers.authorization?.replace(/^\S+ /, ''));
    const sent = parsed(body);
    const { access_token, refresh_token, id_token, id } = parsed(answer);
    this.add(sent.code, sent.authorization_code, sent.refresh_token, access_token, refresh_token, id_token);
    if (endpoint.endsWith('/token')) this.add(id);
    this.passURL(String(sent.redirect_uri ?? 'none'));
  }

  passURL(url: string): void {
    if (!URL.canParse(url)) return;
    const { searchParams, pathname } = new URL(url);
    for (const name of ['state', 'nonce', 'code', 'authorization_code']) this.add(searchParams.get(name));
    this.add(/\/([\w-]{43})$/.exec(pathname)?.[1]);
  }

  /** None of them is in the report, in whichever case. */
  expectNoneIn({ report }: ProbedHere): void {
    // The number of a port may have the same digits as a card by chance.
    const text = JSON.stringify(report).replaceAll(report.url, '').toLowerCase();
    expect(this.all.size).to.be.above(20);
    for (const secret of this.all) {
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
        expect(text).to.not.include(form.toLowerCase());
    }
  }
}

describe('the report of a provider that tells what it should not', function () {
  this.timeout(60_000);

  /** @param pathOf - where at the emulator a path is */
  const probeOf = async (
    twistOf: (exchange: Exchange, secrets: Secrets, url: string) => Twisted | undefined,
    backOf: (back: string, login: AskedLogin, secrets: Secrets) => string = (back) => back,
    pathOf?: (path: string) => string,
  ) => {
    const emulator = await startEmulator({ signing: 'ES256', users: [USER], clients: [CLIENT] });
    const secrets = new Secrets();
    await using provider = await twist(
      emulator,
      (exchange) => {
        secrets.pass(exchange);
        return twistOf(exchange, secrets, provider.url);
      },
      pathOf,
    );
    const probed = await probeHere(
      provider.url,
      async (login) => {
        secrets.passURL(login.link);
        const back = await decide(provider, login);
        secrets.passURL(back);
        await comeBack(backOf(back, login, secrets));
      },
      CLIENT,
    );
    await emulator.close();
    secrets.expectNoneIn(probed);
    expect(probed.report.findings).to.have.length(OAUTH_QUESTIONS.length + OIDC_QUESTIONS.length);
    return probed;
  };

  it('has none of it after a usual login', async () => {
    const { isComplete, answers } = await probeOf(() => undefined);
    expect(isComplete).to.equal(true);
    expect(answers.userInfo).to.include({ firstname: 'string of 7', date_of_birth: 'string of 8' });
  });

  it('has nothing of an error that echoes all of it: in its message, its code and its fields', async () => {
    const failing = ['authorize', 'token', 'get-data', 'userinfo', 'jwks', 'openid-configuration'];
    for (const endpoint of failing) {
      for (const status of [200, 401, 422, 500]) {
        let turn = 0;
        await probeOf(({ endpoint: asked, index }, secrets) => {
          // First the links and the tokens are needed, so that there is something to echo.
          if (!asked.endsWith(`/${endpoint}`) || (index < 4 && asked.startsWith('POST'))) return undefined;
          const known = [...secrets.all];
          turn += 1;
          const code = known[turn % known.length];
          const errors = Object.fromEntries(known.slice(0, 20).map((secret) => [secret, [secret]]));
          return { status, body: JSON.stringify({ error: { message: known.join(' '), code, errors } }) };
        });
      }
    }
  });

  it('has nothing of data whose members are named by it', async () => {
    const { answers, evidence } = await probeOf(({ endpoint, answer }, secrets) => {
      if (!/get-data|userinfo/.test(endpoint)) return undefined;
      const echoed = Object.fromEntries([...secrets.all].map((secret) => [secret, { [secret]: [secret] }]));
      return { body: JSON.stringify({ ...echoed, ...JSON.parse(answer) }) };
    });
    expect(answers.userInfo).to.include({ firstname: 'string of 7' });
    expect(evidence.oidcUserInfo).to.include('a name of');
  });

  it('has nothing of an ID token whose header and issuer echo it', async () => {
    for (const name of ['aigerim', 'correcthorse']) {
      const { answers, options } = await probeOf(({ endpoint, answer }, _, url) => {
        if (!endpoint.endsWith('/oidc/token')) return undefined;
        const json = parsed(answer);
        if (typeof json.id_token !== 'string') return undefined;
        const [, claims = '', signature] = json.id_token.split('.');
        const echoed = [
          { alg: name, kid: name, typ: name },
          { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), iss: `${url}/${name}` },
        ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
        return { body: JSON.stringify({ ...json, id_token: `${echoed.join('.')}.${signature}` }) };
      });
      expect(answers.idToken).to.equal(null);
      expect(options.idToken).to.equal(undefined);
    }
  });

  it('has nothing of URLs of discovery that echo it', async () => {
    const { answers, options } = await probeOf(
      ({ endpoint, answer }, _, url) => {
        if (!endpoint.includes('.well-known')) return undefined;
        const urls = {
          token_endpoint: `${url}/aigerim/token`,
          userinfo_endpoint: `${url}/seitkali/userinfo`,
          jwks_uri: `${url}/correcthorse/77010001`,
        };
        return { body: JSON.stringify({ ...JSON.parse(answer), ...urls }) };
      },
      undefined,
      (path) =>
        ({
          '/aigerim/token': '/api/v1/oidc/token',
          '/seitkali/userinfo': '/api/v1/oidc/userinfo',
          '/correcthorse/77010001': '/api/v1/oidc/jwks',
        })[path] ?? path,
    );
    expect(answers).to.include({ oidcTokenRequest: 'both', idToken: 'ES256' });
    expect(answers.oidcTokenURL).to.match(/^string of \d+$/);
    expect(answers.oidcUserInfo).to.match(/^string of \d+$/);
    expect(answers.jwks).to.match(/^string of \d+$/);
    expect(options).to.deep.include({ oidcTokenURL: undefined, oidcUserInfo: undefined, jwks: undefined });
  });

  it('has nothing of places that discovery names, and that are not there', async () => {
    const { evidence } = await probeOf(({ endpoint, answer }, _, url) => {
      if (endpoint.endsWith('jwks')) return { status: 404, body: '{}' };
      if (!endpoint.includes('.well-known')) return undefined;
      return { body: JSON.stringify({ ...JSON.parse(answer), jwks_uri: `${url}/seitkali` }) };
    });
    expect(evidence.jwks).to.match(/^string of \d+: HTTP 404; \/api\/v1\/oidc\/jwks: HTTP 404;/);
  });

  it('has nothing of a callback whose parameters are named by it, or hold it', async () => {
    for (const text of Object.values(USER).filter((value) => typeof value === 'string')) {
      const { answers } = await probeOf(
        () => undefined,
        (back, { task }) => {
          const url = new URL(back);
          url.searchParams.delete('error_code');
          // Behind what the probe has sent, as a provider would.
          const added = task === 'refuse' ? `error_code=${text}&${text}=1` : `${text}=${text}`;
          return `${url.href}${url.search === '' ? '?' : '&'}${added}`;
        },
      );
      expect(answers).to.include({ refusal: null, oidcCallback: 'code' });
    }
  });

  it('has nothing of a refusal by a parameter of its own that is named by it, or holds it', async () => {
    for (const added of [
      'aigerim=1',
      'reason=aigerim',
      'NURLANOVNA=denied',
      'reason=seitkali',
      '77010001=1',
    ]) {
      const { answers } = await probeOf(
        () => undefined,
        (back, { task }) => (task === 'refuse' ? back.replace(/error_code=\d+/, added) : back),
      );
      expect(answers.refusal, added).to.equal(null);
    }
  });

  it('has nothing of a callback that brings an error in place of a code', async () => {
    const callbackURL = await freeCallback();
    const emulator = await startEmulator({ signing: 'ES256', users: [USER] });
    const { evidence } = await probeHere(
      emulator.url,
      async (login) => {
        if (login.number < 3) return obey(emulator)(login);
        const state = new URL(login.link).searchParams.get('state');
        return comeBack(`${callbackURL}?error=aigerim&error_description=Seitkali&state=${state}`);
      },
      { callbackURL },
    );
    await emulator.close();
    expect(evidence.oidcCallback).to.equal('an error came: string of 7');
    expect(JSON.stringify(evidence)).to.not.match(/aigerim|seitkali/i);
  });
});
