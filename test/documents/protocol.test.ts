import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as core from '../../lib';
import { FreedomIdClient, FreedomIdStrategy } from '../../lib';
import { GRANTS } from '../../lib/emulator/clients';
import { FreedomIdOidcClient, FreedomIdOidcStrategy } from '../../lib/oidc';
import { OAUTH_QUESTIONS } from '../../lib/probe/oauth-questions';
import { OIDC_QUESTIONS } from '../../lib/probe/oidc-questions';
import { namesRead, readPage, root, tableBelow } from '../support/documents';
import { minimalOptions } from '../support/options';

const page = readPage('docs/protocol.md');
const sections = [...page.matchAll(/^## (\d+)\. /gm)].map(([, number]) => number);
const [introduction = '', ...parts] = page.split(/^## /m);
const facts = [introduction, ...parts.slice(0, 11)].map((part) => part.replaceAll(/^```[\s\S]*?^```$/gm, ''));

const HOST = 'https://passport.freedompay.kz';
const UUID = '01e272c9-8da6-466e-8a20-fcdf4d4c49ff';

/** How each method of a client is called. */
const client: Record<string, (client: FreedomIdClient) => unknown> = {
  createAuthorizationLink: (one) =>
    one.createAuthorizationLink({ redirectURI: 'https://app.example/cb', grants: [] }),
  exchangeCode: (one) => one.exchangeCode('code'),
  refreshTokens: (one) => one.refreshTokens('token'),
  getUserInfo: (one) => one.getUserInfo('token'),
  requestProfile: (one) => one.requestProfile('token'),
  getProfileStatus: (one) => one.getProfileStatus('token', UUID),
  waitForProfile: (one) => one.waitForProfile('token', { requestId: UUID }),
  createUser: (one) => one.createUser('token', { phone: '+77011234567' }),
  updateUser: (one) => one.updateUser('token', { freedom_id: UUID }),
};
const oidc: Record<string, (client: FreedomIdOidcClient) => unknown> = {
  authorizationURL: (one) =>
    one.authorizationURL({ redirectURI: 'https://app.example/cb', scope: 'openid', state: 'S', nonce: 'N' }),
  exchangeCode: (one) => one.exchangeCode('code', { redirectURI: 'https://app.example/cb', nonce: 'N' }),
  refreshTokens: (one) => one.refreshTokens('token'),
  getUserInfo: (one) => one.getUserInfo('token', { sub: UUID }),
};

const methodsOf = (type: { prototype: object }) =>
  Object.keys(Object.getOwnPropertyDescriptors(type.prototype)).filter((name) => name !== 'constructor');

/** What goes to Freedom ID when a method is called. */
async function requestOf(call: (fetch: core.FetchFunction) => unknown): Promise<string> {
  let sent = '';
  const result = await Promise.resolve(
    call(async (url, { method }) => {
      sent = `${method} ${url.replace(HOST, '')}`;
      return { status: 400, text: async () => '{"error":"access_denied"}' };
    }),
  ).catch(() => undefined);
  return sent || `GET ${String(result).replace(HOST, '').replace(/\?.*/, '')}`;
}

describe('docs/protocol.md', () => {
  it('has every section that a comment of lib cites', () => {
    const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts'));
    const cited = sources.flatMap((file) =>
      [
        ...readFileSync(join(root, 'lib', file), 'utf8').matchAll(/protocol (\d+(?:(?:, | and )\d+)*)/gi),
      ].flatMap(([, numbers = '']) => numbers.split(/\D+/)),
    );
    expect(cited.length).to.be.above(15);
    expect(sections).to.include.members(cited);
    expect(sections).to.deep.equal(Array.from({ length: 12 }, (_, index) => String(index + 1)));
  });

  describe('lists the endpoints', () => {
    const rows = tableBelow(introduction, '# What Freedom ID says').map(
      ([endpoint = '', , , served = '']) => ({
        endpoint: /^`([^`]+)`$/.exec(endpoint)?.[1],
        methods: [...served.matchAll(/`(client|oidc)\.(\w+)\(\)`/g)].map(([, whose = '', name = '']) => ({
          whose,
          name,
        })),
        functions: [...served.matchAll(/`(\w+)\(\)`/g)].map(([, name = '']) => name),
      }),
    );
    const named = (whose: string) =>
      rows
        .flatMap(({ methods }) => methods)
        .filter((one) => one.whose === whose)
        .map(({ name }) => name);

    it('with every method of the clients that serves one, and no other', () => {
      expect(named('client'))
        .to.have.members(methodsOf(FreedomIdClient))
        .and.have.members(Object.keys(client));
      expect(named('oidc'))
        .to.have.members(methodsOf(FreedomIdOidcClient))
        .and.have.members(Object.keys(oidc));
      for (const name of rows.flatMap(({ functions }) => functions)) expect(core).to.have.property(name);
    });

    it('as the methods call them', async () => {
      for (const { endpoint, methods } of rows) {
        for (const { whose, name } of methods) {
          const request = await requestOf((fetch) =>
            whose === 'client'
              ? client[name]?.(new FreedomIdClient({ ...minimalOptions, fetch }))
              : oidc[name]?.(new FreedomIdOidcClient({ ...minimalOptions, fetch })),
          );
          expect(request, name).to.equal(endpoint);
        }
      }
    });
  });

  it('says of each fact how sure it is, by one of three words', () => {
    for (const part of facts) {
      const [heading] = part.split('\n');
      for (const [row, ...cells] of tablesOf(part)) {
        const column = row?.indexOf('certainty') ?? -1;
        expect(column, `a table of ${heading}`).to.be.above(-1);
        for (const cell of cells) expect(cell[column], heading).to.match(/^(documented|old|guess)\b/);
      }
      for (const [bullet] of part.matchAll(/^- .*(?:\n {2}.*)*/gm))
        expect(bullet, heading).to.match(/\b(documented|old|guess|not described)\b/);
    }
    const words = [...page.matchAll(/\((?:documented|old|guess)\b/g)];
    expect(words.length).to.be.above(30);
    expect(page).not.to.match(/presumabl|probabl|likely/i);
  });

  it('lists the grants that the emulator knows', () => {
    const [, list = ''] =
      /^- Grants \(documented\): ([^.]*(?:\.\w[^.]*)*)\. /m.exec(page.replaceAll(/\n {2}/g, ' ')) ?? [];
    expect([...list.matchAll(/`([\w.]+)`/g)].map(([, grant]) => grant)).to.have.members(GRANTS);
  });

  it('leads from each guess to an option that there is, and to the question that the probe asks', async () => {
    const rows = tableBelow(page, '## 12. What is unconfirmed');
    const words = (column: number) =>
      rows.flatMap((row) => [...(row[column] ?? '').matchAll(/`(\w+)`/g)].map(([, word]) => word));
    const asked = [...OAUTH_QUESTIONS, ...OIDC_QUESTIONS].map(({ id }) => id);
    expect(words(3)).to.have.members(asked);
    const options = [
      ...(await namesRead(minimalOptions, (all) => new FreedomIdStrategy(all, async () => false))),
      ...(await namesRead(minimalOptions, (all) => new FreedomIdOidcStrategy(all, async () => false))),
    ];
    expect([...options, 'userProfile', '_json']).to.include.members(words(2));
    for (const [guess = '', section] of rows) expect(section, guess).to.match(/^\[(\d+)\]\(#\1-/);
  });
});

/** The tables of a text, each as rows of cells, its heads first. */
function tablesOf(text: string): string[][][] {
  return [...text.matchAll(/^\|(?!.*---).*\n\| ---.*\n(?:\|.*\n)+/gm)].map(([table]) =>
    table
      .trim()
      .split('\n')
      .filter((_, index) => index !== 1)
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  );
}
