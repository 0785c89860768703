import { expect } from 'chai';
import { FreedomIdStrategy } from '../../lib';
import { openEmulator } from '../../lib/emulator/emulator';
import { type Emulator, type EmulatorBehaviour, startEmulator } from '../../lib/emulator/index';
import { FreedomIdOidcStrategy } from '../../lib/oidc';
import { listen, loginApp } from '../support/app';
import { CookieJar, locationOf } from '../support/browser';
import { api, basic, codeIn, linkFor, signInAt } from '../support/emulated-login';
import { freshCode, openidLink, openidTokens, tokenRequest, userInfoRequest } from '../support/openid-login';
import { CLIENT_ID, CLIENT_SECRET, minimalOptions } from '../support/options';

/** Runs with an emulator that behaves so, whatever comes of it. */
async function withEmulator<Result>(
  behaviour: EmulatorBehaviour,
  run: (emulator: Emulator) => Promise<Result>,
): Promise<Result> {
  const emulator = await startEmulator({ behaviour });
  try {
    return await run(emulator);
  } finally {
    await emulator.close();
  }
}

describe('the option behaviour', () => {
  const messageFrom = (behaviour: unknown) =>
    startEmulator({ behaviour: behaviour as EmulatorBehaviour }).then(
      () => 'it has started',
      (error: unknown) => {
        expect(error).to.be.instanceOf(TypeError);
        return (error as Error).message;
      },
    );

  it('that is misspelt is named, and so are those that there are', async () => {
    expect(await messageFrom({ callbackjoin: '&' })).to.equal(
      'startEmulator: behaviour: there is no option "callbackjoin", only redirectQuery, callbackJoin, refusal, errorStatus, tokenId, oldRefreshToken, oidcTokenRequest, discovery',
    );
    for (const [behaviour, got] of [
      [null, 'null'],
      ['x', '"x"'],
      [[], 'of type object'],
    ]) {
      expect(await messageFrom(behaviour)).to.equal(
        `startEmulator: behaviour: the options must be an object, but are ${got}`,
      );
    }
  });

  it('that is wrong is shown with what it should be', async () => {
    const status = 'a status from 200 to 599 that has a body and is no redirect';
    const kinds = 'validation, client, code, token';
    for (const [behaviour, message] of [
      [{ redirectQuery: 'x' }, "redirectQuery must be 'kept', 'dropped', 'refused' or 'exact', but is \"x\""],
      [{ tokenId: null }, "tokenId must be 'new' or 'same', but is null"],
      [{ oldRefreshToken: 1 }, "oldRefreshToken must be 'dead' or 'alive', but is 1"],
      [{ oidcTokenRequest: 'xml' }, "oidcTokenRequest must be 'both', 'json' or 'form', but is \"xml\""],
      [{ discovery: 'false' }, 'discovery must be true or false, but is "false"'],
      [{ discovery: null }, 'discovery must be true or false, but is null'],
      [{ callbackJoin: true }, "callbackJoin must be '&' or '?', but is true"],
      [
        { errorStatus: '200' },
        `errorStatus must be ${status}, or an object with some of ${kinds}, but is "200"`,
      ],
      [
        { errorStatus: [200] },
        `errorStatus must be ${status}, or an object with some of ${kinds}, but is of type object`,
      ],
      [{ errorStatus: { codes: 400 } }, `errorStatus has no "codes", only ${kinds}`],
      [{ errorStatus: { client: 400, code: null } }, `errorStatus.code must be ${status}, but is null`],
    ] as const) {
      expect(await messageFrom(behaviour)).to.equal(`startEmulator: behaviour.${message}`);
    }
    for (const refusal of [
      null,
      'error_code',
      {},
      { name: 'error' },
      { value: 'denied' },
      { name: '', value: 'denied' },
      { name: 'error', value: '' },
      { name: 'error', value: 7 },
      { name: 7, value: 'denied' },
      { name: 'error', value: 'denied', code: 1 },
      { name: 'authorization_code', value: 'x' },
      { name: 'state', value: 'x' },
    ]) {
      expect(await messageFrom({ refusal }), JSON.stringify(refusal)).to.match(
        /^startEmulator: behaviour\.refusal must be \{ name, value \}, both non-empty strings, the name neither authorization_code nor state, but is /,
      );
    }
    for (const errorStatus of [199, 204, 205, 300, 304, 399, 600, 200.5, Number.NaN, 1n]) {
      const start = `startEmulator: behaviour.errorStatus must be ${status}, or `;
      expect(await messageFrom({ errorStatus })).to.include(start);
      expect(await messageFrom({ errorStatus: { token: errorStatus } })).to.include(
        'behaviour.errorStatus.token ',
      );
    }
  });

  it('that is undefined counts as left out', async () => {
    const unsaid = { callbackJoin: undefined, refusal: undefined, errorStatus: undefined };
    for (const behaviour of [undefined, {}, unsaid, { errorStatus: { token: undefined } }]) {
      const emulator = await startEmulator({ behaviour });
      expect(await emulator.refuse(await linkFor(emulator))).to.equal(
        'https://app.example/cb?state=S&error_code=100102',
      );
      expect((await api(emulator).data('x')).status).to.equal(401);
      await emulator.close();
    }
  });
});

/** Of Freedom ID's own flow, for a client that has registered some redirect URIs, and one that has not. */
describe('the behaviour redirectQuery', () => {
  const STATE = 'Of-43-letters_as-a-state-has-them-012345678';
  const REGISTERED = ['https://app.example/cb', 'https://app.example/cb/', 'https://t.example/?t=1'];
  const clients = [
    { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET },
    { clientID: 'strict', clientSecret: 's', redirectURIs: REGISTERED },
    { clientID: 'root', clientSecret: 's', redirectURIs: ['https://app.example'] },
  ];
  let lines: string[];
  /** The redirect URIs that are accepted, of several. */
  const accepted = async (
    redirectQuery: EmulatorBehaviour['redirectQuery'],
    clientID: string,
    uris: string[],
  ): Promise<string[]> => {
    lines = [];
    const emulator = await openEmulator({ clients, behaviour: { redirectQuery } }, (line) =>
      lines.push(line),
    );
    const authorization = clientID === CLIENT_ID ? basic() : basic(clientID, 's');
    const good: string[] = [];
    for (const redirect_uri of uris) {
      const { status, json } = await api(emulator).authorize({ redirect_uri, grants: [] }, authorization);
      if (status === 200) good.push(redirect_uri);
      else {
        expect(status).to.equal(422);
        expect(json).to.have.nested.property('error.errors.redirect_uri').with.length(1);
      }
    }
    await emulator.close();
    return good;
  };

  const BELOW = `https://app.example/cb/${STATE}`;
  const ABOVE = [
    'https://app.example/cb/a/b',
    'https://app.example/cb/..',
    'https://app.example/cb/%2E%2e',
    'https://app.example/cb/\\other',
    'https://app.example/cb//',
    'https://app.example/cbx',
    'https://app.example/',
    'https://app.example.evil/cb',
    'https://t.example/?t=12',
    'https://t.example/?state=S',
    'https://t.example/?a&t=1',
    'https://t.example/',
    'https://t.example/a/b?t=1',
  ];

  it('by default lets a redirect URI have any query, and one more segment behind a registered path', async () => {
    const good = [
      ...REGISTERED,
      BELOW,
      `${BELOW}?x=1`,
      'https://app.example/cb?state=S',
      'https://app.example/cb/?state=S',
      'https://t.example/?t=1&state=S',
      `https://t.example/${STATE}?t=1`,
      `https://t.example/${STATE}?t=1&state=S`,
    ];
    for (const behaviour of ['kept', 'dropped', undefined] as const) {
      expect(await accepted(behaviour, 'strict', [...good, ...ABOVE])).to.deep.equal(good);
      expect(lines[good.length]).to.equal(
        `POST /api/v1/oauth/authorize 422: strict has not registered redirect_uri https://app.example/cb/a/b, only ${REGISTERED.join(' ')}`,
      );
      expect(await accepted(behaviour, CLIENT_ID, [...good, ...ABOVE])).to.deep.equal([...good, ...ABOVE]);
    }
    const ofRoot = ['https://app.example', 'https://app.example/a', 'https://app.example/a?b'];
    const notOfRoot = ['https://app.example/', 'https://app.example/a/b', 'https://app.examples'];
    expect(await accepted('kept', 'root', [...ofRoot, ...notOfRoot])).to.deep.equal(ofRoot);
  });

  it('dropped lets the browser come back to the redirect URI without its query', async () => {
    lines = [];
    const behaviour: EmulatorBehaviour = { redirectQuery: 'dropped', callbackJoin: '?' };
    const emulator = await openEmulator({ behaviour }, (line) => lines.push(line));
    for (const uri of [
      'https://app.example/cb?state=S&a=?',
      'https://app.example/cb?a?b',
      'https://app.example/cb',
    ]) {
      expect(await emulator.approve(await linkFor(emulator, [], uri))).to.match(
        /^https:\/\/app\.example\/cb\?authorization_code=\w{40}$/,
      );
      expect(await emulator.refuse(await linkFor(emulator, [], uri))).to.equal(
        'https://app.example/cb?error_code=100102',
      );
    }
    expect(lines[0]).to.equal(
      "POST /api/v1/oauth/authorize 200: a login link for demo, which asks for nothing and wants the person back at https://app.example/cb, without any query: redirectQuery is 'dropped'",
    );
    await emulator.close();
  });

  it('refused accepts no redirect URI with a query, not even a registered one', async () => {
    const good = ['https://app.example/cb', 'https://app.example/cb/', BELOW];
    const bad = [
      'https://app.example/cb?state=S',
      `${BELOW}?x=1`,
      'https://t.example/?t=1',
      'https://app.example/cb?',
    ];
    expect(await accepted('refused', 'strict', [...good, ...bad, ...ABOVE])).to.deep.equal(good);
    expect(lines[good.length]).to.equal(
      "POST /api/v1/oauth/authorize 422: redirect_uri https://app.example/cb?… has a query; redirectQuery is 'refused'",
    );
    const anybodys = [...good, 'https://app.example/cb/a/b'];
    expect(await accepted('refused', CLIENT_ID, [...anybodys, ...bad])).to.deep.equal(anybodys);
  });

  it('exact accepts only registered redirect URIs, path and query', async () => {
    const bad = [
      BELOW,
      'https://app.example/cb?state=S',
      'https://t.example/?t=1&state=S',
      'https://app.example/cb/a',
    ];
    expect(await accepted('exact', 'strict', [...REGISTERED, ...bad, ...ABOVE])).to.deep.equal(REGISTERED);
    expect(lines.at(REGISTERED.length + 1)).to.equal(
      `POST /api/v1/oauth/authorize 422: strict has not registered redirect_uri https://app.example/cb?…, only ${REGISTERED.join(' ')}; redirectQuery is 'exact': it compares to the letter, path and query`,
    );
  });

  it('exact accepts, if a client has registered none, only URIs without a query and without a state at the end of the path', async () => {
    const good = [
      'https://app.example/cb',
      'https://app.example/cb/a/b',
      `${BELOW}a`,
      BELOW.slice(0, -2),
      `${BELOW}/a`,
      `https://app.example/cb/a${STATE}`,
      `https://app.example/cb/.${STATE.slice(1)}`,
      `https://${STATE}`,
    ];
    const bad = [
      BELOW,
      `https://app.example/${STATE}`,
      'https://app.example/cb?state=S',
      'https://app.example/cb?',
    ];
    expect(await accepted('exact', CLIENT_ID, [...good, ...bad])).to.deep.equal(good);
    expect(lines.at(-1)).to.equal(
      "POST /api/v1/oauth/authorize 422: demo has not registered redirect_uri https://app.example/cb?…, nor can anybody register a state; redirectQuery is 'exact': it compares to the letter, path and query",
    );
  });

  it('has no effect in OpenID Connect', async () => {
    for (const redirectQuery of ['dropped', 'refused', 'exact'] as const) {
      await withEmulator({ redirectQuery }, async (emulator) => {
        const redirect_uri = `https://app.example/cb/${STATE}?x=1`;
        const callback = await emulator.approve(openidLink(emulator, { redirect_uri }));
        expect(callback).to.match(/\/cb\/[\w-]{43}\?x=1&code=\w{40}&/);
      });
    }
  });
});

describe('the behaviour callbackJoin', () => {
  it('joins the parameter of the callback by &, or by a second ?', async () => {
    for (const callbackJoin of ['&', '?'] as const) {
      await withEmulator({ callbackJoin }, async (emulator) => {
        expect(await emulator.refuse(await linkFor(emulator))).to.equal(
          `https://app.example/cb?state=S${callbackJoin}error_code=100102`,
        );
        expect(await emulator.refuse(await linkFor(emulator, [], 'https://a.example'))).to.equal(
          'https://a.example?error_code=100102',
        );
      });
    }
  });
});

describe('the behaviour refusal', () => {
  it('is the parameter of the callback, whatever its name', async () => {
    for (const [name, value, sent] of [
      ['error', 'access_denied', 'error=access_denied'],
      ['error_code', '7', 'error_code=7'],
      ['__proto__', 'a b&c=Ә', '__proto__=a+b%26c%3D%D3%98'],
    ] as const) {
      await withEmulator({ refusal: { name, value } }, async (emulator) => {
        const callback = `https://app.example/cb?state=S&${sent}`;
        expect(await emulator.refuse(await linkFor(emulator))).to.equal(callback);
        const body = new URLSearchParams({
          track_id: new URL(await linkFor(emulator)).searchParams.get('track_id') ?? '',
          action: 'refuse',
        });
        const page = await fetch(`${emulator.url}/login`, { method: 'POST', body, redirect: 'manual' });
        expect(page.headers.get('location')).to.equal(callback);
      });
    }
  });

  it('has no effect in OpenID Connect, which uses the standard’s parameter', async () => {
    await withEmulator({ refusal: { name: 'x', value: 'y' } }, async (emulator) => {
      const callback = new URL(await emulator.refuse(openidLink(emulator)));
      expect(callback.searchParams.get('error')).to.equal('access_denied');
      expect(callback.searchParams.has('x')).to.equal(false);
    });
  });
});

describe('the behaviour errorStatus', () => {
  /** The statuses of an error of each kind and flow. */
  const statuses = (errorStatus: EmulatorBehaviour['errorStatus']) =>
    withEmulator({ errorStatus }, async (emulator) => {
      const call = api(emulator);
      const { access_token } = (
        await call.token({ authorization_code: codeIn(await emulator.approve(await linkFor(emulator))) })
      ).json as Record<string, string>;
      const openid = async (fields: object) => (await tokenRequest(emulator, { ...fields })).status;
      return {
        validation: [
          (await call.authorize({})).status,
          (await call.token({})).status,
          await openid({}),
          await openid({ grant_type: 'password' }),
        ],
        client: [
          (await call.authorize({}, basic('nobody'))).status,
          (await tokenRequest(emulator, {}, basic('nobody'))).status,
        ],
        code: [
          (await call.token({ authorization_code: 'x' })).status,
          await openid({ ...(await freshCode(emulator)), code: 'x' }),
        ],
        token: [
          (await call.data('x')).status,
          (await call.refresh('x')).status,
          await openid({ grant_type: 'refresh_token', refresh_token: 'x' }),
          (await userInfoRequest(emulator, 'x')).status,
          (await call.requestProfile(access_token ?? '', {})).status,
        ],
      };
    });
  const usual = {
    validation: [422, 422, 400, 400],
    client: [401, 401],
    code: [400, 400],
    token: [401, 401, 400, 401, 403],
  };

  it('is the documented one, or the standard’s, by default', async () => {
    expect(await statuses(undefined)).to.deep.equal(usual);
    expect(await statuses({})).to.deep.equal(usual);
  });

  it('may be one number for all errors', async () => {
    for (const status of [200, 299, 400, 599]) {
      const all = await statuses(status);
      expect(new Set(Object.values(all).flat())).to.deep.equal(new Set([status]));
    }
  });

  it('may be another for each kind of error', async () => {
    for (const [kind, list] of Object.entries(usual)) {
      expect(await statuses({ [kind]: 418 })).to.deep.equal({ ...usual, [kind]: list.map(() => 418) });
    }
  });

  it('leaves the errors that are HTTP’s own, and the pages for a person, as they are', async () => {
    await withEmulator({ errorStatus: 200 }, async (emulator) => {
      const statusOf = async (path: string, init: RequestInit = {}) =>
        (await fetch(emulator.url + path, init)).status;
      expect(await statusOf('/nowhere')).to.equal(404);
      expect(await statusOf('/api/v1/oauth/token', { method: 'DELETE' })).to.equal(405);
      expect(await statusOf('/login', { method: 'POST', body: 'x'.repeat(65_537) })).to.equal(413);
      expect(await statusOf('/login')).to.equal(410);
      expect((await fetch(openidLink(emulator, { client_id: 'x' }))).status).to.equal(400);
    });
  });
});

describe('the behaviour tokenId', () => {
  it('gives the tokens of a refresh a new id, or leaves them the old one', async () => {
    for (const tokenId of ['new', 'same', undefined] as const) {
      await withEmulator({ tokenId }, async (emulator) => {
        const first = await signInAt(emulator, await linkFor(emulator));
        const { json: second } = await api(emulator).refresh(first.refresh_token ?? '');
        const { json: third } = await api(emulator).refresh(second.refresh_token ?? '');
        const ids = new Set([first.id, second.id, third.id]);
        expect(ids.size).to.equal(tokenId === 'same' ? 1 : 3);
        expect(first.id).to.match(/^[\da-f]{8}-/);
        const other = await signInAt(emulator, await linkFor(emulator));
        expect(ids).to.not.include(other.id);
        expect(new Set([first, second, third].map((tokens) => tokens.access_token)).size).to.equal(3);
      });
    }
  });
});

describe('the behaviour oldRefreshToken', () => {
  it('lets a refresh token be used once, or again and again', async () => {
    for (const oldRefreshToken of ['dead', 'alive', undefined] as const) {
      await withEmulator({ oldRefreshToken }, async (emulator) => {
        const { refresh_token = '' } = await signInAt(emulator, await linkFor(emulator));
        const status = async () => (await api(emulator).refresh(refresh_token)).status;
        const again = oldRefreshToken === 'alive' ? 200 : 401;
        expect([await status(), await status(), await status()]).to.deep.equal([200, again, again]);
        const fields = {
          grant_type: 'refresh_token',
          refresh_token: (await openidTokens(emulator)).refresh_token,
        };
        const openid = async () => (await tokenRequest(emulator, fields)).json;
        expect(await openid()).to.have.property('access_token');
        if (oldRefreshToken === 'alive') expect(await openid()).to.have.property('access_token');
        else expect(await openid()).to.include({ error: 'invalid_grant' });
      });
    }
  });
});

describe('the behaviour oidcTokenRequest', () => {
  it('is what the token endpoint takes: JSON, a form, or both', async () => {
    for (const [oidcTokenRequest, json, form] of [
      ['both', 200, 200],
      ['json', 200, 400],
      ['form', 400, 200],
      [undefined, 200, 200],
    ] as const) {
      await withEmulator({ oidcTokenRequest }, async (emulator) => {
        const asJSON = await tokenRequest(emulator, await freshCode(emulator));
        const asForm = await tokenRequest(emulator, new URLSearchParams(await freshCode(emulator)));
        expect([asJSON.status, asForm.status], oidcTokenRequest).to.deep.equal([json, form]);
        for (const { status, json: answer } of [asJSON, asForm]) {
          if (status !== 200) expect(answer).to.include({ error: 'invalid_request' });
        }
      });
    }
  });

  it('does not use up the code of a refused request, and tells why it was refused', async () => {
    for (const [oidcTokenRequest, other] of [
      ['json', (fields: Record<string, string>) => new URLSearchParams(fields)],
      ['form', (fields: Record<string, string>) => fields],
    ] as const) {
      const lines: string[] = [];
      const emulator = await openEmulator({ behaviour: { oidcTokenRequest } }, (line) => lines.push(line));
      const fields = await freshCode(emulator);
      expect((await tokenRequest(emulator, other(fields))).status).to.equal(400);
      expect(lines).to.deep.equal([
        `POST /api/v1/oidc/token 400: the body is no ${oidcTokenRequest}; oidcTokenRequest is '${oidcTokenRequest}'`,
      ]);
      const right = oidcTokenRequest === 'json' ? fields : new URLSearchParams(fields);
      expect((await tokenRequest(emulator, right)).status).to.equal(200);
      await emulator.close();
    }
  });
});

describe('the behaviour discovery', () => {
  it('false removes the discovery document, whatever the method, and leaves the keys where they are', async () => {
    for (const [discovery, get, post] of [
      [true, 200, 405],
      [undefined, 200, 405],
      [false, 404, 404],
    ] as const) {
      await withEmulator({ discovery }, async (emulator) => {
        const path = `${emulator.url}/.well-known/openid-configuration`;
        expect((await fetch(path)).status).to.equal(get);
        expect((await fetch(path, { method: 'POST' })).status).to.equal(post);
        expect((await fetch(`${emulator.url}/api/v1/oidc/jwks`)).status).to.equal(200);
      });
    }
  });
});

describe('a whole login by the strategy', () => {
  /** Where the browser ends up: status, and what the app answers. */
  const login = async (
    behaviour: EmulatorBehaviour,
    act: 'approve' | 'refuse' = 'approve',
    options: object = {},
  ): Promise<[number, string]> => {
    // Its keys are made faster than RSA's.
    const emulator = await startEmulator({ behaviour, signing: 'ES256' });
    const all = { ...minimalOptions, baseURL: emulator.url, callbackURL: '/callback', ...options };
    const app = await listen(
      loginApp(
        'oidc' in options
          ? new FreedomIdOidcStrategy(all, async (_access, _refresh, profile) => profile)
          : new FreedomIdStrategy(all, async (_access, _refresh, profile) => profile),
      ),
    );
    try {
      const browser = new CookieJar();
      const first = await browser.get(`${app.url}/login`);
      if (first.status !== 302) return [first.status, await first.text()];
      const { status, text } = await browser.visit(await emulator[act](locationOf(first)));
      return [status, text];
    } finally {
      app.close();
      await emulator.close();
    }
  };
  const PERMITTING: EmulatorBehaviour[] = [
    {},
    { redirectQuery: 'kept' },
    { callbackJoin: '&' },
    { callbackJoin: '?' },
    { refusal: { name: 'error', value: 'access_denied' } },
    { errorStatus: 200 },
    { errorStatus: { code: 599 } },
    { tokenId: 'new' },
    { tokenId: 'same' },
    { oldRefreshToken: 'dead' },
    { oldRefreshToken: 'alive' },
    { oidcTokenRequest: 'both' },
    { discovery: true },
    { discovery: false },
  ];

  it('succeeds, and is refused, under each behaviour that permits one', async () => {
    for (const behaviour of [
      ...PERMITTING,
      { oidcTokenRequest: 'json' },
      { oidcTokenRequest: 'form' },
    ] as const) {
      const [status, text] = await login(behaviour);
      expect([status, text.includes('Әсел')], JSON.stringify(behaviour)).to.deep.equal([200, true]);
      expect((await login(behaviour, 'refuse'))[0], JSON.stringify(behaviour)).to.equal(401);
    }
  });

  it('does not succeed without the query in which the state travels', async () => {
    // The callback is there, and has no state.
    expect((await login({ redirectQuery: 'dropped' }))[0]).to.equal(403);
    for (const redirectQuery of ['refused', 'exact'] as const) {
      const [status, text] = await login({ redirectQuery });
      expect(status).to.be.above(499);
      expect(text).to.include('redirect_uri');
    }
  });

  it('of OpenID Connect succeeds under each behaviour, with the token request that is taken', async () => {
    const own = { oidc: true, scope: 'openid read.firstname' };
    for (const behaviour of [
      ...PERMITTING,
      { redirectQuery: 'dropped' },
      { redirectQuery: 'refused' },
      { redirectQuery: 'exact' },
      { oidcTokenRequest: 'json' },
    ] as const) {
      const [status, text] = await login(behaviour, 'approve', own);
      expect([status, text.includes('Әсел')], JSON.stringify(behaviour)).to.deep.equal([200, true]);
      expect((await login(behaviour, 'refuse', own))[0], JSON.stringify(behaviour)).to.equal(401);
    }
    const form = { ...own, tokenRequest: 'form' };
    expect((await login({ oidcTokenRequest: 'form' }, 'approve', form))[0]).to.equal(200);
    expect((await login({ oidcTokenRequest: 'form' }, 'approve', own))[0]).to.be.above(499);
    expect((await login({ oidcTokenRequest: 'json' }, 'approve', form))[0]).to.be.above(499);
  });
});
