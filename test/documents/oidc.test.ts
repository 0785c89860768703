import { expect } from 'chai';
import { readClientOptions } from '../../lib/oauth/options';
import { DEFAULT_ALGORITHMS, readClientOptions as readOidcClientOptions } from '../../lib/oidc/options';
import { readPage } from '../support/documents';
import { minimalOptions } from '../support/options';

describe('docs/oidc.md', () => {
  it('lists every option that is OpenID Connect’s own, and its default', () => {
    const table = readPage('docs/oidc.md');
    const settings: Record<string, unknown> = { ...readOidcClientOptions(minimalOptions) };
    const shared = Object.keys(readClientOptions(minimalOptions)).filter((name) => !name.endsWith('URL'));
    const own = Object.keys(settings).filter(
      (name) => !shared.includes(name) && !['baseURL', 'signature'].includes(name),
    );
    for (const name of [...own, 'jwksURL', 'publicKey', 'algorithms']) {
      expect(table, name).to.match(new RegExp(`^\\|[^|]*\`${name}\``, 'm'));
    }
    expect(table).to.include(`| \`clockTolerance\` | \`${settings.clockTolerance}\` |`);
    expect(table).to.include(`| \`tokenRequest\` | \`'${settings.tokenRequest}'\` |`);
    const list = `['${DEFAULT_ALGORITHMS.join("', '")}']`;
    expect(table).to.include(`| \`algorithms\` | \`${list}\` |`);
  });
});
