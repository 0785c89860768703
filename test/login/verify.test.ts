import { inspect, promisify } from 'node:util';
import { expect } from 'chai';
import type { AppFunction } from '../../lib/login/app-function';
import { callVerify, type VerifyArguments } from '../../lib/login/verify';

const args: VerifyArguments = {
  req: undefined,
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
      expect(error.message).to.equal(
        'passport-freedom-id: verify returned nothing: return a value, or declare done and call it; if a wrapper drops what verify returns, only done works',
      );
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

    it('may do the same if it declares the request alone, under passReqToCallback', async () => {
      const later: AppFunction = (_q, ...all) => void setImmediate(all.at(-1), null, user);
      expect((await callVerify(later, { ...args, req })).user).to.equal(user);
      const soon: AppFunction = async (_q, ...all) => {
        await null;
        all.at(-1)(null, user);
      };
      expect((await callVerify(soon, { ...args, req })).user).to.equal(user);
      expect((await rejectionOf(callVerify((_a) => undefined, args))).message).to.include('returned nothing');
    });
  });

  describe('that takes done for the profile', () => {
    const HINT =
      'with params it declares all five of (accessToken, refreshToken, params, profile, done), even if it leaves done unused; with req first, passReqToCallback must be true';
    const READ = `passport-freedom-id: verify reads done as if it were the profile: ${HINT}`;

    async function expectError(verify: AppFunction, message: string, all: VerifyArguments = args) {
      const error = await rejectionOf(callVerify(verify, all));
      expect(error, String(verify)).to.be.instanceOf(TypeError).with.property('message', message);
    }

    it('is an error that says so, whatever it reads of it', async () => {
      for (const name of ['id', 'displayName', 'emails', 'phoneNumbers', 'provider', '_json', '_raw']) {
        await expectError(async (_a, _r, _params, profile) => ({ id: profile[name] }), READ);
        await expectError((_a, _r, _params, profile) => ({ id: profile[name] }), READ);
      }
      await expectError(async (_a, _r, _params, { id }) => ({ id }), READ);
      await expectError(async (_a, _r, _params, profile) => ({ id: profile?.id ?? 'nobody' }), READ);
    });

    it('is an error that says so if it copies it', async () => {
      await expectError(async (_a, _r, _params, profile) => ({ ...profile }), READ);
      await expectError(async (_a, _r, _params, profile) => Object.assign({}, profile), READ);
      await expectError(async (_a, _r, _params, { ...profile }) => profile, READ);
    });

    it('is that error in every form of verify', async () => {
      const withRequest = { ...args, req };
      await expectError(async (_q, _a, _r, profile) => profile.id, READ);
      await expectError(async (_q, _a, _r, _params, profile) => profile.id, READ);
      await expectError(async (_q, _a, _r, _params, profile) => profile.id, READ, withRequest);
      await expectError(async (...[, , , profile]) => profile.id, READ);
      await expectError(async (_q, ...[, , , profile]) => profile.id, READ, withRequest);
      await expectError((_q, _a, _r, profile) => void setImmediate(profile, profile.id), READ);
    });

    it('is an error if it answers with it, or with another function', async () => {
      const message = `passport-freedom-id: verify gave a function as the user, perhaps done for the profile: ${HINT}`;
      await expectError(async (_a, _r, _params, profile) => profile, message);
      await expectError(async (_a, _r, _params, profile) => profile.bind(null), message);
      await expectError((_a, _r, _params, done) => done(null, done), message);
      await expectError(async () => class User {}, message);
    });

    it('is an error if it answers with a user whose id is undefined, wherever that comes from', async () => {
      const message = `passport-freedom-id: verify gave a user whose id is undefined, perhaps read from another parameter than the profile: ${HINT}`;
      const withRequest = { ...args, req };
      const verify: AppFunction = async (_a, _r, profile, _done) => ({ id: profile.id });
      await expectError(verify, message, withRequest);
      await expectError((_a, _r, profile, done) => done(null, { id: profile.name }), message);
      for (const other of [
        { id: null },
        { id: 0 },
        { name: 'x' },
        Object.create({ id: undefined }),
        7,
        'x',
      ]) {
        expect((await callVerify(async () => other, args)).user).to.equal(other);
      }
    });
  });

  describe('may use done as any function:', () => {
    const answered = async (verify: AppFunction) => (await callVerify(verify, args)).user;

    it('call it by call, apply, bind and promisify', async () => {
      const ways: ((done: AppFunction) => unknown)[] = [
        (done) => done.call(null, null, user),
        (done) => done.apply(undefined, [null, user]),
        (done) => done.bind(null, null)(user),
        (done) => void promisify(done)(null, user),
        (done) => Reflect.apply(done, undefined, [null, user]),
        (done) => Promise.resolve(user).then((found) => done(null, found), done),
      ];
      for (const way of ways) {
        expect(await answered((_a, _r, _p, done) => void way(done)), String(way)).to.equal(user);
      }
    });

    it('wrap it as once, dezalgo and async do, which copy its own keys', async () => {
      const wrapped: AppFunction = (_a, _r, _p, done) => {
        const once: AppFunction = (...results) => done(...results);
        for (const key of Object.keys(done)) Object.assign(once, { [key]: done[key] });
        once(null, user);
      };
      expect(await answered(wrapped)).to.equal(user);
    });

    it('print it, compare it, and ask what it is', async () => {
      const curious: AppFunction = (_a, _r, _p, done) => {
        expect(inspect(done)).to.match(/^\[Function/);
        expect(inspect(done, { showHidden: true, getters: true })).to.match(/^\[Function/);
        expect(`${done.name}${done.length}${done}${JSON.stringify({ done })}`).to.be.a('string');
        expect(done).to.be.instanceOf(Function).and.equal(done);
        expect(done.then).to.equal(undefined);
        for (const key in done) expect.fail(key);
        done(null, user);
      };
      expect(await answered(curious)).to.equal(user);
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
