import { inspect } from 'node:util';
import { expect } from 'chai';
import { FreedomIdError } from '../../lib';
import type { FreedomIdOidcProfile, FreedomIdOidcStrategyOptions } from '../../lib/oidc';
import { ACCESS_TOKEN, CODE, jwkOf, oidcLogin, publicKey } from '../support/oidc-login';
import { CLIENT_SECRET } from '../support/options';
import { property } from '../support/property';
import { hostileToken, judge, MARK, type Trust, textOf } from './hostile-id-token';

const MEMBERS_OF_OBJECTS = Object.getOwnPropertyNames(Object.prototype);

const OPTIONS: Record<Trust, Partial<FreedomIdOidcStrategyOptions>> = {
  key: { publicKey: jwkOf(publicKey) },
  secret: { algorithms: ['HS256'] },
  connection: {},
  'connection and a list of algorithms': { algorithms: ['ES256', 'RS384'] },
};

describe('whatever ID token comes', () => {
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(MEMBERS_OF_OBJECTS);
  });

  for (const trust of Object.keys(OPTIONS) as Trust[]) {
    property(
      `with the ${trust} to vouch for it, it signs its user in where it holds, and else ends in one error that shows nothing of it`,
      hostileToken(trust),
      async (hostile) => {
        const now = Math.floor(Date.now() / 1000);
        const token = textOf(hostile, now);
        const claims = judge(token, trust, now);
        const answers = {
          token: { access_token: ACCESS_TOKEN, id_token: token },
          userinfo: { sub: claims?.sub },
        };
        const { action, args, asked } = await oidcLogin(answers, OPTIONS[trust]);

        if (claims) {
          expect(action, inspect(args)).to.equal('success');
          const profile = args[0] as FreedomIdOidcProfile;
          expect(profile.id).to.equal(claims.sub);
          expect(profile._claims).to.deep.equal(claims);
          expect(Object.getPrototypeOf(profile._claims)).to.equal(Object.prototype);
          return;
        }
        expect(action, inspect(args)).to.equal('error');
        const [error] = args;
        expect(error)
          .to.be.instanceOf(FreedomIdError)
          .and.include({ code: 'ERR_FREEDOM_ID_TOKEN', endpoint: 'token', status: 502 });
        expect(String(error)).to.match(
          /^FreedomIdError: Freedom ID token: [^\p{Cc}]+ must be [^\p{Cc}]+\.$/u,
        );
        expect(asked.map(({ endpoint }) => endpoint)).to.deep.equal(['token']);
        const shown = inspect(args, { depth: 9, showHidden: true });
        const parts = typeof token === 'string' ? token.split('.').filter(({ length }) => length > 8) : [];
        for (const secret of [...parts, CLIENT_SECRET, ACCESS_TOKEN, CODE, MARK]) {
          expect(shown).to.not.include(secret);
        }
      },
    );
  }
});
