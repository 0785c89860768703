import { expect } from 'chai';
import type { AppFunction } from '../../lib/login/app-function';
import { callVerify, type VerifyArguments } from '../../lib/login/verify';

const args: VerifyArguments = {
  accessToken: 'access',
  refreshToken: 'refresh',
  params: { access_token: 'access' },
  profile: { id: '1' },
};
const req = { url: '/' };
const user = { name: 'user' };

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it did not reject'),
    (error) => error,
  );
}

describe('verify', () => {
  describe('gets', () => {
    it('tokens, profile and done, if it declares four parameters', async () => {
      const verify: AppFunction = (a, r, p, done) => done(null, [a, r, p]);
      expect((await callVerify(verify, args)).user).to.deep.equal(['access', 'refresh', args.profile]);
    });

    it('tokens, params, profile and done, if it declares five parameters', async () => {
      const verify: AppFunction = (a, r, params, p, done) => done(null, [a, r, params, p]);
      expect((await callVerify(verify, args)).user).to.deep.equal([
        'access',
        'refresh',
        args.params,
        args.profile,
      ]);
    });

    it('the request, tokens, profile and done, if it declares five parameters under passReqToCallback', async () => {
      const verify: AppFunction = (q, a, r, p, done) => done(null, { q, rest: [a, r, p] });
      const { user: seen } = (await callVerify(verify, { ...args, req })) as {
        user: { q: object; rest: unknown[] };
      };
      expect(seen.q).to.equal(req);
      expect(seen.rest).to.deep.equal(['access', 'refresh', args.profile]);
    });

    it('the request, tokens, params, profile and done, if it declares six parameters under passReqToCallback', async () => {
      const verify: AppFunction = (q, a, r, params, p, done) => done(null, [q, a, r, params, p]);
      const { user: seen } = await callVerify(verify, { ...args, req });
      expect(seen).to.deep.equal([req, 'access', 'refresh', args.params, args.profile]);
    });
  });

  describe('with done', () => {
    it('answers with a user and info', async () => {
      const verify: AppFunction = (_a, _r, _p, done) => setImmediate(done, null, user, { scope: 'x' });
      expect(await callVerify(verify, args)).to.deep.equal({ user, info: { scope: 'x' } });
    });

    it('answers with no user and the reason', async () => {
      const verify: AppFunction = (_a, _r, _p, done) => done(null, false, { message: 'banned' });
      expect(await callVerify(verify, args)).to.deep.equal({ user: false, info: { message: 'banned' } });
    });

    it('answers with an error', async () => {
      const reason = new Error('database down');
      const verify: AppFunction = (_a, _r, _p, done) => done(reason);
      expect(await rejectionOf(callVerify(verify, args))).to.equal(reason);
    });

    it('is waited for even if it returns a promise of nothing', async () => {
      const verify: AppFunction = async (_a, _r, _p, done) =>
        void setImmediate(() => setImmediate(done, null, user));
      expect((await callVerify(verify, args)).user).to.equal(user);
    });

    it('is waited for even if it returns a value at once', async () => {
      const verify: AppFunction = (_a, _r, _p, done) => {
        setImmediate(done, null, user);
        return { query: 'object' };
      };
      expect((await callVerify(verify, args)).user).to.equal(user);
    });

    it('may return a query, which is not started', async () => {
      const query = {
        // biome-ignore lint/suspicious/noThenProperty: as a query builder has it
        then: () => expect.fail('the query was run'),
      };
      const verify: AppFunction = (_a, _r, _p, done) => {
        setImmediate(done, null, user);
        return query;
      };
      expect((await callVerify(verify, args)).user).to.equal(user);
    });

    it('cannot answer with a promise, because a promise of false would let the user in', async () => {
      const verify: AppFunction = (_a, _r, _p, done) => done(null, Promise.resolve(false));
      expect(await rejectionOf(callVerify(verify, args)))
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.includes('passed a promise to done');
    });

    it('may answer by a promise of a user, even if it declares done', async () => {
      const verify: AppFunction = async (_a, _r, _p, _done) => user;
      expect((await callVerify(verify, args)).user).to.equal(user);
    });

    it('answers only once: what follows is ignored', async () => {
      const verify: AppFunction = async (_a, _r, _p, done) => {
        done(null, user);
        done(new Error('late'));
        done(null, { name: 'other' });
        throw new Error('later');
      };
      expect((await callVerify(verify, args)).user).to.equal(user);
    });
  });

  describe('by a promise or a value', () => {
    it('answers with the user', async () => {
      expect((await callVerify(async (_a, _r, profile) => profile, args)).user).to.equal(args.profile);
      expect((await callVerify((_a, _r, profile) => profile, args)).user).to.equal(args.profile);
      expect((await callVerify(async (q, _a, _r, _p) => q, { ...args, req })).user).to.equal(req);
    });

    it('answers with no user: false, null or nothing', async () => {
      for (const nobody of [false, null, undefined]) {
        expect((await callVerify(async (_a) => nobody, args)).user).to.equal(nobody);
        expect((await callVerify(async () => nobody, args)).user).to.equal(nobody);
      }
      expect((await callVerify(() => null, args)).user).to.equal(null);
    });

    it('that is a rejection fails with its reason', async () => {
      const reason = new Error('database down');
      expect(await rejectionOf(callVerify(async () => Promise.reject(reason), args))).to.equal(reason);
      expect(await rejectionOf(callVerify((_a, _r, _p, _done) => Promise.reject(reason), args))).to.equal(
        reason,
      );
    });

    it('may answer by a function with then, which counts as a promise', async () => {
      const thenable = Object.assign(() => 'not called', {
        // biome-ignore lint/suspicious/noThenProperty: the thing under test
        then: (resolve: (value: unknown) => void) => resolve(user),
      });
      expect((await callVerify(() => thenable, args)).user).to.equal(user);
    });

    it('may answer by an object with then, even one that calls back twice', async () => {
      const thenable = {
        // biome-ignore lint/suspicious/noThenProperty: the thing under test
        then(resolve: (value: unknown) => void) {
          resolve(user);
          resolve({ name: 'other' });
        },
      };
      expect((await callVerify(() => thenable, args)).user).to.equal(user);
    });

    it('that returns nothing and declares no done is an error that says so', async () => {
      const error = await rejectionOf(callVerify((_a, _r, _p) => undefined, args));
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.match(/verify returned nothing: return a value, or declare done/);
    });
  });

  describe('behind a wrapper without parameters', () => {
    it('calls done and returns a promise, as Nest does', async () => {
      const verify: AppFunction = async (...all) => {
        await null;
        all.at(-1)(null, user);
      };
      expect((await callVerify(verify, args)).user).to.equal(user);
    });

    it('calls done later and returns nothing, as a spy does', async () => {
      const verify: AppFunction = (...all) => void setImmediate(all.at(-1), null, user);
      expect((await callVerify(verify, args)).user).to.equal(user);
    });
  });

  describe('that fails', () => {
    it('by throwing is an error', async () => {
      const reason = new Error('thrown');
      const verify: AppFunction = (_a, _r, _p, _done) => {
        throw reason;
      };
      expect(await rejectionOf(callVerify(verify, args))).to.equal(reason);
    });

    it('without a reason, or with one for which Express would let the request through, is a real error', async () => {
      for (const reason of [undefined, null, 0, '', false, 'route', 'router', 42]) {
        const error = await rejectionOf(callVerify(() => Promise.reject(reason), args));
        expect(error, String(reason)).to.be.instanceOf(Error);
        expect(error.cause).to.equal(reason);
        expect(error.message).to.equal(
          typeof reason === 'string' && reason ? reason : 'The app failed without giving a reason',
        );
      }
      const byDone = await rejectionOf(callVerify((_a, _r, _p, done) => done('route'), args));
      expect(byDone).to.be.instanceOf(Error).with.property('message', 'route');
    });

    it('with an object that is no Error passes that on', async () => {
      const reason = { status: 403 };
      expect(await rejectionOf(callVerify(() => Promise.reject(reason), args))).to.equal(reason);
    });

    it('in the getter of then is an error', async () => {
      const hostile = Object.defineProperty({}, 'then', {
        get() {
          throw new Error('getter');
        },
      });
      expect(await rejectionOf(callVerify(() => hostile, args))).to.have.property('message', 'getter');
    });
  });
});
