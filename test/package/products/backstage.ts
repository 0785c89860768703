import { expect } from 'chai';
import type { CookieJar } from '../../support/browser';
import { KNOWN_USER, type Product, recipeFor } from './product';

/** Backstage's part: the routes of its auth backend, with a catalog of one user. */
const BACKEND = `
import { ConfigReader } from '@backstage/config';
import cookieParser from 'cookie-parser';
import express from 'express';
import freedomId from './backstage-module';

const catalog = {
  async signInWithCatalogUser({ annotations }: { annotations: Record<string, string> }) {
    const id = annotations['freedom-id/user'];
    if (id !== '${KNOWN_USER}') throw new Error('User not found');
    return { token: ['', Buffer.from(JSON.stringify({ sub: 'user:default/' + id })).toString('base64'), ''].join('.') };
  },
};
const url = new URL('/', process.env.FREEDOM_ID_CALLBACK_URL).href;
const providers = {
  registerProvider({ providerId, factory }: any) {
    const config = new ConfigReader({
      development: {
        clientId: process.env.FREEDOM_ID_CLIENT_ID, clientSecret: process.env.FREEDOM_ID_CLIENT_SECRET,
        baseUrl: process.env.FREEDOM_ID_URL,
      },
    });
    const routes = factory({
      providerId, config, baseUrl: url + 'api/auth', appUrl: url, isOriginAllowed: () => true, resolverContext: catalog,
    });
    const app = express();
    app.set('env', 'test');
    app.use(cookieParser());
    const path = '/api/auth/' + providerId;
    app.get(path + '/start', (req, res) => routes.start(req, res));
    app.get(path + '/handler/frame', (req, res) => routes.frameHandler(req, res));
    app.get(path + '/refresh', (req, res) => routes.refresh(req, res));
    app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
  },
};
const [{ init }] = (freedomId as any).getRegistrations();
init.func({ providers });
`;

/** Renews the session, as the frontend does. */
function refresh(url: string, browser: CookieJar): Promise<Response> {
  const path = '/api/auth/freedom-id/refresh?env=development';
  return browser.get(url + path, { 'x-requested-with': 'XMLHttpRequest' });
}

/** The message that Backstage's page posts to the window that opened it. */
async function messageIn(answer: Response) {
  const [, encoded = ''] = /decodeURIComponent\('([^']*)'\)/.exec(await answer.clone().text()) ?? [];
  return JSON.parse(decodeURIComponent(encoded)) as {
    error?: { message: string };
    response?: { backstageIdentity: { identity: { userEntityRef: string } } };
  };
}

export const backstage: Product = {
  name: 'Backstage',
  heading: 'Backstage',
  packages: [
    '@backstage/plugin-auth-node@0.7.8',
    '@backstage/backend-plugin-api@1.12.0',
    '@backstage/config@1.3.11',
    'cookie-parser@1.4.7',
    '@types/cookie-parser@1.4.10',
    'express@5.2.1',
  ],
  files: ([module = '']) => ({ 'backstage-module.ts': module, 'backstage.ts': BACKEND }),
  main: 'backstage.ts',
  loginPath: '/api/auth/freedom-id/start?env=development',
  callbackPath: '/api/auth/freedom-id/handler/frame',
  answers: {
    signedIn: '200',
    refused: '200 Authentication rejected, The login was cancelled at Freedom ID.',
    unknownUser: '200 User not found',
    forged: '200 Invalid nonce',
    failed: '200 Authentication failed, Freedom ID token: …',
  },
  async read(answer) {
    const message = (await messageIn(answer)).error?.message ?? '';
    return `${answer.status} ${message.replace(/(?<=Freedom ID token: ).*/, '…')}`.trim();
  },
  async signsIn(answer) {
    const identity = (await messageIn(answer)).response?.backstageIdentity.identity;
    return identity?.userEntityRef === `user:default/${KNOWN_USER}`;
  },
  more: {
    async 'renews the session by the refresh token in its cookie'({ url, browser, emulator }) {
      emulator.requests.length = 0;
      const renewed = await refresh(url, browser);
      expect(renewed.status).to.equal(200);
      const { profile, providerInfo } = (await renewed.json()) as Record<string, Record<string, unknown>>;
      expect(profile).to.deep.equal({ displayName: 'Әсел', email: 'asel@mail.example' });
      expect(providerInfo).to.include({ scope: 'read.firstname read.lastname read.email' });
      expect(providerInfo?.expiresInSeconds).to.be.a('number');
      expect(emulator.requests.map(({ method, url }) => `${method} ${url}`)).to.deep.equal([
        'PATCH /api/v1/oauth/token',
        'GET /api/v1/oauth/get-data',
      ]);
    },
  },
};

/** The recipe with the changes that it names for OpenID Connect. */
const inOpenID = (module: string) =>
  module
    .replace("from 'passport-freedom-id'", "from 'passport-freedom-id/oidc'")
    .replaceAll('FreedomIdStrategy', 'FreedomIdOidcStrategy')
    .replace('state: false', 'store: hostsOwnState');

export const backstageInOpenID: Product = {
  ...backstage,
  name: 'Backstage, in OpenID Connect',
  files([module = '']) {
    const [, store = ''] =
      /^(const hostsOwnState = {.*?^};\n)/ms.exec(recipeFor('Hosts that keep the state').join('')) ?? [];
    const typed = store.replaceAll(
      /\((?=req)([^)]*)\)/g,
      (_, names) => `(${names.replaceAll(/\w+/g, '$&: any')})`,
    );
    return {
      'openid/backstage-module.ts': inOpenID(module) + typed,
      'openid/backstage.ts': BACKEND,
    };
  },
  main: 'openid/backstage.ts',
  tokenEndpoint: 'oidc-token',
  more: {
    async 'cannot renew the session: user info is not told whose it must be'({ url, browser, emulator }) {
      emulator.requests.length = 0;
      expect((await refresh(url, browser)).status).to.equal(500);
      expect(emulator.requests.map(({ url }) => url)).to.deep.equal(['/api/v1/oidc/token']);
    },
  },
};
