import { PassportStrategy } from '@nestjs/passport';
import { expect } from 'chai';
import {
  FreedomIdError,
  type FreedomIdProfile,
  FreedomIdStrategy,
  type FreedomIdTokenParams,
} from '../../lib';
import type { RunningApp } from '../support/app';
import { useEmulator } from '../support/emulator';
import { strategyOptions } from './host';
import { startNest } from './nest';
import { Visitor } from './visitor';

describe('validate of a Nest strategy', () => {
  const emulator = useEmulator();
  const running: RunningApp[] = [];
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
  });

  async function visit(Strategy: new () => FreedomIdStrategy): Promise<Visitor> {
    const app = await startNest([Strategy], { trustProxy: false });
    running.push(app);
    return new Visitor(app.url, emulator);
  }

  it('gets the expiry of the tokens when the third argument of PassportStrategy is true', async () => {
    class Strategy extends PassportStrategy(FreedomIdStrategy, 'freedom-id', true) {
      constructor() {
        super(strategyOptions({ baseURL: emulator.url }));
      }

      async validate(
        _accessToken: string,
        _refreshToken: string,
        { access_expire_at, expires_in }: FreedomIdTokenParams,
        { id }: FreedomIdProfile,
      ) {
        return { id, access_expire_at, expires_in };
      }
    }
    const visitor = await visit(Strategy);
    await visitor.signIn();
    const user = (await visitor.me()) as Record<'id' | 'access_expire_at' | 'expires_in', unknown>;
    expect(user.id).to.equal(emulator.users[0]?.freedom_id);
    expect(user.access_expire_at).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(user.expires_in).to.be.closeTo(7 * 24 * 3600, 60);
  });

  it('can refuse a login by returning null, and fail it by throwing', async () => {
    let verdict: () => Promise<null> = async () => null;
    class Strategy extends PassportStrategy(FreedomIdStrategy) {
      constructor() {
        super(strategyOptions({ baseURL: emulator.url }));
      }

      async validate() {
        return verdict();
      }
    }
    const visitor = await visit(Strategy);
    expect((await visitor.signIn()).status).to.equal(401);
    verdict = async () => {
      throw new FreedomIdError('Too many logins.', {
        code: 'ERR_FREEDOM_ID_REJECTED',
        endpoint: 'token',
      });
    };
    expect((await visitor.signIn()).status).to.equal(502);
    expect(await visitor.me()).to.equal(null);
  });
});
