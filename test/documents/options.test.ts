import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FreedomIdClient } from '../../lib';
import { readLoginOptions } from '../../lib/login/options';
import { OAuthFlow } from '../../lib/oauth/flow';
import { readClientOptions } from '../../lib/oauth/options';
import { readPage, root, snippets } from '../support/documents';
import { minimalOptions } from '../support/options';

describe('docs/options.md', () => {
  it('lists every option, and its default', () => {
    const table = readPage('docs/options.md');
    const flow = new OAuthFlow(new FreedomIdClient(minimalOptions), 'query');
    const { callbackReader: _1, stateStore: _2, ...login } = readLoginOptions(minimalOptions, () => {}, flow);
    const settings: Record<string, unknown> = { ...readClientOptions(minimalOptions), ...login };
    for (const name of [...Object.keys(settings), 'state', 'stateIn', 'store']) {
      expect(table, name).to.match(new RegExp(`^\\|[^|]*\`${name}\``, 'm'));
    }
    for (const name of ['timeout', 'maxResponseSize', 'proxy', 'passReqToCallback', 'skipUserProfile']) {
      expect(table).to.include(`| \`${name}\` | \`${settings[name]}\` |`);
    }
  });

  it('shows the same undici transport that the tests use', () => {
    expect(snippets('docs/options.md')).to.include(readFileSync(join(root, 'examples/undici.ts'), 'utf8'));
  });
});
