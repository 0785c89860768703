import { expect } from 'chai';
import { startEmulator } from '../../../lib/emulator/index';
import { obey, probeHere } from '../../support/scripted-person';
import { type Twist, twist } from '../../support/twisted-provider';

const CLIENT = { clientID: 'demo', clientSecret: 'demo-secret' };
const NAMES = ['read.firstname', 'read.lastname'];

describe('a probe of a provider that refuses grants', function () {
  this.timeout(60_000);

  const probeOf = async (grants: string[] | undefined, twisted: Twist = () => undefined) => {
    const emulator = await startEmulator({
      signing: 'ES256',
      clients: [{ ...CLIENT, ...(grants && { grants }) }],
    });
    await using provider = await twist(emulator, twisted);
    const probed = await probeHere(provider.url, obey(provider), { only: 'oauth' });
    await emulator.close();
    return probed;
  };

  it('and names them asks for the others', async () => {
    const { answers, evidence, isComplete } = await probeOf([...NAMES, 'read.email']);
    expect(isComplete).to.equal(true);
    expect(answers.redirectQuery).to.equal('kept');
    expect(Object.keys(answers.userInfo as object)).to.deep.equal([
      ...['freedom_id', 'firstname', 'lastname', 'email'],
    ]);
    expect(evidence.userInfo).to.match(
      /^asked for read\.firstname read\.lastname read\.email; not given: read\.patronymic .*openid$/,
    );
  });

  it('and names even the usual ones asks for the rest', async () => {
    const { answers, evidence } = await probeOf(['read.email']);
    expect(answers.userInfo).to.include.keys('email').and.not.include.keys('firstname');
    expect(evidence.userInfo).to.match(/^asked for read\.email; not given: read\.firstname /);
  });

  it('and names none of them asks for the usual ones', async () => {
    for (const status of [200, 400, 403, 422, 500]) {
      const { answers, evidence, isComplete } = await probeOf(undefined, ({ endpoint, body }) => {
        if (!endpoint.endsWith('/authorize')) return undefined;
        const { grants = [] } = JSON.parse(body) as { grants?: string[] };
        if (grants.length <= 2) return undefined;
        return { status, body: '{"error":{"message":"This action is unauthorized."}}' };
      });
      expect(isComplete, String(status)).to.equal(true);
      expect(answers).to.include({ redirectQuery: 'kept', tokenId: 'new' });
      expect(evidence.userInfo).to.match(/^asked for read\.firstname read\.lastname; not given: read\.patr/);
    }
  });

  it('and names them one at a time, or names what was not asked for, ends', async () => {
    const { evidence } = await probeOf(undefined, ({ endpoint, body }) => {
      if (!endpoint.endsWith('/authorize')) return undefined;
      const { grants = [] } = JSON.parse(body) as { grants?: string[] };
      if (grants.length === 0) return { status: 422, body: '{"error":{"errors":{"grants.99":["no"]}}}' };
      return { status: 422, body: '{"error":{"errors":{"grants.0":["no"],"grants.99":["no"]}}}' };
    });
    expect(evidence.redirectQuery).to.equal('authorize: HTTP 422');
    expect(evidence.userInfo).to.equal('authorize: HTTP 422');
  });

  it('does not say that grants were refused if the provider was too busy', async () => {
    const { evidence } = await probeOf(undefined, ({ endpoint, index }) =>
      endpoint.endsWith('/authorize') && index === 0 ? { status: 429, body: '{}' } : undefined,
    );
    expect(evidence.userInfo).to.equal('asked for read.firstname read.lastname');
  });
});
